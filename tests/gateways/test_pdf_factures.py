"""The paper of an invoice: what a voice reads, what the envelope shows, what is on it however long it is."""

import io
from datetime import date, datetime
from typing import Any

import pikepdf
import pytest

from portail_famille.domain.horloge import PARIS
from portail_famille.gateways.pdf import imprimer
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Reglement
from portail_famille.presentation.papiers_factures import nom_du_fichier, papier_de_la_facture, papier_du_recu
from portail_famille.services.papiers_factures import RecuImprimable, instantane_de_la_regie
from tests.support.papiers import facture_imprimable
from tests.support.pdf import balises_du_pdf, texte_du_pdf, textes_sans_nature
from tests.support.regies import REGIES
from tests.support.reglages import reglages_de_la_commune

JOUR = date(2026, 12, 2)


def facture(*args: Any, **kwargs: Any) -> bytes:
    return imprimer("facture", papier_de_la_facture(facture_imprimable(*args, **kwargs), "#0b5563", JOUR))


def recu(montant: int = 11_099, factures: tuple[tuple[str, str, int], ...] = (), **autres: Any) -> bytes:
    reglement = Reglement(
        numero="R2026-ENFANCE-000012",
        foyer_id=1,
        regie="enfance",
        moyen=autres.pop("moyen", "carte"),
        montant_centimes=montant,
        recu_le=date(2026, 12, 5),
        saisi_utc=datetime(2026, 12, 5, 9, tzinfo=PARIS),
        reference="123456",
        reste_centimes=autres.pop("reste", 0),
    )
    regie = instantane_de_la_regie(reglages_de_la_commune(regies=REGIES), "enfance")
    lu = RecuImprimable(reglement, regie, "Camille Morel", Foyer(nom="Morel"), factures, autres.pop("annule_le", None))
    return imprimer("papier", papier_du_recu(lu, "#0b5563"))


def texte(octets: bytes) -> str:
    return " ".join(texte_du_pdf(octets).split(" ")).replace("\n", " ")


@pytest.mark.parametrize("octets", [facture(), facture(4, 1, genre="avoir", motif="Erreur"), recu()])
def test_every_paper_is_tagged_titled_and_in_french(octets: bytes) -> None:
    with pikepdf.open(io.BytesIO(octets)) as document:
        racine = document.Root
        assert racine.MarkInfo.Marked
        assert str(racine.Lang) == "fr-FR"
        assert document.open_metadata()["pdfuaid:part"] == "1"
        assert "2026-" in str(document.open_metadata()["dc:title"])
    balises = balises_du_pdf(octets)
    assert balises[0] == "Document"
    assert balises.count("H1") == 1
    assert textes_sans_nature(octets) == []


def test_an_invoice_is_read_in_the_order_of_its_page() -> None:
    lu = texte(facture(3, 1))
    suite = (
        "Mairie de", "Camille Morel", "Facture n°", "À régler", "Activité", "Cantine", "Total de la facture",
        "Comment payer", "D’où viennent", "Une erreur, une question\u202f?", "Talon",
    )  # fmt: skip
    places = [lu.index(dit) for dit in suite]
    assert places == sorted(places)


def test_thousands_keep_their_narrow_space_on_paper() -> None:
    lue = facture_imprimable(1, 1, total_centimes=123_456)
    lue.lignes[0].montant_centimes = 123_456
    assert texte(imprimer("facture", papier_de_la_facture(lue, "#0b5563", JOUR))).count("1\u202f234,56\u00a0€") >= 3


def test_lines_are_a_table_with_its_headers_for_each_child() -> None:
    balises = balises_du_pdf(facture(30, 2))
    assert balises.count("Table") == 2
    assert balises.count("TH") == 2 * 4
    assert balises.count("TR") >= 2 * 4
    assert balises.index("H2") < balises.index("Table")


