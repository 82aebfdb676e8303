"""The school calendar, against the printed ones of 2026-2028."""

from datetime import date, timedelta

import pytest

from portail_famille.domain.calendrier import PeriodeVacances
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import nommer_vacances
from tests.support.calendriers import LMJV, calendrier_de, lignes_du_calendrier

LIGNES = [
    (ligne["period"], zone, date.fromisoformat(ligne["first_day_off"]), date.fromisoformat(ligne["last_day_off"]))
    for ligne in lignes_du_calendrier()
    for zone in ligne["zone"]
]


@pytest.mark.parametrize(("nom", "zone", "du", "au"), LIGNES, ids=lambda valeur: str(valeur))
def test_a_printed_period_is_off_from_its_first_to_its_last_day(nom: str, zone: str, du: date, au: date) -> None:
    calendrier = calendrier_de(zone)
    for jour in (du, au):
        periode = calendrier.vacances_du(jour)
        assert periode is not None
        assert periode.s_appelle(nom)
        assert not calendrier.est_jour_ecole(jour)
    assert calendrier.vacances_du(du - timedelta(days=1)) is None
    assert calendrier.vacances_du(au + timedelta(days=1)) is None


def test_zones_have_their_own_winter_holidays() -> None:
    jour = date(2027, 2, 8)
    assert calendrier_de("C").vacances_du(jour) is not None
    assert calendrier_de("A").vacances_du(jour) is None


def test_a_school_day_is_a_weekday_of_class_and_no_holiday() -> None:
    calendrier = calendrier_de("A")
    assert calendrier.est_jour_ecole(date(2026, 11, 30))
    assert not calendrier.est_jour_ecole(date(2026, 12, 2))
    assert calendrier.est_jour_ecole(date(2026, 12, 2), LMJV | {2})
    assert not calendrier.est_jour_ecole(date(2026, 11, 11), frozenset(range(7)))
    assert not calendrier.est_jour_ecole(date(2026, 12, 21))


def test_a_working_day_is_neither_a_weekend_nor_a_public_holiday() -> None:
    calendrier = calendrier_de("A")
    assert calendrier.est_ouvre(date(2026, 12, 21))
    assert not calendrier.est_ouvre(date(2026, 12, 25))
    assert not calendrier.est_ouvre(date(2026, 11, 28))


def test_a_school_year_ends_the_day_before_the_summer_holidays() -> None:
    calendrier = calendrier_de("A")
    for jour in (date(2026, 9, 1), date(2026, 12, 25), date(2027, 7, 2)):
        assert calendrier.fin_annee_scolaire(jour) == date(2027, 7, 2)
    assert calendrier.fin_annee_scolaire(date(2027, 7, 3)) == date(2028, 7, 3)


def test_a_period_ends_the_day_before_the_next_holidays_and_a_bridge_ends_none() -> None:
    calendrier = calendrier_de("A")
    assert calendrier.fin_periode(date(2026, 11, 30)) == date(2026, 12, 18)
    assert calendrier.fin_periode(date(2026, 10, 20)) == date(2026, 12, 18)
    assert calendrier.fin_periode(date(2027, 5, 3)) == date(2027, 7, 2)


def test_a_calendar_that_stops_says_so() -> None:
    for demander in (calendrier_de("A").fin_annee_scolaire, calendrier_de("A").fin_periode):
        with pytest.raises(RegleViolee) as refus:
            demander(date(2028, 7, 4))
        assert refus.value.code == "calendrier_inconnu"


def test_a_period_begins_after_the_holidays_before_it_or_with_its_own() -> None:
    calendrier = calendrier_de("A")
    assert calendrier.debut_periode(date(2026, 11, 30)) == date(2026, 11, 2)
    assert calendrier.debut_periode(date(2026, 12, 25)) == date(2026, 12, 19)
    assert calendrier.debut_periode(date(2026, 9, 10)) is None
    assert calendrier.rentree(date(2027, 11, 30)) == date(2027, 9, 1)
    assert calendrier.rentree(date(2027, 6, 30)) is None


@pytest.mark.parametrize(
    ("nom", "meme"),
    [("Noël", True), ("Vacances de Noël", True), ("noel 2026", True), ("Noël 2027", False), ("Hiver", False)],
)
def test_a_period_is_known_by_its_name_with_or_without_its_year(nom: str, meme: bool) -> None:
    noel = PeriodeVacances("Noël 2026", date(2026, 12, 19), date(2027, 1, 3))
    assert noel.s_appelle(nom) is meme


def test_a_period_without_a_year_in_its_name_has_that_of_its_first_day() -> None:
    noel = PeriodeVacances("Vacances de Noël", date(2026, 12, 19), date(2027, 1, 3))
    assert noel.s_appelle("Noël 2026")
    assert not noel.s_appelle("Noël 2027")


@pytest.mark.parametrize(
    ("nom", "attendu"),
    [
        ("Toussaint 2026", "Vacances de la Toussaint"),
        ("Été 2027", "Vacances d’été"),
        ("Vacances d'Hiver", "Vacances d’hiver"),
        ("Pont de l'Ascension 2027", "Pont de l’Ascension"),
        ("Vacances de Carnaval", "Vacances de Carnaval"),
        ("Carnaval", "Vacances (Carnaval)"),
    ],
)
def test_holidays_are_named_as_parents_name_them(nom: str, attendu: str) -> None:
    assert nommer_vacances(nom) == attendu
