"""« Ma famille »: its members, whose week it is, and for which foyer one acts."""

import pytest
from flask.testing import FlaskClient

from tests.support.client import connecter, poster
from tests.support.ecran import Ecran, phrases
from tests.support.village import JEUDI, Village


@pytest.fixture
def julien(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "julien.ferrand")
    return client


def test_each_childs_icon_opens_the_agenda(village: Village, client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    reponse = client.get("/famille")
    for enfant in ("lea", "noe", "mia"):
        assert f'href="/saint-rivage/enfants/{village.enfants[enfant]}/agenda"' in reponse.text
    dit = phrases(reponse)
    assert "Camille Morel" in dit
    assert "Thomas Le Gall" in dit
    assert "842" in dit
    assert "mailto:coccinelles@village.example" in reponse.text


def test_a_child_in_garde_alternee_says_which_weeks_are_ours(village: Village, client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    assert "celle du 7 décembre" in phrases(client.get("/famille"))


def test_the_other_parent_reads_the_other_weeks(julien: FlaskClient) -> None:
    dit = phrases(julien.get("/famille"))
    assert "cette semaine" in dit
    assert "celle du 14 décembre" in dit


def test_without_a_quotient_the_maximum_is_said(village: Village, client: FlaskClient) -> None:
    connecter(client, "karim.haddad")
    assert "tarif maximum" in phrases(client.get("/famille"))


def test_a_person_of_two_foyers_chooses_for_which_one_she_acts(julien: FlaskClient, village: Village) -> None:
    assert "Zoé" not in phrases(julien.get("/famille"))
    agenda_de_zoe = f"/enfants/{village.enfants['zoe']}/agenda"
    assert julien.get(agenda_de_zoe).status_code == 404
    assert poster(julien, "/foyer", {"foyer": village.foyers["petit"]}).status_code == 303
    dit = phrases(julien.get("/famille"))
    assert "Zoé Petit" in dit
    assert "Léa Ferrand" not in dit
    assert julien.get(agenda_de_zoe).status_code == 200
    assert julien.get(f"/enfants/{village.enfants['lea']}/agenda").status_code == 404


def test_each_foyer_has_its_own_draft_and_its_own_bill(julien: FlaskClient, village: Village) -> None:
    village.cocher("lea", [("repas", JEUDI)], qui="julien", foyer="ferrand")
    village.cocher("zoe", [("repas", JEUDI)], qui="julien", foyer="petit")
    poster(julien, "/foyer", {"foyer": village.foyers["petit"]})
    dit = phrases(julien.get("/reservations/recapitulatif"))
    assert "Zoé" in dit
    assert "Léa" not in dit
    assert Ecran(julien, "/reservations/recapitulatif").envoyer("form-valider").status_code == 303
    assert {r[3] for r in village.reservations("zoe")} == {"petit"}
    assert [c.enfant.prenom for c in village.bilan("julien", "ferrand").changements] == ["Léa"]


def test_a_screen_left_open_on_the_other_foyer_writes_nothing(julien: FlaskClient, village: Village) -> None:
    ecran = Ecran(julien, f"/enfants/{village.enfants['lea']}/agenda?mois=2026-12")
    ecran.cocher(f"10-{village.unite('repas')}")
    poster(julien, "/foyer", {"foyer": village.foyers["petit"]})
    avant = village.photographier()
    assert ecran.poster().status_code == 404
    assert village.photographier() == avant


def test_a_person_of_one_foyer_is_not_asked_to_choose(village: Village, client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    assert 'action="/saint-rivage/foyer"' not in client.get("/famille").text
