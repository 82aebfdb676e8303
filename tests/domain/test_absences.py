"""Delays and carence of an absence, at their very instants and whatever the days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.absences import (
    JourReserve,
    Justificatif,
    MotifAbsence,
    Palier,
    RegleAbsence,
    Suite,
    juger,
    limite_finale,
    regle_du_motif,
)
from portail_famille.domain.comptage import ECOLE, OUVRES
from portail_famille.domain.delais import Contexte
from portail_famille.domain.horloge import PARIS
from tests.support.calendriers import calendrier_de

LUNDI = date(2026, 12, 7)
MIDI = time(11, 45)
CALENDRIER = calendrier_de("C")
CONTEXTE = Contexte(CALENDRIER, frozenset({0, 1, 3, 4}), est_ferme=lambda jour: False, est_ouvert=lambda jour: True)
MALADIE = frozenset({MotifAbsence.MALADIE, MotifAbsence.MALADIE_RECURRENTE})
TROIS_JOURS = RegleAbsence(MALADIE, Justificatif.OBLIGATOIRE, (Palier(0, heures=72), Palier(2, jours=10)))
"""72 hours unbilled, then two days of carence until the tenth day, then nothing."""


def regle(*paliers: Palier, **autres: object) -> RegleAbsence:
    return RegleAbsence(MALADIE, Justificatif.AUCUN, paliers, **autres)  # type: ignore[arg-type]


def a(jour: date, heures: int, minutes: int = 0, secondes: int = 0) -> datetime:
    return datetime(jour.year, jour.month, jour.day, heures, minutes, secondes, tzinfo=PARIS)


def juges(
    maintenant: datetime,
    *jours: date,
    gardes: tuple[date, ...] = (),
    deja: tuple[date, ...] = (),
    selon: RegleAbsence = TROIS_JOURS,
    motif: MotifAbsence = MotifAbsence.MALADIE,
) -> list[str]:
    connus = [
        *(JourReserve(jour, MIDI, est_declare=True) for jour in jours),
        *(JourReserve(jour, MIDI, est_declare=False) for jour in gardes),
        *(JourReserve(jour, MIDI, est_declare=False, est_absent=True) for jour in deja),
    ]
    suites = juger(selon, motif, connus, maintenant, CONTEXTE)
    return [suites[jour].value for jour in jours]


def jours(*ecarts: int) -> list[date]:
    return [LUNDI + timedelta(days=ecart) for ecart in ecarts]


def test_within_72_hours_nothing_is_billed_and_the_next_second_costs_two_days() -> None:
    semaine = jours(0, 1, 3, 4)
    assert juges(a(LUNDI + timedelta(days=3), 11, 44, 59), *semaine) == ["justifiee"] * 4
    assert juges(a(LUNDI + timedelta(days=3), 11, 45), *semaine) == ["carence", "carence", "justifiee", "justifiee"]


def test_the_tenth_day_is_the_last_one() -> None:
    dixieme = LUNDI + timedelta(days=10)
    assert juges(a(dixieme, 23, 59, 59), LUNDI) == ["carence"]
    assert juges(a(dixieme + timedelta(days=1), 0), LUNDI) == ["tardive"]


def test_a_day_past_every_delay_leaves_the_next_ones_to_theirs_at_the_latest_price() -> None:
    onzieme = a(LUNDI + timedelta(days=11), 8)
    assert juges(onzieme, *jours(0, 1, 3, 4)) == ["tardive", "carence", "justifiee", "justifiee"]


def test_an_absence_that_goes_on_does_not_pay_its_carence_twice() -> None:
    tard = a(LUNDI + timedelta(days=7), 12)
    assert juges(tard, *jours(3, 4), deja=tuple(jours(0, 1))) == ["justifiee", "justifiee"]
    assert juges(tard, *jours(3, 4)) == ["carence", "carence"]


def test_a_day_the_child_came_begins_another_absence() -> None:
    tard = a(LUNDI + timedelta(days=8), 12)
    assert juges(tard, *jours(0, 1, 4), gardes=tuple(jours(3))) == ["carence", "carence", "carence"]


def test_days_more_than_a_week_apart_are_two_absences() -> None:
    tard = a(LUNDI + timedelta(days=10), 8)
    selon = regle(Palier(1, jours=20))
    assert juges(tard, *jours(0, 7), selon=selon) == ["carence", "justifiee"]
    assert juges(tard, *jours(0, 8), selon=selon) == ["carence", "carence"]


def test_calendar_carence_counts_the_days_without_school_too() -> None:
    vendredi = LUNDI + timedelta(days=4)
    tard = a(vendredi + timedelta(days=5), 8)
    reserves = regle(Palier(2, jours=20))
    calendaires = regle(Palier(2, jours=20), en_calendaires=True)
    assert juges(tard, vendredi, *jours(7), selon=reserves) == ["carence", "carence"]
    assert juges(tard, vendredi, *jours(7), selon=calendaires) == ["carence", "justifiee"]


def test_regular_treatments_have_each_day_its_delay_and_one_carence() -> None:
    mardis = jours(1, 8, 15)
    quand = a(LUNDI + timedelta(days=12), 8)
    selon = regle(Palier(1, heures=72))
    assert juges(quand, *mardis, selon=selon, motif=MotifAbsence.MALADIE_RECURRENTE) == [
        "tardive",
        "tardive",
        "justifiee",
    ]
    assert juges(a(LUNDI, 8), *mardis, selon=selon, motif=MotifAbsence.MALADIE_RECURRENTE) == [
        "carence",
        "justifiee",
        "justifiee",
    ]


@pytest.mark.parametrize(
    ("palier", "limite"),
    [
        (Palier(0, heures=0), a(LUNDI, 11, 45)),
        (Palier(0, heures=48), a(LUNDI + timedelta(days=2), 11, 45)),
        (Palier(0, jours=0, minutes=9 * 60), a(LUNDI, 9)),
        (Palier(0, jours=2, comptage=OUVRES, minutes=12 * 60), a(LUNDI + timedelta(days=2), 12)),
        # No class on Wednesday.
        (Palier(0, jours=2, comptage=ECOLE), a(LUNDI + timedelta(days=4), 0)),
    ],
)
def test_every_printed_delay_can_be_said(palier: Palier, limite: datetime) -> None:
    assert palier.limite(LUNDI, MIDI, CONTEXTE) == limite


def test_two_working_days_pass_over_the_week_end_and_christmas() -> None:
    jeudi = date(2026, 12, 24)
    assert Palier(0, jours=1, comptage=OUVRES).limite(jeudi, MIDI, CONTEXTE) == a(date(2026, 12, 29), 0)


def test_without_an_hour_the_absence_lasts_until_the_end_of_its_day() -> None:
    assert Palier(0, heures=0).limite(LUNDI, None, CONTEXTE) == a(LUNDI + timedelta(days=1), 0)


def test_hours_are_real_hours_when_the_clock_changes() -> None:
    """Saturday 24 October 2026: the night after lasts an hour more, 24 hours later is 10:45 on the clock."""
    samedi = date(2026, 10, 24)
    limite = Palier(0, heures=24).limite(samedi, MIDI, CONTEXTE)
    assert limite.astimezone(UTC) - a(samedi, 11, 45).astimezone(UTC) == timedelta(hours=24)
    assert (limite.hour, limite.minute) == (10, 45)


def test_the_rule_is_that_of_the_motif() -> None:
    assert regle_du_motif([TROIS_JOURS], MotifAbsence.MALADIE) is TROIS_JOURS
    assert regle_du_motif([TROIS_JOURS], MotifAbsence.GREVE) is None


def test_a_day_is_offered_as_long_as_one_rule_takes_it() -> None:
    courte = RegleAbsence(frozenset({MotifAbsence.GREVE}), Justificatif.AUCUN, (Palier(0, heures=1),))
    assert limite_finale([courte, TROIS_JOURS], LUNDI, MIDI, CONTEXTE) == a(LUNDI + timedelta(days=11), 0)
    assert limite_finale([], LUNDI, MIDI, CONTEXTE) is None


_RANGS = {Suite.JUSTIFIEE: 0, Suite.CARENCE: 1, Suite.TARDIVE: 2}


@st.composite
def regles(tirer: st.DrawFn) -> RegleAbsence:
    carences = sorted(tirer(st.lists(st.integers(0, 5), min_size=1, max_size=3)))
    heures = sorted(tirer(st.lists(st.integers(0, 400), min_size=len(carences), max_size=len(carences))))
    paliers = tuple(Palier(c, heures=h) for c, h in zip(carences, heures, strict=True))
    return RegleAbsence(MALADIE, Justificatif.AUCUN, paliers, en_calendaires=tirer(st.booleans()))


_ECARTS = st.dictionaries(st.integers(0, 40), st.sampled_from(["declare", "absent", "garde"]), max_size=15)


@given(
    selon=regles(),
    ecarts=_ECARTS,
    depart=st.integers(-200, 1000),
    attente=st.integers(0, 300),
    motif=st.sampled_from(sorted(MALADIE)),
)
def test_waiting_never_costs_less(
    selon: RegleAbsence, ecarts: dict[int, str], depart: int, attente: int, motif: MotifAbsence
) -> None:
    connus = [
        JourReserve(LUNDI + timedelta(days=n), MIDI, est_declare=sort == "declare", est_absent=sort == "absent")
        for n, sort in ecarts.items()
    ]
    tot = a(LUNDI, 12).astimezone(UTC) + timedelta(hours=depart)
    avant = juger(selon, motif, connus, tot, CONTEXTE)
    apres = juger(selon, motif, connus, tot + timedelta(hours=attente), CONTEXTE)
    assert avant.keys() == apres.keys() == {j.jour for j in connus if j.est_declare}
    assert all(_RANGS[avant[jour]] <= _RANGS[apres[jour]] for jour in avant)


@given(selon=regles(), ecarts=st.sets(st.integers(0, 6), min_size=1), depart=st.integers(-200, 400))
def test_one_absence_pays_no_more_days_than_its_carence(selon: RegleAbsence, ecarts: set[int], depart: int) -> None:
    connus = [JourReserve(LUNDI + timedelta(days=n), MIDI, est_declare=True) for n in ecarts]
    quand = a(LUNDI, 12).astimezone(UTC) + timedelta(hours=depart)
    suites = list(juger(selon, MotifAbsence.MALADIE, connus, quand, CONTEXTE).values())
    assert suites.count(Suite.CARENCE) <= min(len(ecarts), selon.paliers[-1].carence)
