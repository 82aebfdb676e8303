"""Leaving a page with ticks that have not reached the server: sent first, or said in words."""

import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde
from tests.e2e.support.navigateur import attendre_calme
from tests.e2e.support.reseau import Panne

CAMILLE = "camille.morel"
MOT_DE_PASSE = "Sable-Goeland-41"


@pytest.fixture
def ecran(ouvrir: Ouvrir, monde: Monde) -> EcranAgenda:
    return EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, "Noé").ouvrir()


def test_a_session_that_expired_names_what_was_not_sent_and_leads_back(ecran: EcranAgenda, monde: Monde) -> None:
    page = ecran.page
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    monde.horloge.avancer(minutes=36)
    ecran.toucher("etude", 8)
    page.wait_for_url("**/connexion?**")
    expect(page.get_by_text("Votre session a expiré")).to_be_visible()
    ecran.alerte("Étude, Mardi 8 décembre 2026")
    verifier_page(page)
    page.get_by_label("Identifiant").fill(CAMILLE)
    page.get_by_label("Mot de passe", exact=True).fill(MOT_DE_PASSE)
    page.get_by_role("button", name="Connexion").tap()
    expect(page).to_have_url(monde.agenda("Noé"))
    ecran.alerte("Étude, Mardi 8 décembre 2026")
    expect(ecran.case("etude", 7)).to_be_checked()
    expect(ecran.case("etude", 8)).not_to_be_checked()
    ecran.verifier_ecran_egal_serveur()
    expect(page.get_by_text("Pas enregistré")).to_have_count(0)


def test_leaving_with_unsent_ticks_asks_first(ecran: EcranAgenda, monde: Monde) -> None:
    page = ecran.page
    questions: list[str] = []

    def rester(question: Dialog) -> None:
        questions.append(question.type)
        question.dismiss()

    page.on("dialog", rester)
    monde.reseau.est_coupe = True
    ecran.toucher("etude", 7)
    ecran.alerte("gardées ici")
    page.get_by_role("link", name="Accueil").tap()
    page.wait_for_function("() => true")
    assert questions == ["beforeunload"]
    assert page.url == monde.agenda("Noé")
    monde.reseau.est_coupe = False
    page.get_by_role("button", name="Réessayer").tap()
    ecran.attendre_enregistre()
    page.get_by_role("link", name="Accueil").tap()
    page.wait_for_url(monde.adresse())
    assert questions == ["beforeunload"]
    ecran.ouvrir().verifier_ecran_egal_serveur()


@pytest.mark.parametrize("panne", [Panne.PASSE, Panne.REFUS_AVANT, Panne.REPONSE_PERDUE])
def test_verifier_pressed_right_after_a_tick_takes_the_tick_along(
    ecran: EcranAgenda, monde: Monde, panne: Panne
) -> None:
    page = ecran.page
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    monde.reseau.prevoir(panne)
    ecran.puce("etude", 8).evaluate("puce => { puce.click(); document.getElementById('verifier').click(); }")
    page.wait_for_url("**/reservations/recapitulatif")
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    assert monde.changements(CAMILLE, "Noé") == (2, 0)
    ecran.ouvrir().verifier_ecran_egal_serveur()


def test_the_next_month_and_the_other_child_take_the_ticks_along(ecran: EcranAgenda, monde: Monde) -> None:
    page = ecran.page
    ecran.puce("etude", 7).evaluate(
        "puce => { puce.click(); document.querySelector('[aria-label=\"Mois suivant\"]').click(); }"
    )
    page.wait_for_url("**mois=2027-01")
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
    ecran.ouvrir()
    ecran.puce("etude", 8).evaluate("puce => { puce.click(); document.querySelector('nav.qui button').click(); }")
    page.wait_for_url(re.compile(f"/enfants/{monde.enfant('Léa')}/"))
    assert monde.changements(CAMILLE, "Noé") == (2, 0)
    ecran.ouvrir().verifier_ecran_egal_serveur()


@pytest.mark.parametrize("panne", [Panne.PASSE, Panne.REFUS_AVANT, Panne.REPONSE_PERDUE, Panne.REFUS_APRES])
def test_a_whole_week_ticked_at_once_survives_a_fault(ecran: EcranAgenda, monde: Monde, panne: Panne) -> None:
    page = ecran.page
    semaine = page.locator("section.s", has=page.locator("#p7-" + str(monde.unite("etude"))))
    semaine.locator("summary").first.tap()
    monde.reseau.prevoir(panne)
    semaine.get_by_role("button", name="Étude").tap()
    for jour in (7, 8, 10, 11):
        expect(ecran.case("etude", jour)).to_be_checked()
    attendre_calme(page)
    expect(page.get_by_text("changé sur un autre écran")).to_have_count(0)
    assert monde.changements(CAMILLE, "Noé") == (4, 0)
    ecran.verifier_ecran_egal_serveur()


def test_the_back_button_shows_the_draft_as_it_is_now(ecran: EcranAgenda, monde: Monde) -> None:
    page = ecran.page
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    page.goto(monde.adresse("/reservations/recapitulatif"))
    page.get_by_role("button", name="Effacer cette demande").tap()
    page.wait_for_url(monde.adresse())
    page.go_back()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Agenda de Noé")
    expect(ecran.case("etude", 7)).not_to_be_checked()
    ecran.verifier_ecran_egal_serveur()
