"""Parental authority, endpoint by endpoint: every address that names a child, a contact, a document, a request or a
receipt, against everybody who lives near that child without being allowed to everything.

An endpoint with such an argument that is not listed here fails: deciding who may is part of adding it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import Contact, Sante
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.foyers import AutoriteParentale, Foyer, Personne, Rattachement
from portail_famille.services.accuses import accuser
from portail_famille.services.demarches import deposer
from portail_famille.services.documents import coffre_de, entreposer, ranger_piece
from portail_famille.services.entourage import ajouter_contact, repondre
from portail_famille.services.examen import DocumentSain
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import encaisser
from portail_famille.services.sante import modifier_sante
from tests.support.client import connecter, poster
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village

pytestmark = pytest.mark.deux_moteurs

AUJOURDHUI = date(2026, 12, 2)
# Arguments that name nothing of a child. Of an attempt to pay: who comes back from PayFiP holds its idop.
_AUTRES = frozenset(
    {"fichier", "filename", "jeton", "genre", "session_id", "cle_id", "foyer_id", "etape", "paiement_id"}
)
ENFANT = "/famille/enfants/{enfant}"
CONTACT = ENFANT + "/contacts/{contact}"
DU_FOYER, DE_L_ENFANT, DU_COMPTE = "foyer", "enfant", "compte"
DEMARCHES = ("GET demarches.", "POST demarches.", "GET accuses.")


@dataclass(frozen=True, slots=True)
class Cas:
    """`portee`: the child's, which both parents see, the foyer's own, which the other foyer never does, or what the
    foyer owes, which each of its adults reads."""

    adresse: str
    portee: str = DE_L_ENFANT


CAS: dict[str, Cas] = {
    "GET agenda.agenda": Cas("/enfants/{enfant}/agenda?mois=2026-12"),
    "POST agenda.cocher": Cas("/enfants/{enfant}/agenda?mois=2026-12&page=a&version=0&seq=0&vus="),
    "GET agenda.apercu_rythme": Cas("/enfants/{enfant}/rythme"),
    "POST agenda.rythme": Cas("/enfants/{enfant}/rythme?mois=2026-12"),
    "GET gardes.garde": Cas(ENFANT + "/garde"),
    "POST gardes.demander": Cas(ENFANT + "/garde"),
    "POST gardes.retirer": Cas(ENFANT + "/garde/retirer"),
    "GET enfants.enfant": Cas(ENFANT),
    "GET enfants.identite": Cas(ENFANT + "/identite"),
    "POST enfants.enregistrer_identite": Cas(ENFANT + "/identite"),
    "GET sante.sante": Cas(ENFANT + "/sante"),
    "POST sante.enregistrer": Cas(ENFANT + "/sante"),
    "GET sante.pai": Cas(ENFANT + "/pai"),
    "POST sante.demander_pai": Cas(ENFANT + "/pai"),
    "POST sante.arreter_pai": Cas(ENFANT + "/pai/arreter"),
    "GET entourage.autorisations": Cas(ENFANT + "/autorisations"),
    "POST entourage.repondre": Cas(ENFANT + "/autorisations"),
    "GET entourage.nouveau": Cas(ENFANT + "/contacts/nouveau"),
    "POST entourage.ajouter": Cas(ENFANT + "/contacts/nouveau"),
    "GET entourage.contact": Cas(CONTACT, DU_FOYER),
    "POST entourage.modifier": Cas(CONTACT, DU_FOYER),
    "POST entourage.retirer": Cas(CONTACT + "/retirer", DU_FOYER),
    "GET porte_documents.document": Cas("/porte-documents/{piece}", DU_FOYER),
    "POST porte_documents.modifier": Cas("/porte-documents/{piece}", DU_FOYER),
    "POST porte_documents.remplacer": Cas("/porte-documents/{piece}/remplacer", DU_FOYER),
    "POST porte_documents.supprimer": Cas("/porte-documents/{autre_piece}/supprimer", DU_FOYER),
    "GET pieces.piece": Cas("/pieces/{piece}", DU_FOYER),
    "POST pieces.retirer": Cas("/pieces/{piece}/retirer", DU_FOYER),
    "GET accuses.accuse": Cas("/demarches/{demande_pai}/accuse.pdf", DU_FOYER),
    "GET enfants.demande": Cas("/famille/demandes/{demande_pai}", DU_FOYER),
    "GET demarches.demarche": Cas("/demarches/{demande_pai}", DU_FOYER),
    "POST demarches.repondre": Cas("/demarches/{demande_pai}/messages?cle=a&texte=b", DU_FOYER),
    "POST demarches.annuler": Cas("/demarches/{demande_pai}/annuler", DU_FOYER),
    "POST enfants.retirer": Cas("/famille/demandes/{demande_pai}/retirer", DU_FOYER),
    "POST espace.retirer": Cas("/mon-espace/demandes/{demande_nom}/retirer", DU_FOYER),
    "GET reservations.recu": Cas("/reservations/recus/{recu}", DU_FOYER),
    "GET factures.facture": Cas("/factures/{facture}", DU_COMPTE),
    "GET factures_pdf.facture": Cas("/factures/{facture}.pdf", DU_COMPTE),
    "GET factures_pdf.recu": Cas("/factures/reglements/{reglement}.pdf", DU_COMPTE),
    "GET paiements.payer": Cas("/factures/{facture}/payer", DU_COMPTE),
    "POST paiements.commencer": Cas("/factures/{facture}/payer?montant=1", DU_COMPTE),
}
# What Camille's foyer must keep to itself, wherever Léa's other parent looks.
SECRETS = ("4, sente du Secret", "Huguette", "+33639981299", "06 39 98 12 99", "jugement-secret")


@dataclass(frozen=True)
class Monde:
    village: Village
    cles: dict[str, object]


@pytest.fixture
def monde(village: Village, reglages: ReglagesCommune) -> Monde:
    """Léa as Camille's foyer has filled her file in: bookings and their receipt, contact, document, requests."""
    lea, morel = village.enfants["lea"], village.foyers["morel"]
    auteur = Auteur(Cote.FAMILLE, village.comptes["camille"])
    village.cocher("lea", [("repas", LUNDI), ("repas", MARDI)])
    recu = village.valider()
    with village.bd.session_ecriture() as session:
        session.execute(update(Foyer).where(Foyer.id == morel).values(adresse="4, sente du Secret"))
        contact = ajouter_contact(
            session,
            foyer_id=morel,
            enfants={lea: "Léa"},
            saisie=Contact("Huguette", "Morel", "+33639981299", "", "grand_parent", True, True),
            auteur=auteur,
            maintenant=MERCREDI_SOIR,
        )
        coffre = coffre_de(reglages.dossier, reglages.cle_coffre)
        piece, autre_piece = (
            ranger_piece(
                session,
                entreposer(coffre, DocumentSain(b"%PDF-1.4", nom, "application/pdf")),
                genre="pai",
                foyer_id=morel,
                enfant_id=lea,
                auteur=auteur,
                maintenant=MERCREDI_SOIR,
            )
            for nom in ("jugement-secret.pdf", "autre-jugement-secret.pdf")
        )
        modifier_sante(
            session,
            Chiffre(reglages.cle_coffre),
            enfant_id=lea,
            foyer_id=morel,
            saisie=Sante("Arachide", "aucun", "", ""),
            empreinte_vue=Sante().empreinte,
            auteur=auteur,
            maintenant=MERCREDI_SOIR,
        )
        repondre(
            session,
            enfant_id=lea,
            foyer_id=morel,
            personne_id=village.personnes["camille"],
            reponses={"image": True},
            vues={},
            auteur=auteur,
            maintenant=MERCREDI_SOIR,
        )
        commun = {"auteur": auteur, "maintenant": MERCREDI_SOIR, "foyer_id": morel, "enfant_id": lea}
        pai = deposer(session, genre="sante", contenu={"pai": False}, **commun)  # type: ignore[arg-type]
        accuser(pai, reglages)
        nom = deposer(session, genre="coordonnees", contenu={"enfant.nom": "Morel"}, **commun)  # type: ignore[arg-type]
        facture = creer_facture(session, morel, [(lea, village.unite("repas"), LUNDI, 342, "")])
        reglement = encaisser(
            session, foyer_id=morel, regie="enfance", moyen="cheque", montant_centimes=100, recu_le=AUJOURDHUI,
            auteur=auteur, maintenant=MERCREDI_SOIR,
        )  # fmt: skip
        cles = {
            "facture": facture.id,
            "reglement": reglement.id,
            "enfant": lea,
            "contact": contact,
            "piece": piece.id,
            "autre_piece": autre_piece.id,
            "demande_pai": pai.numero,
            "demande_nom": nom.numero,
            "recu": recu.numero,
        }
    return Monde(village, cles)


