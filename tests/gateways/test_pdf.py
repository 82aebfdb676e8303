"""Paper that a voice can read: tagged, in French, with a title, in a font that has our spaces (PDF/UA-1)."""

import io
from datetime import date, datetime

import pikepdf
import pytest

from portail_famille.domain.genres import GENRES
from portail_famille.domain.horloge import PARIS
from portail_famille.gateways.pdf import imprimer
from portail_famille.presentation.accuses import papier_de_l_accuse
from portail_famille.services.accuses import dire_accuse, rediger_accuse
from tests.support.pdf import balises_du_pdf, texte_du_pdf, textes_sans_nature
from tests.support.reglages import reglages_de_la_commune

LE_2_DECEMBRE = datetime(2026, 12, 2, 18, 0, tzinfo=PARIS)


def papier(genre: str, nom: str = "Saint-Rivage") -> bytes:
    reglages = reglages_de_la_commune(nom=nom)
    accuse = rediger_accuse(GENRES[genre], reglages, "D2026-000012", LE_2_DECEMBRE)
    return imprimer("accuse", papier_de_l_accuse(dire_accuse(accuse), "#0b5563"))


def test_a_receipt_is_tagged_titled_and_in_french() -> None:
    octets = papier("quotient")
    with pikepdf.open(io.BytesIO(octets)) as document:
        racine = document.Root
        assert racine.MarkInfo.Marked
        assert str(racine.Lang) == "fr-FR"
        assert racine.ViewerPreferences.DisplayDocTitle
        assert document.open_metadata()["pdfuaid:part"] == "1"
        assert "D2026-000012" in str(document.open_metadata()["dc:title"])
    balises = balises_du_pdf(octets)
    assert balises[0] == "Document"
    assert balises.count("H1") == 1
    assert balises.count("H2") == 4
    assert {"P", "L", "LI"} <= set(balises)
    assert textes_sans_nature(octets) == []


def test_a_receipt_says_in_text_what_the_law_asks() -> None:
    texte = texte_du_pdf(papier("quotient")).replace("\n", " ")
    for attendu in (
        "2 décembre 2026 à 18\u202fh\u202f00",
        "Mairie de Saint-Rivage",
        "1 place de la Mairie, 99999 Saint-Rivage",
        "02 61 91 00 00",
        "enfance@saint-rivage.example",
        "2 février 2027",
        "tribunal administratif",
        "L231-4, 3°",
    ):
        assert attendu in texte


def test_what_a_town_is_called_is_never_source() -> None:
    texte = texte_du_pdf(papier("question", nom='#panic("!") $x$ *gras* @ici \\'))
    assert '#panic("!") $x$ *gras* @ici \\' in texte


@pytest.mark.parametrize("signe", ["\u202f", "\u00a0", "€", "’", "œ", "«", "–", "Ÿ", "ł", "ễ"])
def test_our_font_has_the_signs_of_french_and_of_names(signe: str) -> None:
    texte = texte_du_pdf(papier("question", nom=f"Ville{signe}d’essai"))
    assert f"Ville{signe}d’essai" in texte


def test_a_receipt_without_silence_promises_nothing() -> None:
    texte = texte_du_pdf(papier("question"))
    assert str(date(2027, 2, 2).year) not in texte
    assert "recours" not in texte.lower()
