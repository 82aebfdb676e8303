"""« Ma famille »: its members, whose week it is, and for which foyer one acts."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from portail_famille.models.foyers import AutoriteParentale
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.ecran import Ecran, phrases
from tests.support.formulaires import lire_formulaire
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
    assert "Zoé Petit" not in phrases(julien.get("/famille"))
    agenda_de_zoe = f"/enfants/{village.enfants['zoe']}/agenda"
    assert julien.get(agenda_de_zoe).status_code == 404
    assert poster(julien, "/foyer", {"foyer": village.foyers["petit"]}).status_code == 303
    dit = phrases(julien.get("/famille"))
    assert "Zoé Petit" in dit
    assert "Léa Ferrand" not in dit
    assert julien.get(agenda_de_zoe).status_code == 200
    assert julien.get(f"/enfants/{village.enfants['lea']}/agenda").status_code == 404


def test_whoever_has_two_foyers_always_sees_for_which_one_she_acts(julien: FlaskClient, village: Village) -> None:
    agenda = f"/enfants/{village.enfants['lea']}/agenda"
    for page in ("/", "/famille", agenda, "/reservations/recapitulatif"):
        entete = julien.get(page).text.partition("</header>")[0]
        assert "Foyer Ferrand\u00a0: Léa" in entete, page
    assert "Vous agissez pour le foyer Ferrand\u00a0: Léa." in phrases(julien.get("/"))
    # The switcher tells the foyers by their children.
    dit = phrases(julien.get("/famille"))
    assert "Petit – Ferrand\u00a0: Zoé" in dit


def test_whoever_has_one_foyer_is_not_told_which(village: Village, client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    for page in ("/", "/famille"):
        assert "Foyer Morel" not in phrases(client.get(page))
        assert "Vous agissez" not in phrases(client.get(page))


def test_telling_foyers_apart_keeps_the_budgets(
    julien: FlaskClient, village: Village, compter_requetes: CompterRequetes
) -> None:
    lea, zoe = (f"/enfants/{village.enfants[nom]}/agenda?mois=2026-12" for nom in ("lea", "zoe"))
    julien.get(lea)
    for page in (lea, zoe):
        with compter_requetes() as requetes:
            julien.get(page)
        assert len(requetes) <= 8, requetes


def test_a_child_of_the_other_foyer_is_said_to_be_there_with_the_way_to_it(
    julien: FlaskClient, village: Village
) -> None:
    agenda = f"/enfants/{village.enfants['zoe']}/agenda?mois=2026-12"
    page = julien.get(agenda)
    assert page.status_code == 404
    assert "Zoé est dans votre foyer Petit – Ferrand" in phrases(page)
    formulaire = lire_formulaire(page.text, "vers_foyer")
    reponse = formulaire.envoyer(julien)
    assert reponse.headers["Location"] == f"/saint-rivage{agenda}"
    assert "Agenda" in phrases(julien.get(agenda))
    assert "Foyer Petit – Ferrand\u00a0: Zoé" in phrases(julien.get("/"))


def test_a_tick_on_a_screen_of_the_other_foyer_is_told_the_way_too(julien: FlaskClient, village: Village) -> None:
    ecran = Ecran(julien, f"/enfants/{village.enfants['lea']}/agenda?mois=2026-12")
    poster(julien, "/foyer", {"foyer": village.foyers["petit"]})
    reponse = ecran.poster()
    assert reponse.status_code == 404
    assert "Léa est dans votre foyer Ferrand" in phrases(reponse)
    assert 'value="/saint-rivage/enfants/' in reponse.text


@pytest.mark.parametrize("enfant", ["yanis", "noe"])
def test_another_familys_child_stays_a_plain_404(julien: FlaskClient, village: Village, enfant: str) -> None:
    page = julien.get(f"/enfants/{village.enfants[enfant]}/agenda")
    absent = julien.get("/enfants/999999/agenda")
    assert page.status_code == absent.status_code == 404
    assert phrases(page) == phrases(absent)
    assert "votre foyer" not in phrases(page)


def test_a_child_one_has_no_authority_on_is_not_told_either(village: Village, client: FlaskClient) -> None:
    """Nadia's household has Julien in it, not his daughter; Julien's authority on Léa ended."""
    with village.bd.session_ecriture() as session:
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.enfant_id == village.enfants["lea"])
            .values(au=date(2026, 12, 1))
        )
    connecter(client, "julien.ferrand")
    poster(client, "/foyer", {"foyer": village.foyers["petit"]})
    page = client.get(f"/enfants/{village.enfants['lea']}/agenda")
    assert page.status_code == 404
    assert "Léa" not in phrases(page)
    assert "Léa" not in phrases(client.get("/famille"))


@pytest.mark.parametrize(
    "suite", ["https://ailleurs.example/", "//ailleurs.example", "/roselac/", "/saint-rivage/../x"]
)
def test_changing_foyer_never_sends_elsewhere(julien: FlaskClient, village: Village, suite: str) -> None:
    reponse = poster(julien, "/foyer", {"foyer": village.foyers["petit"], "suite": suite})
    assert (reponse.status_code, reponse.headers["Location"]) == (303, "/saint-rivage/")


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


@pytest.mark.parametrize(
    "page", ["/famille/enfants/{}", "/famille/enfants/{}/garde?mois=2027-01", "/enfants/{}/agenda"]
)
def test_a_page_of_ones_other_foyer_is_reached_by_passing_to_it(
    client: FlaskClient, village: Village, page: str
) -> None:
    connecter(client, "julien.ferrand")
    poster(client, "/foyer", {"foyer": village.foyers["petit"]})
    adresse = page.format(village.enfants["lea"])
    refus = client.get(adresse)
    assert refus.status_code == 404
    passage = lire_formulaire(refus.text, "vers_foyer").envoyer(client)
    assert passage.location == f"/saint-rivage{adresse}"
    assert client.get(adresse).status_code == 200


def test_a_form_sent_for_the_other_foyer_leads_back_to_its_page(client: FlaskClient, village: Village) -> None:
    connecter(client, "julien.ferrand")
    poster(client, "/foyer", {"foyer": village.foyers["petit"]})
    page = f"/saint-rivage/famille/enfants/{village.enfants['lea']}/garde"
    refus = poster(client, page.removeprefix("/saint-rivage"), headers={"Referer": f"http://localhost{page}"})
    assert refus.status_code == 404
    assert lire_formulaire(refus.text, "vers_foyer").envoyer(client).location == page
