"""The weeks of a child of two foyers, on a phone."""

from playwright.sync_api import expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde


def test_a_parent_reads_the_weeks_and_asks_for_others(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("celine.vidal")
    page.goto(monde.adresse("/famille"))
    page.get_by_role("link", name="Voir le calendrier").tap()
    expect(page.locator("h1")).to_have_text("Les semaines de Manon")
    verifier_page(page)
    page.get_by_role("link", name="Mois suivant").tap()
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    page.get_by_text("Ces semaines ne sont pas les bonnes").tap()
    verifier_page(page)
    page.get_by_label("1 semaine sur 3").tap()
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    expect(page.get_by_text("Une semaine sur trois chez vous")).to_be_visible()
    verifier_page(page)
    page.get_by_role("button", name="Retirer ma demande").tap()
    expect(page.get_by_text("Votre demande est retirée.")).to_be_visible()


def test_the_parent_of_a_hidden_foyers_child_reads_no_name(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("franck.aubry")
    page.goto(monde.adresse("/famille"))
    page.get_by_role("link", name="Voir le calendrier").tap()
    expect(page.get_by_role("heading", name="Chez l’autre parent").first).to_be_visible()
    expect(page.get_by_text("Céline")).to_have_count(0)
    verifier_page(page)
