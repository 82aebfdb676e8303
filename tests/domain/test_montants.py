"""Cents, roundings, and how amounts are written."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.montants import arrondir, ecrire_centimes, ecrire_nombre, euros, typographier


@pytest.mark.parametrize(("plein", "attendu"), [("3.05", 153), ("3.10", 155), ("3.15", 158)])
def test_a_half_cent_goes_up(plein: str, attendu: int) -> None:
    assert arrondir(Fraction(plein) / 2) == attendu


@given(st.decimals(0, 100_000, places=5))
def test_rounding_is_half_up_as_decimal_defines_it(montant: Decimal) -> None:
    attendu = montant.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100
    assert arrondir(Fraction(montant)) == attendu


@given(st.integers(0, 10**9))
def test_cents_survive_the_trip_through_euros(centimes: int) -> None:
    assert arrondir(euros(centimes)) == centimes


def test_amounts_are_written_the_french_way() -> None:
    assert ecrire_centimes(123_450) == "1\u202f234,50\u00a0€"
    assert ecrire_centimes(5) == "0,05\u00a0€"
    assert ecrire_centimes(-250) == "-2,50\u00a0€"
    assert ecrire_nombre(Decimal("639.99")) == "639,99"
    assert ecrire_nombre(Fraction("0.0619")) == "0,0619"
    assert ecrire_nombre(1000) == "1\u202f000"


def test_french_punctuation_takes_its_spaces() -> None:
    assert typographier("« Repas » : 36 % ; oui !") == "«\u00a0Repas\u00a0»\u00a0: 36\u202f%\u202f; oui\u202f!"
