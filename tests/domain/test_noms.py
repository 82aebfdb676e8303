"""Names as families write them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.noms import cle_de_nom, lire_nom


@pytest.mark.parametrize(
    ("saisie", "lu"),
    [
        ("Morel", "Morel"),
        ("  de  La Tour ", "de La Tour"),
        ("d'Ornano", "d’Ornano"),
        ("N´Guyen", "N’Guyen"),
        ("Jean\u2011Marie", "Jean-Marie"),
        ("Le\u00a0Gall", "Le Gall"),
        ("Martin--Dupont", "Martin--Dupont"),
        ("O’Neil", "O’Neil"),
        ("’t Hooft", "’t Hooft"),
        ("St. John", "St. John"),
        ("Łukasiewicz", "Łukasiewicz"),
        ("Παπαδόπουλος", "Παπαδόπουλος"),
        ("Zoe\u0308", "Zoë"),
        ("M" * 60, "M" * 60),
        ("É" * 30 + "e\u0301" * 30, "É" * 30 + "é" * 30),
    ],
)
def test_names_of_here_and_elsewhere_are_taken(saisie: str, lu: str) -> None:
    assert lire_nom(saisie) == lu


@pytest.mark.parametrize(
    ("saisie", "code"),
    [
        ("", "nom_vide"),
        (" \u00a0 ", "nom_vide"),
        ("-", "nom_vide"),
        ("M" * 61, "nom_trop_long"),
        ("Morel2", "nom_chiffre"),
        ("Louis ⅩⅣ", "nom_chiffre"),
        ("Mo\u200brel", "nom_caractere"),
        ("Mo\u202erel", "nom_caractere"),
        ("Mo\nrel", "nom_caractere"),
        ("Mo\x00rel", "nom_caractere"),
        ("\ufeffMorel", "nom_caractere"),
        ("=SOMME(A)", "nom_caractere"),
        ("<b>", "nom_caractere"),
        ("Morel😀", "nom_caractere"),
        ("\u0301Morel", "nom_caractere"),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(saisie: str, code: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        lire_nom(saisie)
    assert refus.value.code == code
    assert refus.value.message.endswith(".")


def test_the_sentence_names_what_is_missing_and_its_own_limit() -> None:
    with pytest.raises(RegleViolee, match="la ville"):
        lire_nom("", quoi="ville")
    with pytest.raises(RegleViolee, match="Le prénom dépasse 5"):
        lire_nom("Camille", quoi="prénom", longueur=5)


@given(st.text(max_size=80))
def test_a_name_taken_is_kept_as_it_is_the_second_time(saisie: str) -> None:
    try:
        nom = lire_nom(saisie)
    except RegleViolee:
        return
    assert lire_nom(nom) == nom
    assert 0 < len(nom) <= 60
    assert nom == unicodedata.normalize("NFC", nom).strip()
    assert not any(unicodedata.category(c)[0] in "CN" for c in nom)


@pytest.mark.parametrize(
    ("une", "autre"),
    [("LE GALL", "Le Gall"), ("Le-Gall", "legall"), ("d'Ornano", "D’ORNANO"), ("Œuvrard", "OEUVRARD"),
     ("Zoë", "zoe"), ("Łuk", "LUK"), ("Strauß", "STRAUSS"), ("İnan", "inan")],
)  # fmt: skip
def test_two_writings_of_one_name_have_one_key(une: str, autre: str) -> None:
    assert cle_de_nom(une) == cle_de_nom(autre)


def test_two_names_have_two_keys() -> None:
    assert len({cle_de_nom(nom) for nom in ("Morel", "Moreau", "Maurel", "Παπάς")}) == 4


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(texte: str) -> None:
    assert cle_de_nom(cle_de_nom(texte)) == cle_de_nom(texte)
