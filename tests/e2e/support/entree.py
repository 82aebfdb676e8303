"""Getting in as a parent does: the mail the worker wrote, its link or its code, a password, the conditions."""

import re
from typing import Any

from playwright.sync_api import Page, expect
from sqlalchemy import select

from portail_famille.models.courriels import Courriel
from portail_famille.services import acces
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde

NOUVEAU = "Tournesol-Vélo-73"
ACCEPTER = "J’accepte les conditions générales d’utilisation"
OUBLI = "Choisir un nouveau mot de passe"
ACTIVATION = "Création de votre espace personnel"
TELEPHONE_ETROIT: dict[str, Any] = {"viewport": {"width": 320, "height": 568}}


def relever(monde: Monde) -> None:
    """What the worker does with the links asked for."""
    with monde.bd().session_ecriture() as session:
        acces.traiter_demandes(session, monde.horloge(), monde.app().extensions["reglages"])


def mails(monde: Monde, a: str) -> list[str]:
    """To this address, oldest first."""
    with monde.bd().session_lecture() as session:
        return list(
            session.scalars(select(Courriel.corps_texte).where(Courriel.destinataire == a).order_by(Courriel.id))
        )


def lien(mail: str) -> str:
    trouve = re.search(r"http://\S+/(?:activation|nouveau|adresse_\w+)/\S+", mail)
    assert trouve, mail
    return trouve[0]


def code(mail: str) -> str:
    trouve = re.search(r"(\d{3})\u00a0(\d{3})", mail)
    assert trouve, mail
    return trouve[1] + trouve[2]


def lien_dans_la_boite(page: Page, monde: Monde, objet: str, a: str) -> str:
    """Out by the outbox, into the mailbox, and the link that is in the mail there."""
    with monde.boite_aux_lettres() as boite:
        monde.envoyer_courriels()
        page.goto(boite)
        page.get_by_role("listitem").filter(has_text=a).get_by_role("link", name=objet).first.tap()
        ecrite = page.get_by_text(re.compile(r"/saint-rivage/(activation|mot-de-passe/nouveau)/")).first
        expect(ecrite).to_be_visible()
        return lien(ecrite.inner_text())


def se_connecter(page: Page, monde: Monde, identifiant: str, mot_de_passe: str, *, durable: bool = False) -> None:
    page.goto(monde.adresse("/connexion"))
    page.get_by_label("Identifiant").fill(identifiant)
    page.get_by_label("Mot de passe", exact=True).fill(mot_de_passe)
    if durable:
        page.get_by_label("Rester connecté sur cet appareil").check()
    page.get_by_role("button", name="Connexion").tap()


def se_deconnecter(page: Page) -> None:
    page.get_by_role("button", name="Se déconnecter").tap()
    expect(page.get_by_text("Vous avez quitté votre espace.", exact=True)).to_be_visible()


def demander_un_lien(page: Page, monde: Monde, saisie: str) -> None:
    """« J’ai oublié mon mot de passe », from the login page."""
    page.goto(monde.adresse("/connexion"))
    page.get_by_role("link", name="J’ai oublié mon mot de passe").tap()
    page.get_by_label("Identifiant ou adresse mail").fill(saisie)
    page.get_by_role("button", name="Recevoir un lien").tap()
    expect(page.locator("h1")).to_have_text("Regardez vos mails")
    relever(monde)


def taper_le_code(page: Page, chiffres: str) -> None:
    page.get_by_label("Code à 6 chiffres").fill(chiffres)
    page.get_by_role("button", name="Continuer").tap()


def choisir_mot_de_passe(page: Page, bouton: str, faible: str) -> None:
    """A weak one is told while typed, refused beside its field; then a good one, read on the screen."""
    champ, voir = page.get_by_label("Nouveau mot de passe"), page.get_by_role("button", name="le mot de passe")
    expect(champ).to_have_attribute("autocomplete", "new-password")
    champ.press_sequentially(faible)
    expect(page.get_by_role("status")).to_contain_text("se devine trop facilement")
    verifier_page(page)
    page.get_by_role("button", name=bouton).tap()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(champ).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#nouveau-faute")).to_be_visible()
    verifier_page(page)
    champ.fill(NOUVEAU)
    expect(page.get_by_role("status")).to_contain_text("Il convient")
    expect(champ).to_have_attribute("type", "password")
    voir.tap()
    expect(champ).to_have_attribute("type", "text")
    expect(champ).to_have_value(NOUVEAU)
    verifier_page(page)
    voir.tap()
    expect(champ).to_have_attribute("type", "password")
    page.get_by_role("button", name=bouton).tap()


def lire_et_accepter(page: Page) -> None:
    """The conditions, read to their end."""
    expect(page.locator("h1")).to_have_text("Conditions générales d’utilisation")
    bouton = page.get_by_role("button", name=ACCEPTER)
    expect(bouton).to_have_attribute("aria-disabled", "true")
    verifier_page(page)
    page.locator("#texte-conditions > :last-child").scroll_into_view_if_needed()
    expect(bouton).not_to_have_attribute("aria-disabled", "true")
    bouton.tap()


def tout_est_exact(page: Page, *, est_verifiee: bool = True) -> None:
    """The yearly check, the first time."""
    expect(page.locator("h1")).to_contain_text("Vos informations sont-elles exactes")
    if est_verifiee:
        verifier_page(page)
    page.get_by_role("button", name="Tout est exact").tap()
