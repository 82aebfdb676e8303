"""Rhythms and custody: chosen weekdays only, weeks exactly 7 n days apart, across week 53 and holidays."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.gardes import Garde, lundi_de
from portail_famille.domain.rythmes import (
    DEUX_JOURS,
    TOUS_LES_JOURS,
    TROIS_JOURS,
    Rythme,
    Semaines,
    rupture_de_parite,
)

JOURS = st.dates(date(2026, 9, 1), date(2027, 8, 31))
PAR_N = {Semaines.TOUTES: 1, Semaines.UNE_SUR_2: 2, Semaines.UNE_SUR_3: 3, Semaines.UNE_SUR_4: 4}


@st.composite
def rythmes(dessiner: st.DrawFn, semaines: st.SearchStrategy[Semaines]) -> Rythme:
    du = dessiner(JOURS)
    au = du + timedelta(days=dessiner(st.integers(0, 400)))
    jours = dessiner(st.frozensets(st.integers(0, 6), min_size=1))
    return Rythme(jours, dessiner(semaines), du, au, True, ("repas",))


def rythme(semaines: Semaines, jours: frozenset[int] = frozenset({0})) -> Rythme:
    return Rythme(jours, semaines, date(2026, 12, 7), date(2027, 2, 8), True, ("repas",))


@given(rythmes(st.sampled_from(Semaines)))
def test_a_rhythm_yields_chosen_weekdays_within_its_dates_only(r: Rythme) -> None:
    dates = r.dates()
    assert all(r.du <= jour <= r.au and jour.weekday() in r.jours for jour in dates)
    assert dates == sorted(set(dates))


@given(rythmes(st.just(Semaines.TOUTES)))
def test_every_week_leaves_out_no_chosen_weekday(r: Rythme) -> None:
    tous = [r.du + timedelta(days=n) for n in range((r.au - r.du).days + 1)]
    assert r.dates() == [jour for jour in tous if jour.weekday() in r.jours]


@given(rythmes(st.sampled_from(list(PAR_N))))
def test_selected_weeks_are_exactly_7_n_days_apart(r: Rythme) -> None:
    lundis = r.lundis()
    assert lundis[0] == lundi_de(r.du)
    assert {suivant - lundi for lundi, suivant in pairwise(lundis)} <= {timedelta(weeks=PAR_N[r.semaines])}


def test_one_week_in_two_holds_across_week_53_and_the_christmas_holidays() -> None:
    assert rythme(Semaines.UNE_SUR_2).dates() == [
        date(2026, 12, 7),
        date(2026, 12, 21),
        date(2027, 1, 4),
        date(2027, 1, 18),
        date(2027, 2, 1),
    ]


def test_a_rhythm_that_begins_midweek_keeps_the_rest_of_that_week() -> None:
    r = Rythme(frozenset({0, 4}), Semaines.UNE_SUR_2, date(2026, 12, 9), date(2026, 12, 25), True, ("repas",))
    assert r.dates() == [date(2026, 12, 11), date(2026, 12, 21), date(2026, 12, 25)]


def test_even_and_odd_weeks_are_iso_weeks() -> None:
    assert rythme(Semaines.PAIRES).dates()[:3] == [date(2026, 12, 7), date(2026, 12, 21), date(2027, 1, 11)]
    assert rythme(Semaines.IMPAIRES).dates()[:3] == [date(2026, 12, 14), date(2026, 12, 28), date(2027, 1, 4)]


def test_the_break_of_parity_is_found_where_week_53_makes_it() -> None:
    assert rupture_de_parite(rythme(Semaines.PAIRES)) == date(2027, 1, 11)
    assert rupture_de_parite(rythme(Semaines.IMPAIRES)) == date(2027, 1, 4)
    assert rupture_de_parite(rythme(Semaines.UNE_SUR_2)) is None
    ordinaire = Rythme(frozenset({0}), Semaines.PAIRES, date(2027, 2, 1), date(2027, 12, 1), True, ("repas",))
    assert rupture_de_parite(ordinaire) is None


@pytest.mark.parametrize(
    ("change", "code", "champ"),
    [
        ({"jours": frozenset()}, "rythme_sans_jour", "jours"),
        ({"jours": frozenset({7})}, "rythme_sans_jour", "jours"),
        ({"unites": ()}, "rythme_sans_unite", "unites"),
        ({"au": date(2026, 9, 6)}, "rythme_dates", "au"),
        ({"au": date(2027, 10, 13)}, "rythme_trop_long", "au"),
    ],
)
def test_a_rhythm_that_means_nothing_is_refused(change: dict[str, object], code: str, champ: str) -> None:
    valeurs: dict[str, object] = {
        "jours": frozenset({0}),
        "semaines": Semaines.TOUTES,
        "du": date(2026, 9, 7),
        "au": date(2027, 7, 2),
        "ajouter": True,
        "unites": ("repas",),
    }
    with pytest.raises(RegleViolee) as refus:
        Rythme(**(valeurs | change))  # type: ignore[arg-type]
    assert (refus.value.code, refus.value.champ) == (code, champ)


def test_presets_have_the_number_of_days_they_announce() -> None:
    assert (len(TOUS_LES_JOURS), len(TROIS_JOURS), len(DEUX_JOURS)) == (5, 3, 2)


@given(JOURS, JOURS, st.integers(2, 4))
def test_custody_comes_back_every_n_calendar_weeks(ancre: date, jour: date, une_sur: int) -> None:
    garde = Garde(ancre, une_sur)
    chez_nous = [garde.est_notre_semaine(jour + timedelta(weeks=n)) for n in range(une_sur)]
    assert chez_nous.count(True) == 1
    assert garde.est_notre_semaine(jour) == garde.est_notre_semaine(lundi_de(jour) + timedelta(days=6))


def test_custody_alternates_through_week_53() -> None:
    garde = Garde(date(2026, 12, 24))
    assert garde.est_notre_semaine(date(2026, 12, 21))
    assert not garde.est_notre_semaine(date(2026, 12, 28))
    assert garde.est_notre_semaine(date(2027, 1, 4))
