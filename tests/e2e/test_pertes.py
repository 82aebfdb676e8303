"""The loss matrix (screen.md §1): whatever the network does, the screen ends as the server, and the parent is told."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde
from tests.e2e.support.navigateur import attendre_calme
from tests.e2e.support.reseau import Panne

CAMILLE = "camille.morel"
GARDEES = "vos cases sont gardées ici, nous réessayons"


@pytest.fixture
def ecran(ouvrir: Ouvrir, monde: Monde) -> EcranAgenda:
    """Noé's December."""
    return EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, "Noé")


@pytest.mark.parametrize("panne", [Panne.REFUS_AVANT, Panne.REFUS_APRES, Panne.REPONSE_PERDUE])
def test_a_tick_met_by_a_fault_is_told_sent_again_and_kept_once(ecran: EcranAgenda, monde: Monde, panne: Panne) -> None:
    ecran.ouvrir()
    monde.reseau.prevoir(panne)
    ecran.toucher("etude", 7)
    ecran.alerte(GARDEES)
    ecran.attendre_enregistre()
    expect(ecran.page.locator("#alerte")).to_be_empty()
    assert len(monde.reseau.envois) == 2
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
    ecran.verifier_ecran_egal_serveur()


@pytest.mark.parametrize("panne", [Panne.REFUS_AVANT, Panne.REFUS_APRES, Panne.REPONSE_PERDUE])
def test_boxes_changed_while_the_server_is_away_all_arrive_when_it_is_back(
    ecran: EcranAgenda, monde: Monde, panne: Panne
) -> None:
    ecran.ouvrir()
    monde.reseau.prevoir(panne, panne)
    ecran.toucher("etude", 7)
    ecran.alerte("Le portail ne répond pas" if "REFUS" in panne.name else "gardées ici")
    ecran.toucher("etude", 8)
    ecran.toucher("cantine", 7)
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    assert not monde.reseau.pannes
    assert monde.changements(CAMILLE, "Noé") == (1, 1)
    ecran.verifier_ecran_egal_serveur()


def test_a_minute_offline_loses_nothing(ecran: EcranAgenda, monde: Monde) -> None:
    """The browser's clock is moved by a minute, so that every retry of that minute happens, in less than a minute."""
    ecran.page.clock.install()
    ecran.ouvrir()
    ecran.page.context.set_offline(True)
    ecran.toucher("etude", 7)
    ecran.alerte(f"Pas de réseau\u00a0: {GARDEES}")
    ecran.toucher("etude", 10)
    for _ in range(12):
        ecran.page.clock.run_for(5_000)
    ecran.alerte("Pas de réseau")
    assert not monde.reseau.envois
    ecran.page.context.set_offline(False)
    ecran.attendre_enregistre()
    expect(ecran.page.locator("#alerte")).to_be_empty()
    assert monde.changements(CAMILLE, "Noé") == (2, 0)
    ecran.verifier_ecran_egal_serveur()


def test_a_server_nobody_reaches_is_tried_again_by_hand(ecran: EcranAgenda, monde: Monde) -> None:
    ecran.ouvrir()
    monde.reseau.est_coupe = True
    ecran.toucher("etude", 7)
    ecran.alerte(GARDEES)
    verifier_page(ecran.page)
    monde.reseau.est_coupe = False
    ecran.page.get_by_role("button", name="Réessayer").tap()
    ecran.attendre_enregistre()
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
    ecran.verifier_ecran_egal_serveur()


@pytest.mark.parametrize("panne", [Panne.PASSE, Panne.REPONSE_PERDUE])
@pytest.mark.parametrize("ecart", [40, 120, 250])
def test_a_double_tap_leaves_the_box_as_it_was(ecran: EcranAgenda, monde: Monde, ecart: int, panne: Panne) -> None:
    ecran.ouvrir()
    monde.reseau.prevoir(panne)
    ecran.toucher_deux_fois("etude", 7, ecart)
    ecran.attendre_enregistre()
    expect(ecran.case("etude", 7)).not_to_be_checked()
    assert monde.changements(CAMILLE, "Noé") == (0, 0)
    ecran.verifier_ecran_egal_serveur()


def test_a_post_overtaken_by_a_later_one_changes_nothing(ecran: EcranAgenda, monde: Monde) -> None:
    """Held on the way until the browser gave up (10 s on its clock), tried again, and changed its mind."""
    ecran.page.clock.install()
    ecran.ouvrir()
    monde.reseau.prevoir(Panne.RETENUE)
    with ecran.page.expect_request(lambda requete: requete.method == "POST"):
        ecran.toucher("etude", 7)
        ecran.page.clock.run_for(300)
    ecran.page.clock.run_for(10_000)
    ecran.alerte(GARDEES)
    ecran.attendre_enregistre()
    ecran.toucher("etude", 7)
    ecran.toucher("etude", 8)
    attendre_calme(ecran.page)
    ecran.attendre_enregistre()
    deja = monde.reseau.traites
    monde.reseau.relacher()
    monde.reseau.attendre(deja + 1)
    expect(ecran.case("etude", 7)).not_to_be_checked()
    assert monde.changements(CAMILLE, "Noé") == (1, 0)
    ecran.verifier_ecran_egal_serveur()


@pytest.mark.parametrize("panne", [Panne.REFUS_AVANT, Panne.REFUS_APRES, Panne.REPONSE_PERDUE])
def test_a_rhythm_met_by_a_fault_is_told_and_pressed_again_counts_once(
    ecran: EcranAgenda, monde: Monde, panne: Panne
) -> None:
    ecran.ouvrir()
    feuille = ecran.page.locator("#rythme")
    feuille.locator("summary").first.tap()
    feuille.get_by_label("Étude", exact=True).tap()
    feuille.get_by_label("lun.").tap()
    feuille.get_by_label("Jusqu’à").select_option("periode")
    expect(feuille.get_by_role("status")).to_contain_text("jours ajoutés")
    monde.reseau.prevoir(panne)
    feuille.locator("#appliquer").tap()
    expect(feuille.get_by_role("status")).to_contain_text("le rythme n’est pas appliqué")
    feuille.locator("#appliquer").tap()
    expect(feuille).not_to_have_attribute("open", "")
    assert monde.changements(CAMILLE, "Noé") == (2, 0)
    ecran.verifier_ecran_egal_serveur()
