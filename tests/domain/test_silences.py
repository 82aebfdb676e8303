"""Due dates: months counted from day to day, stopped or started again by a complement (CRPA L114-5)."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portail_famille.domain.genres import GENRES, Silence
from portail_famille.domain.silences import ajouter_mois, echeance, reprendre, suspendre

JOURS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
MOIS = st.integers(1, 24)
DUREES = st.integers(0, 200).map(timedelta)
SANS_ACCORD = st.sampled_from([Silence.REJET, Silence.AUCUN])


@pytest.mark.parametrize(
    ("depot", "mois", "attendue"),
    [
        (date(2026, 1, 15), 2, date(2026, 3, 15)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 10, 31), 24, date(2028, 10, 31)),
    ],
)
def test_months_run_to_the_same_day_or_to_the_last_of_the_month(depot: date, mois: int, attendue: date) -> None:
    assert ajouter_mois(depot, mois) == attendue


@given(JOURS, MOIS)
def test_the_due_date_is_in_the_right_month_and_never_on_a_later_day(depot: date, mois: int) -> None:
    fin = ajouter_mois(depot, mois)
    assert (fin.year * 12 + fin.month) - (depot.year * 12 + depot.month) == mois
    assert fin.day == min(depot.day, monthrange(fin.year, fin.month)[1])


@given(JOURS, st.integers(0, 60), MOIS)
def test_who_files_later_is_not_answered_sooner(depot: date, apres: int, mois: int) -> None:
    assert ajouter_mois(depot, mois) <= ajouter_mois(depot + timedelta(apres), mois)


@given(JOURS)
def test_a_kind_without_delay_has_no_due_date(depot: date) -> None:
    assert echeance(depot, GENRES["question"]) is None
    assert echeance(depot, replace(GENRES["quotient"], delai_mois=3)) == ajouter_mois(depot, 3)


def test_every_delay_names_its_source_and_no_silence_is_without_delay() -> None:
    for genre in GENRES.values():
        assert bool(genre.delai_mois) == bool(genre.source), genre.code
        assert genre.delai_mois or genre.silence is Silence.AUCUN, genre.code


@given(JOURS, MOIS, DUREES, DUREES)
def test_where_silence_agrees_the_whole_delay_runs_from_what_was_missing(
    depot: date, mois: int, attente: timedelta, reponse: timedelta
) -> None:
    prevue = ajouter_mois(depot, mois)
    demande = depot + attente
    assume(demande < prevue)
    assert suspendre(Silence.ACCORD, prevue, demande, demande + timedelta(15)) is None
    recu = demande + reponse
    assert reprendre(Silence.ACCORD, mois, prevue, demande, demande + timedelta(15), recu) == ajouter_mois(recu, mois)


@given(SANS_ACCORD, JOURS, MOIS, DUREES, DUREES, DUREES)
def test_where_silence_refuses_the_delay_is_suspended_until_the_answer_or_the_end_of_the_time_given(
    silence: Silence, depot: date, mois: int, attente: timedelta, donne: timedelta, reponse: timedelta
) -> None:
    prevue = ajouter_mois(depot, mois)
    demande = depot + attente
    assume(demande < prevue)
    avant, recu = demande + donne, demande + reponse
    provisoire = suspendre(silence, prevue, demande, avant)
    finale = reprendre(silence, mois, prevue, demande, avant, recu)
    assert provisoire == prevue + donne
    assert finale == prevue + min(donne, reponse)


@given(SANS_ACCORD, JOURS, MOIS, DUREES)
def test_with_no_time_given_the_clock_stops_until_the_answer(
    silence: Silence, demande: date, mois: int, reponse: timedelta
) -> None:
    prevue = ajouter_mois(demande, mois)
    assert suspendre(silence, prevue, demande, None) is None
    assert reprendre(silence, mois, prevue, demande, None, demande + reponse) == prevue + reponse


@given(st.sampled_from(list(Silence)), JOURS, MOIS, DUREES)
def test_what_silence_has_decided_stays_decided(silence: Silence, prevue: date, mois: int, retard: timedelta) -> None:
    demande = prevue + retard
    assert suspendre(silence, prevue, demande, demande + timedelta(15)) == prevue
    assert reprendre(silence, mois, prevue, demande, None, demande + timedelta(3)) == prevue


@given(st.sampled_from(list(Silence)), MOIS, JOURS)
def test_no_delay_is_never_made_one(silence: Silence, mois: int, jour: date) -> None:
    assert suspendre(silence, None, jour, jour) is None
    assert reprendre(silence, mois, None, jour, jour, jour) is None