def demander(client: FlaskClient, monde: Monde, nom: str) -> tuple[int, str]:
    """The answer's status and text."""
    chemin, _, requete = CAS[nom].adresse.format(**monde.cles).partition("?")
    if nom.startswith("GET"):
        reponse = client.get(f"{chemin}?{requete}" if requete else chemin)
    else:
        donnees = dict(champ.split("=") for champ in requete.split("&")) if requete else {}
        reponse = poster(client, chemin, donnees)
    return reponse.status_code, reponse.text if reponse.mimetype == "text/html" else ""


def changer_autorite(monde: Monde, qui: str, **dates: date) -> None:
    village = monde.village
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale)
            .where(
                AutoriteParentale.enfant_id == village.enfants["lea"],
                AutoriteParentale.personne_id == village.personnes[qui],
            )
            .values(**dates)
        )


def test_every_endpoint_about_a_child_is_listed(app: Flask) -> None:
    endpoints = {
        f"{methode} {regle.endpoint}"
        for regle in app.url_map.iter_rules()
        for methode in (regle.methods or set()) - {"HEAD", "OPTIONS"}
        if regle.arguments - _AUTRES and not regle.endpoint.startswith("agent_")
    }
    assert endpoints == set(CAS)


def test_a_parent_with_authority_gets_through_everywhere(client: FlaskClient, monde: Monde) -> None:
    connecter(client, "camille.morel")
    refus = {nom: statut for nom in CAS if (statut := demander(client, monde, nom)[0]) not in (200, 303, 409, 422)}
    assert refus == {}


