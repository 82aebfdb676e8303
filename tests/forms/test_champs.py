"""Generic fields of a step: what a parent types, what is kept, what she is told."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portail_famille.forms.demarches.base import Champ, SaisieInvalide
from portail_famille.forms.demarches.champs import lire_champs, lire_date_tapee, lire_montant_tape, retaper

CHOIX = (("a", "Un"), ("b", "Deux"))


def lire(champ: Champ, *tape: str) -> Any:
    return lire_champs((champ,), MultiDict([("x", valeur) for valeur in tape]))["x"]


def faute(champ: Champ, *tape: str) -> str:
    with pytest.raises(SaisieInvalide) as refus:
        lire(champ, *tape)
    return refus.value.erreurs["x"]


@pytest.mark.parametrize(
    ("tape", "centimes"),
    [
        ("639,99", 63999),
        ("639.9", 63990),
        ("1 250 €", 125000),
        ("1\u202f250,5\u00a0€", 125050),
        ("0", 0),
        ("12 euros", 1200),
        ("-5", None),
        ("12,345", None),
        ("beaucoup", None),
        ("1,2,3", None),
    ],
)
def test_amounts_are_read_as_people_write_them(tape: str, centimes: int | None) -> None:
    assert lire_montant_tape(tape) == centimes


@given(st.integers(0, 9_999_999))
def test_an_amount_shown_again_is_the_same_amount(centimes: int) -> None:
    champ = Champ("x", "Montant", "montant")
    assert lire(champ, retaper(champ, centimes)) == centimes


@pytest.mark.parametrize("tape", ["2026-12-07", "07/12/2026", "7/12/2026", " 7.12.2026 ", "7-12-2026", "07 12 2026"])
def test_dates_are_read_from_a_calendar_or_typed_by_hand(tape: str) -> None:
    assert lire_date_tapee(tape) == date(2026, 12, 7)


@pytest.mark.parametrize("tape", ["31/02/2026", "2026-13-01", "demain", "12/2026", "20261207", "7/12/26"])
def test_what_is_no_date_is_refused_with_an_example(tape: str) -> None:
    assert "07/12/2026" in faute(Champ("x", "Le", "date"), tape)


def test_a_date_stays_within_its_bounds() -> None:
    champ = Champ("x", "Le", "date", debut=date(2026, 12, 1), fin=date(2026, 12, 31))
    assert lire(champ, "2026-12-01") == "2026-12-01"
    assert lire(champ, "2026-12-31") == "2026-12-31"
    assert "à partir du 1er décembre 2026" in faute(champ, "30/11/2026")
    assert "jusqu’au 31 décembre 2026" in faute(champ, "2027-01-01")


@pytest.mark.parametrize("genre", ["texte", "zone", "choix", "liste", "cases", "case", "date", "montant", "nombre"])
def test_what_is_left_out_is_asked_for_unless_it_may_be(genre: str) -> None:
    assert faute(Champ("x", "X", genre, CHOIX)).endswith(".")
    assert faute(Champ("x", "X", genre, CHOIX, manque="Dites-le."), "") == "Dites-le."
    assert lire(Champ("x", "X", genre, CHOIX, est_facultatif=True)) in ("", None, [], False)


@pytest.mark.parametrize("genre", ["choix", "liste"])
def test_only_what_is_proposed_is_chosen(genre: str) -> None:
    assert lire(Champ("x", "X", genre, CHOIX), "b") == "b"
    assert faute(Champ("x", "X", genre, CHOIX), "c")


def test_boxes_keep_their_order_and_know_no_other() -> None:
    assert lire(Champ("x", "X", "cases", CHOIX), "b", "c", "a") == ["a", "b"]
    assert faute(Champ("x", "X", "cases", CHOIX), "c")


def test_a_text_is_kept_in_one_form_and_within_its_length() -> None:
    assert lire(Champ("x", "X", "zone"), " l'un\r\nl’autre\u200b\x00 ") == "l’un\nl’autre"
    assert lire(Champ("x", "X"), "e\u0301te\u0301") == "été"
    assert "6 caractères" in faute(Champ("x", "X", longueur=5), "123456")


def test_a_number_is_whole_and_written_in_digits() -> None:
    assert lire(Champ("x", "X", "nombre"), "12") == 12
    for tape in ("-1", "1,5", "³", "٣", "99999999"):
        assert "nombre" in faute(Champ("x", "X", "nombre"), tape)


def test_every_fault_is_told_at_once() -> None:
    champs = (Champ("un", "Un"), Champ("deux", "Deux", "date"), Champ("trois", "Trois", est_facultatif=True))
    with pytest.raises(SaisieInvalide) as refus:
        lire_champs(champs, MultiDict({"deux": "hier"}))
    assert set(refus.value.erreurs) == {"un", "deux"}
