"""What PayFiP accepts, when it is asked again: formats on any text, the appointments of a day."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.payfip import (
    CODES,
    Champ,
    Demande,
    code_payfip,
    est_idop,
    est_refdet,
    objet,
    prochaine_interrogation,
    refdet,
)

CREE = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DEMANDE = Demande(
    numcli="001234",
    exer=2026,
    refdet="2026PE000127E01",
    objet="Periscolaire novembre 2026",
    mel="camille@foyer.example",
    montant=4250,
    saisie="T",
    urlnotif="https://famille.essai.example/essai/paiements/notification",
    urlredirect="https://famille.essai.example/essai/paiements/12",
)


def test_a_request_as_it_should_be_has_no_fault_and_hides_the_mail() -> None:
    assert DEMANDE.fautes() == ()
    assert "camille" not in repr(DEMANDE)


@pytest.mark.parametrize(
    ("champ", "valeurs"),
    [
        ("numcli", ["12345", "1234567", "00123A", "", "١٢٣٤٥٦"]),
        ("exer", [26, 1999, 22026]),
        ("refdet", ["12345", "a" * 31, "2026-PE-1", "référence", "REF DET"]),
        ("objet", ["x" * 101, "Périscolaire", "a-b", "a\nb"]),
        ("mel", ["", "a@b.c", "sans.arobase", f"{'a' * 70}@exemple.fr", "a b@exemple.fr", "é@exemple.fr", "a@exemple"]),
        ("montant", [99, 0, -4250, 10_000_001]),
        ("saisie", ["", "M", "A", "t"]),
        ("urlnotif", ["", "/paiements", "ftp://a.fr/", "https://a.fr/" + "x" * 240, "https://a.fr/a b"]),
        ("urlredirect", ["javascript:alert(1)"]),
    ],
)
def test_what_payfip_would_refuse_is_seen_before_it_is_asked(champ: Champ, valeurs: list[object]) -> None:
    for valeur in valeurs:
        assert replace(DEMANDE, **{champ: valeur}).fautes() == (champ,), valeur  # type: ignore[arg-type]


def test_the_limits_themselves_are_accepted() -> None:
    for bonne in (
        replace(DEMANDE, montant=100),
        replace(DEMANDE, objet=""),
        replace(DEMANDE, objet="x" * 100),
        replace(DEMANDE, mel=f"{'a' * 69}@exemple.fr"),
        replace(DEMANDE, urlnotif="https://a.fr/" + "x" * 237),
    ):
        assert bonne.fautes() == ()


def test_a_reference_still_reads_as_the_invoice_s_number() -> None:
    assert refdet("2026-PE-000127", 2) == "2026PE000127E02"
    # Of another software, too long for PayFiP: its end is what tells it from the next one.
    assert refdet("COMMUNE-MULTI-ACCUEIL-2026-11-000127", 1) == "UNEMULTIACCUEIL202611000127E01"


@given(st.text(), st.integers(1, 200))
def test_a_reference_is_always_one_and_never_the_one_of_another_attempt(facture: str, essai: int) -> None:
    assert est_refdet(refdet(facture, essai))
    assert refdet(facture, essai) != refdet(facture, essai + 1)


@given(st.text())
def test_a_label_is_always_what_payfip_takes(texte: str) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9](?:[A-Za-z0-9 ]{0,98}[A-Za-z0-9])?)?", objet(texte))


def test_a_label_keeps_its_words_without_their_accents() -> None:
    assert objet("Accueil d’été – « L’Œuf » : août 2026") == "Accueil d ete L Oeuf aout 2026"


def test_an_idop_has_36_characters_and_nothing_strange() -> None:
    assert est_idop("81bdf4c0-8edb-11e5-99d5-00000a634c44")
    for faux in ("", "81bdf4c0", "x" * 37, "81bdf4c0-8edb-11e5-99d5-00000a634c4\n", "<" * 36, "é" * 36):
        assert not est_idop(faux)


def test_payfip_is_asked_at_2_5_15_30_minutes_then_every_hour_for_a_day() -> None:
    instant, vus = CREE, []
    while (suivant := prochaine_interrogation(CREE, instant)) is not None:
        vus.append(suivant - CREE)
        instant = suivant
    assert vus[:6] == [timedelta(minutes=m) for m in (2, 5, 15, 30, 60, 120)]
    assert vus[-1] == timedelta(hours=24)
    assert len(vus) == 28


@given(st.timedeltas(timedelta(0), timedelta(days=3)))
def test_the_next_appointment_is_always_ahead_and_within_the_day(age: timedelta) -> None:
    suivant = prochaine_interrogation(CREE, CREE + age)
    assert (suivant is None) == (age >= timedelta(hours=24))
    assert suivant is None or CREE + age < suivant <= CREE + age + timedelta(hours=1)


def test_every_code_has_words_for_an_agent_and_for_a_parent() -> None:
    assert {"A1", "A2", "D1", "M1", "M3", "M5", "N1", "P1", "P3", "P4", "P5", "R3", "S1", "T1", "T2", "T4"} <= set(
        CODES
    )
    for code in (*CODES, "Z9"):
        mots = code_payfip(code)
        for phrase in (mots.agent, mots.parent):
            assert phrase.endswith(".")
            assert not re.search(r" [:;!?»€]|« ", phrase)
        # A parent is never shown the inside of the machine.
        assert not re.search(r"NUMCLI|REFDET|URL|SAISIE|idOp|code", mots.parent)
    assert "Z9" in code_payfip("Z9").agent
