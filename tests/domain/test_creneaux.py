"""One judgement of a slot: the reasons to refuse, and the relations between the units of a day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.creneaux import Faits, Heurt, Refus, Verdict, juger_ajout, juger_retrait, relations

MAINTENANT = datetime(2026, 12, 1, 10, tzinfo=UTC)
HEURE = timedelta(hours=1)
LIBRE = Faits(
    MAINTENANT, MAINTENANT + 24 * HEURE, limite_ajout=MAINTENANT + HEURE, limite_annulation=MAINTENANT + HEURE
)
RESERVE = replace(LIBRE, est_reserve=True)


def test_a_free_open_slot_can_be_added() -> None:
    assert juger_ajout(LIBRE) == Verdict()


def test_the_limit_is_the_first_refused_instant() -> None:
    assert juger_ajout(replace(LIBRE, limite_ajout=MAINTENANT)).refus is Refus.DELAI
    assert juger_ajout(replace(LIBRE, limite_ajout=MAINTENANT + timedelta(microseconds=1))).refus is None
    assert juger_retrait(replace(RESERVE, limite_annulation=MAINTENANT)).refus is Refus.DELAI
    assert juger_retrait(replace(RESERVE, limite_annulation=MAINTENANT + timedelta(microseconds=1))).refus is None


def test_past_the_limit_a_late_request_is_accepted_until_its_own_limit() -> None:
    tardif = replace(LIBRE, limite_ajout=MAINTENANT - HEURE, limite_hors_delai=MAINTENANT + HEURE)
    assert juger_ajout(tardif) == Verdict(est_hors_delai=True)
    assert juger_ajout(replace(tardif, limite_hors_delai=MAINTENANT)).refus is Refus.DELAI


def test_no_deadline_still_ends_with_the_day() -> None:
    sans = replace(LIBRE, limite_ajout=None, limite_annulation=None)
    assert juger_ajout(sans).refus is None
    assert juger_ajout(replace(sans, fin_du_jour=MAINTENANT)).refus is Refus.DELAI
    assert juger_retrait(replace(sans, est_reserve=True, fin_du_jour=MAINTENANT)).refus is Refus.DELAI


@pytest.mark.parametrize(
    ("changement", "refus"),
    [
        ({"est_inscrit": False}, Refus.NON_INSCRIT),
        ({"est_lecture": True}, Refus.LECTURE),
        ({"est_a_autre_foyer": True}, Refus.AUTRE_FOYER),
        ({"est_reserve": True}, Refus.DEJA_RESERVE),
        ({"est_ouvert": False}, Refus.FERME),
        ({"ajout_possible": False}, Refus.DELAI),
        ({"places": 0}, Refus.COMPLET),
    ],
)
def test_each_reason_refuses_an_addition(changement: dict[str, object], refus: Refus) -> None:
    assert juger_ajout(replace(LIBRE, **changement)).refus is refus  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changement", "refus"),
    [
        ({"est_inscrit": False}, Refus.NON_INSCRIT),
        ({"est_lecture": True}, Refus.LECTURE),
        ({"est_a_autre_foyer": True}, Refus.AUTRE_FOYER),
        ({"est_reserve": False}, Refus.PAS_RESERVE),
        ({"est_pointe": True}, Refus.POINTE),
        ({"annulation_possible": False}, Refus.DELAI),
    ],
)
def test_each_reason_refuses_a_removal(changement: dict[str, object], refus: Refus) -> None:
    assert juger_retrait(replace(RESERVE, **changement)).refus is refus  # type: ignore[arg-type]


def test_a_closed_day_that_is_booked_can_be_given_back() -> None:
    assert juger_retrait(replace(RESERVE, est_ouvert=False, places=0)) == Verdict()


EXCLUT = {"journee": frozenset({"matin"}), "matin": frozenset({"journee"})}
EXIGE = {"etude": frozenset({"soir"})}


def heurts(reserves: str = "", ajouts: str = "", retraits: str = "") -> dict[str, Heurt]:
    return relations(frozenset(reserves.split()), frozenset(ajouts.split()), frozenset(retraits.split()), EXCLUT, EXIGE)


def test_two_units_that_exclude_each_other_cannot_both_be_added() -> None:
    assert heurts(ajouts="journee matin") == {"journee": Heurt("matin", False), "matin": Heurt("journee", False)}


def test_a_unit_cannot_join_a_booked_one_that_excludes_it() -> None:
    assert heurts(reserves="journee", ajouts="matin") == {"matin": Heurt("journee", False)}


def test_swapping_two_units_that_exclude_each_other_is_fine() -> None:
    assert heurts(reserves="journee", ajouts="matin", retraits="journee") == {}


def test_a_unit_needs_the_one_it_requires() -> None:
    assert heurts(ajouts="etude") == {"etude": Heurt("soir", True)}
    assert heurts(ajouts="etude soir") == {}


def test_a_required_unit_cannot_be_taken_away_alone() -> None:
    assert heurts(reserves="etude soir", retraits="soir") == {"soir": Heurt("etude", False)}
    assert heurts(reserves="etude soir", retraits="soir etude") == {}


def test_what_a_refused_removal_leaves_in_place_still_excludes() -> None:
    """« soir » stays because « etude » needs it, so « sortie », which goes without « soir », cannot come in."""
    exclut = {"soir": frozenset({"sortie"}), "sortie": frozenset({"soir"})}
    heurtes = relations(
        frozenset({"etude", "soir"}), frozenset({"sortie"}), frozenset({"soir"}), exclut, {"etude": frozenset({"soir"})}
    )
    assert heurtes == {"soir": Heurt("etude", False), "sortie": Heurt("soir", False)}


codes = st.frozensets(st.sampled_from(["a", "b", "c", "d"]))
graphe = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), codes)


@given(codes, codes, codes, graphe, graphe)
def test_what_remains_of_a_sound_day_is_sound(
    reserves: frozenset[str],
    ajouts: frozenset[str],
    retraits: frozenset[str],
    oppositions: dict[str, frozenset[str]],
    exige: dict[str, frozenset[str]],
) -> None:
    """Whatever is asked, a day that respected the relations still does once the refused changes are left out."""
    exclut = {
        a: frozenset(b for b in "abcd" if b != a and (b in oppositions.get(a, ()) or a in oppositions.get(b, ())))
        for a in "abcd"
    }
    exige = {a: b - {a} for a, b in exige.items()}

    def est_saine(jour: frozenset[str]) -> bool:
        return all(not exclut[u] & jour and exige.get(u, frozenset()) <= jour for u in jour)

    ajouts, retraits = ajouts - reserves, retraits & reserves
    refuses = set(relations(reserves, ajouts, retraits, exclut, exige))
    assert refuses <= ajouts | retraits
    if est_saine(reserves):
        assert est_saine((reserves - (retraits - refuses)) | (ajouts - refuses))
