"""A rhythm from its form: previewed without writing, applied to the draft, refused field by field."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient

from portail_famille.domain.gardes import lundi_de
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter
from tests.support.ecran import Ecran, phrases
from tests.support.village import FIN_D_ANNEE, JEUDI, LUNDI, MARDI, VENDREDI, Village

TOUS, TROIS, DEUX = ["0", "1", "2", "3", "4"], ["0", "1", "3"], ["0", "3"]


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


@pytest.fixture
def noe(village: Village) -> str:
    return f"/enfants/{village.enfants['noe']}/agenda?mois=2026-12"


def champs(village: Village, *unites: str, **autres: Any) -> dict[str, Any]:
    """The form filled in: every day of class from Monday 7 December to the end of the school year."""
    defaut = {"action": "ajouter", "jours": TOUS, "semaines": "1", "du": LUNDI.isoformat(), "jusqua": "annee", "au": ""}
    return defaut | {"unites": [str(village.unite(code)) for code in unites or ("matin",)]} | autres


def jours(village: Village) -> list[date]:
    return sorted({c.jour for c in village.bilan().changements})


def test_a_rhythm_over_the_year_takes_few_queries(
    camille: FlaskClient, village: Village, noe: str, compter_requetes: CompterRequetes
) -> None:
    ecran = Ecran(camille, noe)
    with compter_requetes() as requetes:
        reponse = ecran.poster("rythme-form", **champs(village, "matin", "soir", "repas", "mercredi-matin"))
    assert reponse.status_code == 200
    assert len(requetes) <= 12, requetes
    assert len(village.bilan().changements) > 250


def test_the_answer_to_a_rhythm_is_what_a_fresh_page_shows(camille: FlaskClient, village: Village, noe: str) -> None:
    ecran = Ecran(camille, noe)
    reponse = ecran.poster("rythme-form", **champs(village))
    assert ecran.montre() == Ecran(camille, noe).montre()
    dit = phrases(reponse)
    assert "2 juillet" in dit
    assert "vacances" in dit
    # And the page goes on from there.
    ecran.decocher(f"10-{village.unite('matin')}")
    assert ecran.poster().status_code == 200
    assert JEUDI not in jours(village)


def test_without_htmx_a_rhythm_answers_with_the_whole_page(camille: FlaskClient, village: Village, noe: str) -> None:
    reponse = Ecran(camille, noe).envoyer("rythme-form", **champs(village))
    assert reponse.status_code == 200
    assert reponse.text.lstrip().startswith("<!doctype")
    assert JEUDI in jours(village)


@pytest.mark.parametrize(("preset", "attendus"), [(TOUS, {0, 1, 3, 4}), (TROIS, {0, 1, 3}), (DEUX, {0, 3})])
def test_each_preset_is_a_set_of_weekdays(
    camille: FlaskClient, village: Village, noe: str, preset: list[str], attendus: set[int]
) -> None:
    Ecran(camille, noe).poster("rythme-form", **champs(village, jours=preset))
    assert {jour.weekday() for jour in jours(village)} == attendus


@pytest.mark.parametrize(("semaines", "pas"), [("1", 1), ("2", 2), ("3", 3), ("4", 4)])
def test_one_week_in_n_is_counted_in_calendar_weeks(
    camille: FlaskClient, village: Village, noe: str, semaines: str, pas: int
) -> None:
    Ecran(camille, noe).poster("rythme-form", **champs(village, semaines=semaines))
    ecarts = {(lundi_de(jour) - LUNDI).days % (7 * pas) for jour in jours(village)}
    assert ecarts == {0}
    assert max(jours(village)) > date(2027, 6, 1)


@pytest.mark.parametrize(("semaines", "reste"), [("paires", 0), ("impaires", 1)])
def test_even_and_odd_weeks_say_where_week_53_breaks_them(
    camille: FlaskClient, village: Village, noe: str, semaines: str, reste: int
) -> None:
    reponse = Ecran(camille, noe).poster("rythme-form", **champs(village, semaines=semaines))
    assert {jour.isocalendar().week % 2 for jour in jours(village)} == {reste}
    assert "53 semaines" in phrases(reponse)


@pytest.mark.parametrize(
    ("jusqua", "dernier"),
    [
        ({"jusqua": "date", "au": "2027-01-08"}, date(2027, 1, 8)),
        ({"jusqua": "date", "au": "08/01/2027"}, date(2027, 1, 8)),
        ({"jusqua": "periode"}, date(2026, 12, 18)),
        ({"jusqua": "annee"}, FIN_D_ANNEE),
    ],
)
def test_a_rhythm_ends_where_it_is_told_to(
    camille: FlaskClient, village: Village, noe: str, jusqua: dict[str, str], dernier: date
) -> None:
    Ecran(camille, noe).poster("rythme-form", **champs(village, **jusqua))
    assert max(jours(village)) == dernier


def test_a_rhythm_takes_several_units_at_once(camille: FlaskClient, village: Village, noe: str) -> None:
    Ecran(camille, noe).poster("rythme-form", **champs(village, "matin", "soir", jusqua="periode"))
    faits = {(c.unite, c.jour) for c in village.bilan().changements}
    assert {("matin", LUNDI), ("soir", LUNDI), ("matin", MARDI), ("soir", MARDI)} <= faits


def test_adding_then_removing_leaves_nothing(camille: FlaskClient, village: Village, noe: str) -> None:
    ecran = Ecran(camille, noe)
    ecran.poster("rythme-form", **champs(village))
    ecran.poster("rythme-form", **champs(village, action="retirer"))
    assert jours(village) == []
    assert ecran.montre() == Ecran(camille, noe).montre()


def test_removing_gives_back_bookings_and_keeps_other_ticks(camille: FlaskClient, village: Village, noe: str) -> None:
    village.cocher("noe", [("matin", VENDREDI)])
    Ecran(camille, noe).poster("rythme-form", **champs(village, "repas", action="retirer", jusqua="periode"))
    assert {(c.unite, c.jour, c.ajout) for c in village.bilan().changements} == {
        ("repas", LUNDI, False),
        ("repas", MARDI, False),
        ("matin", VENDREDI, True),
    }


def test_the_other_parents_weeks_are_left_out_and_told(camille: FlaskClient, village: Village) -> None:
    ecran = Ecran(camille, f"/enfants/{village.enfants['lea']}/agenda?mois=2026-12")
    reponse = ecran.poster("rythme-form", **champs(village, jusqua="periode"))
    assert {lundi_de(jour) for jour in jours(village)} == {LUNDI}
    assert "autre parent" in phrases(reponse)


FAUTES: dict[str, tuple[dict[str, Any], str]] = {
    "no_unit": ({"unites": []}, "activité"),
    "unit_of_nobody": ({"unites": ["999999"]}, "activité"),
    "unit_that_is_no_number": ({"unites": ["tout"]}, "activité"),
    "no_day": ({"jours": []}, "jour"),
    "eighth_day": ({"jours": ["8"]}, "jour"),
    "no_weeks": ({"semaines": "5"}, "semaine"),
    "no_action": ({"action": "tout"}, "ajouter"),
    "no_start": ({"du": ""}, "premier jour"),
    "start_that_is_no_date": ({"du": "31/02/2027"}, "premier jour"),
    "no_end": ({"jusqua": "date"}, "dernier jour"),
    "end_before_start": ({"jusqua": "date", "au": "2026-12-01"}, "avant la date de début"),
    "too_long": ({"jusqua": "date", "au": "2028-12-01"}, "année scolaire"),
    "start_long_ago": ({"du": "2001-01-01"}, "année scolaire"),
    "start_beyond_the_calendar": ({"du": "2098-01-01"}, "calendrier"),
}


@pytest.mark.parametrize(("faute", "mot"), FAUTES.values(), ids=FAUTES)
@pytest.mark.parametrize("avec_htmx", [True, False])
def test_a_fault_is_told_by_its_field_and_what_was_typed_is_kept(
    camille: FlaskClient, village: Village, noe: str, faute: dict[str, Any], mot: str, avec_htmx: bool
) -> None:
    ecran = Ecran(camille, noe)
    avant = village.photographier()
    saisie = champs(village, "soir", semaines="3", jours=DEUX) | faute
    reponse = (ecran.poster if avec_htmx else ecran.envoyer)("rythme-form", **saisie)
    assert reponse.status_code == 422
    assert mot in phrases(reponse)
    assert village.photographier() == avant
    if not avec_htmx:
        ecran.recevoir(reponse)
    garde = ecran.formulaire("rythme-form").champs
    for nom in ("unites", "jours", "semaines", "du", "au"):
        # What no box or option of ours could have sent has nowhere to be shown again.
        if nom not in faute:
            assert garde.get(nom) == ([saisie[nom]] if isinstance(saisie[nom], str) else saisie[nom]), nom


def test_another_structures_unit_is_not_a_choice(camille: FlaskClient, village: Village, noe: str) -> None:
    avant = village.photographier()
    reponse = Ecran(camille, noe).poster("rythme-form", **champs(village, "creche"))
    assert reponse.status_code == 422
    assert village.photographier() == avant


def test_a_read_only_child_has_no_rhythm(camille: FlaskClient, village: Village, noe: str) -> None:
    mia = f"/enfants/{village.enfants['mia']}/agenda?mois=2026-12"
    assert "rythme-form" not in camille.get(mia).text


def test_the_preview_says_what_would_be_done_and_writes_nothing(
    camille: FlaskClient, village: Village, noe: str, compter_requetes: CompterRequetes
) -> None:
    adresse = noe.partition("agenda")[0] + "rythme"
    camille.get(noe)
    avant = village.photographier()
    with compter_requetes() as requetes:
        apercu = camille.get(adresse, query_string=champs(village), headers=HTMX)
    assert len(requetes) <= 10
    assert apercu.status_code == 200
    assert apercu.text.lstrip().startswith('<div id="apercu"')
    assert village.photographier() == avant
    Ecran(camille, noe).poster("rythme-form", **champs(village))
    combien = len(village.bilan().changements)
    assert f"{combien} jours" in phrases(apercu).replace("\u00a0", " ")


def test_the_preview_of_an_unfinished_form_says_nothing(camille: FlaskClient, village: Village, noe: str) -> None:
    adresse = noe.partition("agenda")[0] + "rythme"
    apercu = camille.get(adresse, query_string=champs(village, jours=[]), headers=HTMX)
    assert apercu.status_code == 200
    assert "ajouté" not in phrases(apercu)


def test_the_preview_opened_as_a_page_leads_to_the_agenda(camille: FlaskClient, noe: str) -> None:
    assert camille.get(noe.partition("agenda")[0] + "rythme?mois=2026-12").headers["Location"].endswith(noe)


def test_a_rhythm_of_no_month_is_not_found(camille: FlaskClient, village: Village, noe: str) -> None:
    assert Ecran(camille, noe).envoyer("rythme-form", **champs(village, mois="demain")).status_code == 404