def test_an_invoice_says_who_owes_what_to_whom_until_when() -> None:
    lu = texte(facture(30, 2))
    for attendu in (
        "Facture n°\u00a02026-EE-000127",
        "Camille Morel",
        "12 rue des Lilas",
        "Bâtiment B, 2e étage",
        "99999 Saint-Rivage",
        "Enfance et éducation",
        REGIES["enfance"].signataire,
        "1er décembre 2026",
        "170,80\u00a0€",
        "avant\u00a0le\u00a020\u00a0décembre\u00a02026",
        "5\u00a0×\u00a03,42\u00a0€",
        "Total pour Noé",
        "à l’ordre «\u00a0Trésor public\u00a0»",
        "PayFiP",
        "2026EE000127",
        "L1617-5",
    ):
        assert attendu in lu, attendu
    # Said once for the two children who pay the same.
    assert lu.count("quotient familial était de 842") == 3
    assert "Cantine (Léa et Noé), 3,42\u00a0€" in lu


def test_a_credit_used_at_the_issue_is_deducted_on_the_paper() -> None:
    lu = texte(facture(30, 2, credits=(("Avoir n°\u00a02026-EE-000101", 1250),)))
    assert "Avoir n°\u00a02026-EE-000101, déduit" in lu
    assert "\u221212,50\u00a0€" in lu
    assert lu.count("158,30\u00a0€") == 3  # on top, under the lines, on the slip
    payee = texte(facture(30, 2, credits=(("Avoir n°\u00a02026-EE-000101", 17_080),)))
    assert "Rien à régler" in payee
    assert "Talon" not in payee


def test_a_direct_debit_asks_for_nothing() -> None:
    lu = texte(facture(30, 2, prelevement_le=date(2026, 12, 15)))
    assert "vous n’avez rien à faire" in lu.casefold()
    assert "15\u00a0décembre\u00a02026" in lu
    assert "chèque" not in lu


def test_a_debit_that_did_not_pay_is_promised_by_no_paper_printed_since() -> None:
    lu = texte(facture(30, 2, prelevement_le=date(2026, 11, 24), reste_centimes=17_080))
    for attendu in ("À régler", "avant\u00a0le\u00a020\u00a0décembre\u00a02026", "Par chèque", "Avant le 20 décembre"):
        assert attendu in lu, attendu
    assert "Le prélèvement du 24 novembre 2026 n’a pas réglé cette facture." in lu
    assert "rien à faire" not in lu
    payee = texte(facture(30, 2, prelevement_le=date(2026, 11, 24), reste_centimes=0))
    assert "Prélèvement\u00a0le\u00a024\u00a0novembre\u00a02026" in payee


def test_an_avoir_names_the_invoice_it_corrects_and_why() -> None:
    lu = texte(facture(4, 1, genre="avoir", motif="Certificat médical reçu"))
    assert "Avoir n°\u00a02026-EE-000127" in lu
    assert "2026-EE-000099" in lu
    assert "Certificat médical reçu" in lu
    assert "\u22126,84\u00a0€" in lu
    assert "Talon" not in lu


@pytest.mark.parametrize(("lignes", "enfants", "pages"), [(6, 1, 1), (30, 2, 2), (120, 3, 2)])
def test_the_payment_slip_is_never_alone_on_its_page(lignes: int, enfants: int, pages: int) -> None:
    octets = facture(lignes, enfants)
    textes = []
    for rang in range(pages):
        with pikepdf.open(io.BytesIO(octets)) as document:
            assert len(document.pages) == pages
            for autre in reversed([n for n in range(pages) if n != rang]):
                del document.pages[autre]
            sortie = io.BytesIO()
            document.save(sortie)
        textes.append(texte_du_pdf(sortie.getvalue()))
    (avec,) = (lu for lu in textes if "Talon" in lu)
    assert "Comment payer" in avec or "Une erreur" in avec


