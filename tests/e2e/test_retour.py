"""« Back » after a refusal: no POST stays in the history, so the browser never asks to send a form again."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_accessible, verifier_page
from tests.e2e.support.monde import Monde
from tests.e2e.support.navigateur import attendre_calme
from tests.e2e.support.reseau import Panne

CAMILLE = "camille.morel"
REGLAGES_LARGES: dict[str, Any] = {"viewport": {"width": 1180, "height": 820}, "is_mobile": False}


@pytest.fixture
def recapitulatif(ouvrir: Ouvrir, monde: Monde) -> Page:
    """A day at Julien's is ticked, which asks for a confirmation; the summary is open."""
    ecran = EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, "Léa").ouvrir()
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    ecran.page.get_by_role("button", name="Vérifier").tap()
    expect(ecran.page.locator("h1")).to_have_text("Vérifiez votre demande")
    return ecran.page


def valider(page: Page) -> None:
    page.get_by_role("button", name="Valider").tap()


def test_back_after_a_refused_then_accepted_valider_shows_pages(recapitulatif: Page, monde: Monde) -> None:
    page = recapitulatif
    valider(page)
    expect(page.locator("#erreurs")).to_be_focused()
    verifier_page(page)
    page.locator("#confirmation").check()
    valider(page)
    expect(page.locator("h1")).to_have_text("C’est réservé.")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    expect(page.get_by_text("Rien à vérifier")).to_be_visible()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Agenda de Léa")
    assert monde.recus() == 1


def test_a_change_in_between_takes_the_focus_and_valider_works_again(recapitulatif: Page, monde: Monde) -> None:
    page = recapitulatif
    page.locator("#confirmation").check()
    page.locator("#form-valider [name=empreinte]").evaluate("champ => { champ.value = 'ancienne'; }")
    valider(page)
    expect(page.locator("#recapitulatif .avis").first).to_be_focused()
    verifier_accessible(page)
    page.locator("#confirmation").check()
    valider(page)
    expect(page.locator("h1")).to_have_text("C’est réservé.")
    assert monde.recus() == 1


@pytest.mark.parametrize("panne", [Panne.REFUS_AVANT, Panne.REFUS_APRES, Panne.REPONSE_PERDUE])
def test_a_valider_that_got_no_answer_is_told_and_can_be_pressed_again(
    recapitulatif: Page, monde: Monde, panne: Panne
) -> None:
    page = recapitulatif
    page.locator("#confirmation").check()
    monde.reseau.prevoir(panne)
    valider(page)
    expect(page.get_by_role("alert").filter(has_text="ne répond pas")).to_contain_text("deux fois")
    attendre_calme(page)
    verifier_accessible(page)
    valider(page)
    expect(page.locator("h1")).to_have_text("C’est réservé.")
    assert monde.recus() == 1


def test_two_presses_send_one_request_and_a_refusal_releases_the_button(recapitulatif: Page, monde: Monde) -> None:
    page = recapitulatif
    avant = len(monde.reseau.envois)
    page.get_by_role("button", name="Valider").evaluate("bouton => { bouton.click(); bouton.click(); }")
    expect(page.locator("#erreurs")).to_be_visible()
    assert len(monde.reseau.envois) == avant + 1
    expect(page.locator("[aria-disabled]")).to_have_count(0)


def test_the_towns_name_stays_beside_a_way_back_on_a_wide_screen(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE, **REGLAGES_LARGES)
    page.goto(monde.adresse("/reservations/recapitulatif"))
    ville = page.get_by_role("link", name="Saint-Rivage", exact=True)
    expect(ville).to_be_visible()
    boite = ville.bounding_box()
    assert boite is not None
    assert boite["x"] < 216, "in the side column"
    retour = page.locator("header .retour").bounding_box()
    assert retour is not None
    assert retour["x"] >= 216
    page.set_viewport_size({"width": 390, "height": 844})
    expect(ville).to_be_hidden()
    expect(page.locator("header .retour")).to_be_visible()


def test_the_way_to_the_other_foyer_is_accessible(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("sophie.lambert")
    page.goto(monde.agenda("Zoé"))
    if page.locator("#vers_foyer").count() == 0:
        page.goto(monde.agenda("Hugo"))
    verifier_page(page)
    page.get_by_role("button", name="Passer au foyer").tap()
    expect(page.locator("h1")).to_contain_text("Agenda")
    verifier_page(page)
