"""An invoice paid from the phone: to PayFiP and back, whatever becomes of the card, the notification or the tab."""

import time
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portail_famille.models.foyers import Foyer
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.guichet import Guichet, aller_payer, choisir, ouvrir_guichet
from tests.e2e.support.monde import Monde
from tests.support.factures import creer_facture

CAMILLE = "camille.morel"
NUMERO = "2026-QA-000001"


@pytest.fixture
def guichet(monde: Monde) -> Iterator[Guichet]:
    with monde.bd().session_ecriture() as session:
        foyer_id = session.scalars(select(Foyer.id).where(Foyer.nom == "Morel – Le Gall")).one()
        facture = creer_facture(session, foyer_id, numero=NUMERO, emise_le=date(2026, 12, 1))
    with ouvrir_guichet(monde) as serveur:
        yield Guichet(monde, serveur, facture.id)


def attendre(condition: Callable[[], bool]) -> None:
    """What nobody is looking at: a notification on its way."""
    fin = time.monotonic() + 8
    while not condition() and time.monotonic() < fin:
        time.sleep(0.05)


def regarder(ouvrir: Ouvrir, adresse: str) -> None:
    """The page of an attempt, by a browser with scripts."""
    page = ouvrir(CAMILLE)
    page.goto(adresse)
    verifier_page(page)
    page.close()


@pytest.mark.parametrize("avis", ["double", "avance"])
def test_paid_once_whatever_becomes_of_the_notification(ouvrir: Ouvrir, guichet: Guichet, avis: str) -> None:
    """In time or lost: tests/e2e/test_du_mail_au_recu."""
    page = ouvrir(CAMILLE)
    aller_payer(page, guichet)
    choisir(page, "Payer par carte bancaire", avis)
    if avis == "avance":
        # Told before it is known: the page asks again by itself, no sooner than ten seconds later.
        expect(page.locator("h1")).to_have_text("Paiement en cours…")
        verifier_page(page)
        guichet.monde.horloge.avancer(seconds=11)
    expect(page.locator("h1")).to_have_text("C’est payé.", timeout=15_000)
    assert guichet.encaisse() == 4200
    page.get_by_role("link", name="Revenir à la facture").tap()
    expect(page.get_by_text("réglés, merci")).to_be_visible()
    page.get_by_role("link", name="Reçu n°").first.wait_for()


def test_a_direct_debit_is_told_as_such(ouvrir: Ouvrir, guichet: Guichet) -> None:
    page = ouvrir(CAMILLE)
    aller_payer(page, guichet)
    choisir(page, "Payer par prélèvement")
    expect(page.locator("h1")).to_have_text("Prélèvement demandé")
    verifier_page(page)
    assert guichet.encaisse() == 4200


def test_refused_then_begun_again(ouvrir: Ouvrir, guichet: Guichet) -> None:
    page = ouvrir(CAMILLE)
    aller_payer(page, guichet)
    choisir(page, "Carte refusée")
    expect(page.locator("h1")).to_have_text("Carte refusée")
    verifier_page(page)
    assert guichet.encaisse() == 0
    page.get_by_role("link", name="Recommencer le paiement").tap()
    page.get_by_role("button", name="Payer 42,00").tap()
    choisir(page, "Prélèvement refusé")
    expect(page.locator("h1")).to_have_text("Prélèvement refusé")
    assert guichet.encaisse() == 0


def test_cancelled_it_may_still_be_begun_again_there_then_here(ouvrir: Ouvrir, guichet: Guichet) -> None:
    page = ouvrir(CAMILLE, java_script_enabled=False)
    aller_payer(page, guichet)
    choisir(page, "Annuler")
    expect(page.locator("h1")).to_have_text("Paiement en cours…")
    guichet.monde.horloge.avancer(minutes=3)
    page.get_by_role("button", name="Paiement terminé").tap()
    expect(page.locator("h1")).to_have_text("Paiement annulé")
    regarder(ouvrir, page.url)


@pytest.mark.parametrize("avis", ["normal", "perdu"])
def test_the_tab_closed_at_payfip_the_money_is_booked_all_the_same(ouvrir: Ouvrir, guichet: Guichet, avis: str) -> None:
    """By the notification; lost, by the worker's round."""
    page = ouvrir(CAMILLE)
    aller_payer(page, guichet)
    page.close()
    idop = guichet.paiements()[0].idop
    assert idop is not None
    guichet.serveur.payer(idop, "P", avis)
    if avis == "perdu":
        assert guichet.encaisse() == 0
        guichet.monde.horloge.avancer(minutes=3)
        guichet.travailler()
    else:
        attendre(lambda: guichet.encaisse() == 4200)
    assert guichet.encaisse() == 4200
    page = ouvrir(CAMILLE)
    page.goto(guichet.adresse())
    expect(page.get_by_text("réglés, merci")).to_be_visible()
    page.goto(guichet.adresse("/payer"))
    expect(page.get_by_role("button", name="Payer")).to_have_count(0)


