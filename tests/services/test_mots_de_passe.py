"""Passwords that who knows the family would guess."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from zxcvbn.matching import L33T_TABLE, enumerate_l33t_subs

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.services.mots_de_passe import evaluer, mots_de_la_famille, verifier_mot_de_passe
from tests.support.village import Village

MOTS = ("Saint-Rivage", "camille.morel", "Camille", "Morel", "Noé", "Le Gall", "Léa")


@pytest.mark.parametrize(
    "mot",
    ["Camille2018", "Azerty123", "Motdepasse1", "Saint-Rivage1", "NoeLeGall2020", "Noé Le Gall 2020!", "C4mille!"],
)
def test_a_password_that_the_family_gives_away_is_refused(mot: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        verifier_mot_de_passe(mot, MOTS)
    assert (refus.value.code, refus.value.champ) == ("mot_de_passe_devinable", "nouveau")


@pytest.mark.parametrize("mot", ["Tournesol-Vélo-73", "Vélo-Camille-Tortue-91", "xK9#mPq2vL", "Cerises en été 42"])
def test_a_password_nobody_guesses_is_accepted(mot: str) -> None:
    assert verifier_mot_de_passe(mot, MOTS).est_suffisante


def test_what_is_missing_is_said_in_one_sentence() -> None:
    with pytest.raises(RegleViolee) as refus:
        verifier_mot_de_passe("cerises")
    assert refus.value.message == "Il manque 1 caractère, une majuscule et un chiffre."


def test_a_very_long_password_costs_no_more_and_an_endless_one_is_refused() -> None:
    debut = time.monotonic()
    evaluer("Ab1" + "aZ9é" * 63)
    assert time.monotonic() - debut < 1
    with pytest.raises(RegleViolee) as refus:
        verifier_mot_de_passe("Ab1" * 100)
    assert refus.value.code == "mot_de_passe_long"


def test_an_empty_password_is_very_weak() -> None:
    assert (evaluer("").score, evaluer("").libelle) == (0, "très faible")


def test_the_dictionary_holds_the_names_of_every_household_of_the_person(village: Village) -> None:
    with village.bd.session_lecture() as session:
        mots = set(mots_de_la_famille(session, village.comptes["julien"], "Saint-Rivage"))
    assert {"Saint-Rivage", "julien.ferrand", "Julien", "Ferrand", "Léa", "Zoé", "Petit", "Nadia"} <= mots
    assert not {"Camille", "Noé"} & mots


SIGNES = "4@8({[<369&#!|10$5+7%2'*aZé"
"""All the signs that zxcvbn takes for a letter, in its own table or in ours, and some others."""


def test_signs_that_stand_for_letters_are_read_in_few_ways() -> None:
    assert len(enumerate_l33t_subs(L33T_TABLE)) <= 8
    assert evaluer("C4m1ll3!", MOTS).score < 3, "and those people use still are"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=SIGNES, min_size=1, max_size=256))
@example("4@8({[<69&#!|10$5+7%2'*4")
@example("4@8({[<69&#!|10$5+7%2'*" * 11)
@example("p@$$w0rd1!" * 25)
@example("aA1!" * 64)
def test_no_password_costs_more_than_a_moment(mot: str) -> None:
    debut = time.process_time()
    evaluer(mot, MOTS)
    assert time.process_time() - debut < 0.3


def test_the_words_of_a_family_are_not_left_for_the_next_password() -> None:
    assert evaluer("Zanzibarienne-7", ["Zanzibarienne"]).score < 3
    assert evaluer("Zanzibarienne-7").score >= 3
