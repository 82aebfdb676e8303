"""« Mon espace » on a phone: a mistake, a request, two screens at once, the yearly check, the crèche; axe each time."""

from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Personne
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_accessible, verifier_page
from tests.e2e.support.monde import Monde

CAMILLE, CRECHE = "camille.morel", "amina.benali"
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
    with monde.bd().session_ecriture() as session:
        session.execute(update(Compte).where(Compte.identifiant == CAMILLE).values(verifie_utc=None))
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
