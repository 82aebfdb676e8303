"""Getting in on a phone: from the real mail to the tiles, a forgotten password, conditions, an address confirmed."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update

from portail_famille.models.comptes import AcceptationConditions, Compte, JetonCompte
from portail_famille.models.courriels import Courriel
from portail_famille.services import acces
from portail_famille.services.conditions import publier
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde

CAMILLE = "camille.morel"
NOUVEAU = "Tournesol-Vélo-73"
BOUTON = "J’accepte les conditions générales d’utilisation"


@pytest.fixture
def jamais_entree(monde: Monde) -> Monde:
    """Camille as the town has just entered her: invited, never here, nothing accepted."""
    with monde.bd().session_ecriture() as session:
        compte_id = session.scalars(select(Compte.id).where(Compte.identifiant == CAMILLE)).one()
        session.execute(delete(AcceptationConditions).where(AcceptationConditions.compte_id == compte_id))
        session.execute(
            update(Compte)
            .where(Compte.id == compte_id)
            .values(empreinte_mot_de_passe="", active_utc=None, conditions_version=None, verifie_utc=None)
        )
        acces.envoyer_activation(session, compte_id, monde.horloge(), monde.app().extensions["reglages"])
    return monde


def relever(monde: Monde) -> None:
    """What the worker does with the links asked for."""
    with monde.bd().session_ecriture() as session:
        acces.traiter_demandes(session, monde.horloge(), monde.app().extensions["reglages"])


def mails(monde: Monde) -> list[str]:
    with monde.bd().session_lecture() as session:
        return list(session.scalars(select(Courriel.corps_texte).order_by(Courriel.id)))


def lien(mail: str) -> str:
    trouve = re.search(r"http://\S+/(?:activation|nouveau|adresse_\w+)/\S+", mail)
    assert trouve
    return trouve[0]


def code(mail: str) -> str:
    trouve = re.search(r"(\d{3})\u00a0(\d{3})", mail)
    assert trouve
    return trouve[1] + trouve[2]


def ouvrir_du_mail(page: Page, monde: Monde, objet: str) -> None:
    """Out by the outbox, into the mailbox, and the link that is in the mail there."""
    with monde.boite_aux_lettres() as boite:
        monde.envoyer_courriels()
        page.goto(boite)
        page.get_by_role("link", name=re.compile(objet)).first.tap()
        ecrite = page.get_by_text(re.compile(r"/saint-rivage/(activation|mot-de-passe/nouveau)/")).first
        expect(ecrite).to_be_visible()
        adresse = lien(ecrite.inner_text())
    page.goto(re.sub(r"http://127\.0\.0\.1:\d+", monde.url, adresse))


def choisir_mot_de_passe(page: Page, bouton: str) -> None:
    champ = page.get_by_label("Nouveau mot de passe")
    champ.press_sequentially("Camille2018")
    expect(page.get_by_role("status")).to_contain_text("se devine trop facilement")
    verifier_page(page)
    page.get_by_role("button", name=bouton).tap()
    expect(page.get_by_role("alert")).to_be_focused()
    champ.fill(NOUVEAU)
    expect(page.get_by_role("status")).to_contain_text("Il convient")
    page.get_by_role("button", name=bouton).tap()


def test_from_the_activation_mail_to_the_tiles(ouvrir: Ouvrir, jamais_entree: Monde) -> None:
    page = ouvrir()
    ouvrir_du_mail(page, jamais_entree, "Création de votre espace personnel")
    expect(page.locator("h1")).to_have_text("Votre espace personnel")
    verifier_page(page)
    page.get_by_role("button", name="Activer mon espace").tap()
    choisir_mot_de_passe(page, "Enregistrer et entrer")
    expect(page.locator("h1")).to_have_text("Conditions générales d’utilisation")
    bouton = page.get_by_role("button", name=BOUTON)
    expect(bouton).to_have_attribute("aria-disabled", "true")
    page.locator("#texte-conditions > :last-child").scroll_into_view_if_needed()
    expect(bouton).not_to_have_attribute("aria-disabled", "true")
    verifier_page(page)
    bouton.tap()
    expect(bouton).to_have_count(0)
    # The yearly check of the file is another room's: here it is said to be exact.
    with jamais_entree.bd().session_ecriture() as session:
        session.execute(update(Compte).values(verifie_utc=jamais_entree.horloge()))
    page.goto(jamais_entree.adresse())
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_the_conditions_are_accepted_from_the_keyboard_alone(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_ecriture() as session:
        publier(session, "## Nouvelles\n\n" + "Un paragraphe.\n\n" * 80, date(2026, 12, 2), monde.horloge())
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/plus"))
    bouton = page.get_by_role("button", name=BOUTON)
    expect(bouton).to_have_attribute("aria-disabled", "true")
    bouton.focus()
    expect(bouton).not_to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Plus")


def test_the_conditions_are_accepted_without_javascript(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_ecriture() as session:
        publier(session, "## Nouvelles\n\nUn paragraphe.", date(2026, 12, 2), monde.horloge())
    page = ouvrir(CAMILLE, java_script_enabled=False)
    page.goto(monde.adresse("/plus"))
    page.get_by_role("button", name=BOUTON).tap()
    expect(page.locator("h1")).to_have_text("Plus")


def test_a_forgotten_password_is_replaced_by_the_link_of_the_mail(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    page.goto(monde.adresse("/mot-de-passe/oublie"))
    verifier_page(page)
    page.get_by_label("Identifiant ou adresse de courriel").fill(CAMILLE)
    page.get_by_role("button", name="Recevoir un lien").tap()
    expect(page.locator("h1")).to_have_text("Regardez vos mails")
    verifier_page(page)
    relever(monde)
    ouvrir_du_mail(page, monde, "Choisir un nouveau mot de passe")
    choisir_mot_de_passe(page, "Changer mon mot de passe")
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_a_forgotten_password_is_replaced_by_the_code_of_the_mail(ouvrir: Ouvrir, monde: Monde) -> None:
    """As in a home-screen application, whose links open elsewhere; without JavaScript too."""
    page = ouvrir(java_script_enabled=False)
    page.goto(monde.adresse("/mot-de-passe/oublie"))
    page.get_by_label("Identifiant ou adresse de courriel").fill(CAMILLE)
    page.get_by_role("button", name="Recevoir un lien").tap()
    expect(page.locator("h1")).to_have_text("Regardez vos mails")
    relever(monde)
    page.get_by_label("Code à 6 chiffres").fill(code(mails(monde)[-1]))
    page.get_by_role("button", name="Continuer").tap()
    page.get_by_label("Nouveau mot de passe").fill(NOUVEAU)
    page.get_by_role("button", name="Changer mon mot de passe").tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_a_link_that_has_served_offers_another(ouvrir: Ouvrir, monde: Monde, jamais_entree: Monde) -> None:
    adresse = lien(mails(monde)[-1])
    with monde.bd().session_ecriture() as session:
        session.execute(update(JetonCompte).values(utilise_utc=monde.horloge()))
    page = ouvrir()
    monde.horloge.avancer(minutes=10)
    page.goto(re.sub(r"http://127\.0\.0\.1:\d+", monde.url, adresse))
    expect(page.get_by_text("a déjà servi")).to_be_visible()
    page.get_by_role("button", name="Recevoir un nouveau lien").tap()
    expect(page.locator("h1")).to_have_text("Regardez vos mails")
    relever(monde)
    assert lien(mails(monde)[-1]) != adresse


def test_an_address_changes_once_both_mailboxes_confirmed(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/mon-espace/identifiants"))
    page.get_by_text("Changer mon adresse").first.tap()
    page.get_by_label("Nouvelle adresse de courriel").fill("camille.morel+famille@exemple.fr")
    page.locator("#actuel-adresse").fill("Sable-Goeland-41")
    verifier_page(page)
    page.get_by_role("button", name="Changer mon adresse").tap()
    expect(page.get_by_text("Changement d’adresse en cours")).to_be_visible()
    verifier_page(page)
    ailleurs = ouvrir()
    for mail in mails(monde)[-2:]:
        ailleurs.goto(re.sub(r"http://127\.0\.0\.1:\d+", monde.url, lien(mail)))
        ailleurs.get_by_role("button", name="Confirmer le changement").tap()
        expect(ailleurs.get_by_role("link", name="Aller à l’accueil")).to_be_visible()
    expect(ailleurs.get_by_text("Votre adresse est changée")).to_be_visible()
    page.reload()
    expect(page.get_by_role("definition").filter(has_text="camille.morel+famille@exemple.fr")).to_be_visible()