def ended(monde: Monde) -> str:
    changer_autorite(monde, "camille", au=AUJOURDHUI - timedelta(days=1))
    return "camille.morel"


def begins(monde: Monde) -> str:
    changer_autorite(monde, "camille", du=AUJOURDHUI + timedelta(days=1))
    return "camille.morel"


def step_parent(_monde: Monde) -> str:
    return "thomas.legall"


def another_family(_monde: Monde) -> str:
    return "karim.haddad"


def step_parent_of_the_other_foyer(monde: Monde) -> str:
    """Nadia's household has Julien in it; Léa is not of it."""
    return "nadia.petit"


@pytest.mark.parametrize("qui", [ended, begins, step_parent, another_family, step_parent_of_the_other_foyer])
def test_without_authority_today_nothing_of_the_child_exists(
    client: FlaskClient, monde: Monde, qui: Callable[[Monde], str]
) -> None:
    """The exceptions: the receipt of what she booked herself, which she owes, and the request that she filed; what her
    own foyer owes has its own test."""
    connecter(client, qui(monde))
    siens = {nom for nom in CAS if nom.startswith(DEMARCHES) or nom == "GET reservations.recu"}
    if qui not in (ended, begins):
        siens = set()
    if qui in (ended, begins, step_parent):
        siens |= {nom for nom, cas in CAS.items() if cas.portee == DU_COMPTE}
    reponses = {nom: demander(client, monde, nom)[0] for nom in CAS if nom not in siens}
    assert {nom: statut for nom, statut in reponses.items() if statut != 404} == {}


@pytest.mark.parametrize(("qui", "pdf"), [(ended, 200), (begins, 200), (step_parent, 404)])
def test_what_the_foyer_owes_is_read_by_each_of_its_adults_the_days_by_who_pays(
    client: FlaskClient, monde: Monde, qui: Callable[[Monde], str], pdf: int
) -> None:
    """Camille pays, with or without authority: the paper that says everything is hers. Thomas pays nothing."""
    connecter(client, qui(monde))
    reponses = {nom: demander(client, monde, nom)[0] for nom, cas in CAS.items() if cas.portee == DU_COMPTE}
    assert reponses.pop("GET factures_pdf.facture") == pdf
    assert {nom: statut for nom, statut in reponses.items() if statut not in (200, 422)} == {}
    _, page = demander(client, monde, "GET factures.facture")
    assert ("Les jours ne sont montrés" in page) == (pdf == 404)
    assert ("1\u00a0×\u00a03,42" in page) == (pdf == 200)


