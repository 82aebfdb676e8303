"""Getting in for the first time on a phone: from the mail of the town to the tiles; conditions; dead links."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from portail_famille.models.comptes import Compte, JetonCompte
from portail_famille.services.conditions import publier
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import entrer
from tests.e2e.support.entree import (
    ACCEPTER,
    ACTIVATION,
    NOUVEAU,
    TELEPHONE_ETROIT,
    choisir_mot_de_passe,
    code,
    lien,
    lien_dans_la_boite,
    lire_et_accepter,
    mails,
    relever,
    se_connecter,
    se_deconnecter,
    taper_le_code,
    tout_est_exact,
)
from tests.e2e.support.monde import Monde

CAMILLE, NORA = "camille.morel", "nora.lefevre"
COURRIEL_DE_NORA = f"{NORA}@famille.example"
NOUVELLE_FAMILLE = {
    "Numéro et rue": "5, rue du Phare",
    "Code postal": "99900",
    "Ville": "Saint-Rivage",
    "#adultes-0-prenom": "Maëlle",
    "#adultes-0-nom": "Le Goff-D’Arcy",
    "#adultes-0-courriel": "maelle.legoff@famille.example",
    "#adultes-0-telephone": "06 39 98 55 01",
    "#enfants-0-prenom": "Yaël",
    "#enfants-0-nom": "Le Goff",
    "#enfants-0-naissance": "2020-03-14",
}


def est_active(monde: Monde, identifiant: str) -> bool:
    with monde.bd().session_lecture() as session:
        return session.scalars(select(Compte.active_utc).where(Compte.identifiant == identifiant)).one() is not None


def activer(page: Page, adresse: str, identifiant: str, faible: str) -> None:
    """The link's page, the password, the conditions, the check: up to the tiles."""
    page.goto(adresse)
    expect(page.locator("h1")).to_have_text("Votre espace personnel")
    expect(page.get_by_role("definition")).to_have_text(identifiant)
    verifier_page(page)
    page.get_by_role("button", name="Activer mon espace").tap()
    choisir_mot_de_passe(page, "Enregistrer et entrer", faible)
    lire_et_accepter(page)
    tout_est_exact(page)


