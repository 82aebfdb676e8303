"""Several towns, several foyers, several sessions in one browser: nothing crosses over."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde


def se_connecter(page: Page, identifiant: str, mot_de_passe: str) -> None:
    page.get_by_label("Identifiant").fill(identifiant)
    page.get_by_label("Mot de passe", exact=True).fill(mot_de_passe)
    page.get_by_role("button", name="Connexion").tap()


def test_two_towns_in_one_browser_keep_their_sessions_apart(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    page.goto(f"{monde.url}/")
    page.get_by_role("link", name=re.compile("Saint-Rivage")).tap()
    se_connecter(page, "camille.morel", "Sable-Goeland-41")
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    page.goto(f"{monde.url}/")
    page.get_by_role("link", name=re.compile("Roselac")).tap()
    expect(page.get_by_role("button", name="Connexion")).to_be_visible()
    se_connecter(page, "laure.fontaine", "Roseau-Cuivre-47")
    expect(page.locator("h1")).to_have_text("Bonsoir Laure")
    page.goto(monde.adresse("/plus", "roselac"))
    page.get_by_role("button", name="Se déconnecter").tap()
    expect(page.get_by_text("Vous avez quitté votre espace")).to_be_visible()
    page.goto(monde.adresse())
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_a_person_of_two_foyers_chooses_for_which_one_she_acts(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("sophie.lambert")
    page.goto(monde.adresse("/famille"))
    expect(page.get_by_role("heading", name="Zoé")).to_have_count(0)
    page.get_by_label("Lambert – Garcia").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Changer de foyer").tap()
    page.goto(monde.adresse("/famille"))
    expect(page.get_by_role("heading", name="Zoé")).to_be_visible()
    expect(page.get_by_role("heading", name="Hugo")).to_have_count(0)
    expect(page.get_by_label("Lambert – Garcia")).to_be_checked()
    assert page.goto(monde.agenda("Hugo")).status == 404  # type: ignore[union-attr]


def test_an_expired_session_comes_back_to_the_page_one_wanted(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("camille.morel")
    page.goto(monde.adresse())
    monde.horloge.avancer(minutes=36)
    page.goto(monde.agenda("Noé", "2027-01"))
    expect(page.get_by_text("Votre session a expiré")).to_be_visible()
    verifier_page(page)
    se_connecter(page, "camille.morel", "Sable-Goeland-41")
    expect(page).to_have_url(monde.agenda("Noé", "2027-01"))


def test_after_logging_out_the_back_button_shows_nothing_of_the_family(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("camille.morel")
    page.goto(monde.adresse("/famille"))
    page.goto(monde.adresse("/plus"))
    page.get_by_role("button", name="Se déconnecter").tap()
    expect(page.get_by_text("Vous avez quitté votre espace")).to_be_visible()
    page.go_back()
    page.go_back()
    expect(page.get_by_role("button", name="Connexion")).to_be_visible()
    expect(page.get_by_text("Noé")).to_have_count(0)
