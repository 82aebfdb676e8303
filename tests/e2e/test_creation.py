"""« Créer mon espace »: from the public page of a family nobody knows to what the town hall answers."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, entrer, ouvrir_demande
from tests.e2e.support.entree import ACTIVATION, choisir_mot_de_passe, code, lien_dans_la_boite, lire_et_accepter, mails
from tests.e2e.support.monde import Monde

SUJET, ADRESSE = "Création d’un espace", "ines.delorme@famille.example"
CHAMPS = {
    "Prénom": "Inès",
    "Nom": "Delorme-d'Arc",
    "Adresse mail": ADRESSE,
    "Téléphone": "06 39 98 77 01",
    "Numéro et rue": "6, rue du Fanal",
    "Code postal": "99900",
    "Ville": "Saint-Rivage",
    "Un enfant par ligne": "Basile, Delorme, 14/05/2021",
}


def remplir(page: Page, **autres: str) -> None:
    for etiquette, valeur in (CHAMPS | autres).items():
        page.get_by_label(etiquette, exact=True).fill(valeur)


def demander(page: Page, monde: Monde) -> None:
    """From the town's public page to « Regardez vos mails »."""
    page.goto(monde.adresse())
    page.get_by_role("link", name="Créer mon espace").tap()
    remplir(page)
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.locator("h1")).to_have_text("Regardez vos mails")


def confirmer(page: Page, monde: Monde) -> None:
    """By the link of the mail, which sends nothing before its button is pressed."""
    trouve = re.search(r"http://\S+/creer-mon-espace/\S+", mails(monde, ADRESSE)[-1])
    assert trouve
    page.goto(trouve[0])
    expect(page.locator("h1")).to_have_text("Votre adresse est vérifiée")
    verifier_page(page)
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.locator("h1")).to_contain_text("est partie")


def test_from_the_public_page_to_the_first_login(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    page.goto(monde.adresse())
    page.get_by_role("link", name="Créer mon espace").tap()
    verifier_page(page)
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.get_by_role("alert")).to_be_focused()
    verifier_page(page)
    remplir(page)
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.locator("h1")).to_have_text("Regardez vos mails")
    verifier_page(page)
    confirmer(page, monde)
    verifier_page(page)
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, SUJET, "Delorme")
    expect(bureau.get_by_role("row", name="Adresse mail (vérifiée)")).to_contain_text(ADRESSE)
    verifier_page(bureau)
    bureau.get_by_role("link", name="Créer un nouveau foyer").click()
    expect(bureau.get_by_label("Prénom").first).to_have_value("Inès")
    verifier_page(bureau)
    bureau.get_by_role("button", name="Créer le foyer").click()
    expect(bureau.locator("h1")).to_contain_text("Delorme")
    verifier_page(bureau)
    page.goto(lien_dans_la_boite(page, monde, ACTIVATION, ADRESSE))
    page.get_by_role("button", name="Activer mon espace").tap()
    choisir_mot_de_passe(page, "Enregistrer et entrer", "Delorme2021")
    lire_et_accepter(page)
    expect(page.locator("h1")).to_contain_text("Vos informations sont-elles exactes")
    expect(page.get_by_text("6, rue du Fanal")).to_be_visible()
    page.get_by_role("button", name="Tout est exact").tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Inès")


@pytest.mark.parametrize(
    "reglages", [{"java_script_enabled": False}, {"viewport": {"width": 320, "height": 568}}], ids=["no-js", "320"]
)
def test_the_code_of_the_mail_sends_the_request_too(ouvrir: Ouvrir, monde: Monde, reglages: dict[str, Any]) -> None:
    page = ouvrir(**reglages)
    demander(page, monde)
    page.get_by_label("Code à 6 chiffres").fill("000000")
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.get_by_role("alert")).to_contain_text("Ce code n’est pas le bon")
    page.get_by_label("Code à 6 chiffres").fill(code(mails(monde, ADRESSE)[-1]))
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.locator("h1")).to_contain_text("est partie")


def test_an_unknown_family_is_attached_to_a_foyer_that_looks_like_it(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    demander(page, monde)
    confirmer(page, monde)
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, SUJET, "Delorme")
    bureau.get_by_label("Chercher un autre foyer").fill("Bernard")
    bureau.get_by_role("button", name="Chercher").click()
    verifier_page(bureau)
    bureau.get_by_role("button", name="Rattacher à ce foyer").click()
    expect(bureau.get_by_role("alert")).to_contain_text("Choisissez à quel foyer")
    bureau.get_by_label("Chercher un autre foyer").fill("Bernard")
    bureau.get_by_role("button", name="Chercher").click()
    bureau.get_by_label("Un nouvel adulte du foyer Bernard").check()
    bureau.get_by_role("button", name="Rattacher à ce foyer").click()
    expect(bureau.locator("h1")).to_have_text("Foyer Bernard")
    expect(bureau.get_by_role("heading", name="Delorme")).to_be_visible()
    verifier_page(bureau)
    assert "/activation/" in mails(monde, ADRESSE)[-1]


def test_a_refused_family_reads_why_in_its_mail(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    demander(page, monde)
    confirmer(page, monde)
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, SUJET, "Delorme")
    bureau.get_by_label("Pourquoi refuser").fill("Votre enfant est inscrit dans une autre commune.")
    bureau.get_by_role("button", name="Refuser").click()
    expect(bureau.get_by_role("status")).to_contain_text("refusée")
    verifier_page(bureau)
    assert "Votre enfant est inscrit dans une autre commune." in mails(monde, ADRESSE)[-1]
