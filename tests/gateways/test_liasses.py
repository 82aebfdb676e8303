"""Papers put together for the printer: each on its own sheet, whatever another software sent."""

import io
from datetime import date

import pikepdf
import pytest

from portail_famille.gateways import liasses
from portail_famille.gateways.liasses import LiasseImpossible, relier
from portail_famille.gateways.pdf import imprimer
from portail_famille.presentation.papiers_factures import papier_de_la_facture
from tests.support.papiers import facture_imprimable
from tests.support.pdf import texte_du_pdf

JOUR = date(2026, 12, 2)


def facture(lignes: int, enfants: int) -> bytes:
    return imprimer("facture", papier_de_la_facture(facture_imprimable(lignes, enfants), "#0b5563", JOUR))


def textes_des_pages(octets: bytes) -> list[str]:
    textes = []
    with pikepdf.open(io.BytesIO(octets)) as document:
        for page in document.pages:
            with pikepdf.new() as seule:
                seule.pages.append(page)
                sortie = io.BytesIO()
                seule.save(sortie)
            textes.append(texte_du_pdf(sortie.getvalue()))
    return textes


def test_papers_bound_for_the_printer_each_begin_on_a_sheet_of_their_own() -> None:
    courte, longue = facture(6, 1), facture(30, 2)
    assert [len(textes_des_pages(octets)) for octets in (courte, longue)] == [1, 2]
    liasse = relier([courte, longue, courte, courte])
    with pikepdf.open(io.BytesIO(liasse)) as document:
        assert document.check_pdf_syntax() == []
        assert document.Root.ViewerPreferences.Duplex == "/DuplexFlipLongEdge"
        # Tags of one would be read over the pages of another.
        assert "/StructTreeRoot" not in document.Root
        assert not any("/StructParents" in page for page in document.pages)
        assert {tuple(round(float(cote)) for cote in page.mediabox) for page in document.pages} == {(0, 0, 595, 842)}
    # First page, blank, two pages, first page, blank, first page: no sheet is wasted at the end.
    textes = textes_des_pages(liasse)
    assert [("Mairie de" in lu, lu == "") for lu in textes] == [
        (True, False), (False, True), (True, False), (False, False), (True, False), (False, True), (True, False),
    ]  # fmt: skip
    assert "page 2 sur 2" in textes[3]


def test_what_cannot_be_put_together_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LiasseImpossible):
        relier([b"%PDF-1.7 torn"])
    monkeypatch.setattr(liasses, "TAILLE_MAXIMALE", 10)
    with pytest.raises(LiasseImpossible, match="too heavy"):
        relier([b"%PDF-1.7 long"])
