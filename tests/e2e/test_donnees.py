"""« Mes données » on a phone: the download, the request for deletion and its withdrawal."""

import json
import zipfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_accessible, verifier_page
from tests.e2e.support.bureau import ECRAN, accepter, entrer, ouvrir_demande
from tests.e2e.support.monde import Monde

PAGE = "/mon-espace/donnees"


def ouvrir_donnees(ouvrir: Ouvrir, monde: Monde, **reglages: Any) -> Page:
    page = ouvrir("camille.morel", **reglages)
    page.goto(monde.adresse(PAGE))
    return page


def test_a_parent_downloads_everything_in_one_file(ouvrir: Ouvrir, monde: Monde, tmp_path: Path) -> None:
    page = ouvrir_donnees(ouvrir, monde)
    verifier_page(page)
    with page.expect_download() as telechargement:
        page.get_by_role("button", name="Télécharger mes données").tap()
    assert telechargement.value.suggested_filename.startswith("mes-donnees-")
    fichier = tmp_path / "donnees.zip"
    telechargement.value.save_as(fichier)
    with zipfile.ZipFile(fichier) as archive:
        archive.extractall(tmp_path)
        assert json.loads(archive.read("donnees.json"))["personne"]["prenom"] == "Camille"
    page.goto((tmp_path / "mes-donnees.html").as_uri())
    assert page.get_by_role("heading", level=1).inner_text() == "Mes données"
    largeur = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert largeur == 0
    # Opened from a folder of the phone, alone: it is read, in light and dark, with nothing to fetch.
    expect(page.get_by_text("camille.morel@famille.example").first).to_be_visible()
    verifier_accessible(page)


def test_the_password_is_asked_again_later_without_javascript_on_a_narrow_phone(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir_donnees(ouvrir, monde, java_script_enabled=False, viewport={"width": 320, "height": 568})
    monde.horloge.avancer(minutes=20)
    page.reload()
    page.get_by_role("button", name="Télécharger mes données").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Votre mot de passe").fill("Sable-Goeland-41")
    with page.expect_download() as telechargement:
        page.get_by_role("button", name="Télécharger mes données").tap()
    with zipfile.ZipFile(telechargement.value.path()) as archive:
        assert archive.testzip() is None


def test_a_deletion_the_town_accepts_closes_the_account_at_once(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir_donnees(ouvrir, monde)
    page.get_by_label("Je demande l’effacement").check()
    page.get_by_role("button", name="Demander l’effacement").tap()
    expect(page.get_by_text("est en attente")).to_be_visible()
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, "Effacement des données", "Morel – Le Gall")
    verifier_page(bureau)
    accepter(bureau)
    verifier_page(bureau)
    page.goto(monde.adresse("/mon-espace"))
    expect(page.locator("h1")).to_have_text("Connexion")
    autre = ouvrir("thomas.legall")
    autre.goto(monde.adresse("/famille"))
    expect(autre.locator("h1")).to_have_text("Ma famille")


def test_a_request_for_deletion_is_made_and_taken_back_without_javascript(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir_donnees(ouvrir, monde, java_script_enabled=False)
    page.get_by_role("button", name="Demander l’effacement").tap()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Je demande l’effacement").check()
    page.get_by_role("button", name="Demander l’effacement").tap()
    page.get_by_text("est en attente").wait_for()
    page.get_by_role("button", name="Retirer ma demande").tap()
    page.get_by_role("button", name="Demander l’effacement").wait_for()


def test_each_state_of_the_page_is_accessible(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir_donnees(ouvrir, monde)
    page.get_by_role("button", name="Demander l’effacement").tap()
    page.get_by_role("alert").wait_for()
    verifier_page(page)
    page.get_by_label("Je demande l’effacement").check()
    page.get_by_role("button", name="Demander l’effacement").tap()
    page.get_by_text("est en attente").wait_for()
    verifier_page(page)
