"""« Identifiants »: login name, password, and a mail address that both mailboxes confirm (second guide)."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portail_famille.domain.courriels import lire_courriel
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.identifiants import lire_identifiant
from portail_famille.models.comptes import Compte, JetonCompte
from portail_famille.models.foyers import Personne
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services import acces
from portail_famille.services.acces import Commune, ecrire_instant
from portail_famille.services.comptes import CompteTrouve, fermer_sessions
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.jetons import consommer, creer_jeton, revoquer
from portail_famille.services.journal import Auteur, consigner

ANCIENNE, NOUVELLE = "adresse_ancienne", "adresse_nouvelle"
GENRES = (ANCIENNE, NOUVELLE)
_A_CONFIRMER, _CONFIRMEE = "a_confirmer", "confirmee"


@dataclass(frozen=True, slots=True)
class Identifiants:
    """What the page shows."""

    compte: CompteTrouve
    prenom: str
    courriel: str | None
    mot_de_passe_utc: datetime | None


@dataclass(frozen=True, slots=True)
class AdresseEnAttente:
    """A change under way: which mailboxes have confirmed; `ancienne` is None when there was no address before."""

    courriel: str
    ancienne: bool | None
    nouvelle: bool


def lire_identifiants(session: Session, compte_id: int) -> Identifiants:
    ligne = session.execute(
        select(
            Compte.id,
            Compte.identifiant,
            Compte.empreinte_mot_de_passe,
            Compte.mot_de_passe_utc,
            Personne.prenom,
            Personne.courriel,
        )
        .join(Personne, Personne.id == Compte.personne_id)
        .where(Compte.id == compte_id)
    ).one()
    compte = CompteTrouve(ligne.id, ligne.identifiant, ligne.empreinte_mot_de_passe)
    return Identifiants(compte, ligne.prenom, ligne.courriel, ligne.mot_de_passe_utc)


def changer_identifiant(session: Session, compte_id: int, saisie: str, maintenant: datetime, reglages: Commune) -> str:
    """The new login name. Raises RegleViolee on the field `identifiant`; the database has the last word."""
    nouveau = lire_identifiant(saisie)
    ancien = session.execute(select(Compte.identifiant).where(Compte.id == compte_id)).scalar_one()
    if nouveau == ancien:
        return nouveau
    try:
        with session.begin_nested():
            session.execute(update(Compte).where(Compte.id == compte_id).values(identifiant=nouveau))
    except IntegrityError:
        raise RegleViolee(
            "identifiant_pris", "Cet identifiant est déjà pris. Essayez d’y ajouter un chiffre.", "identifiant"
        ) from None
    _noter(session, compte_id, "identifiant_change", maintenant, {"avant": ancien, "apres": nouveau})
    acces.prevenir(session, compte_id, "identifiant_change", maintenant, reglages)
    return nouveau


def changer_mot_de_passe(
    session: Session, compte_id: int, empreinte: str, maintenant: datetime, reglages: Commune
) -> None:
    """Every session closed (the view opens this device's again), every link of a mail dead, a mail sent."""
    acces.poser_mot_de_passe(session, compte_id, empreinte, maintenant, reglages, est_premier=False)
    revoquer(session, compte_id, acces.TOUS_LES_LIENS, maintenant)
    fermer_sessions(session, compte_id, maintenant)


def demander_adresse(session: Session, compte_id: int, saisie: str, maintenant: datetime, reglages: Commune) -> None:
    """Writes to both mailboxes; a change already under way is dropped. Raises RegleViolee on the field `courriel`."""
    nouvelle = lire_courriel(saisie)
    actuels = lire_identifiants(session, compte_id)
    if actuels.courriel == nouvelle:
        raise RegleViolee("courriel_identique", "C’est déjà votre adresse.", "courriel")
    _verifier_le_rythme(session, compte_id, nouvelle, maintenant)
    revoquer(session, compte_id, GENRES, maintenant)
    # What ties the two links together, and to the address of that moment.
    donnees = {
        "courriel": nouvelle,
        "ancien": actuels.courriel,
        "paire": secrets.token_hex(8),
        "etape": _A_CONFIRMER,
    }
    boites = {NOUVELLE: nouvelle} | ({ANCIENNE: actuels.courriel} if actuels.courriel else {})
    for genre, destinataire in boites.items():
        cree = creer_jeton(session, genre, maintenant, reglages, compte_id=compte_id, donnees=donnees)
        deposer_courriel(
            session,
            modele="adresse_confirmer",
            destinataire=destinataire,
            maintenant=maintenant,
            reglages=reglages,
            prenom=actuels.prenom,
            nouvelle=nouvelle,
            est_ancienne=genre == ANCIENNE,
            a_deux=actuels.courriel is not None,
            lien=f"{reglages.url_publique}/mon-espace/identifiants/{genre}/{cree.jeton}",
            code=f"{cree.code[:3]}\u00a0{cree.code[3:]}",
            minutes=reglages.comptes.code_minutes,
            fait_le=ecrire_instant(maintenant),
            jusquau=ecrire_instant(cree.ligne.expire_utc),
        )
    _noter(session, compte_id, "adresse_demandee", maintenant, {})


def adresse_en_attente(session: Session, compte_id: int, maintenant: datetime) -> AdresseEnAttente | None:
    """The change that waits for a mailbox, None when there is none."""
    lignes = session.scalars(
        select(JetonCompte)
        .where(
            JetonCompte.compte_id == compte_id,
            JetonCompte.genre.in_(GENRES),
            or_(JetonCompte.utilise_utc.is_(None), JetonCompte.expire_utc > maintenant),
        )
        .order_by(JetonCompte.id.desc())
    ).all()
    attendues = [ligne for ligne in lignes if ligne.utilise_utc is None and ligne.expire_utc > maintenant]
    if not attendues:
        return None
    donnees = _donnees(attendues[0])
    paire = {ligne.genre: ligne for ligne in lignes if _donnees(ligne).get("paire") == donnees["paire"]}
    faites = {genre: _donnees(ligne)["etape"] == _CONFIRMEE for genre, ligne in paire.items()}
    return AdresseEnAttente(donnees["courriel"], faites.get(ANCIENNE), faites.get(NOUVELLE, False))


def confirmer_adresse(session: Session, ligne: JetonCompte, maintenant: datetime, reglages: Commune) -> bool:
    """One mailbox says yes; True when it was the last one, and the address has changed. Raises RegleViolee."""
    compte_id = ligne.compte_id
    assert compte_id is not None
    # Both mailboxes may answer at once: one waits here for the other, so that the second sees the first.
    personne_id = session.execute(
        select(Compte.personne_id).where(Compte.id == compte_id).with_for_update()
    ).scalar_one()
    consommer(session, ligne, maintenant)
    donnees = {**_donnees(ligne), "etape": _CONFIRMEE}
    session.execute(update(JetonCompte).where(JetonCompte.id == ligne.id).values(donnees=donnees))
    if not _tout_est_confirme(session, compte_id, donnees):
        return False
    personne = session.get(Personne, personne_id, populate_existing=True)
    assert personne is not None
    if personne.courriel != donnees["ancien"]:
        raise RegleViolee(
            "courriel_change", "Votre adresse a été changée entre-temps. Demandez de nouveau le changement."
        )
    personne.courriel = donnees["courriel"]
    session.flush()
    _noter(session, compte_id, "adresse_changee", maintenant, {"avant": donnees["ancien"], "apres": personne.courriel})
    acces.prevenir(session, compte_id, "adresse_changee", maintenant, reglages)
    return True


def retirer_adresse(session: Session, compte_id: int, maintenant: datetime) -> None:
    """The parent thought better of it: neither link works any more."""
    revoquer(session, compte_id, GENRES, maintenant)


def _verifier_le_rythme(session: Session, compte_id: int, nouvelle: str, maintenant: datetime) -> None:
    """Nobody fills a stranger's mailbox, from one compte or several. Raises RegleViolee on the field `courriel`."""
    session.execute(select(Compte.id).where(Compte.id == compte_id).with_for_update())
    du_compte = (JetonCompte.compte_id == compte_id, JetonCompte.genre == NOUVELLE)
    vers_elle = (
        JetonCompte.genre.in_((NOUVELLE, "espace")),
        JetonCompte.donnees["courriel"].as_string() == nouvelle,
    )
    for ou in (du_compte, vers_elle):
        envois = session.scalars(
            select(JetonCompte.cree_utc).where(*ou, JetonCompte.cree_utc > maintenant - acces.UN_JOUR)
        ).all()
        if acces.rang_du_jour(envois, maintenant) is None:
            raise RegleViolee(
                "courriel_trop_tot",
                "Un mail vient déjà de partir pour un changement d’adresse. Attendez cinq minutes avant de recommencer "
                "(cinq demandes par jour au plus).",
                "courriel",
            )


def _tout_est_confirme(session: Session, compte_id: int, donnees: dict[str, Any]) -> bool:
    autres = session.scalars(
        select(JetonCompte.donnees).where(JetonCompte.compte_id == compte_id, JetonCompte.genre.in_(GENRES))
    )
    paire = [autre for autre in autres if autre and autre.get("paire") == donnees["paire"]]
    attendues = 1 if donnees["ancien"] is None else 2
    return len([autre for autre in paire if autre["etape"] == _CONFIRMEE]) == attendues


def _donnees(ligne: JetonCompte) -> dict[str, Any]:
    return ligne.donnees or {}


def _noter(session: Session, compte_id: int, genre: str, maintenant: datetime, details: dict[str, Any]) -> None:
    session.add(EvenementSecurite(a_utc=maintenant, genre=genre, compte_id=compte_id))
    personne_id = session.scalar(select(Compte.personne_id).where(Compte.id == compte_id))
    auteur = Auteur(Cote.FAMILLE, compte_id)
    consigner(session, auteur, genre, maintenant, personne_id=personne_id, details=details)