def test_the_last_day_of_an_authority_still_counts(client: FlaskClient, monde: Monde) -> None:
    changer_autorite(monde, "camille", du=AUJOURDHUI, au=AUJOURDHUI)
    connecter(client, "camille.morel")
    assert demander(client, monde, "GET enfants.enfant")[0] == 200


def test_the_other_foyers_parent_sees_the_child_and_never_what_is_the_foyers_own(
    client: FlaskClient, monde: Monde
) -> None:
    connecter(client, "julien.ferrand")
    reponses = {nom: demander(client, monde, nom) for nom in CAS}
    ecarts = {
        nom: statut
        for nom, (statut, _) in reponses.items()
        if (statut == 404) != (CAS[nom].portee != DE_L_ENFANT) or statut >= 500
    }
    assert ecarts == {}
    fuites = [(nom, secret) for nom, (_, page) in reponses.items() for secret in SECRETS if secret in page]
    assert fuites == []


PAGES = (
    "/",
    "/demarches",
    "/tableau-de-bord",
    "/famille",
    "/reservations/recus",
    "/factures",
    "/factures/adhesion",
    "/reservations/recapitulatif",
    "/reservations/nouvelle/activites",
)
PAGES_ESPACE = ("/mon-espace", "/mon-espace/foyer", "/mon-espace/entourage", "/mon-espace/contacts", "/verification")


def test_no_page_of_the_other_foyers_parent_says_what_is_not_hers(client: FlaskClient, monde: Monde) -> None:
    connecter(client, "julien.ferrand")
    fuites = []
    for page in (*PAGES, *PAGES_ESPACE):
        reponse = client.get(page)
        assert reponse.status_code == 200, page
        fuites += [(page, secret) for secret in (*SECRETS, str(monde.cles["recu"])) if secret in reponse.text]
    assert fuites == []


def test_the_other_foyers_bookings_are_seen_without_their_price(client: FlaskClient, monde: Monde) -> None:
    connecter(client, "julien.ferrand")
    _, agenda = demander(client, monde, "GET agenda.agenda")
    puces = [morceau.partition("</i>")[0] for morceau in agenda.split('<span class="p autre"')[1:]]
    assert len(puces) == 2
    assert all("Camille" in puce for puce in puces)
    assert not [puce for puce in puces if "€" in puce]


def test_of_a_hidden_foyer_nothing_is_left_on_any_page(client: FlaskClient, monde: Monde) -> None:
    village = monde.village
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Rattachement)
            .where(Rattachement.foyer_id == village.foyers["morel"], Rattachement.enfant_id == village.enfants["lea"])
            .values(est_masque=True)
        )
        # A first name that no other page could hold.
        session.execute(update(Personne).where(Personne.id == village.personnes["camille"]).values(prenom="Camillia"))
    connecter(client, "julien.ferrand")
    pages = {nom: demander(client, monde, nom)[1] for nom in CAS if nom.startswith("GET")}
    pages |= {page: client.get(page).text for page in (*PAGES, *PAGES_ESPACE)}
    noms = (*SECRETS, "Camillia", "Le Gall", str(monde.cles["recu"]))
    assert [(nom, secret) for nom, page in pages.items() for secret in noms if secret in page] == []
    assert '<span class="p autre"' not in pages["GET agenda.agenda"]
    assert pages["GET agenda.agenda"].count("ce jour n’est pas disponible") == 2


def test_the_hidden_foyer_sees_what_it_did(client: FlaskClient, monde: Monde) -> None:
    village = monde.village
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Rattachement).where(Rattachement.foyer_id == village.foyers["ferrand"]).values(est_masque=True)
        )
    connecter(client, "julien.ferrand")
    assert "Camille" in demander(client, monde, "GET agenda.agenda")[1]
