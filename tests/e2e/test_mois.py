"""Months turned in place: the address and the focus follow, and no tick ever lands in another month than its own."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_accessible
from tests.e2e.support.monde import Monde
from tests.e2e.support.navigateur import attendre_calme
from tests.e2e.support.reseau import Panne

CAMILLE = "camille.morel"
JANVIER = "2027-01"


@pytest.fixture
def ecran(ouvrir: Ouvrir, monde: Monde) -> EcranAgenda:
    return EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, "Noé").ouvrir()


def tourner(ecran: EcranAgenda, sens: str = "Mois suivant") -> None:
    ecran.page.get_by_role("button", name=sens).tap()


def test_the_address_the_title_and_the_focus_follow_the_month(ecran: EcranAgenda, monde: Monde) -> None:
    page = ecran.page
    tourner(ecran)
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    expect(page).to_have_url(monde.agenda("Noé", JANVIER))
    expect(page.get_by_role("button", name="Mois suivant")).to_be_focused()
    verifier_accessible(page)
    page.reload()
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Décembre 2026")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()


@pytest.mark.parametrize("panne", [Panne.REFUS_AVANT, Panne.REFUS_APRES, Panne.REPONSE_PERDUE])
def test_a_month_asked_for_through_a_fault_is_told_and_comes(ecran: EcranAgenda, monde: Monde, panne: Panne) -> None:
    ecran.puce("etude", 7).evaluate("puce => puce.click()")
    monde.reseau.prevoir(panne)
    tourner(ecran)
    ecran.alerte("nous réessayons")
    expect(ecran.page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    expect(ecran.page.locator("#alerte")).to_be_empty()
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
    ecran.verifier_ecran_egal_serveur()


def test_a_box_ticked_while_the_next_month_is_coming_stays_in_its_own_month(ecran: EcranAgenda, monde: Monde) -> None:
    monde.reseau.prevoir(Panne.RETENUE)
    with ecran.page.expect_request(lambda requete: requete.method == "POST"):
        tourner(ecran)
    ecran.toucher("etude", 7)
    monde.reseau.relacher()
    expect(ecran.page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    attendre_calme(ecran.page)
    assert monde.coches(CAMILLE, "Noé", ecran.mois) >= {f"7-{monde.unite('etude')}"}
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
    ecran.verifier_ecran_egal_serveur()


def test_a_week_ticked_while_the_next_month_is_coming_is_not_lost(ecran: EcranAgenda, monde: Monde) -> None:
    semaine = ecran.page.locator("section.s", has=ecran.case("etude", 7))
    semaine.locator("summary").first.tap()
    monde.reseau.prevoir(Panne.RETENUE)
    with ecran.page.expect_request(lambda requete: requete.method == "POST"):
        tourner(ecran)
    semaine.get_by_role("button", name="Étude").tap()
    monde.reseau.relacher()
    expect(ecran.page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    attendre_calme(ecran.page)
    assert monde.changements(CAMILLE, "Noé") == (4, 0)
    ecran.verifier_ecran_egal_serveur()


def test_going_back_to_another_month_with_unsent_ticks_asks_first(ecran: EcranAgenda, monde: Monde) -> None:
    page = ecran.page
    tourner(ecran)
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    attendre_calme(page)
    questions: list[str] = []

    def rester(question: Dialog) -> None:
        questions.append(question.type)
        question.dismiss()

    page.on("dialog", rester)
    monde.reseau.est_coupe = True
    ecran.toucher("etude", 7)
    ecran.alerte("gardées ici")
    page.evaluate("() => history.back()")
    expect(page).to_have_url(monde.agenda("Noé"))
    assert questions == ["beforeunload"]
    monde.reseau.est_coupe = False
    page.get_by_role("button", name="Réessayer").tap()
    ecran.attendre_enregistre()
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
