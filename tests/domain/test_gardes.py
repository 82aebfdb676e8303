"""Garde alternée: weeks, halves of holidays, and the two foyers that share every day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.calendrier import Calendrier, PeriodeVacances
from portail_famille.domain.gardes import IMPAIRES, PAIRES, VACANCES, Garde, seconde_moitie
from tests.support.calendriers import calendrier_de

CALENDRIER = calendrier_de("C")
ANCRE = date(2026, 12, 7)
JOURS = st.dates(date(2025, 9, 1), date(2029, 12, 31))
GARDES = st.builds(Garde, JOURS, st.sampled_from((2, 3, 4)), st.sampled_from(VACANCES), st.booleans())


@given(GARDES, JOURS)
def test_of_two_foyers_exactly_one_has_each_day(garde: Garde, jour: date) -> None:
    assert garde.est_chez_nous(jour, CALENDRIER) != garde.autre().est_chez_nous(jour, CALENDRIER)


@given(GARDES, JOURS)
def test_the_other_of_the_other_is_oneself(garde: Garde, jour: date) -> None:
    assert garde.autre().autre().est_chez_nous(jour, CALENDRIER) == garde.est_chez_nous(jour, CALENDRIER)


@pytest.mark.parametrize(
    ("jour", "chez_nous"),
    [
        (date(2026, 12, 18), False),  # Friday of an odd week of ours, the last of school: the weeks answer
        (date(2026, 12, 19), True),  # first of 16 days
        (date(2026, 12, 26), True),
        (date(2026, 12, 27), False),  # ninth
        (date(2027, 1, 3), False),  # 2027, but holidays of 2026
        (date(2027, 1, 4), True),  # back to the weeks, counted on from December
    ],
)
def test_christmas_is_cut_in_two_and_belongs_to_the_year_it_begins_in(jour: date, chez_nous: bool) -> None:
    assert Garde(ANCRE, 2, PAIRES).est_chez_nous(jour, CALENDRIER) is chez_nous


def test_the_second_half_is_ours_in_odd_years() -> None:
    garde = Garde(ANCRE, 2, PAIRES)
    hiver = CALENDRIER.vacances_du(date(2027, 2, 10))
    assert hiver is not None
    assert not garde.est_chez_nous(hiver.du, CALENDRIER)
    assert garde.est_chez_nous(hiver.au, CALENDRIER)
    assert Garde(ANCRE, 2, IMPAIRES).est_chez_nous(hiver.du, CALENDRIER)


def test_of_an_odd_number_of_days_the_first_half_has_one_more() -> None:
    periode = PeriodeVacances("Neuf jours", date(2026, 10, 17), date(2026, 10, 25))
    assert seconde_moitie(periode) == date(2026, 10, 22)


def test_summer_is_shared_too() -> None:
    ete = CALENDRIER.vacances_du(date(2027, 7, 14))
    assert ete is not None
    garde = Garde(ANCRE, 2, IMPAIRES)
    jours = [ete.du + timedelta(days=n) for n in range(ete.duree)]
    notres = [jour for jour in jours if garde.est_chez_nous(jour, CALENDRIER)]
    assert notres == jours[: (len(jours) + 1) // 2]


def test_without_shared_holidays_the_weeks_go_on_through_them() -> None:
    garde = Garde(date(2026, 12, 21))
    assert garde.est_chez_nous(date(2026, 12, 24), CALENDRIER)
    assert not garde.est_chez_nous(date(2026, 12, 31), CALENDRIER)


def test_a_bridge_is_not_shared() -> None:
    pont = PeriodeVacances("Pont de l’Ascension", date(2027, 5, 5), date(2027, 5, 9))
    calendrier = Calendrier("C", (pont,), {}, frozenset({0, 1, 3, 4}))
    garde = Garde(date(2027, 5, 3), 2, PAIRES)
    assert all(garde.est_chez_nous(pont.du + timedelta(days=n), calendrier) for n in range(5))


def test_where_no_holidays_are_known_the_weeks_answer() -> None:
    vide = Calendrier("C", (), {}, frozenset())
    assert Garde(ANCRE, 2, PAIRES).est_chez_nous(ANCRE, vide)
    assert not Garde(ANCRE, 2, PAIRES).est_chez_nous(ANCRE + timedelta(weeks=1), vide)


@given(JOURS, st.sampled_from((3, 4)))
def test_one_week_in_n_leaves_all_the_others(ancre: date, une_sur: int) -> None:
    reste = Garde(ancre, une_sur).autre()
    semaines = [reste.est_chez_nous(ancre + timedelta(weeks=n), CALENDRIER) for n in range(une_sur)]
    assert semaines == [False] + [True] * (une_sur - 1)
