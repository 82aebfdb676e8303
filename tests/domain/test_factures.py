"""An invoice: its number, its state, the inputs of its prices."""

import json
from datetime import date

import pytest

from portail_famille.domain.factures import (
    EtatFacture,
    PrixFacture,
    ecrire_numero,
    est_a_payer,
    etat_facture,
    lire_prix,
)

LE = date(2026, 12, 5)


@pytest.mark.parametrize(
    ("total", "reste", "avoirs", "preleve", "transmise", "attendu"),
    [
        (1000, 1000, 0, None, None, EtatFacture.A_REGLER),
        (1000, 400, 0, None, None, EtatFacture.PARTIELLE),
        (1000, 400, 600, None, None, EtatFacture.PARTIELLE),
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
    etat = etat_facture(total, reste, avoirs, preleve, transmise)
    assert etat is attendu
    assert est_a_payer(etat) == (attendu in (EtatFacture.A_REGLER, EtatFacture.PARTIELLE))


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
