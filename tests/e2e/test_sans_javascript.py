"""The whole journey with JavaScript switched off: every form has its method, its action and its button."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.monde import Monde

CAMILLE = "camille.morel"


def ecran_nu(ouvrir: Ouvrir, monde: Monde, identifiant: str = CAMILLE, prenom: str = "Noé") -> EcranAgenda:
    return EcranAgenda(ouvrir(identifiant, java_script_enabled=False), monde, identifiant, prenom)


def enregistrer(page: Page) -> None:
    page.get_by_role("button", name="Enregistrer").tap()


def test_log_in_tick_change_month_verify_validate_and_log_out(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = EcranAgenda(ouvrir(java_script_enabled=False), monde, CAMILLE, "Noé")
    page = ecran.page
    page.goto(monde.adresse("/famille"))
    expect(page.locator("h1")).to_have_text("Connexion")
    page.get_by_label("Identifiant").fill(CAMILLE)
    page.get_by_label("Mot de passe", exact=True).fill("Sable-Goeland-41")
    page.get_by_role("button", name="Connexion").tap()
    expect(page.locator("h1")).to_have_text("Ma famille")
    page.get_by_role("link", name=re.compile("^Agenda.*Noé")).tap()
    ecran.toucher("etude", 7)
    page.get_by_role("button", name="Mois suivant").tap()
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    page.get_by_role("button", name="Mois précédent").tap()
    expect(ecran.case("etude", 7)).to_be_checked()
    ecran.toucher("cantine", 8)
    enregistrer(page)
    expect(ecran.case("cantine", 8)).not_to_be_checked()
    assert monde.changements(CAMILLE, "Noé") == (1, 1)
    ecran.toucher("etude", 8)
    page.get_by_role("button", name="Vérifier").tap()
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    assert monde.changements(CAMILLE, "Noé") == (2, 1)
    page.get_by_role("button", name="Valider").tap()
    expect(page.locator("h1")).to_have_text("C’est enregistré.")
    assert monde.recus() == 1
    page.get_by_role("link", name="Plus").tap()
    page.get_by_role("button", name="Se déconnecter").tap()
    expect(page.get_by_text("Vous avez quitté votre espace")).to_be_visible()


def test_a_rhythm_is_applied_and_its_faults_are_named(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = ecran_nu(ouvrir, monde).ouvrir()
    page = ecran.page
    page.locator("#rythme summary").first.tap()
    page.get_by_role("button", name="Appliquer ce rythme").tap()
    expect(page.get_by_role("alert")).to_contain_text("Choisissez au moins une activité.")
    page.locator("#unites").get_by_label("Étude", exact=True).tap()
    page.locator("#jours").get_by_label("lun.").tap()
    page.get_by_role("button", name="Appliquer ce rythme").tap()
    expect(page.get_by_text("jours ajoutés").first).to_be_visible()
    expect(ecran.case("etude", 7)).to_be_checked()
    expect(ecran.case("etude", 8)).not_to_be_checked()


def test_ticks_not_saved_yet_can_be_saved_from_the_rhythms_sheet(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = ecran_nu(ouvrir, monde).ouvrir()
    page = ecran.page
    ecran.toucher("etude", 8)
    page.locator("#rythme summary").first.tap()
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer mes cases").tap()
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
    page.locator("#rythme summary").first.tap()
    page.locator("#unites").get_by_label("Étude", exact=True).tap()
    page.locator("#jours").get_by_label("lun.").tap()
    page.get_by_role("button", name="Appliquer ce rythme").tap()
    expect(ecran.case("etude", 7)).to_be_checked()
    expect(ecran.case("etude", 8)).to_be_checked()


def test_a_whole_week_is_ticked_by_its_button(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = ecran_nu(ouvrir, monde).ouvrir()
    semaine = ecran.page.locator("section.s", has=ecran.case("etude", 7))
    semaine.locator("summary").first.tap()
    semaine.get_by_role("button", name="Étude").tap()
    for jour in (7, 8, 10, 11):
        expect(ecran.case("etude", jour)).to_be_checked()


def test_a_conflict_shows_both_and_lets_choose(ouvrir: Ouvrir, monde: Monde) -> None:
    ici, ailleurs = ecran_nu(ouvrir, monde).ouvrir(), ecran_nu(ouvrir, monde).ouvrir()
    ailleurs.toucher("etude", 7)
    enregistrer(ailleurs.page)
    ici.toucher("etude", 8)
    enregistrer(ici.page)
    expect(ici.page.get_by_text("Vos cases ont changé sur un autre écran.").first).to_be_visible()
    expect(ici.case("etude", 7)).to_be_checked()
    ici.page.get_by_role("button", name="Reprendre ce que j’ai coché ici").tap()
    expect(ici.case("etude", 8)).to_be_checked()
    expect(ici.case("etude", 7)).not_to_be_checked()
    assert monde.changements(CAMILLE, "Noé") == (1, 0)


def test_a_deadline_that_passed_is_told_on_the_page(ouvrir: Ouvrir, monde: Monde) -> None:
    monde.horloge.avancer(hours=17, minutes=50)
    ecran = ecran_nu(ouvrir, monde, prenom="Mia").ouvrir()
    monde.horloge.avancer(minutes=11)
    ecran.toucher("cantine", 11)
    enregistrer(ecran.page)
    expect(ecran.page.get_by_text("n’a pas été changée")).to_be_visible()
    assert monde.changements(CAMILLE, "Mia") == (0, 0)


def test_the_other_parents_day_asks_for_its_box(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = ecran_nu(ouvrir, monde, prenom="Léa").ouvrir()
    page = ecran.page
    ecran.toucher("etude", 7)
    enregistrer(page)
    page.get_by_role("button", name="Vérifier").tap()
    page.get_by_role("button", name="Valider").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("#confirmation").check()
    page.get_by_role("button", name="Valider").tap()
    expect(page.locator("h1")).to_have_text("C’est réservé.")


def test_an_expired_session_is_said_and_leads_back(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = ecran_nu(ouvrir, monde).ouvrir()
    page = ecran.page
    ecran.toucher("etude", 7)
    monde.horloge.avancer(minutes=36)
    enregistrer(page)
    expect(page.get_by_text("n’a pas été enregistré")).to_be_visible()
    page.get_by_label("Identifiant").fill(CAMILLE)
    page.get_by_label("Mot de passe", exact=True).fill("Sable-Goeland-41")
    page.get_by_role("button", name="Connexion").tap()
    expect(page).to_have_url(monde.agenda("Noé"))
    expect(ecran.case("etude", 7)).not_to_be_checked()
