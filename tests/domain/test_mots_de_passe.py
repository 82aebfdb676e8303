"""What a password must hold."""

import pytest

from portail_famille.domain.mots_de_passe import manques


@pytest.mark.parametrize(
    ("mot", "attendu"),
    [
        ("Cerises42", ()),
        ("cerises42", ("une majuscule",)),
        ("CERISES42", ("une minuscule",)),
        ("Cerisesss", ("un chiffre",)),
        ("Ab1", ("5 caractères",)),
        ("Cerise4", ("1 caractère",)),
        ("", ("8 caractères", "une majuscule", "une minuscule", "un chiffre")),
        ("Été à la mer 2 fois", ()),
        ("École١٢٣", ()),
    ],
)
def test_a_password_says_what_it_lacks(mot: str, attendu: tuple[str, ...]) -> None:
    assert manques(mot) == attendu


def test_an_accent_typed_in_two_strokes_counts_for_one_character() -> None:
    assert manques("E\u0301te\u0301s 42") == ("1 caractère",)
