"""The conditions stand at the door: read to the end, accepted once, asked again when they change."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.bd import BD
from portail_famille.models.comptes import AcceptationConditions, RoleAgent
from portail_famille.services.comptes import ouvrir_session
from portail_famille.services.conditions import publier
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter, poster
from tests.support.formulaires import lire_formulaire
from tests.support.pages import analyser, texte
from tests.support.personnes import creer_parent
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

PAGE = "/conditions-generales"
BOUTON = "J’accepte les conditions générales d’utilisation"


def publie(bd: BD, texte: str) -> None:
    with bd.session_ecriture() as session:
        publier(session, texte, date(2026, 12, 2), MERCREDI_SOIR)


@pytest.fixture
def chez_camille(client: FlaskClient, village: Village) -> FlaskClient:
    publie(village.bd, "## Un\n\nTexte de la première version.")
    connecter(client, "camille.morel")
    return client


def accepter(client: FlaskClient, adresse: str = PAGE) -> str:
    reponse = lire_formulaire(client.get(adresse).text, "accepter").envoyer(client)
    assert reponse.status_code == 303
    return str(reponse.location)


def acceptations(bd: BD) -> list[int]:
    with bd.session_lecture() as session:
        return list(session.scalars(select(AcceptationConditions.version).order_by(AcceptationConditions.id)))


@pytest.mark.parametrize("adresse", ["/", "/famille", "/plus?a=b"])
def test_every_page_leads_to_the_conditions_first_and_back(chez_camille: FlaskClient, adresse: str) -> None:
    porte = chez_camille.get(adresse)
    assert porte.status_code == 303
    assert porte.location.startswith("/saint-rivage/conditions-generales")
    vers = accepter(chez_camille, porte.location.removeprefix("/saint-rivage"))
    assert vers == f"/saint-rivage{adresse}"
    assert chez_camille.get(adresse).status_code == 200


def test_nothing_is_done_before_the_first_agreement(chez_camille: FlaskClient, village: Village) -> None:
    reponse = poster(chez_camille, "/reservations/effacer", headers=HTMX)
    assert reponse.headers["HX-Redirect"] == "/saint-rivage/conditions-generales"
    assert chez_camille.get("/famille", headers=HTMX).status_code == 204


def test_a_newer_version_waits_for_the_next_page_and_loses_nothing(chez_camille: FlaskClient, village: Village) -> None:
    accepter(chez_camille)
    publie(village.bd, "## Deux\n\nTexte de la seconde version.")
    assert poster(chez_camille, "/reservations/effacer").status_code == 409, "the view answered, not the door"
    assert chez_camille.get("/famille").location.startswith("/saint-rivage/conditions-generales")
    assert "ont changé depuis votre dernier accord" in chez_camille.get(PAGE).text
    accepter(chez_camille)
    assert chez_camille.get("/famille").status_code == 200
    assert acceptations(village.bd) == [1, 2]


def test_a_version_overtaken_while_it_was_read_is_shown_again(chez_camille: FlaskClient, village: Village) -> None:
    formulaire = lire_formulaire(chez_camille.get(PAGE).text, "accepter")
    publie(village.bd, "## Deux\n\nTexte de la seconde version.")
    reponse = formulaire.envoyer(chez_camille)
    assert reponse.status_code == 409
    assert "seconde version" in reponse.text
    assert acceptations(village.bd) == []
    assert lire_formulaire(reponse.text, "accepter").envoyer(chez_camille).status_code == 303


@pytest.mark.parametrize("version", ["", "0", "99", "x", "1e9", "9" * 30])
def test_a_forged_version_is_not_accepted(chez_camille: FlaskClient, village: Village, version: str) -> None:
    assert poster(chez_camille, PAGE, {"version": version}).status_code == 409
    assert acceptations(village.bd) == []


def test_accepting_leads_nowhere_else(chez_camille: FlaskClient) -> None:
    donnees = {"version": "1", "suite": "https://voleur.example/saint-rivage/"}
    assert poster(chez_camille, PAGE, donnees).location == "/saint-rivage/"


def test_the_button_comes_after_the_text_and_works_without_javascript(chez_camille: FlaskClient) -> None:
    html = chez_camille.get(PAGE).text
    assert html.index("première version") < html.index(BOUTON)
    boutons = [b for b in analyser(html.lstrip(), est_page=True).iter("button") if texte(b) == BOUTON]
    assert len(boutons) == 1
    assert boutons[0].get("disabled") is None
    assert boutons[0].get("aria-disabled") is None


def test_who_accepted_sees_when_and_no_button(chez_camille: FlaskClient) -> None:
    accepter(chez_camille)
    page = chez_camille.get(PAGE).text
    assert "Vous les avez acceptées le" in page
    assert BOUTON not in page


def test_tabs_that_would_only_lead_back_to_the_door_are_not_shown(chez_camille: FlaskClient) -> None:
    assert "Menu principal" not in chez_camille.get(PAGE).text
    accepter(chez_camille)
    assert "Menu principal" in chez_camille.get(PAGE).text


def test_everybody_may_read_them(client: FlaskClient, village: Village) -> None:
    assert "n’a pas encore publié" in client.get(PAGE).text
    publie(village.bd, "## Un\n\nTexte.")
    page = client.get(PAGE).text
    assert "Version 1" in page
    assert BOUTON not in page


def test_logging_out_never_waits_for_an_agreement(chez_camille: FlaskClient) -> None:
    assert poster(chez_camille, "/deconnexion").location == "/saint-rivage/connexion?motif=sortie"


def test_the_door_costs_no_query(chez_camille: FlaskClient, compter_requetes: CompterRequetes) -> None:
    with compter_requetes() as requetes:
        chez_camille.get("/plus")
    assert len(requetes) == 1
    with compter_requetes() as requetes:
        chez_camille.get(PAGE)
    assert len(requetes) <= 10


def test_an_agent_of_no_foyer_is_not_stopped_by_the_conditions_of_families(client: FlaskClient, bd: BD) -> None:
    publie(bd, "## Un\n\nTexte.")
    with bd.session_ecriture() as session:
        agente = creer_parent(session, "isabelle.roche", foyer=False)
        session.add(RoleAgent(compte_id=agente.id, role="instruction"))
        session.flush()
        jeton = ouvrir_session(session, agente.id, MERCREDI_SOIR, second_facteur=True)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = jeton
    assert client.get("/mon-espace/identifiants").status_code == 200
    assert BOUTON not in client.get(PAGE).text
