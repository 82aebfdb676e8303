"""A child's weeks month by month, and what a parent asks to change."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.domain.gardes import IMPAIRES, PAIRES
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Rattachement
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.village import LUNDI, Village


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def adresse(village: Village, enfant: str = "lea") -> str:
    return f"/famille/enfants/{village.enfants[enfant]}/garde"


def ecrire_rattachement(village: Village, foyer: str, **valeurs: object) -> None:
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Rattachement)
            .where(Rattachement.foyer_id == village.foyers[foyer], Rattachement.enfant_id == village.enfants["lea"])
            .values(**valeurs)
        )


def test_each_day_says_whose_it_is(camille: FlaskClient, village: Village) -> None:
    dit = phrases(camille.get(adresse(village)))
    assert "Les semaines de Léa" in dit
    assert "Une semaine sur deux chez vous\u00a0: celle du 7 décembre, puis celle du 21 décembre." in dit
    assert "Chez Julien, du 1er au 6" in dit
    assert "Chez vous, du 7 au 13" in dit
    assert "7 , chez vous" in dit or "7, chez vous" in dit


def test_the_bookings_of_both_foyers_are_listed_without_a_price(camille: FlaskClient, village: Village) -> None:
    village.reserver("lea", "repas", LUNDI)
    reponse = camille.get(adresse(village))
    dit = phrases(reponse)
    assert "Lundi 7" in dit
    assert "Lundi 14" in dit
    assert "(Julien)" in dit
    assert "€" not in reponse.text


def test_a_hidden_foyer_is_in_no_day(camille: FlaskClient, village: Village) -> None:
    ecrire_rattachement(village, "ferrand", est_masque=True)
    dit = phrases(camille.get(adresse(village)))
    assert "Julien" not in dit
    assert "Lundi 14" not in dit
    assert "Chez l’autre parent, du 14 au 20" in dit


def test_shared_holidays_are_said_and_shown(camille: FlaskClient, village: Village) -> None:
    ecrire_rattachement(village, "morel", vacances=PAIRES)
    ecrire_rattachement(village, "ferrand", vacances=IMPAIRES)
    dit = phrases(camille.get(adresse(village)))
    assert "La première moitié des vacances scolaires est chez vous les années paires" in dit
    assert "Chez vous, du 19 au 26" in dit
    assert "Chez Julien, du 27 au 31" in dit
    connecter(camille, "julien.ferrand")
    assert "Chez vous, du 27 au 31" in phrases(camille.get(adresse(village)))


def test_months_are_leafed_through(camille: FlaskClient, village: Village) -> None:
    assert "Janvier 2027" in phrases(camille.get(adresse(village) + "?mois=2027-01"))
    assert camille.get(adresse(village) + "?mois=2027-13").status_code == 404


def test_a_child_that_is_here_all_year_says_so(camille: FlaskClient, village: Village) -> None:
    dit = phrases(camille.get(adresse(village, "noe")))
    assert "Noé est chez vous toute l’année." in dit
    assert "Chez vous, du" not in dit


def test_the_family_page_leads_there(camille: FlaskClient, village: Village) -> None:
    assert f'href="/saint-rivage{adresse(village)}"' in camille.get("/famille").text


def test_a_change_is_asked_shown_and_taken_back(camille: FlaskClient, village: Village) -> None:
    formulaire = lire_formulaire(camille.get(adresse(village)).text, adresse(village))
    formulaire.champs |= {"une_sur": ["3"], "semaine": ["2026-12-09"], "vacances": [PAIRES], "mot": ["Jugement\nreçu"]}
    assert formulaire.envoyer(camille).status_code == 303
    dit = phrases(camille.get(adresse(village)))
    assert "Votre demande est envoyée." in dit
    assert "Une semaine sur trois chez vous, à compter de la semaine du 7 décembre." in dit
    with village.bd.session_lecture() as session:
        demande = session.scalars(select(Demarche)).one()
    assert demande.contenu == {"une_sur": 3, "semaine_ancre": "2026-12-09", "vacances": PAIRES, "mot": "Jugement reçu"}
    assert (demande.enfant_id, demande.foyer_id) == (village.enfants["lea"], village.foyers["morel"])
    assert poster(camille, adresse(village)).status_code == 422
    retrait = lire_formulaire(camille.get(adresse(village)).text, f"{adresse(village)}/retirer")
    assert retrait.envoyer(camille).status_code == 303
    assert "Votre demande est retirée." in phrases(camille.get(adresse(village)))
    assert poster(camille, f"{adresse(village)}/retirer").status_code == 303


def test_the_weeks_stay_as_they_are_until_the_answer(camille: FlaskClient, village: Village) -> None:
    poster(camille, adresse(village), {"une_sur": "4", "semaine": "2026-12-09", "vacances": ""})
    assert "Une semaine sur deux chez vous" in phrases(camille.get(adresse(village)))


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("une_sur", "5", "Choisissez une semaine sur deux"),
        ("une_sur", "", "Choisissez une semaine sur deux"),
        ("semaine", "hier", "Choisissez un jour d’une semaine"),
        ("semaine", "1999-01-01", "plus proche d’aujourd’hui"),
        ("vacances", "jamais", "Dites comment les vacances"),
        ("mot", "x" * 501, "trop long"),
    ],
)
def test_a_slip_is_said_beside_its_field(
    camille: FlaskClient, village: Village, champ: str, valeur: str, phrase: str
) -> None:
    bon = {"une_sur": "3", "semaine": "2026-12-09", "vacances": "", "mot": "Bonjour"}
    reponse = poster(camille, adresse(village), bon | {champ: valeur})
    assert reponse.status_code == 422
    assert phrase in phrases(reponse)
    with village.bd.session_lecture() as session:
        assert session.scalars(select(Demarche)).all() == []


def test_what_is_in_force_already_is_told(camille: FlaskClient, village: Village) -> None:
    reponse = poster(camille, adresse(village), {"une_sur": "2", "semaine": str(LUNDI), "vacances": ""})
    assert (reponse.status_code, "déjà le rythme" in phrases(reponse)) == (422, True)


def test_a_second_request_is_told_to_wait(camille: FlaskClient, village: Village) -> None:
    for statut in (303, 409):
        reponse = poster(camille, adresse(village), {"une_sur": "3", "semaine": str(LUNDI), "vacances": ""})
        assert reponse.status_code == statut


@pytest.mark.parametrize("qui", ["thomas.legall", "karim.haddad"])
def test_nobody_asks_for_a_child_she_has_no_authority_over(client: FlaskClient, village: Village, qui: str) -> None:
    connecter(client, qui)
    assert client.get(adresse(village)).status_code == 404
    assert poster(client, adresse(village), {"une_sur": "3", "semaine": str(LUNDI)}).status_code == 404
    assert poster(client, f"{adresse(village)}/retirer").status_code == 404


def test_the_page_stays_in_its_budget(
    camille: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    camille.get(adresse(village))
    with compter_requetes() as requetes:
        camille.get(adresse(village))
    assert len(requetes) <= 8, requetes


def test_the_agenda_says_whose_days_are_cut_by_halves_of_holidays(camille: FlaskClient, village: Village) -> None:
    ecrire_rattachement(village, "morel", vacances=PAIRES)
    page = phrases(camille.get(f"/enfants/{village.enfants['lea']}/agenda?mois=2026-12"))
    assert "Semaine chez Julien" in page
