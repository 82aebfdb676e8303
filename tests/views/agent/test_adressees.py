"""A request addressed to a structure that does not receive the child yet: its agents read and answer that one, and open
nothing else of the family."""

import re

from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.services.agents import ajouter_role
from tests.services.test_inscriptions import demander, inscrits, liberer, lire, ouvrir
from tests.support.agents import connecter_agent
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau
from tests.views.agent.test_demarches import decider, etat


def demander_la_creche(bureau: Bureau, *choix: str) -> str:
    """Yanis Haddad is at the school: the crèche does not know him."""
    village = bureau.village
    ouvrir(village, "cantine", ["ecole", "creche"], choix=2)
    liberer(village, "yanis", "cantine")
    return demander(village, "yanis", "cantine", *(choix or ("creche", "ecole")), qui="karim", foyer="haddad")


def joindre(bureau: Bureau, numero: str) -> int:
    with bureau.bd.session_ecriture() as session:
        demarche = lire(session, numero)
        piece = Piece(
            foyer_id=demarche.foyer_id, enfant_id=demarche.enfant_id, genre="vaccins", nom="carnet.pdf",
            type_mime="application/pdf", taille=3, objet="a" * 40, deposee_utc=MERCREDI_SOIR,
        )  # fmt: skip
        session.add(piece)
        session.flush()
        session.add(DemarchePiece(demarche_id=demarche.id, piece_id=piece.id))
        # The door of who has her address verified: a document is not the desk's page.
        session.get_one(Compte, bureau.comptes["Inès"]).verifie_utc = MERCREDI_SOIR
        return piece.id


def test_it_is_in_the_queue_of_the_place_asked_for_and_opens_nothing_else(bureau: Bureau) -> None:
    numero = demander_la_creche(bureau)
    foyer = bureau.village.foyers["haddad"]
    client = bureau.entrer("Inès")
    assert numero in client.get("/agent/demarches").text
    page = client.get(f"/agent/demarches/{numero}")
    assert page.status_code == 200
    assert "Accepter" in phrases(page)
    assert f"/agent/foyers/{foyer}" not in page.text
    assert client.get(f"/agent/foyers/{foyer}").status_code == 404
    assert poster(client, f"/agent/foyers/{foyer}/tarifs", {"resident": "oui"}).status_code == 404


def test_she_takes_the_child_in_her_structure_and_nowhere_else(bureau: Bureau) -> None:
    numero = demander_la_creche(bureau)
    bureau.entrer("Inès")
    refusee = decider(bureau, numero, "accepter", structure="ecole")
    assert refusee.status_code == 422
    assert "Choisissez un lieu dont vous vous occupez" in phrases(refusee)
    assert etat(bureau, numero) == "deposee"
    assert decider(bureau, numero, "accepter", structure="creche").status_code == 303
    assert [ligne[:2] for ligne in inscrits(bureau.village, "yanis", "cantine")] == [("haddad", "creche")]


def test_its_documents_are_read_while_it_waits_those_of_others_are_not(bureau: Bureau) -> None:
    numero = demander_la_creche(bureau)
    piece = joindre(bureau, numero)
    lue = bureau.entrer("Inès").get(f"/agent/demarches/{numero}")
    (chemin,) = set(re.findall(rf'href="/saint-rivage(/[^"]*{piece})"', lue.text))
    # There is no file behind this row: found, then missing from the coffre.
    assert "n’est plus" in phrases(bureau.client.get(chemin))
    assert decider(bureau, numero, "refuser", motif="Plus de place.").status_code == 303
    assert "n’est plus" not in phrases(bureau.client.get(chemin))


def test_one_addressed_elsewhere_first_or_of_her_own_family_is_not_hers(bureau: Bureau) -> None:
    numero = demander_la_creche(bureau, "ecole", "creche")
    assert bureau.entrer("Inès").get(f"/agent/demarches/{numero}").status_code == 404
    village = bureau.village
    with bureau.bd.session_ecriture() as session:
        lire(session, numero).structure_id = village.regles.structure_ids["creche"]
        creche = Attribution(Role.INSTRUCTION, village.regles.structure_ids["creche"])
        ajouter_role(session, village.comptes["karim"], creche, MERCREDI_SOIR)
        identifiant = session.get_one(Compte, village.comptes["karim"]).identifiant
    assert bureau.entrer("Inès").get(f"/agent/demarches/{numero}").status_code == 200
    connecter_agent(bureau.client, identifiant)
    assert bureau.client.get(f"/agent/demarches/{numero}").status_code == 404


def test_answered_elsewhere_or_taken_back_it_is_no_longer_read_there(bureau: Bureau) -> None:
    numero = demander_la_creche(bureau)
    bureau.entrer()
    assert decider(bureau, numero, "refuser", motif="Pas cette année.").status_code == 303
    client = bureau.entrer("Inès")
    assert client.get(f"/agent/demarches/{numero}").status_code == 404
    assert numero not in client.get("/agent/demarches?etat=closes").text
    village = bureau.village
    with bureau.bd.session_ecriture() as session:
        # As if her own structure had answered, then as if the family had taken it back.
        lire(session, numero).decidee_par = bureau.comptes["Inès"]
    assert client.get(f"/agent/demarches/{numero}").status_code == 200
    with bureau.bd.session_ecriture() as session:
        lire(session, numero).etat, lire(session, numero).decidee_par = "annulee", village.comptes["karim"]
    assert client.get(f"/agent/demarches/{numero}").status_code == 404
