"""An agent's second factor: an application enrolled, its codes, the recovery codes when the phone is lost."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from portail_famille.demonstration.fiches import code_du_moment
from portail_famille.demonstration.saint_rivage import AGENTS
from portail_famille.models.comptes import Compte, SecondFacteur
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.entree import TELEPHONE_ETROIT, se_connecter, se_deconnecter
from tests.e2e.support.monde import Monde
from tests.support.agents import code_de, secret_affiche

AGENT = AGENTS[0]


@pytest.fixture
def sans_application(monde: Monde) -> Monde:
    """The agent as the town has just made her: a password, no second factor yet."""
    with monde.bd().session_ecriture() as session:
        compte_id = session.scalars(select(Compte.id).where(Compte.identifiant == AGENT.identifiant)).one()
        session.execute(delete(SecondFacteur).where(SecondFacteur.compte_id == compte_id))
    return monde


def donner(page: Page, code: str) -> None:
    page.get_by_label("Code de votre application").fill(code)
    page.get_by_role("button", name="Continuer").tap()


def revenir(page: Page, monde: Monde) -> None:
    """Out, and the password again."""
    se_deconnecter(page)
    se_connecter(page, monde, AGENT.identifiant, AGENT.mot_de_passe)
    expect(page.locator("h1")).to_have_text("Vérification")


@pytest.mark.parametrize("reglages", [{}, {"java_script_enabled": False, **TELEPHONE_ETROIT}], ids=["js", "sans-js"])
def test_an_agent_enrols_her_application_then_enters_by_its_codes_or_a_recovery_code(
    ouvrir: Ouvrir, sans_application: Monde, reglages: dict[str, Any]
) -> None:
    monde, page = sans_application, ouvrir(**reglages)

    def verifier() -> None:
        if not reglages:
            verifier_page(page)

    # Asked for a page of the desk: she gets there once protected, not before.
    page.goto(monde.adresse("/agent/foyers"))
    page.get_by_label("Identifiant").fill(AGENT.identifiant)
    page.get_by_label("Mot de passe", exact=True).fill(AGENT.mot_de_passe)
    page.get_by_role("button", name="Connexion").tap()
    expect(page.locator("h1")).to_have_text("Protéger votre accès")
    verifier()
    page.get_by_role("button", name="Utiliser une application").tap()
    expect(page.get_by_role("img", name="Code QR")).to_be_visible()
    verifier()
    secret = secret_affiche(page.content())
    page.get_by_label("Code à 6 chiffres").fill("000000")
    page.get_by_role("button", name="Confirmer").tap()
    expect(page.get_by_role("alert")).to_contain_text("Ce code n’est pas le bon")
    verifier()
    assert secret_affiche(page.content()) == secret
    page.get_by_label("Code à 6 chiffres").fill(code_de(secret, monde.horloge()))
    page.get_by_role("button", name="Confirmer").tap()
    expect(page.locator("h1")).to_have_text("Vos codes de secours")
    verifier()
    secours = page.locator("main code").all_inner_texts()
    assert len(set(secours)) == 10
    page.get_by_role("link", name="Je les ai notés, continuer").tap()
    expect(page.locator("h1")).to_have_text("Familles")

    revenir(page, monde)
    verifier()
    # The code that enrolled has served; the next one enters.
    donner(page, code_de(secret, monde.horloge()))
    expect(page.get_by_role("alert")).to_contain_text("il a déjà servi")
    verifier()
    monde.horloge.avancer(seconds=30)
    donner(page, code_de(secret, monde.horloge()))
    expect(page.locator("h1")).to_have_text("Bureau")

    # The phone is lost: a recovery code enters, once.
    revenir(page, monde)
    donner(page, secours[0].upper())
    expect(page.locator("h1")).to_have_text("Bureau")
    revenir(page, monde)
    donner(page, secours[0])
    expect(page.get_by_role("alert")).to_contain_text("il a déjà servi")
    donner(page, secours[1])
    expect(page.locator("h1")).to_have_text("Bureau")
    page.get_by_role("link", name="Ma double vérification").tap()
    expect(page.get_by_text("8 restants")).to_be_visible()
    verifier()


def test_wrong_codes_wait_longer_and_longer(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    se_connecter(page, monde, AGENT.identifiant, AGENT.mot_de_passe)
    for _ in range(4):
        donner(page, "000000")
        expect(page.get_by_role("alert")).to_contain_text("Ce code n’est pas le bon")
        expect(page.get_by_label("Code de votre application")).to_have_value("")
    donner(page, code_du_moment(AGENT, monde.horloge()))
    expect(page.get_by_role("alert")).to_contain_text("attendez 15 secondes")
    verifier_page(page)
    monde.horloge.avancer(seconds=15)
    donner(page, code_du_moment(AGENT, monde.horloge()))
    expect(page.locator("h1")).to_have_text("Bureau")


def test_the_password_alone_opens_no_page_of_the_desk(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    se_connecter(page, monde, AGENT.identifiant, AGENT.mot_de_passe)
    expect(page.locator("h1")).to_have_text("Vérification")
    for chemin in ("/agent/", "/agent/demarches", "/agent/foyers", "/agent/foyers/1", "/mon-espace/cles"):
        page.goto(monde.adresse(chemin))
        expect(page.locator("h1")).to_have_text("Vérification")
