"""The town hall's desk on its own screen: an agent logs in with her password, then the code of her telephone."""

from typing import Any

from playwright.sync_api import Page, ViewportSize, expect

from portail_famille.demonstration.fiches import code_du_moment
from portail_famille.demonstration.saint_rivage import AGENTS
from tests.e2e.support.monde import Monde

ECRAN: dict[str, Any] = {"viewport": {"width": 1180, "height": 820}, "is_mobile": False, "has_touch": False}
# What a tablet shows, turned into a telephone without loading the page again.
ECRAN_TACTILE: dict[str, Any] = {"viewport": {"width": 1180, "height": 820}}
TELEPHONE_DE_L_AGENT: ViewportSize = {"width": 390, "height": 844}
ISABELLE = "isabelle.roche"


def entrer(page: Page, monde: Monde, identifiant: str = ISABELLE) -> Page:
    """To the desk's home by the login page. A telephone's code serves once: one call per test and agent."""
    agent = next(portrait for portrait in AGENTS if portrait.identifiant == identifiant)
    page.goto(monde.adresse("/connexion"))
    page.get_by_label("Identifiant").fill(identifiant)
    page.get_by_label("Mot de passe", exact=True).fill(agent.mot_de_passe)
    page.get_by_role("button", name="Connexion").click()
    page.get_by_label("Code de votre application").fill(code_du_moment(agent, monde.horloge()))
    page.get_by_role("button", name="Continuer").click()
    expect(page.locator("h1")).to_have_text("Bureau")
    return page


def ouvrir_demande(page: Page, monde: Monde, sujet: str, famille: str) -> None:
    """From the queue: the request on that subject of that family."""
    page.goto(monde.adresse("/agent/demarches"))
    page.get_by_role("link").filter(has_text=sujet).filter(has_text=famille).click()
    expect(page.locator("h1")).to_contain_text(sujet)


def accepter(page: Page) -> None:
    page.get_by_role("button", name="Accepter").click()
    # Back in the queue, which says so.
    expect(page.get_by_role("status")).to_contain_text("acceptée")
