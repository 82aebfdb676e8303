"""The desk's queue: narrowed, shared by two agents, answered with words that an error keeps, put in a spreadsheet."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer
from portail_famille.services import extractions
from portail_famille.services.demarches import deposer
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.extractions import fabriquer_dues
from portail_famille.services.journal import Auteur
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_accessible, verifier_page
from tests.e2e.support.bureau import ECRAN, entrer
from tests.e2e.support.monde import Monde
from tests.e2e.support.tableur import lire_feuille

SOLENE = "solene.martin"
FORMULE = '=HYPERLINK("http://ailleurs.example")'
RAISON = "Le justificatif est au nom d’une autre famille."


def deposer_adresse(monde: Monde, famille: str) -> str:
    """A change of address asked for this family."""
    with monde.bd().session_ecriture() as session:
        foyer = session.scalars(select(Foyer).where(Foyer.nom == famille)).one()
        return deposer(
            session,
            genre="coordonnees",
            auteur=Auteur(Cote.FAMILLE),
            maintenant=monde.horloge(),
            avant={"foyer.adresse": foyer.adresse},
            contenu={"foyer.adresse": "14, rue du Bac"},
            foyer_id=foyer.id,
        ).numero


def etat(monde: Monde, numero: str) -> str:
    with monde.bd().session_lecture() as session:
        return session.scalars(select(Demarche.etat).where(Demarche.numero == numero)).one()


def ouvrir_file(page: Page, monde: Monde) -> None:
    page.goto(monde.adresse("/agent/demarches"))


def lignes(page: Page, numero: str = "") -> Locator:
    return page.locator(f'[data-file] a[href*="/agent/demarches/{numero}"]')


def test_the_queue_is_narrowed_by_name_and_by_subject(ouvrir: Ouvrir, monde: Monde) -> None:
    diallo, vidal = deposer_adresse(monde, "Diallo"), deposer_adresse(monde, "Vidal")
    page = entrer(ouvrir(**ECRAN), monde)
    ouvrir_file(page, monde)
    expect(lignes(page, diallo)).to_be_visible()
    # Without its accent, in capitals, by the child's name.
    page.get_by_label("Numéro, famille ou enfant").fill("SEKOU")
    page.get_by_role("button", name="Filtrer").click()
    expect(lignes(page)).to_have_count(1)
    expect(lignes(page, diallo)).to_be_visible()
    expect(page.get_by_label("Numéro, famille ou enfant")).to_have_value("SEKOU")
    page.get_by_label("Numéro, famille ou enfant").fill("")
    page.get_by_label("Sujet").select_option("quotient")
    page.get_by_role("button", name="Filtrer").click()
    expect(page.get_by_text("Aucune demande ici.")).to_be_visible()
    verifier_accessible(page)
    page.get_by_label("Numéro, famille ou enfant").fill(vidal)
    page.get_by_label("Sujet").select_option("")
    page.get_by_text("Plus de filtres").click()
    page.get_by_label("Confiée à").select_option("personne")
    verifier_page(page)
    page.get_by_role("button", name="Filtrer").click()
    expect(lignes(page)).to_have_count(1)
    expect(lignes(page, vidal)).to_be_visible()
    expect(page.get_by_label("Confiée à")).to_have_value("personne")


def test_two_agents_on_one_request_are_told_and_no_word_is_lost(ouvrir: Ouvrir, monde: Monde) -> None:
    numero = deposer_adresse(monde, "Diallo")
    isabelle, solene = entrer(ouvrir(**ECRAN), monde), entrer(ouvrir(**ECRAN), monde, SOLENE)
    for page in (isabelle, solene):
        ouvrir_file(page, monde)
        lignes(page, numero).click()
        expect(page.locator("h1")).to_contain_text(numero)
    expect(solene.get_by_text("Isabelle Roche a aussi ouvert cette demande")).to_be_visible()
    verifier_page(solene)
    solene.get_by_role("button", name="Prendre en charge").click()
    expect(solene.get_by_text("Confiée à Solène Martin.")).to_be_visible()
    # Isabelle's page is older than that: her words are given back, then taken.
    refuser(isabelle, RAISON)
    expect(isabelle.get_by_role("alert")).to_be_visible()
    assert etat(monde, numero) == "en_cours"
    expect(isabelle.get_by_label("Pourquoi refuser")).to_have_value(RAISON)
    verifier_page(isabelle)
    refuser(isabelle, RAISON)
    expect(isabelle.get_by_role("status")).to_contain_text("refusée")
    assert etat(monde, numero) == "refusee"


def refuser(page: Page, raison: str) -> None:
    page.get_by_label("Pourquoi refuser").fill(raison)
    page.get_by_role("button", name="Refuser").click()


def test_a_phone_without_a_script_refuses_with_a_reason_and_accepts(ouvrir: Ouvrir, monde: Monde) -> None:
    refusee, acceptee = deposer_adresse(monde, "Diallo"), deposer_adresse(monde, "Vidal")
    page = entrer(ouvrir(java_script_enabled=False), monde)
    ouvrir_file(page, monde)
    lignes(page, refusee).tap()
    page.get_by_text("Ajouter un mot à la famille").tap()
    page.get_by_role("button", name="Refuser").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Pourquoi refuser")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Raison courante").select_option(index=1)
    page.get_by_role("button", name="Refuser").tap()
    expect(page.get_by_role("status")).to_contain_text("refusée")
    ouvrir_file(page, monde)
    lignes(page, acceptee).tap()
    page.get_by_role("button", name="Accepter").tap()
    expect(page.get_by_role("status")).to_contain_text("acceptée")
    assert (etat(monde, refusee), etat(monde, acceptee)) == ("refusee", "acceptee")


def test_a_spreadsheet_opens_and_runs_nothing(ouvrir: Ouvrir, monde: Monde, tmp_path: Path) -> None:
    numero = deposer_adresse(monde, "Diallo")
    with monde.bd().session_ecriture() as session:
        session.scalars(select(Foyer).where(Foyer.nom == "Diallo")).one().nom = FORMULE
    page = entrer(ouvrir(**ECRAN), monde)
    page.goto(monde.adresse(f"/agent/demarches?q={numero}"))
    page.get_by_text("Télécharger la liste").click()
    verifier_page(page)
    with page.expect_download() as recu:
        page.get_by_role("button", name="Excel (XLSX)").click()
    feuille = lire_feuille(recu.value.path())
    assert numero in feuille
    assert "ailleurs.example" in feuille
    # A text, not a formula.
    assert "<f>" not in feuille
    with page.expect_download() as recu:
        page.get_by_role("button", name="CSV").click()
    texte = recu.value.path().read_text(encoding="utf-8-sig")
    assert f'"{numero}";' in texte
    assert "'=HYPERLINK" in texte


def test_a_long_list_says_how_far_it_is_and_downloads_when_ready(
    ouvrir: Ouvrir, monde: Monde, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extractions, "AU_PLUS_TOT", 1)
    numeros = {deposer_adresse(monde, famille) for famille in ("Diallo", "Vidal")}
    page = entrer(ouvrir(**ECRAN), monde)
    ouvrir_file(page, monde)
    page.get_by_text("Télécharger la liste").click()
    page.get_by_role("button", name="Excel (XLSX)").click()
    expect(page.get_by_text("La liste se prépare.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    verifier_page(page)
    coffre = coffre_de_la_commune(monde.app().extensions["reglages"])
    assert fabriquer_dues(monde.bd(), coffre, monde.horloge, lambda: True) == 1
    # The page asks for itself.
    expect(page.get_by_text("La liste est prête")).to_be_visible()
    verifier_page(page)
    with page.expect_download() as recu:
        page.get_by_role("button", name="Télécharger").click()
    feuille = lire_feuille(recu.value.path())
    assert all(numero in feuille for numero in numeros)