def test_a_long_table_says_its_columns_again_overleaf_and_a_line_without_days_has_their_room() -> None:
    """As another software sends them: sixty lines of words on two pages, read in their order."""
    lue = facture_imprimable(60, 1)
    for n, ligne in enumerate(lue.lignes, 1):
        ligne.unite_id = ligne.jour = ligne.prix = None
        ligne.libelle, ligne.quantite = f"Accueil régulier, contrat de novembre, semaine {n}", "42 h"
    octets = imprimer("facture", papier_de_la_facture(lue, "#0b5563", JOUR))
    with pikepdf.open(io.BytesIO(octets)) as document:
        assert len(document.pages) == 2
        objets: Any = [objet for objet in document.objects if isinstance(objet, pikepdf.Dictionary)]
        cellules = [objet for objet in objets if objet.get("/S") == "/TD"]
        assert sum(trait.get("/ColSpan") == 2 for cellule in cellules for trait in cellule.A) == 60
    lu = texte(octets)
    assert lu.count("Activité") == 2
    places = [lu.index(f"semaine {n} ") for n in range(1, 61)]
    assert places == sorted(places)


def test_the_same_invoice_prints_the_same_bytes() -> None:
    """Tomorrow, and on another server: nothing of the day is in it."""
    assert facture(30, 2) == facture(30, 2)


def test_what_a_family_is_called_is_never_source() -> None:
    lue = facture_imprimable(3, 1)
    lue.facture.contenu["payeur"]["nom"] = '#panic("!") $x$ *gras* @ici \\'
    assert '#panic("!") $x$ *gras* @ici \\' in texte(imprimer("facture", papier_de_la_facture(lue, "#0b5563", JOUR)))


@pytest.mark.parametrize(
    ("nom", "lu"),
    [
        ("Zoë 😀 Ÿ", "Zoë ? Ÿ"),
        ("李 Wang", "? Wang"),
        ("a\x1fb", "a?b"),
        ("e\u0301lise \ufffe", "élise ?"),
        ("Łukasz Đặng", "Łukasz Đặng"),
    ],
)
def test_a_sign_that_no_font_has_stops_no_paper(nom: str, lu: str) -> None:
    """PDF/UA-1 refuses a letter without a glyph: the invoice comes out all the same, and still passes."""
    lue = facture_imprimable(3, 1)
    lue.facture.contenu["payeur"]["nom"] = nom
    octets = imprimer("facture", papier_de_la_facture(lue, "#0b5563", JOUR))
    assert lu in texte_du_pdf(octets)
    with pikepdf.open(io.BytesIO(octets)) as document:
        assert document.open_metadata()["pdfuaid:part"] == "1"


def test_a_file_is_named_by_what_a_disk_takes() -> None:
    assert nom_du_fichier(facture_imprimable(1, 1, numero="ÉA 12/2026\n..").facture) == "facture-A-12-2026.pdf"


def test_a_receipt_says_what_was_paid_how_and_for_which_invoices() -> None:
    lu = texte(recu(factures=(("2026-EE-000127", "Facture enfance, novembre 2026", 11_099),)))
    for attendu in (
        "Reçu de paiement n°\u00a0R2026-ENFANCE-000012",
        "5 décembre 2026",
        "110,99\u00a0€",
        "Carte bancaire",
        "2026-EE-000127",
    ):
        assert attendu in lu, attendu
    assert "Trop-versé" not in lu


def test_a_receipt_says_what_is_left_of_it() -> None:
    assert "1,00\u00a0€ ne sont pas encore employés" in texte(recu(reste=100))


def test_a_reversed_payment_is_no_receipt_any_more() -> None:
    lu = texte(recu(annule_le=date(2026, 12, 9)))
    assert "annulé le 9 décembre 2026" in lu
    assert "ne vaut plus reçu" in lu


def test_a_refund_is_announced_as_one() -> None:
    lu = texte(recu(-500, (("2026-EE-000130", "Avoir", 500),), moyen="remboursement"))
    assert "Avis de remboursement" in lu
    assert "Avoirs remboursés" in lu
    assert "\u2212" not in lu
