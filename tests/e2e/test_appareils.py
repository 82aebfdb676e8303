"""« Rester connecté » on one's own phone, and putting that phone out from another one."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.audit import verifier_page
from tests.e2e.support.entree import TELEPHONE_ETROIT, se_connecter
from tests.e2e.support.monde import Monde

CAMILLE, MOT_DE_PASSE = "camille.morel", "Sable-Goeland-41"


def rouvrir(page: Page, contexte_neuf: Any) -> Page:
    """The browser is closed and opened again: only the cookies it writes on disk are still there."""
    contexte = page.context
    gardes = [cookie for cookie in contexte.cookies() if cookie["expires"] > 0]
    contexte.close()
    neuf = contexte_neuf(**TELEPHONE_ETROIT)
    neuf.add_cookies(gardes)
    rouverte: Page = neuf.new_page()
    return rouverte


def test_a_phone_that_stays_logged_in_is_put_out_from_another(contexte_neuf: Any, monde: Monde) -> None:
    telephone, autre = contexte_neuf(**TELEPHONE_ETROIT).new_page(), contexte_neuf().new_page()
    se_connecter(telephone, monde, CAMILLE, MOT_DE_PASSE, durable=True)
    expect(telephone.locator("h1")).to_have_text("Bonsoir Camille")
    for _ in range(3):
        telephone = rouvrir(telephone, contexte_neuf)
        monde.horloge.avancer(days=20)
        telephone.goto(monde.adresse("/famille"))
        expect(telephone.locator("h1")).to_have_text("Ma famille")
    se_connecter(autre, monde, CAMILLE, MOT_DE_PASSE)
    expect(autre.locator("h1")).to_have_text("Bonsoir Camille")
    autre.goto(monde.adresse("/mon-espace/identifiants"))
    autre.get_by_role("link", name="Mes appareils connectés").tap()
    expect(autre.get_by_text("reste connecté")).to_have_count(1)
    verifier_page(autre)
    autre.get_by_role("listitem").get_by_role("button", name="Déconnecter").tap()
    expect(autre.get_by_text("Appareil déconnecté")).to_be_visible()
    expect(autre.get_by_text("reste connecté")).to_have_count(0)
    verifier_page(autre)
    telephone = rouvrir(telephone, contexte_neuf)
    telephone.goto(monde.adresse("/famille"))
    expect(telephone.get_by_role("button", name="Connexion")).to_be_visible()
    verifier_page(telephone)
    autre.goto(monde.adresse("/famille"))
    expect(autre.locator("h1")).to_have_text("Ma famille")


@pytest.mark.parametrize("durable", [True, False])
def test_only_the_box_ticked_outlives_an_evening_away(contexte_neuf: Any, monde: Monde, durable: bool) -> None:
    page = contexte_neuf(java_script_enabled=False).new_page()
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE, durable=durable)
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    monde.horloge.avancer(hours=14)
    page = rouvrir(page, contexte_neuf)
    page.goto(monde.adresse("/famille"))
    attendu = page.get_by_role("heading", name="Ma famille") if durable else page.get_by_text("Votre session a expiré")
    expect(attendu).to_be_visible()


def test_all_the_others_are_put_out_at_once(contexte_neuf: Any, monde: Monde) -> None:
    pages = [contexte_neuf().new_page() for _ in range(3)]
    for page in pages:
        se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
        expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    ici = pages[0]
    ici.goto(monde.adresse("/mon-espace/appareils"))
    ici.get_by_role("button", name="Déconnecter tous les autres").tap()
    expect(ici.get_by_text("Votre espace n’est plus ouvert que sur cet appareil.")).to_be_visible()
    verifier_page(ici)
    for page in pages[1:]:
        page.reload()
        expect(page.get_by_role("button", name="Connexion")).to_be_visible()
