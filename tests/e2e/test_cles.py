"""Passkeys on a phone: added, used instead of the password, refused once removed; an agent's, for both factors."""

from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from portail_famille.demonstration.saint_rivage import AGENTS
from portail_famille.models.comptes import Compte, SecondFacteur
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.cles import Gardien
from tests.e2e.support.entree import TELEPHONE_ETROIT, se_connecter, se_deconnecter
from tests.e2e.support.monde import Monde

CAMILLE, MOT_DE_PASSE = "camille.morel", "Sable-Goeland-41"
AVEC_UNE_CLE = "Se connecter avec une clé d’accès"


def ajouter_une_cle(page: Page, monde: Monde, nom: str) -> None:
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    page.goto(monde.adresse("/mon-espace/cles"))
    page.get_by_label("Nom de la clé").fill(nom)
    page.get_by_role("button", name="Ajouter une clé d’accès").tap()
    expect(page.get_by_text("Clé d’accès ajoutée")).to_be_visible()


def test_a_key_is_offered_added_and_opens_the_tiles_without_a_password(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(**TELEPHONE_ETROIT)
    gardien = Gardien(page)
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    page.get_by_role("link", name="Camille, mon espace").tap()
    page.get_by_role("link", name="Créer une clé d’accès").tap()
    verifier_page(page)
    page.get_by_label("Nom de la clé").fill("Mon téléphone")
    # The « OK » of a phone's keyboard does as the button.
    page.get_by_label("Nom de la clé").press("Enter")
    expect(page.get_by_text("Clé d’accès ajoutée")).to_be_visible()
    expect(page.get_by_text("Pas encore utilisée")).to_be_visible()
    verifier_page(page)
    assert gardien.nombre_de_cles() == 1
    # The device that holds one is told so rather than given a second.
    page.get_by_role("button", name="Ajouter une clé d’accès").tap()
    expect(page.get_by_text("Cet appareil a déjà une clé")).to_be_visible()
    verifier_page(page)
    # « Mon espace » offers it no more.
    page.goto(monde.adresse("/mon-espace"))
    expect(page.get_by_text("Entrez sans mot de passe")).to_be_hidden()
    se_deconnecter(page)
    verifier_page(page)
    page.get_by_role("button", name=AVEC_UNE_CLE).tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    page.goto(monde.adresse("/mon-espace/cles"))
    expect(page.get_by_text("Utilisée le")).to_be_visible()


def test_a_finger_that_is_not_hers_opens_nothing(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    gardien = Gardien(page)
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    ajouter_une_cle(page, monde, "Mon téléphone")
    se_deconnecter(page)
    gardien.reconnaitre(False)
    bouton = page.get_by_role("button", name=AVEC_UNE_CLE)
    bouton.tap()
    expect(page.get_by_role("alert").filter(has_text="La demande a été annulée")).to_be_visible()
    verifier_page(page)
    # The same button serves again: no need to load the page anew.
    gardien.reconnaitre(True)
    bouton.tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_a_key_leads_back_to_the_page_asked_for_and_stays_when_told_to(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    gardien = Gardien(page)
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    ajouter_une_cle(page, monde, "")
    assert gardien.nombre_de_cles() == 1
    se_deconnecter(page)
    page.goto(monde.adresse("/famille"))
    page.get_by_label("Rester connecté sur cet appareil").check()
    page.get_by_role("button", name=AVEC_UNE_CLE).tap()
    expect(page.locator("h1")).to_have_text("Ma famille")
    monde.horloge.avancer(days=7)
    page.reload()
    expect(page.locator("h1")).to_have_text("Ma famille")


def test_a_key_renamed_then_removed_opens_nothing_any_more(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    Gardien(page)
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    ajouter_une_cle(page, monde, "Vieux téléphone")
    page.get_by_text("Renommer ou retirer").tap()
    page.get_by_role("listitem").get_by_label("Nom de la clé").fill("Téléphone d’Élodie")
    verifier_page(page)
    page.get_by_role("button", name="Renommer").tap()
    expect(page.get_by_text("Nom changé")).to_be_visible()
    page.get_by_text("Renommer ou retirer Téléphone d’Élodie").tap()
    page.get_by_role("button", name="Retirer cette clé").tap()
    expect(page.get_by_text("Clé d’accès retirée")).to_be_visible()
    verifier_page(page)
    se_deconnecter(page)
    page.get_by_role("button", name=AVEC_UNE_CLE).tap()
    expect(page.get_by_role("alert").filter(has_text="n’a pas été reconnue")).to_be_visible()
    verifier_page(page)
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_long_after_the_login_a_key_asks_for_the_password_first(ouvrir: Ouvrir, monde: Monde) -> None:
    """A phone left on a table must not give a key to whoever finds it."""
    page = ouvrir()
    gardien = Gardien(page)
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    monde.horloge.avancer(minutes=11)
    page.goto(monde.adresse("/mon-espace/cles"))
    verifier_page(page)
    mot_de_passe = page.get_by_label("Votre mot de passe")
    mot_de_passe.fill("perdu")
    page.get_by_role("button", name="Ajouter une clé d’accès").tap()
    expect(page.get_by_text("Ce n’est pas votre mot de passe actuel.")).to_be_visible()
    expect(mot_de_passe).to_be_focused()
    verifier_page(page)
    assert gardien.nombre_de_cles() == 0
    mot_de_passe.fill(MOT_DE_PASSE)
    mot_de_passe.press("Enter")
    expect(page.get_by_text("Clé d’accès ajoutée")).to_be_visible()
    assert gardien.nombre_de_cles() == 1


def test_without_javascript_the_keys_are_said_to_need_it_and_the_password_serves(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(java_script_enabled=False, **TELEPHONE_ETROIT)
    page.goto(monde.adresse("/connexion"))
    expect(page.get_by_role("button", name=AVEC_UNE_CLE)).to_be_hidden()
    se_connecter(page, monde, CAMILLE, MOT_DE_PASSE)
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    page.goto(monde.adresse("/mon-espace/cles"))
    # Chromium shows no <noscript> when its debugger turned the scripts off: it is read in the page as sent.
    assert "autorisez JavaScript sur cette page" in page.request.get(page.url).text()
    expect(page.get_by_role("button", name="Ajouter une clé d’accès")).to_be_hidden()


def test_an_agent_s_key_is_both_her_factors(ouvrir: Ouvrir, monde: Monde) -> None:
    agent = AGENTS[0]
    with monde.bd().session_ecriture() as session:
        compte_id = session.scalars(select(Compte.id).where(Compte.identifiant == agent.identifiant)).one()
        session.execute(delete(SecondFacteur).where(SecondFacteur.compte_id == compte_id))
    page = ouvrir()
    Gardien(page)
    se_connecter(page, monde, agent.identifiant, agent.mot_de_passe)
    expect(page.locator("h1")).to_have_text("Protéger votre accès")
    verifier_page(page)
    # She went to fetch her key: the password is asked again, as of anybody.
    monde.horloge.avancer(minutes=11)
    page.reload()
    page.locator("#mot_de_passe").fill(agent.mot_de_passe)
    verifier_page(page)
    page.get_by_role("button", name="Créer une clé d’accès").tap()
    expect(page.locator("h1")).to_have_text("Bureau")
    se_deconnecter(page)
    page.get_by_role("button", name=AVEC_UNE_CLE).tap()
    expect(page.locator("h1")).to_have_text("Bureau")
    # Her password alone stops at the second factor; the key passes it there too.
    se_deconnecter(page)
    se_connecter(page, monde, agent.identifiant, agent.mot_de_passe)
    expect(page.locator("h1")).to_have_text("Vérification")
    verifier_page(page)
    page.get_by_role("button", name="Utiliser une clé d’accès").tap()
    expect(page.locator("h1")).to_have_text("Bureau")
