"""An invoice: its number, its state, the inputs of its prices."""

import json
from datetime import date, timedelta

import pytest

from portail_famille.domain.factures import (
    EtatFacture,
    PrixFacture,
    ecrire_numero,
    est_a_payer,
    etat_facture,
    lire_prix,
    lire_recherche,
    prenoms_figes,
    rang_seul,
)

LE = date(2026, 12, 5)


@pytest.mark.parametrize(
    ("total", "reste", "avoirs", "preleve", "transmise", "attendu"),
    [
        (1000, 1000, 0, None, None, EtatFacture.A_REGLER),
        (1000, 400, 0, None, None, EtatFacture.PARTIELLE),
        (1000, 400, 600, None, None, EtatFacture.A_REGLER),
        (1000, 300, 600, None, None, EtatFacture.PARTIELLE),
        (1000, 0, 0, None, None, EtatFacture.REGLEE),
        (1000, 0, 400, None, None, EtatFacture.REGLEE),
        (1000, 0, 1000, None, None, EtatFacture.ANNULEE),
        (1000, 1000, 0, LE, None, EtatFacture.PRELEVEMENT),
        (1000, 1000, 0, LE, LE, EtatFacture.TRANSMISE),
        (1000, 0, 0, LE, LE, EtatFacture.REGLEE),
    ],
)
def test_an_invoice_is_in_one_state(
    total: int, reste: int, avoirs: int, preleve: date | None, transmise: date | None, attendu: EtatFacture
) -> None:
    etat = etat_facture(total, reste, avoirs, LE, preleve, transmise)
    assert etat is attendu
    assert est_a_payer(etat) == (attendu in (EtatFacture.A_REGLER, EtatFacture.PARTIELLE))


@pytest.mark.parametrize(("jours", "attendu"), [(-30, True), (0, True), (7, True), (8, False), (400, False)])
def test_a_debit_that_has_not_paid_a_week_after_its_day_is_owed_again(jours: int, attendu: bool) -> None:
    jour = LE + timedelta(days=jours)
    etats = (EtatFacture.PRELEVEMENT,) * 2 if attendu else (EtatFacture.A_REGLER, EtatFacture.PARTIELLE)
    assert (etat_facture(1000, 1000, 0, jour, LE), etat_facture(1000, 400, 0, jour, LE)) == etats
    assert (etat_facture(1000, 0, 0, jour, LE), etat_facture(1000, 9, 0, jour, LE, LE)) == (
        EtatFacture.REGLEE,
        EtatFacture.TRANSMISE,
    )


def test_a_number_says_its_year_and_its_series() -> None:
    assert ecrire_numero(2026, "PE", 4127) == "2026-PE-004127"
    assert ecrire_numero(2026, "PE", 1_234_567) == "2026-PE-1234567"


def test_what_a_price_was_computed_from_comes_back_as_it_was_kept() -> None:
    prix = PrixFacture(
        1,
        2,
        "presente",
        342,
        342,
        100,
        84_200,
        True,
        2,
        3,
        None,
        False,
        0,
        4,
        "repas",
        "2026-09-01",
        ("Tarif.", "Fin."),
    )
    assert lire_prix(json.loads(json.dumps(prix.en_document()))) == prix


def test_children_keep_the_first_name_of_the_day_of_issue_whatever_was_merged_since() -> None:
    contenu = {"enfants": {"1": "Léa", "2": "Noé", "3": "Lila"}, "prix": [{"enfant": 1}, {"enfant": 2}]}
    assert prenoms_figes(contenu, [(1, 0), (2, None), (None, None)]) == {1: "Léa", 2: "Noé"}
    # Noé became the row 9: his price says so; the other line of his has none.
    assert prenoms_figes(contenu, [(1, 0), (9, 1), (9, None)]) == {1: "Léa", 9: "Noé"}
    # Lila's line has no price: the only name left is hers.
    assert prenoms_figes(contenu, [(1, 0), (2, 1), (9, None)]) == {1: "Léa", 2: "Noé", 9: "Lila"}
    # Both rows of one child were on the invoice: the lines are of the one that stays.
    assert prenoms_figes(contenu, [(1, 0), (1, 1), (1, None)]) == {1: "Léa"}
    # Two that nothing tells apart, or a rank that leads nowhere: no name rather than that of another child.
    assert prenoms_figes(contenu, [(1, 0), (8, None), (9, 7)]) == {1: "Léa"}
    assert prenoms_figes({}, [(1, 0)]) == {}


@pytest.mark.parametrize(
    ("texte", "lus"),
    [
        ("2026-EE-000127", ("2026EE000127",)),
        (" 2026 ee 000127 ", ("2026EE000127",)),
        ("N° 2026-EE-000127", ("2026EE000127",)),
        ("2026EE000127E02", ("2026EE000127E02", "2026EE000127")),
        ("2026EE000127e100", ("2026EE000127E100", "2026EE000127")),
        ("c-2026/12", ("C202612",)),
        ("E02", ("E02",)),
        ("Morel", ()),
        ("", ()),
    ],
)
def test_a_number_is_read_however_it_is_typed(texte: str, lus: tuple[str, ...]) -> None:
    assert lire_recherche(texte) == lus


@pytest.mark.parametrize(
    ("texte", "rang"),
    [("127", 127), ("000127", 127), ("n° 127", 127), ("no127", 127), ("0612345678", None), ("EE127", None), ("", None)],
)
def test_a_rank_alone_is_a_short_number(texte: str, rang: int | None) -> None:
    assert rang_seul(texte) == rang
