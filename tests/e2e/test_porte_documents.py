"""The porte-documents on a phone: good files and hostile ones together, a document that changes, one that is used."""

from pathlib import Path
from typing import Any

import pikepdf
import pytest
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import select

from portail_famille.models.documents import Piece
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.demarches import AJOUTER, commencer, continuer, envoyer, photographier
from tests.e2e.support.entree import TELEPHONE_ETROIT
from tests.e2e.support.monde import Monde
from tests.support.hostiles import pdf
from tests.support.pieces import photo

KARIM = "karim.haddad"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
HOSTILES = ("dessin.svg", "page.jpg", "vide.pdf", "secret.pdf")
BONS = ("livret 1.jpg", "livret 2.pdf")


def fichiers() -> list[FilePayload]:
    """The good ones first and last, so that a bad one is met before a good one."""
    chiffre = pdf(encryption=pikepdf.Encryption(owner="clé", user="clé"))
    corps = (photo(), SVG, HTML, b"", chiffre, pdf())
    noms = (BONS[0], *HOSTILES, BONS[1])
    return [
        {"name": nom, "mimeType": "application/pdf" if nom.endswith("pdf") else "image/jpeg", "buffer": octets}
        for nom, octets in zip(noms, corps, strict=True)
    ]


def gardes(monde: Monde) -> list[str]:
    with monde.bd().session_lecture() as session:
        return list(session.scalars(select(Piece.nom).where(Piece.retiree_utc.is_(None)).order_by(Piece.nom)))


def ajouter(page: Page, monde: Monde, envoyes: list[FilePayload], verifier: Any) -> None:
    page.goto(monde.adresse("/porte-documents"))
    verifier(page)
    page.get_by_role("link", name="Ajouter des documents").tap()
    expect(page.get_by_label("Photos ou PDF")).to_be_visible()
    verifier(page)
    page.get_by_label("Photos ou PDF").set_input_files(envoyes)
    page.get_by_label("Ce que c’est").select_option(label="Attestation CAF ou MSA")
    page.get_by_label("À notre foyer").check()
    page.get_by_role("button", name="Garder ces documents").tap()


def rien(_page: Page) -> None:
    """Nothing runs in a page without a script, an audit neither."""


def test_what_is_not_said_is_asked_for_before_the_photos_leave(ouvrir: Ouvrir, monde: Monde) -> None:
    """A page that came back would have lost them."""
    page = ouvrir(KARIM, **TELEPHONE_ETROIT)
    avant = gardes(monde)
    page.goto(monde.adresse("/porte-documents/ajouter"))
    page.get_by_label("Photos ou PDF").set_input_files(fichiers()[:1])
    page.get_by_role("button", name="Garder ces documents").tap()
    expect(page.get_by_role("alert")).to_contain_text("Dites à qui est ce document")
    verifier_page(page)
    page.get_by_label("Ce que c’est").select_option(label="Attestation CAF ou MSA")
    page.get_by_label("À notre foyer").check()
    page.get_by_role("button", name="Garder ces documents").tap()
    expect(page.get_by_text("C’est gardé.")).to_be_visible()
    assert gardes(monde) == sorted([*avant, BONS[0]])


@pytest.mark.parametrize("est_avec_script", [True, False], ids=["script", "no-script"])
def test_good_files_stay_and_each_bad_one_is_told(ouvrir: Ouvrir, monde: Monde, est_avec_script: bool) -> None:
    verifier = verifier_page if est_avec_script else rien
    page = ouvrir(KARIM, java_script_enabled=est_avec_script, **TELEPHONE_ETROIT)
    avant = gardes(monde)
    ajouter(page, monde, fichiers(), verifier)
    if est_avec_script:
        expect(page.get_by_role("progressbar", name="Envoi des documents")).to_be_visible()
    alerte = page.get_by_role("alert")
    expect(alerte).to_contain_text("4 fichiers ne sont pas gardés")
    expect(alerte).to_be_focused()
    for nom in HOSTILES:
        expect(alerte.get_by_role("listitem").filter(has_text=nom)).to_be_visible()
    expect(alerte.get_by_role("listitem").filter(has_text="secret.pdf")).to_contain_text("mot de passe")
    verifier(page)
    assert gardes(monde) == sorted([*avant, *BONS])
    page.get_by_role("link", name="document").first.tap()
    expect(page.get_by_role("link", name=BONS[1])).to_be_visible()
    verifier(page)


def test_a_document_is_renamed_replaced_joined_by_a_tick_then_kept_while_it_is_used(
    ouvrir: Ouvrir, monde: Monde, tmp_path: Path
) -> None:
    page = ouvrir(KARIM)
    ajouter(page, monde, fichiers()[:1], rien)
    expect(page.get_by_text("C’est gardé")).to_be_visible()
    page.get_by_role("link", name=BONS[0]).tap()
    expect(page.locator(".apercu img")).to_be_visible()
    verifier_page(page)
    page.get_by_label("Nom du fichier").fill("Attestation de novembre")
    page.get_by_role("button", name="Enregistrer").tap()
    page.get_by_role("link", name="Attestation de novembre").tap()
    page.get_by_text("Remplacer par une version plus récente").tap()
    page.get_by_role("button", name="Remplacer").tap()
    expect(page.get_by_role("alert")).to_contain_text("Choisissez le nouveau fichier.")
    verifier_page(page)
    page.get_by_label("La nouvelle photo ou le nouveau PDF").set_input_files(photographier(tmp_path, "decembre.jpg"))
    page.get_by_role("button", name="Remplacer").tap()
    expect(page.get_by_text("La nouvelle version est gardée.")).to_be_visible()
    assert BONS[0] not in gardes(monde)

    commencer(page, monde, "quotient")
    page.get_by_label("Attestation de quotient familial").check()
    continuer(page)
    page.get_by_label("Votre quotient familial").fill("349,90")
    continuer(page)
    expect(page.get_by_label(AJOUTER)).to_have_value("")
    page.get_by_role("checkbox").first.check()
    verifier_page(page)
    continuer(page)
    numero = envoyer(page)

    page.goto(monde.adresse("/porte-documents"))
    page.locator("main li a").first.tap()
    expect(page.get_by_role("link", name=f"Voir la demande {numero}")).to_be_visible()
    expect(page.get_by_text("Supprimer ce document")).to_have_count(0)
    verifier_page(page)
    page.get_by_role("link", name=f"Voir la demande {numero}").tap()
    page.get_by_text("Annuler cette demande").tap()
    page.get_by_role("button", name=f"Oui, annuler la demande {numero}").tap()
    expect(page.get_by_text("Votre demande est annulée.")).to_be_visible()
    page.goto(monde.adresse("/porte-documents"))
    page.locator("main li a").first.tap()
    page.get_by_text("Supprimer ce document").tap()
    verifier_page(page)
    page.get_by_role("button", name="Supprimer", exact=True).tap()
    expect(page.get_by_text("supprimé").first).to_be_visible()
    verifier_page(page)
