"""Hours on the wall and instants, both clock changes included."""

from datetime import UTC, date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.horloge import FIN_DE_JOURNEE, PARIS, fin_du_jour, instant_a, instant_local, moins_heures

JOURS = st.dates(date(2025, 1, 1), date(2029, 12, 31))


def test_the_missing_hour_of_march_is_the_jump_itself() -> None:
    for heure in (time(2, 0), time(2, 30), time(2, 59)):
        assert instant_local(date(2027, 3, 28), heure).isoformat() == "2027-03-28T03:00:00+02:00"


def test_the_hours_around_the_missing_one_keep_their_own_offset() -> None:
    assert instant_local(date(2027, 3, 28), time(1, 59)).isoformat() == "2027-03-28T01:59:00+01:00"
    assert instant_local(date(2027, 3, 28), time(3, 0)).isoformat() == "2027-03-28T03:00:00+02:00"


@pytest.mark.parametrize("jour", [date(2026, 10, 25), date(2027, 10, 31)])
def test_the_doubled_hour_of_october_is_its_first_time(jour: date) -> None:
    assert instant_local(jour, time(2, 30)).isoformat() == f"{jour}T02:30:00+02:00"
    assert instant_local(jour, time(3, 0)).isoformat() == f"{jour}T03:00:00+01:00"


def test_the_end_of_a_day_is_the_midnight_that_follows() -> None:
    assert instant_local(date(2026, 12, 31), FIN_DE_JOURNEE).isoformat() == "2027-01-01T00:00:00+01:00"
    assert instant_local(date(2026, 12, 31), "09:30").isoformat() == "2026-12-31T09:30:00+01:00"


def test_days_of_clock_changes_last_23_and_25_hours() -> None:
    def duree(jour: date) -> timedelta:
        return fin_du_jour(jour).astimezone(UTC) - instant_a(jour, 0).astimezone(UTC)

    assert duree(date(2027, 3, 28)) == timedelta(hours=23)
    assert duree(date(2026, 10, 25)) == timedelta(hours=25)
    assert duree(date(2026, 11, 30)) == timedelta(hours=24)


def test_hours_are_real_hours_across_a_clock_change() -> None:
    depart = instant_local(date(2027, 3, 28), time(12, 0))
    assert moins_heures(depart, 24).isoformat() == "2027-03-27T11:00:00+01:00"
    depart = instant_local(date(2026, 10, 25), time(12, 0))
    assert moins_heures(depart, 24).isoformat() == "2026-10-24T13:00:00+02:00"


@given(JOURS, st.integers(0, 1440), st.integers(0, 1440))
def test_a_later_hour_on_the_wall_is_never_an_earlier_instant(jour: date, une: int, autre: int) -> None:
    tot, tard = sorted((une, autre))
    assert instant_a(jour, tot).astimezone(UTC) <= instant_a(jour, tard).astimezone(UTC)


@given(JOURS, st.integers(0, 1439))
def test_an_hour_that_exists_is_the_hour_the_clock_shows(jour: date, minutes: int) -> None:
    instant = instant_a(jour, minutes)
    assert instant.tzinfo is PARIS
    affichee = instant.astimezone(UTC).astimezone(PARIS)
    assert affichee.date() == jour
    assert affichee.hour * 60 + affichee.minute >= minutes