def test_from_the_activation_mail_to_the_tiles(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    adresse = lien_dans_la_boite(page, monde, ACTIVATION, COURRIEL_DE_NORA)
    # The scanner of a mail server was here first, twice: it opened nothing.
    assert [page.request.get(adresse).status for _ in range(2)] == [200, 200]
    assert not est_active(monde, NORA)
    activer(page, adresse, NORA, "Lefevre2018")
    expect(page.locator("h1")).to_have_text("Bonsoir Nora")
    verifier_page(page)
    assert est_active(monde, NORA)
    # Her second visit: nothing is asked any more but the password she chose.
    se_deconnecter(page)
    se_connecter(page, monde, NORA, NOUVEAU)
    expect(page.locator("h1")).to_have_text("Bonsoir Nora")


def test_a_family_entered_at_the_desk_gets_in(ouvrir: Ouvrir, monde: Monde) -> None:
    bureau, parent = entrer(ouvrir(), monde), ouvrir()
    bureau.get_by_role("link", name="Créer un foyer").tap()
    for champ, valeur in NOUVELLE_FAMILLE.items():
        (bureau.locator(champ) if champ.startswith("#") else bureau.get_by_label(champ)).fill(valeur)
    bureau.locator("#enfants-0-structure").select_option(index=1)
    bureau.get_by_role("button", name="Créer le foyer").tap()
    expect(bureau.locator("h1")).to_contain_text("Foyer")
    verifier_page(bureau)
    adresse = lien_dans_la_boite(parent, monde, ACTIVATION, "maelle.legoff@famille.example")
    activer(parent, adresse, "maelle.legoff", "Maelle-2020")
    expect(parent.locator("h1")).to_have_text("Bonsoir Maëlle")
    expect(parent.get_by_text("Yaël").first).to_be_visible()
    verifier_page(parent)


@pytest.mark.parametrize("script", [True, False], ids=["js", "sans-js"])
def test_the_code_of_the_mail_lets_in_an_application_of_the_home_screen(
    ouvrir: Ouvrir, monde: Monde, script: bool
) -> None:
    """Its links open elsewhere, its cookies are its own: from the home page to the tiles without one."""
    page = ouvrir(java_script_enabled=script, **TELEPHONE_ETROIT)
    page.goto(monde.adresse())
    page.get_by_role("link", name="tapez le code qu’il contient").tap()
    page.get_by_label("Identifiant ou adresse mail").fill(NORA)
    bon = code(mails(monde, COURRIEL_DE_NORA)[-1])
    taper_le_code(page, str((int(bon) + 1) % 1_000_000).zfill(6))
    expect(page.get_by_role("alert")).to_contain_text("Ce code n’est pas le bon")
    expect(page.get_by_label("Identifiant ou adresse mail")).to_have_value(NORA)
    if script:
        verifier_page(page)
    taper_le_code(page, f"{bon[:3]} {bon[3:]}")
    page.get_by_label("Nouveau mot de passe").fill(NOUVEAU)
    page.get_by_role("button", name="Enregistrer et entrer").tap()
    if script:
        lire_et_accepter(page)
    else:
        page.get_by_role("button", name=ACCEPTER).tap()
    tout_est_exact(page, est_verifiee=script)
    expect(page.locator("h1")).to_have_text("Bonsoir Nora")


@pytest.mark.parametrize(("jours", "raison"), [(0, "a déjà servi"), (31, "n’est plus valable")])
def test_a_dead_link_offers_another_that_works(ouvrir: Ouvrir, monde: Monde, jours: int, raison: str) -> None:
    adresse = lien(mails(monde, COURRIEL_DE_NORA)[-1])
    if not jours:
        with monde.bd().session_ecriture() as session:
            session.execute(update(JetonCompte).values(utilise_utc=monde.horloge()))
    page = ouvrir()
    monde.horloge.avancer(days=jours, minutes=10)
    page.goto(adresse)
    expect(page.get_by_text(raison)).to_be_visible()
    verifier_page(page)
    page.get_by_role("button", name="Recevoir un nouveau lien").tap()
    expect(page.locator("h1")).to_have_text("Regardez vos mails")
    verifier_page(page)
    relever(monde)
    nouvelle = lien_dans_la_boite(page, monde, ACTIVATION, COURRIEL_DE_NORA)
    assert nouvelle != adresse
    page.goto(nouvelle)
    page.get_by_role("button", name="Activer mon espace").tap()
    page.get_by_label("Nouveau mot de passe").fill(NOUVEAU)
    page.get_by_role("button", name="Enregistrer et entrer").tap()
    expect(page.locator("h1")).to_have_text("Conditions générales d’utilisation")
    assert est_active(monde, NORA)


def test_the_conditions_are_accepted_from_the_keyboard_alone(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_ecriture() as session:
        publier(session, "## Nouvelles\n\n" + "Un paragraphe.\n\n" * 80, date(2026, 12, 2), monde.horloge())
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/plus"))
    bouton = page.get_by_role("button", name=ACCEPTER)
    expect(bouton).to_have_attribute("aria-disabled", "true")
    # A tap that comes before the end of the text accepts nothing.
    bouton.dispatch_event("click")
    expect(bouton).to_be_visible()
    bouton.focus()
    expect(bouton).not_to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Plus")


def test_the_conditions_are_accepted_without_javascript(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_ecriture() as session:
        publier(session, "## Nouvelles\n\nUn paragraphe.", date(2026, 12, 2), monde.horloge())
    page = ouvrir(CAMILLE, java_script_enabled=False, **TELEPHONE_ETROIT)
    page.goto(monde.adresse("/plus"))
    page.get_by_role("button", name=ACCEPTER).tap()
    expect(page.locator("h1")).to_have_text("Plus")
