"""What the named families have written in their files, through the services that a parent's own screens use."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.batisseur import Habitants
from portail_famille.demonstration.portraits import PortraitAgent, Ville
from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import Contact, Sante
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.services import second_facteur
from portail_famille.services.acces import envoyer_activation
from portail_famille.services.entourage import ajouter_contact, repondre
from portail_famille.services.journal import Auteur
from portail_famille.services.sante import modifier_sante
from portail_famille.services.telephones import lire_telephone


@dataclass(frozen=True, slots=True)
class FicheFoyer:
    """`par` writes for the foyer: contacts of children, then each child's health and authorisations."""

    foyer: str
    par: str
    contacts: tuple[tuple[tuple[str, ...], Contact], ...] = ()
    santes: Mapping[str, Sante] = field(default_factory=dict)
    paroles: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)


def _contact(prenom: str, nom: str, telephone: str, lien: str, *, urgence: bool = True) -> Contact:
    return Contact(prenom, nom, lire_telephone(telephone), "", lien, peut_recuperer=True, est_urgence=urgence)


def _sante(allergies: str, regime: str = "aucun", medecin: str = "", telephone: str = "") -> Sante:
    return Sante(allergies, regime, medecin, lire_telephone(telephone) if telephone else "")


_OUI = {"image": True, "sortie_seul": False, "soins_urgence": True}
FICHES: dict[str, tuple[FicheFoyer, ...]] = {
    "saint-rivage": (
        FicheFoyer(
            "Morel – Le Gall",
            "camille",
            (
                (("lea", "noe", "mia"), _contact("Monique", "Morel", "06 39 98 12 31", "grand_parent")),
                (("noe", "mia"), _contact("Yann", "Le Gall", "06 39 98 12 32", "oncle_tante", urgence=False)),
            ),
            {"lea": _sante("Arachide", "aucun", "Dr Anne Ferret", "02 61 91 40 21")},
            {"lea": _OUI, "noe": _OUI, "mia": _OUI | {"image": False}},
        ),
        FicheFoyer("Ferrand", "julien", ((("lea",), _contact("Gilles", "Ferrand", "06 39 98 12 33", "grand_parent")),)),
        FicheFoyer(
            "Haddad",
            "karim",
            ((("yanis", "sarah"), _contact("Leïla", "Haddad", "06 39 98 12 34", "grand_parent")),),
            {"sarah": _sante("", "sans_porc")},
            {"yanis": _OUI | {"sortie_seul": True}},
        ),
        FicheFoyer(
            "Diallo",
            "awa",
            ((("ines", "issa", "sekou"), _contact("Fatou", "Diallo", "06 39 98 12 35", "oncle_tante")),),
            {"ines": _sante("Lait de vache, œuf", "aucun", "Dr Paul Rivet", "02 61 91 40 22")},
            {"ines": _OUI, "issa": _OUI},
        ),
        FicheFoyer("Vidal", "celine", ((("manon",), _contact("Odette", "Vidal", "06 39 98 12 36", "grand_parent")),)),
    ),
    "roselac": (
        FicheFoyer(
            "Fontaine",
            "laure",
            ((("lina", "arthur"), _contact("Odile", "Fontaine", "06 39 98 45 31", "grand_parent")),),
            {"lina": _sante("Œuf", "aucun", "Dr Luc Aubin", "04 65 71 30 21")},
            {"lina": _OUI, "arthur": _OUI},
        ),
        FicheFoyer(
            "Benali",
            "amina",
            ((("naim",), _contact("Samir", "Benali", "06 39 98 45 32", "oncle_tante")),),
            {"naim": _sante("", "sans_viande", "Dr Luc Aubin", "04 65 71 30 21")},
            {"naim": _OUI},
        ),
    ),
}


def remplir_fiches(
    session: Session, ville: Ville, habitants: Habitants, reglages: ReglagesCommune, maintenant: datetime
) -> None:
    """Files of the named families, second factors of agents, the activation mail of whoever never came."""
    chiffre = Chiffre(reglages.cle_coffre)
    for fiche in FICHES[ville.slug]:
        _remplir(session, fiche, habitants, chiffre, maintenant)
    for agent in ville.agents:
        second_facteur.installer(session, habitants.comptes[agent.identifiant], agent.secret, chiffre, maintenant)
    for adulte in ville.adultes:
        if adulte.etat == "invite":
            envoyer_activation(session, habitants.comptes[adulte.cle], maintenant, reglages)


def code_du_moment(agent: PortraitAgent, maintenant: datetime) -> str:
    """What her phone shows now."""
    totp = TOTP(agent.secret, 6, SHA1(), second_facteur.PAS_SECONDES)  # noqa: S303
    return totp.generate(int(maintenant.timestamp())).decode()


def _remplir(session: Session, fiche: FicheFoyer, habitants: Habitants, chiffre: Chiffre, maintenant: datetime) -> None:
    auteur = Auteur(Cote.FAMILLE, habitants.comptes[fiche.par])
    foyer_id = habitants.foyers[fiche.foyer]
    for enfants, contact in fiche.contacts:
        ajouter_contact(
            session,
            foyer_id=foyer_id,
            enfants={habitants.enfants[cle]: cle for cle in enfants},
            saisie=contact,
            auteur=auteur,
            maintenant=maintenant,
        )
    for cle, sante in fiche.santes.items():
        modifier_sante(
            session,
            chiffre,
            enfant_id=habitants.enfants[cle],
            foyer_id=foyer_id,
            saisie=sante,
            empreinte_vue=Sante().empreinte,
            auteur=auteur,
            maintenant=maintenant,
        )
    for cle, reponses in fiche.paroles.items():
        repondre(
            session,
            enfant_id=habitants.enfants[cle],
            foyer_id=foyer_id,
            personne_id=habitants.personnes[fiche.par],
            reponses=reponses,
            vues={},
            auteur=auteur,
            maintenant=maintenant,
        )
