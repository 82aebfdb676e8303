"""A quotient declared from the phone, completed with a photo, accepted with dates: the agenda's prices follow it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, accepter, entrer, ouvrir_demande
from tests.e2e.support.demarches import AJOUTER, continuer, envoyer, ouvrir_du_mail, photographier
from tests.e2e.support.monde import Monde

KARIM = "karim.haddad"
MAIL = "karim.haddad@famille.example"
MANQUE = "L’attestation est floue : envoyez une photo nette."


def declarer(page: Page, monde: Monde, attestation: Path, verifier: Callable[[Page], None]) -> str:
    """From the home page: without a QF, the highest price is said there and leads to the declaration."""
    page.goto(monde.adresse())
    page.get_by_role("link", name="quotient familial").first.tap()
    expect(page.get_by_text("le tarif maximum s’applique").first).to_be_visible()
    verifier(page)
    page.get_by_role("link", name="Déclarer mon quotient familial").tap()
    expect(page.get_by_role("button", name="Commencer")).to_be_visible()
    verifier(page)
    page.get_by_role("button", name="Commencer").tap()
    page.get_by_label("Attestation de quotient familial").check()
    verifier(page)
    continuer(page)
    page.get_by_label("Votre quotient familial").fill("beaucoup")
    continuer(page)
    expect(page.get_by_role("alert")).to_be_focused()
    verifier(page)
    page.get_by_label("Votre quotient familial").fill("349,90")
    continuer(page)
    expect(page.locator("h1")).to_have_text("Vos documents")
    continuer(page)
    expect(page.get_by_text("Il faut ce document pour envoyer la demande.").first).to_be_visible()
    verifier(page)
    page.get_by_label(AJOUTER).set_input_files(attestation)
    continuer(page)
    page.locator("summary", has_text="Cantine").tap()
    expect(page.get_by_text("au lieu de 4,60\u00a0€")).to_be_visible()
    verifier(page)
    return envoyer(page)


def completer(page: Page, nette: Path) -> None:
    expect(page.get_by_text(MANQUE).first).to_be_visible()
    page.get_by_label("Votre réponse").fill("Voici une photo plus nette.")
    page.get_by_label(AJOUTER).set_input_files(nette)
    page.get_by_label("Ce que c’est").select_option(label="Attestation CAF ou MSA")
    page.get_by_role("button", name="Envoyer le complément").tap()
    expect(page.get_by_text("Votre complément est envoyé.")).to_be_visible()


def demander_un_complement(bureau: Page, monde: Monde) -> None:
    ouvrir_demande(bureau, monde, "Quotient familial", "Haddad")
    bureau.get_by_text("Demander un complément").click()
    bureau.get_by_label("Ce qui manque").fill(MANQUE)
    bureau.get_by_role("button", name="Demander ce complément").click()
    expect(bureau.get_by_role("status")).to_contain_text("attend la famille")


@pytest.mark.parametrize("est_avec_script", [True, False], ids=["script", "no-script"])
def test_a_price_changes_from_the_day_the_agent_says_and_not_before(
    ouvrir: Ouvrir, monde: Monde, tmp_path: Path, est_avec_script: bool
) -> None:
    verifier = verifier_page if est_avec_script else lambda page: None
    page, bureau = ouvrir(KARIM, java_script_enabled=est_avec_script), entrer(ouvrir(**ECRAN), monde)
    agenda = EcranAgenda(page, monde, KARIM, "Yanis").ouvrir()
    for jour in (11, 14):
        expect(agenda.puce("cantine", jour)).to_contain_text("4,60\u00a0€")
    numero = declarer(page, monde, photographier(tmp_path, "floue.jpg"), verifier)
    verifier(page)
    demander_un_complement(bureau, monde)
    with monde.boite_aux_lettres() as boite:
        ouvrir_du_mail(page, monde, boite, f"Votre demande n°\u00a0{numero}\u00a0: il nous manque quelque chose", MAIL)
        completer(page, photographier(tmp_path, "nette.jpg"))
        verifier(page)
        ouvrir_demande(bureau, monde, "Quotient familial", "Haddad")
        expect(bureau.get_by_role("link", name="nette.jpg").first).to_be_visible()
        bureau.get_by_label("À partir du").fill("2026-12-14")
        bureau.get_by_label("Jusqu’au").fill("2027-08-31")
        verifier(bureau)
        accepter(bureau)
        ouvrir_du_mail(page, monde, boite, f"Votre demande n°\u00a0{numero} est acceptée", MAIL)
    expect(page.get_by_text("acceptée").first).to_be_visible()
    verifier(page)
    agenda.ouvrir()
    expect(agenda.puce("cantine", 11)).to_contain_text("4,60\u00a0€")
    expect(agenda.puce("cantine", 14)).to_contain_text("1,00\u00a0€")
    page.goto(monde.adresse("/quotient-familial"))
    expect(page.get_by_text("du 14 décembre 2026 au 31 août 2027").first).to_be_visible()
    verifier(page)
