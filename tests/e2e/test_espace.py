"""« Mon espace » on a phone: a mistake, a request, two screens at once, the yearly check, the crèche; axe each time."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Personne
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_accessible, verifier_page
from tests.e2e.support.bureau import ECRAN, accepter, entrer, ouvrir_demande
from tests.e2e.support.monde import Monde
from tests.e2e.test_clavier import aller_a

CAMILLE, THOMAS, CRECHE = "camille.morel", "thomas.legall", "amina.benali"
COORDONNEES, FOYER = "Changement de coordonnées", "Morel – Le Gall"
RUBRIQUES = ("", "/profil", "/profil/modifier", "/foyer", "/foyer/adresse", "/entourage", "/contacts")


def telephone(monde: Monde) -> str | None:
    with monde.bd().session_lecture() as session:
        return session.scalar(
            select(Personne.telephone)
            .join(Compte, Compte.personne_id == Personne.id)
            .where(Compte.identifiant == CAMILLE)
        )


def corriger_telephone(page: Page, numero: str) -> None:
    page.get_by_label("Téléphone mobile").fill(numero)
    page.get_by_role("button", name="Enregistrer").tap()


def demander_adresse(page: Page, monde: Monde, adresse: str) -> None:
    page.goto(monde.adresse("/mon-espace/foyer/adresse"))
    page.get_by_label("Adresse").fill(adresse)
    page.get_by_role("button", name="Enregistrer").tap()


def jamais_verifie(monde: Monde) -> None:
    with monde.bd().session_ecriture() as session:
        session.execute(update(Compte).where(Compte.identifiant == CAMILLE).values(verifie_utc=None))


def test_every_page_of_mon_espace_is_accessible(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    for rubrique in RUBRIQUES:
        page.goto(monde.adresse(f"/mon-espace{rubrique}"))
        verifier_page(page)
    page.goto(monde.adresse("/verification"))
    verifier_page(page)


def test_a_mistyped_number_is_corrected_and_saved(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse())
    page.get_by_role("link", name="Mon espace").first.tap()
    page.get_by_role("link", name="Profil").tap()
    page.get_by_role("link", name="Modifier mon profil").tap()
    corriger_telephone(page, "06 39 98")
    alerte = page.get_by_role("alert")
    expect(alerte).to_be_focused()
    expect(page.get_by_label("Téléphone mobile")).to_have_value("06 39 98")
    verifier_page(page)
    corriger_telephone(page, "0639981234")
    expect(page.get_by_text("C’est enregistré.")).to_be_visible()
    verifier_accessible(page)
    assert telephone(monde) == "+33639981234"


def test_an_address_is_asked_then_taken_back(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/mon-espace/foyer"))
    page.get_by_role("link", name="Modifier l’adresse").tap()
    page.get_by_label("Adresse").fill("12 bis rue de l'Estacade")
    page.get_by_role("button", name="Enregistrer").tap()
    expect(page.get_by_text("En attente d’un agent").first).to_be_visible()
    verifier_page(page)
    page.get_by_role("button", name="Retirer ma demande").tap()
    expect(page.get_by_text("Votre demande est retirée.")).to_be_visible()
    expect(page.get_by_text("Estacade")).to_have_count(0)


def test_an_address_asked_again_is_accepted_by_the_town(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    for rue in ("12 bis rue de l'Estacade", "14, rue du Bac"):
        demander_adresse(page, monde, rue)
        attente = page.locator("dd", has_text="En attente d’un agent")
        expect(attente).to_contain_text(rue.replace("'", "’"))
        # The old value stays beside it.
        expect(page.locator("dd", has_text="12, quai des Pêcheurs")).to_be_visible()
        if "bis" in rue:
            page.get_by_role("button", name="Retirer ma demande").tap()
            expect(page.get_by_text("Votre demande est retirée.")).to_be_visible()
            verifier_page(page)
    bureau = entrer(ouvrir(**ECRAN), monde)
    verifier_page(bureau)
    ouvrir_demande(bureau, monde, COORDONNEES, FOYER)
    ligne = bureau.get_by_role("row", name="Adresse")
    expect(ligne).to_contain_text("12, quai des Pêcheurs")
    expect(ligne).to_contain_text("14, rue du Bac")
    verifier_page(bureau)
    accepter(bureau)
    verifier_page(bureau)
    page.reload()
    expect(page.locator("dd", has_text="14, rue du Bac")).to_be_visible()
    expect(page.get_by_text("En attente d’un agent")).to_have_count(0)
    expect(page.get_by_text("Pêcheurs")).to_have_count(0)


def test_a_refusal_says_why_to_the_family(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    demander_adresse(page, monde, "14, rue du Bac")
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, COORDONNEES, FOYER)
    bureau.get_by_role("button", name="Refuser").click()
    expect(bureau.get_by_role("alert")).to_be_focused()
    verifier_page(bureau)
    bureau.get_by_label("Pourquoi refuser").fill("Joignez un justificatif de domicile de moins de trois mois.")
    bureau.get_by_role("button", name="Refuser").click()
    expect(bureau.get_by_role("status")).to_contain_text("refusée")
    verifier_page(bureau)
    page.reload()
    expect(page.get_by_text("Demande refusée")).to_be_visible()
    expect(page.get_by_text("justificatif de domicile de moins de trois mois")).to_be_visible()
    expect(page.locator("dd", has_text="12, quai des Pêcheurs")).to_be_visible()
    verifier_page(page)


def test_two_parents_ask_at_once_and_the_second_keeps_what_she_typed(ouvrir: Ouvrir, monde: Monde) -> None:
    premier, second = ouvrir(THOMAS), ouvrir(CAMILLE)
    second.goto(monde.adresse("/mon-espace/foyer/adresse"))
    demander_adresse(premier, monde, "1, rue du Bac")
    expect(premier.get_by_text("Votre demande est envoyée.")).to_be_visible()
    second.get_by_label("Adresse").fill("2, rue du Bac")
    second.get_by_role("button", name="Enregistrer").tap()
    expect(second.get_by_role("alert")).to_contain_text("Une demande attend déjà un agent")
    expect(second.get_by_label("Adresse")).to_have_value("2, rue du Bac")
    expect(second.get_by_text("En attente d’un agent : 1, rue du Bac")).to_be_visible()
    verifier_page(second)


def test_two_parents_rename_their_daughter_at_once_and_the_second_is_told(ouvrir: Ouvrir, monde: Monde) -> None:
    premier, second = ouvrir("anne.petitjean"), ouvrir("paul.petitjean")
    for page in (premier, second):
        page.goto(monde.adresse("/famille"))
        page.get_by_role("link", name="Sa fiche").first.tap()
        page.get_by_role("link", name="Modifier l’identité").tap()
    for page, nom in ((premier, "Petitjean-Roux"), (second, "Roux-Petitjean")):
        page.get_by_label("Nom", exact=True).fill(nom)
        page.get_by_role("button", name="Enregistrer").tap()
    expect(premier.get_by_text("Votre demande est envoyée.")).to_be_visible()
    expect(second.get_by_role("alert")).to_contain_text("Une demande attend déjà un agent")
    expect(second.get_by_label("Nom", exact=True)).to_have_value("Roux-Petitjean")
    expect(second.get_by_text("En attente d’un agent : Petitjean-Roux")).to_be_visible()
    verifier_page(second)


def test_two_screens_at_once_and_nothing_is_lost(ouvrir: Ouvrir, monde: Monde) -> None:
    premier, second = ouvrir(CAMILLE), ouvrir(CAMILLE)
    for page in (premier, second):
        page.goto(monde.adresse("/mon-espace/profil/modifier"))
    corriger_telephone(premier, "06 39 98 00 01")
    expect(premier.get_by_text("C’est enregistré.")).to_be_visible()
    corriger_telephone(second, "06 39 98 00 02")
    expect(second.get_by_role("alert")).to_contain_text("Cette fiche vient de changer")
    expect(second.get_by_role("alert")).to_contain_text("06 39 98 00 01")
    expect(second.get_by_label("Téléphone mobile")).to_have_value("06 39 98 00 02")
    verifier_page(second)
    assert telephone(monde) == "+33639980001"
    second.get_by_role("button", name="Enregistrer").tap()
    expect(second.get_by_text("C’est enregistré.")).to_be_visible()
    assert telephone(monde) == "+33639980002"


def test_the_yearly_check_is_answered_after_a_correction(ouvrir: Ouvrir, monde: Monde) -> None:
    jamais_verifie(monde)
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse())
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos informations sont-elles exactes")
    page.get_by_role("link", name="Corriger mes noms et téléphones").tap()
    corriger_telephone(page, "06 39 98 12 34")
    expect(page.get_by_text("06 39 98 12 34")).to_be_visible()
    page.get_by_role("button", name="Tout est exact").tap()
    page.wait_for_url(monde.adresse())
    page.goto(monde.adresse("/famille"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ma famille")


def test_the_yearly_check_put_off_comes_back_at_the_next_login(ouvrir: Ouvrir, monde: Monde) -> None:
    jamais_verifie(monde)
    for _ in range(2):
        page = ouvrir(CAMILLE)
        page.goto(monde.adresse("/famille"))
        expect(page.locator("h1")).to_contain_text("Vos informations sont-elles exactes")
        page.get_by_role("button", name="Plus tard").tap()
        expect(page.locator("h1")).to_have_text("Ma famille")
        page.goto(monde.adresse("/plus"))
        expect(page.locator("h1")).to_have_text("Plus")


@pytest.mark.parametrize("largeur", [320, 390])
def test_a_profile_and_the_check_without_javascript(ouvrir: Ouvrir, monde: Monde, largeur: int) -> None:
    jamais_verifie(monde)
    page = ouvrir(CAMILLE, java_script_enabled=False, viewport={"width": largeur, "height": 700})
    page.goto(monde.adresse("/famille"))
    page.get_by_role("link", name="Corriger mes noms et téléphones").tap()
    corriger_telephone(page, "06 39 98")
    expect(page.get_by_role("alert")).to_contain_text("Téléphone mobile")
    corriger_telephone(page, "06 39 98 12 34")
    expect(page.locator("h1")).to_contain_text("Vos informations sont-elles exactes")
    page.get_by_role("button", name="Tout est exact").tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    page.goto(monde.adresse("/mon-espace/profil"))
    expect(page.get_by_text("06 39 98 12 34")).to_be_visible()


def test_an_address_is_asked_and_taken_back_from_the_keyboard_alone(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/mon-espace/foyer"))
    aller_a(page, "main a[href$='/foyer/adresse']")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Adresse du foyer")
    aller_a(page, "input[value='12, quai des Pêcheurs']")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("14, rue du Bac")
    page.keyboard.press("Enter")
    # What was done takes the focus: one reads it first, then goes on.
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    aller_a(page, "form[action*='/demandes/'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Votre demande est retirée.")).to_be_visible()


def test_a_family_of_the_creche_reads_and_is_told_whom_to_write_to(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CRECHE, "roselac")
    for rubrique in ("", "/profil", "/foyer", "/entourage"):
        page.goto(monde.adresse(f"/mon-espace{rubrique}", "roselac"))
        expect(page.locator("main a[href^='mailto:']").first).to_be_visible()
        expect(page.get_by_role("link", name="Modifier")).to_have_count(0)
        verifier_page(page)
    page.goto(monde.adresse("/verification", "roselac"))
    expect(page.get_by_role("link", name="Corriger")).to_have_count(0)
    verifier_page(page)
