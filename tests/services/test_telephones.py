"""Telephone numbers as families write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.services.telephones import lire_telephone


@pytest.mark.parametrize(
    ("saisie", "lu"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("06.12.34.56.78", "+33612345678"),
        ("06-12-34-56-78", "+33612345678"),
        ("06\u00a012\u202f34 56 78", "+33612345678"),
        ("0033 6 12 34 56 78", "+33612345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("612345678", "+33612345678"),
        ("\uff10\uff16 12 34 56 78", "+33612345678"),
        ("02 61 91 00 00", "+33261910000"),
        ("0692 12 34 56", "+262692123456"),
        ("0262 20 30 40", "+262262203040"),
        ("0690 12 34 56", "+590690123456"),
        ("0696 12 34 56", "+596696123456"),
        ("0694 12 34 56", "+594694123456"),
        ("0639 01 23 45", "+262639012345"),
        ("06 39 98 12 01", "+33639981201"),
        ("0041 21 234 56 78", "+41212345678"),
        ("+32 470 12 34 56", "+32470123456"),
        ("+352 621 123 456", "+352621123456"),
    ],
)
def test_a_number_is_kept_whatever_its_writing(saisie: str, lu: str) -> None:
    assert lire_telephone(saisie) == lu
    assert lire_telephone(lu) == lu


@pytest.mark.parametrize(
    ("saisie", "code"),
    [
        ("", "telephone_vide"),
        ("  ", "telephone_vide"),
        ("06 12 34 56", "telephone_invalide"),
        ("06 12 34 56 78 90", "telephone_invalide"),
        ("0612345678 0612345679", "telephone_invalide"),
        ("3639", "telephone_invalide"),
        ("0899 12 34 56", "telephone_invalide"),
        ("+999 12 34 56", "telephone_invalide"),
        ("06#12", "telephone_invalide"),
        ("00 00 00 00 00", "telephone_invalide"),
        ("06 12 34 56 78 poste 12", "telephone_lettres"),
        ("0800 FLEURS", "telephone_lettres"),
        ("+33612345678;ext=3", "telephone_lettres"),
        ("0612345678\x00", "telephone_invalide"),
        ("9" * 5000, "telephone_invalide"),
    ],
)
def test_what_cannot_be_called_is_refused(saisie: str, code: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        lire_telephone(saisie)
    assert refus.value.code == code


@given(st.text(alphabet="0123456789+ ().-/\u00a0", max_size=24))
def test_a_number_taken_is_kept_as_it_is_the_second_time(saisie: str) -> None:
    try:
        numero = lire_telephone(saisie)
    except RegleViolee:
        return
    assert lire_telephone(numero) == numero
    assert numero.startswith("+")
    assert len(numero) <= 16
