"""The yearly check of the file: asked at the first visit, then each year, never while something is being sent."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Rattachement
from portail_famille.models.journal import ActeJournal
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import Village


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    """Camille has never said that her file is exact."""
    with village.bd.session_ecriture() as session:
        session.execute(update(Compte).where(Compte.id == village.comptes["camille"]).values(verifie_utc=None))
    connecter(client, "camille.morel")
    return client


def verifie(village: Village, qui: str = "camille") -> object:
    with village.bd.session_lecture() as session:
        return session.scalar(select(Compte.verifie_utc).where(Compte.id == village.comptes[qui]))


@pytest.mark.parametrize("page", ["/", "/famille", "/plus", "/reservations/nouvelle"])
def test_the_first_visit_asks_to_check_the_file_and_comes_back(camille: FlaskClient, page: str) -> None:
    reponse = camille.get(page)
    assert reponse.status_code == 303
    assert reponse.location.startswith("/saint-rivage/verification?suite=")
    formulaire = lire_formulaire(camille.get(reponse.location.removeprefix("/saint-rivage")).text, "reponse")
    formulaire.champs["reponse"] = ["exact"]
    retour = formulaire.envoyer(camille)
    assert (retour.status_code, retour.location) == (303, f"/saint-rivage{page}")
    assert camille.get(page).status_code == 200


def test_everything_of_the_file_is_on_the_page(camille: FlaskClient, village: Village) -> None:
    dit = phrases(camille.get("/verification"))
    for attendu in ("Camille Morel", "Thomas Le Gall", "Le Village", "Léa Ferrand", "17 avril 2018", "Mia Le Gall"):
        assert attendu in dit
    assert "Tout est exact" in dit
    assert "Plus tard" in dit


def test_everything_is_exact_keeps_the_date_and_a_line_in_the_journal(camille: FlaskClient, village: Village) -> None:
    assert poster(camille, "/verification", {"reponse": "exact"}).status_code == 303
    assert verifie(village) == MERCREDI_SOIR
    with village.bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal)).one()
    assert (acte.action, acte.personne_id) == ("dossier_verifie", village.personnes["camille"])
    assert "2 décembre 2026" in phrases(camille.get("/verification"))


def test_later_lasts_until_the_next_login(camille: FlaskClient, village: Village) -> None:
    assert poster(camille, "/verification", {"reponse": "plus_tard"}).status_code == 303
    assert camille.get("/famille").status_code == 200
    assert verifie(village) is None
    connecter(camille, "camille.morel")
    assert camille.get("/famille").status_code == 303


def test_nothing_that_is_being_sent_waits_for_the_check(camille: FlaskClient, village: Village) -> None:
    assert poster(camille, "/foyer", {"foyer": village.foyers["morel"]}).location == "/saint-rivage/famille"
    assert camille.get(f"/enfants/{village.enfants['noe']}/agenda", headers=HTMX).status_code == 200


def test_each_of_two_parents_checks_for_herself(camille: FlaskClient, village: Village, app: Flask) -> None:
    poster(camille, "/verification", {"reponse": "plus_tard"})
    thomas = app.test_client()
    connecter(thomas, "thomas.legall")
    assert thomas.get("/famille").status_code == 200


def test_it_is_asked_again_after_a_year(village: Village, client: FlaskClient, horloge: HorlogeReglable) -> None:
    connecter(client, "camille.morel")
    assert client.get("/famille").status_code == 200
    horloge.maintenant = MERCREDI_SOIR + timedelta(days=364)
    connecter(client, "camille.morel")
    assert client.get("/famille").status_code == 200
    horloge.maintenant = MERCREDI_SOIR + timedelta(days=365)
    connecter(client, "camille.morel")
    assert client.get("/famille").location.startswith("/saint-rivage/verification")


def test_a_correction_comes_back_to_the_check(camille: FlaskClient, village: Village) -> None:
    page = camille.get("/verification").text
    assert 'href="/saint-rivage/mon-espace/profil/modifier?vers=verification"' in page
    formulaire = lire_formulaire(camille.get("/mon-espace/profil/modifier?vers=verification").text, "formulaire")
    formulaire.champs["telephone"] = ["06 12 34 56 78"]
    retour = formulaire.envoyer(camille)
    assert retour.location == "/saint-rivage/verification?fait=enregistre"
    dit = phrases(camille.get("/verification?fait=enregistre"))
    assert "C’est enregistré." in dit
    assert "06 12 34 56 78" in dit


def test_a_correction_can_be_made_before_the_check_is_answered(camille: FlaskClient, village: Village) -> None:
    """The door must not send back to itself whoever does what it asks."""
    fiche = f"/famille/enfants/{village.enfants['noe']}"
    for page in ("/mon-espace/profil/modifier", "/mon-espace/foyer/adresse", fiche):
        assert camille.get(page).status_code == 200, page


def test_a_family_of_the_creche_is_given_the_address_to_write_to(camille: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            delete(Rattachement).where(
                Rattachement.foyer_id == village.foyers["morel"],
                Rattachement.enfant_id.in_([village.enfants["lea"], village.enfants["noe"]]),
            )
        )
    page = camille.get("/verification")
    assert "mailto:coccinelles@village.example?subject=" in page.text
    assert "Corriger" not in phrases(page)
    assert "Tout est exact" in phrases(page)


@pytest.mark.parametrize("suite", ["https://ailleurs.example/", "//ailleurs.example", "/roselac/", "javascript:1"])
def test_the_check_never_sends_elsewhere(camille: FlaskClient, suite: str) -> None:
    for reponse in ("exact", "plus_tard"):
        retour = poster(camille, "/verification", {"reponse": reponse, "suite": suite})
        assert retour.location == "/saint-rivage/"


def test_the_check_asks_ten_queries_at_most(camille: FlaskClient, compter_requetes: CompterRequetes) -> None:
    camille.get("/verification")
    with compter_requetes() as requetes:
        camille.get("/verification")
    assert len(requetes) <= 10, requetes
