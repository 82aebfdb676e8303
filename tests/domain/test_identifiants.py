"""Login names: made from any address, never two alike, typed as they are shown."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.identifiants import LONGUEUR_MAXIMALE, candidats, identifiant_de, lire_identifiant

COMPOSES = "e\u0301"  # an e and its accent, as some phones type it


@pytest.mark.parametrize(
    ("courriel", "attendu"),
    [
        ("durand.simon@exemple.fr", "durand.simon"),
        ("Camille.Morel@Exemple.FR", "camille.morel"),
        ("zoé.müller@exämple.fr", "zoe.muller"),
        (f"ame{COMPOSES}lie@exemple.fr", "ameelie"),
        ("camille+cantine@exemple.fr", "camille+cantine"),
        ("jean d'arc@exemple.fr", "jeandarc"),
        ("sœur_anne@exemple.fr", "soeur_anne"),
        ("søren.łukasz@exemple.fr", "soren.lukasz"),
        ('"a@b"@exemple.fr', "ab"),
        ("田中@exemple.jp", "parent"),
        ("", "parent"),
        ("x" * 80 + "@exemple.fr", "x" * 60),
    ],
)
def test_a_login_name_is_the_part_before_the_at_sign(courriel: str, attendu: str) -> None:
    assert identifiant_de(courriel) == attendu


@given(st.text(max_size=120))
def test_any_text_gives_a_login_name_that_a_keyboard_can_type(texte: str) -> None:
    identifiant = identifiant_de(texte)
    assert 1 <= len(identifiant) <= LONGUEUR_MAXIMALE
    assert set(identifiant) <= set("abcdefghijklmnopqrstuvwxyz0123456789._+-")
    assert identifiant_de(f"{identifiant}@exemple.fr") == identifiant


def test_a_name_already_taken_gets_a_number() -> None:
    assert list(islice(candidats("durand.simon"), 3)) == ["durand.simon", "durand.simon2", "durand.simon3"]


@given(st.text("abc", min_size=1, max_size=LONGUEUR_MAXIMALE))
def test_the_candidates_are_all_different_and_never_too_long(base: str) -> None:
    premiers = list(islice(candidats(base), 120))
    assert len(set(premiers)) == 120
    assert all(len(nom) <= LONGUEUR_MAXIMALE for nom in premiers)


def test_a_chosen_login_name_loses_its_capitals_and_the_spaces_around_it() -> None:
    assert lire_identifiant("  Camille.Morel ") == "camille.morel"


@pytest.mark.parametrize(
    "saisie", ["ab", "", "x" * 61, "camille morel", "zoé", "camille@exemple.fr", "a/b/c", "аdmin", "efface:1"]
)
def test_a_chosen_login_name_is_refused_rather_than_changed_in_silence(saisie: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        lire_identifiant(saisie)
    assert refus.value.champ == "identifiant"
