"""On the home screen: what Chromium asks of an installable application, and what it shows without network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde
from tests.e2e.support.navigateur import Fautes, lancer_durable, preparer_contexte

PRET = "() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null)"


@pytest.fixture
def telephone(playwright: Playwright, monde: Monde, fautes: Fautes, tmp_path: Path) -> Iterator[BrowserContext]:
    contexte = lancer_durable(playwright, tmp_path / "profil")
    preparer_contexte(contexte, fautes)
    yield contexte
    contexte.close()


def ouvrir_pret(contexte: BrowserContext, adresse: str) -> Page:
    """A page whose service worker has taken it over."""
    page = contexte.new_page()
    page.goto(adresse)
    page.wait_for_function(PRET)
    return page


def test_each_town_can_be_installed_and_its_manifest_has_no_fault(telephone: BrowserContext, monde: Monde) -> None:
    for ville in ("saint-rivage", "roselac"):
        page = ouvrir_pret(telephone, monde.adresse(ville=ville))
        cdp = telephone.new_cdp_session(page)
        manifeste: dict[str, Any] = cdp.send("Page.getAppManifest")
        assert not manifeste["errors"]
        assert manifeste["url"] == monde.adresse("/manifeste.webmanifest", ville)
        assert cdp.send("Page.getInstallabilityErrors") == {"installabilityErrors": []}


def test_without_network_a_page_says_so_and_the_next_try_works(telephone: BrowserContext, monde: Monde) -> None:
    telephone.add_cookies([monde.cookie("camille.morel")])  # type: ignore[list-item]
    page = ouvrir_pret(telephone, monde.adresse())
    monde.reseau.est_coupe = True
    page.goto(monde.adresse("/famille"))
    expect(page.locator("h1")).to_have_text("Pas de réseau")
    expect(page.get_by_text("Noé")).to_have_count(0)
    verifier_page(page)
    monde.reseau.est_coupe = False
    page.get_by_role("link", name="Réessayer").tap()
    expect(page.locator("h1")).to_have_text("Ma famille")


def test_nothing_private_stays_in_the_caches(telephone: BrowserContext, monde: Monde) -> None:
    telephone.add_cookies([monde.cookie("camille.morel")])  # type: ignore[list-item]
    page = ouvrir_pret(telephone, monde.adresse())
    page.goto(monde.agenda("Noé"))
    page.goto(monde.adresse("/famille"))
    gardes: dict[str, list[str]] = page.evaluate(
        """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(async (nom) =>
            [nom, (await (await caches.open(nom)).keys()).map((r) => new URL(r.url).pathname)])))"""
    )
    assert gardes
    for nom, chemins in gardes.items():
        assert nom.startswith("portail-saint-rivage.")
        for chemin in chemins:
            publique = chemin.removeprefix("/saint-rivage").startswith(("/static/", "/icones/", "/portail.css"))
            assert publique or chemin == "/saint-rivage/hors-ligne", chemin
