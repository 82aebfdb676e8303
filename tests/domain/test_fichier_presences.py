"""The attendance sheet: read whole, and what it makes of each booking."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.fichier_presences import (
    COLONNES,
    OBLIGATOIRES,
    Pointage,
    PresenceDuFichier,
    ReperesPresences,
    lire_presences,
    pointer,
)
from portail_famille.domain.tableur import Faute, decoder, lire_tableau
from tests.support.familles import fichier

DOCS = Path(__file__).parents[2] / "docs"
REPERES = ReperesPresences(date(2026, 12, 2), ("repas", "soir"))
LIGNE = {"jour": "01/12/2026", "enfant": "E-1", "unite": "repas", "etat": "présent"}
ETATS = (
    None,
    "demandee",
    "reservee",
    "en_attente",
    "presente",
    "absente_justifiee",
    "absente_injustifiee",
    "annulee",
)


def lire(*lignes: Mapping[str, str]) -> tuple[list[PresenceDuFichier], list[Faute]]:
    return lire_presences(lire_tableau(decoder(fichier(lignes).encode()), COLONNES, OBLIGATOIRES), REPERES)


def test_a_child_is_told_by_its_reference_or_its_name_and_birth() -> None:
    nomme = {"enfant": "", "enfant_prenom": "Léa", "enfant_nom": "Ferrand", "enfant_naissance": "17/04/2018"}
    presences, fautes = lire(LIGNE, {**LIGNE, **nomme, "etat": "absent"})
    assert fautes == []
    assert presences == [
        PresenceDuFichier(2, date(2026, 12, 1), "repas", True, "E-1"),
        PresenceDuFichier(3, date(2026, 12, 1), "repas", False, "", "Léa", "Ferrand", date(2018, 4, 17)),
    ]


@pytest.mark.parametrize("mot", ["présent", "PRÉSENTE", "P", "1", "oui", "x"])
def test_present_is_written_in_several_ways(mot: str) -> None:
    assert lire({**LIGNE, "etat": mot})[0][0].est_presente is True


@pytest.mark.parametrize("mot", ["absent", "Absente", "a", "0", "non"])
def test_absent_is_written_in_several_ways(mot: str) -> None:
    assert lire({**LIGNE, "etat": mot})[0][0].est_presente is False


@pytest.mark.parametrize(
    ("cellules", "colonne", "raison"),
    [
        ({"jour": "03/12/2026"}, "jour", "pas encore passé"),
        ({"jour": "01/12/2024"}, "jour", "vérifiez l’année"),
        ({"unite": "repa"}, "unite", "repas"),
        ({"etat": "malade"}, "etat", "présent"),
        ({"enfant": "", "enfant_prenom": "Léa"}, "enfant", "référence"),
        ({"etat": ""}, "etat", "obligatoire"),
    ],
)
def test_a_fault_is_told_with_its_line_and_its_column(cellules: dict[str, str], colonne: str, raison: str) -> None:
    presences, fautes = lire(LIGNE, {**LIGNE, **cellules})
    assert len(presences) == 1
    assert [(faute.ligne, faute.colonne) for faute in fautes] == [(3, colonne)]
    assert raison in fautes[0].raison


@pytest.mark.parametrize(
    ("etat", "present", "absent"),
    [
        (None, Pointage("presente", est_non_reservee=True), None),
        ("annulee", Pointage("presente", est_non_reservee=True), None),
        ("en_attente", Pointage("presente", est_non_reservee=True), None),
        ("reservee", Pointage("presente"), Pointage("absente_injustifiee")),
        ("demandee", Pointage("presente"), None),
        ("presente", None, Pointage("absente_injustifiee")),
        ("absente_injustifiee", Pointage("presente"), None),
        ("absente_justifiee", None, None),
    ],
)
def test_what_the_sheet_makes_of_each_booking(
    etat: str | None, present: Pointage | None, absent: Pointage | None
) -> None:
    assert pointer(etat, est_non_reservee=False, est_presente=True) == present
    assert pointer(etat, est_non_reservee=False, est_presente=False) == absent


def test_who_was_said_to_have_come_without_a_booking_may_be_taken_back() -> None:
    assert pointer("presente", est_non_reservee=True, est_presente=False) == Pointage("annulee")


@given(st.sampled_from(ETATS), st.booleans(), st.booleans())
def test_the_same_sheet_twice_changes_nothing_the_second_time(
    etat: str | None, est_non_reservee: bool, est_presente: bool
) -> None:
    fait = pointer(etat, est_non_reservee=est_non_reservee and etat == "presente", est_presente=est_presente)
    if fait is not None:
        assert pointer(fait.etat, est_non_reservee=fait.est_non_reservee, est_presente=est_presente) is None


@given(st.sampled_from(ETATS), st.booleans())
def test_a_sheet_put_right_gives_back_what_it_changed(etat: str | None, est_presente: bool) -> None:
    """Whoever typed the wrong word types the other: what is billed is as if she had typed it first."""

    def suivre(depart: str | None, *mots: bool) -> tuple[str | None, bool]:
        actuel, non_reservee = depart, False
        for mot in mots:
            fait = pointer(actuel, est_non_reservee=non_reservee, est_presente=mot)
            if fait is not None:
                actuel, non_reservee = fait.etat, fait.est_non_reservee
        return actuel, non_reservee

    corrige, direct = suivre(etat, est_presente, not est_presente), suivre(etat, not est_presente)
    # Nothing is billed of these: no row, cancelled, waiting.
    sans_prix = (None, "annulee", "en_attente")
    if direct[0] in sans_prix:
        assert corrige[0] in sans_prix
    elif etat == "demandee":
        assert corrige[0] in ("absente_injustifiee", "presente")
    else:
        assert corrige == direct


def test_the_documentation_names_every_column_and_its_example_is_a_good_file() -> None:
    texte = (DOCS / "fichier-presences.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", texte, re.MULTILINE) == list(COLONNES)
    tableau = lire_tableau(decoder((DOCS / "fichier-presences.csv").read_bytes()), COLONNES, OBLIGATOIRES)
    presences, fautes = lire_presences(tableau, ReperesPresences(date(2026, 12, 2), ("cantine",)))
    assert (len(presences), fautes) == (3, [])