def test_payfip_that_is_down_is_said_and_nothing_stays_blocked(ouvrir: Ouvrir, guichet: Guichet) -> None:
    """Without its script: the page that comes back would ask by itself."""
    page = ouvrir(CAMILLE, java_script_enabled=False)
    guichet.serveur.etat.interrupteurs.panne = "panne"
    page.goto(guichet.adresse("/payer"))
    page.get_by_role("button", name="Payer 42,00").tap()
    expect(page.get_by_text("PayFiP ne répond pas").first).to_be_visible()
    expect(page.locator(".avis")).to_be_focused()
    guichet.serveur.etat.interrupteurs.panne = ""
    aller_payer(page, guichet)
    # Down again while she pays: her way back says so, and that the portal will ask by itself.
    guichet.serveur.etat.interrupteurs.panne = "panne"
    choisir(page, "Payer par carte bancaire", "perdu")
    expect(page.locator("h1")).to_have_text("Paiement en cours…")
    page.get_by_role("button", name="Paiement terminé").tap()
    expect(page.get_by_text("PayFiP ne répond pas en ce moment")).to_be_visible()
    regarder(ouvrir, page.url)
    guichet.serveur.etat.interrupteurs.panne = ""
    guichet.monde.horloge.avancer(minutes=3)
    page.get_by_role("button", name="Paiement terminé").tap()
    expect(page.locator("h1")).to_have_text("C’est payé.")
    assert guichet.encaisse() == 4200


def test_two_tabs_pay_one_invoice_once(ouvrir: Ouvrir, guichet: Guichet) -> None:
    ici = ouvrir(CAMILLE)
    la = ici.context.new_page()
    tard = ici.context.new_page()
    for page in (la, tard):
        page.goto(guichet.adresse("/payer"))
    aller_payer(ici, guichet)
    guichet.monde.horloge.avancer(minutes=2)
    la.get_by_role("button", name="Payer 42,00").tap()
    expect(la.locator("h1")).to_have_text("Paiement en cours…")
    choisir(ici, "Payer par carte bancaire")
    expect(ici.locator("h1")).to_have_text("C’est payé.")
    tard.get_by_role("button", name="Payer 42,00").tap()
    expect(tard.get_by_text("Il ne reste rien à régler sur cette facture.")).to_be_visible()
    expect(tard.get_by_role("button", name="Payer")).to_have_count(0)
    assert [essai.etat for essai in guichet.paiements()] == ["paye"]
    assert guichet.encaisse() == 4200


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_back_in_another_browser_without_cookies_the_page_is_true(
    ouvrir: Ouvrir, guichet: Guichet, script: bool
) -> None:
    """An application installed on iOS: PayFiP and its return open in Safari."""
    application, safari = ouvrir(CAMILLE), ouvrir(java_script_enabled=script)
    aller_payer(application, guichet)
    paiement = guichet.paiements()[0]
    idop = paiement.idop
    assert idop is not None
    guichet.serveur.payer(idop, "P", "perdu")
    safari.goto(guichet.monde.adresse(f"/paiements/{paiement.id}?idop={idop}"))
    if not script:
        expect(safari.locator("h1")).to_have_text("Paiement en cours…")
        assert guichet.encaisse() == 0
        safari.get_by_role("button", name="Paiement terminé").tap()
    expect(safari.locator("h1")).to_have_text("C’est payé.")
    expect(safari.get_by_text("Retournez dans l’application")).to_be_visible()
    for prive in ("Camille", "Noé", "camille.morel@famille.example"):
        expect(safari.get_by_text(prive)).to_have_count(0)
    if script:
        verifier_page(safari)
    application.goto(guichet.adresse())
    expect(application.get_by_text("réglés, merci")).to_be_visible()


def test_back_by_the_browser_s_button_the_invoice_says_that_a_payment_is_under_way(
    ouvrir: Ouvrir, guichet: Guichet
) -> None:
    page = ouvrir(CAMILLE)
    aller_payer(page, guichet)
    page.go_back()
    page.reload()
    expect(page.get_by_text("Un paiement est en cours depuis 18")).to_be_visible()
    verifier_page(page)
    page.get_by_role("link", name="Voir où il en est").tap()
    expect(page.locator("h1")).to_have_text("Paiement en cours…")
    verifier_page(page)
    assert guichet.encaisse() == 0
