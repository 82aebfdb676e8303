"""« Identifiants » on a phone: login name, password, and an address that both mailboxes confirm."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.entree import NOUVEAU, TELEPHONE_ETROIT, code, lien, mails, se_connecter, se_deconnecter
from tests.e2e.support.monde import Monde

CAMILLE, MOT_DE_PASSE = "camille.morel", "Sable-Goeland-41"
ANCIENNE, NOUVELLE = f"{CAMILLE}@famille.example", "camille.morel+famille@exemple.fr"


def deplier(page: Page, monde: Monde, quoi: str) -> None:
    page.goto(monde.adresse("/mon-espace"))
    page.get_by_role("link", name="Identifiants").tap()
    page.get_by_text(quoi).first.tap()


def demander_l_adresse(page: Page, monde: Monde) -> None:
    deplier(page, monde, "Changer mon adresse")
    page.get_by_label("Nouvelle adresse mail").fill(NOUVELLE)
    page.locator("#actuel-adresse").fill(MOT_DE_PASSE)


def adresse_dite(page: Page, adresse: str) -> None:
    expect(page.get_by_role("definition").filter(has_text="@")).to_have_text(adresse)


def test_an_address_changes_once_both_mailboxes_confirmed(ouvrir: Ouvrir, monde: Monde) -> None:
    page, ailleurs = ouvrir(CAMILLE), ouvrir()
    demander_l_adresse(page, monde)
    verifier_page(page)
    page.get_by_role("button", name="Changer mon adresse").tap()
    expect(page.get_by_text("Changement d’adresse en cours")).to_be_visible()
    verifier_page(page)
    # The links open in another browser, where nobody is logged in; a scanner that reads them confirms nothing.
    for boite, dit in ((NOUVELLE, "Il reste à confirmer"), (ANCIENNE, "Votre adresse est changée")):
        adresse = lien(mails(monde, boite)[-1])
        assert ailleurs.request.get(adresse).status == 200
        page.reload()
        adresse_dite(page, ANCIENNE)
        ailleurs.goto(adresse)
        verifier_page(ailleurs)
        ailleurs.get_by_role("button", name="Confirmer le changement").tap()
        expect(ailleurs.get_by_text(dit)).to_be_visible()
        verifier_page(ailleurs)
        ailleurs.goto(adresse)
        expect(ailleurs.locator("h1")).to_have_text("Ce lien ne sert plus")
        verifier_page(ailleurs)
    page.reload()
    adresse_dite(page, NOUVELLE)
    expect(page.get_by_text("Changement d’adresse en cours")).to_have_count(0)


def test_the_two_codes_do_as_well_without_javascript(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE, java_script_enabled=False, **TELEPHONE_ETROIT)
    demander_l_adresse(page, monde)
    page.get_by_role("button", name="Changer mon adresse").tap()
    expect(page.get_by_text("Changement d’adresse en cours")).to_be_visible()
    for boite, dit in ((ANCIENNE, "Il reste à confirmer"), (NOUVELLE, "Votre adresse est changée")):
        page.get_by_label("Code à 6 chiffres").fill(code(mails(monde, boite)[-1]))
        page.get_by_role("button", name="Confirmer avec ce code").tap()
        expect(page.get_by_text(dit)).to_be_visible()
    adresse_dite(page, NOUVELLE)


def test_a_change_of_address_is_given_up_and_its_links_die(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    demander_l_adresse(page, monde)
    page.get_by_role("button", name="Changer mon adresse").tap()
    page.get_by_role("button", name="Abandonner ce changement").tap()
    expect(page.get_by_text("Le changement d’adresse est abandonné")).to_be_visible()
    verifier_page(page)
    page.goto(lien(mails(monde, NOUVELLE)[-1]))
    expect(page.locator("h1")).to_have_text("Ce lien ne sert plus")
    page.get_by_role("link", name="Aller dans «").tap()
    adresse_dite(page, ANCIENNE)


@pytest.mark.parametrize("reglages", [{}, {"java_script_enabled": False, **TELEPHONE_ETROIT}], ids=["js", "sans-js"])
def test_a_login_name_changes_and_the_old_one_opens_nothing(
    ouvrir: Ouvrir, monde: Monde, reglages: dict[str, Any]
) -> None:
    page = ouvrir(CAMILLE, **reglages)
    deplier(page, monde, "Changer mon identifiant")
    # Taken by her husband; the mistake leaves the form open, what was typed in it.
    for saisi in ("thomas.legall", "camille morel"):
        page.get_by_label("Nouvel identifiant").fill(saisi)
        page.locator("#actuel-identifiant").fill(MOT_DE_PASSE)
        page.get_by_role("button", name="Changer mon identifiant").tap()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_label("Nouvel identifiant")).to_have_value(saisi)
    if not reglages:
        verifier_page(page)
    page.get_by_label("Nouvel identifiant").fill("Camille.M")
    page.locator("#actuel-identifiant").fill("perdu")
    page.get_by_role("button", name="Changer mon identifiant").tap()
    expect(page.get_by_role("alert")).to_contain_text("Ce n’est pas votre mot de passe actuel")
    page.locator("#actuel-identifiant").fill(MOT_DE_PASSE)
    page.get_by_role("button", name="Changer mon identifiant").tap()
    expect(page.get_by_text("Votre identifiant est changé")).to_be_visible()
    expect(page.get_by_role("definition").first).to_have_text("camille.m")
    se_deconnecter(page)
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    expect(page.get_by_role("alert")).to_contain_text("n’est pas le bon")
    se_connecter(page, monde, "camille.m", MOT_DE_PASSE)
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_a_new_password_keeps_this_phone_in_and_puts_the_others_out(ouvrir: Ouvrir, monde: Monde) -> None:
    page, autre = ouvrir(CAMILLE), ouvrir(CAMILLE)
    deplier(page, monde, "Changer mon mot de passe")
    page.locator("#actuel-mot_de_passe").fill(MOT_DE_PASSE)
    nouveau = page.get_by_label("Nouveau mot de passe")
    nouveau.press_sequentially("Camille2018")
    expect(page.get_by_role("status")).to_contain_text("se devine trop facilement")
    verifier_page(page)
    page.get_by_role("button", name="Changer mon mot de passe").tap()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#nouveau-faute")).to_be_visible()
    verifier_page(page)
    page.locator("#actuel-mot_de_passe").fill(MOT_DE_PASSE)
    nouveau.fill(NOUVEAU)
    expect(page.get_by_role("status")).to_contain_text("Il convient")
    page.get_by_role("button", name="Changer mon mot de passe").tap()
    expect(page.get_by_text("Votre mot de passe est changé")).to_be_visible()
    verifier_page(page)
    autre.goto(monde.adresse())
    expect(autre.get_by_role("button", name="Connexion")).to_be_visible()
    se_connecter(autre, monde, CAMILLE, NOUVEAU)
    expect(autre.locator("h1")).to_have_text("Bonsoir Camille")
