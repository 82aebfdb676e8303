"""Spreadsheets that run nothing."""

import io
import re
import zipfile
from datetime import date
from decimal import Decimal

import pytest

from portail_famille.gateways.tableur import Cellule, Colonne, ecrire

COLONNES = (Colonne("Foyer"), Colonne("Né le", date), Colonne("Nombre", int))
PIEGES = [
    "=1+1",
    "+33612345678",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    ' =HYPERLINK("http://mal.example")',
    "\n=cmd|' /C calc'!A0",
    "\u200b=1",
    "\x00\ufeff@SUM(A1)",
    "\uff1d1+1",
    "\u202e\uff20SUM(A1)",
]


def lire_xlsx(octets: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(octets)) as archive:
        assert archive.testzip() is None
        return archive.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize("piege", PIEGES)
def test_no_cell_is_a_formula(piege: str) -> None:
    lignes: list[tuple[Cellule, ...]] = [(piege, None, 1)]
    texte = ecrire("csv", "Familles", COLONNES, lignes).decode("utf-8-sig")
    assert texte.partition("\r\n")[2].lstrip('"').startswith("'")
    feuille = lire_xlsx(ecrire("xlsx", "Familles", COLONNES, lignes))
    assert "<f>" not in feuille
    assert "<hyperlink" not in feuille


def test_a_csv_opens_in_a_french_spreadsheet() -> None:
    octets = ecrire("csv", "Familles", COLONNES, [("Le Gall ; Morel", date(2018, 4, 7), 3), ("N’Diaye", None, -3)])
    assert octets.startswith(b"\xef\xbb\xbf")
    assert octets.decode("utf-8-sig").split("\r\n") == [
        '"Foyer";"Né le";"Nombre"',
        '"Le Gall ; Morel";"07/04/2018";"3"',
        '"N’Diaye";"";"-3"',
        "",
    ]


def test_an_xlsx_keeps_dates_as_dates_and_numbers_as_numbers() -> None:
    feuille = lire_xlsx(ecrire("xlsx", "Familles", COLONNES, [("Le Gall", date(2018, 4, 7), 3)]))
    assert re.search(r'<c r="B2" s="\d+"><v>43197</v></c>', feuille)
    assert '<c r="C2"><v>3</v></c>' in feuille


def test_ten_thousand_rows_are_a_file() -> None:
    feuille = lire_xlsx(ecrire("xlsx", "Familles", COLONNES, ((f"Foyer {n}", None, n) for n in range(10_000))))
    assert '<row r="10001"' in feuille


def test_amounts_are_numbers_even_negative_ones() -> None:
    colonnes = (Colonne("Montant", Decimal),)
    lignes = [(Decimal("-12.3"),), (Decimal(1234),)]
    assert ecrire("csv", "Factures", colonnes, lignes).decode("utf-8-sig").split("\r\n")[1:3] == [
        '"-12,30"',
        '"1234,00"',
    ]
    feuille = lire_xlsx(ecrire("xlsx", "Factures", colonnes, lignes))
    assert re.search(r'<c r="A2" s="\d+"><v>-12.3</v></c>', feuille)
