"""An invoice paid from the phone: to PayFiP and back, whatever becomes of the card, the notification or the tab."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Responsable
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.payfip_local import Serveur as ServeurPayfip
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde
from tests.support.factures import creer_facture
from tests.support.payfip import ouvrir_payfip, reglages_payfip
from tests.support.regies import REGIES

CAMILLE = "camille.morel"
NUMERO = "2026-QA-000001"


@dataclass
class Guichet:
    """Camille's invoice, and the PayFiP where she pays it."""

    monde: Monde
    serveur: ServeurPayfip
    facture_id: int

    def adresse(self) -> str:
        return self.monde.adresse(f"/factures/{self.facture_id}")

    def encaisse(self) -> int:
        with self.monde.bd().session_lecture() as session:
            somme = select(func.sum(Reglement.montant_centimes)).where(Reglement.paiement_id.is_not(None))
            return session.scalar(somme) or 0

    def paiement(self) -> Paiement:
        with self.monde.bd().session_lecture() as session:
            return session.scalars(select(Paiement).order_by(Paiement.id.desc())).all()[0]


@pytest.fixture
def guichet(monde: Monde) -> Iterator[Guichet]:
    app = monde.app()
    with monde.bd().session_ecriture() as session:
        foyer_id = session.scalars(
            select(Responsable.foyer_id)
            .join(Compte, Compte.personne_id == Responsable.personne_id)
            .where(Compte.identifiant == CAMILLE)
            .order_by(Responsable.foyer_id)
        ).all()[0]
        facture = creer_facture(session, foyer_id, numero=NUMERO, emise_le=date(2026, 12, 1))
    with ouvrir_payfip(monde.horloge) as serveur:
        app.extensions["reglages"] = replace(app.extensions["reglages"], regies=REGIES, payfip=reglages_payfip(serveur))
        yield Guichet(monde, serveur, facture.id)


def aller_payer(page: Page, guichet: Guichet) -> None:
    """From the invoice to PayFiP's own page."""
    page.goto(guichet.adresse())
    page.get_by_role("link", name="Payer par carte bancaire").tap()
    expect(page.locator("h1")).to_have_text("Payer par carte bancaire")
    page.get_by_role("button", name="Payer 42,00").tap()
    expect(page.get_by_role("button", name="Payer par carte bancaire")).to_be_visible()
    assert page.url.startswith(guichet.serveur.paiement)


def choisir(page: Page, bouton: str, avis: str) -> None:
    page.get_by_label("Notification au portail").select_option(avis)
    page.get_by_role("button", name=bouton, exact=True).tap()


@pytest.mark.parametrize("avis", ["normal", "perdu", "double", "avance"])
def test_from_the_invoice_to_its_receipt_whatever_becomes_of_the_notification(
    ouvrir: Ouvrir, guichet: Guichet, avis: str
) -> None:
    page = ouvrir(CAMILLE)
    page.goto(guichet.adresse() + "/payer")
    verifier_page(page)
    aller_payer(page, guichet)
    choisir(page, "Payer par carte bancaire", avis)
    if avis == "avance":
        # Told before it is known: the page asks again by itself, no sooner than ten seconds later.
        expect(page.locator("h1")).to_have_text("Paiement en cours…")
        verifier_page(page)
        guichet.monde.horloge.avancer(seconds=11)
    expect(page.locator("h1")).to_have_text("C’est payé.")
    expect(page.get_by_text("R2026-")).to_be_visible()
    verifier_page(page)
    assert guichet.encaisse() == 4200
    page.get_by_role("link", name="Revenir à la facture").tap()
    expect(page.get_by_text("réglés, merci")).to_be_visible()
    page.get_by_role("link", name="Reçu n°").first.wait_for()


@pytest.mark.parametrize(
    ("bouton", "titre", "est_paye"),
    [
        ("Payer par prélèvement", "Prélèvement demandé", True),
        ("Carte refusée", "Carte refusée", False),
        ("Prélèvement refusé", "Prélèvement refusé", False),
    ],
)
def test_each_outcome_is_told_and_what_failed_can_be_begun_again(
    ouvrir: Ouvrir, guichet: Guichet, bouton: str, titre: str, est_paye: bool
) -> None:
    page = ouvrir(CAMILLE)
    aller_payer(page, guichet)
    choisir(page, bouton, "normal")
    expect(page.locator("h1")).to_have_text(titre)
    verifier_page(page)
    assert guichet.encaisse() == (4200 if est_paye else 0)
    if not est_paye:
        page.get_by_role("link", name="Recommencer le paiement").tap()
        page.get_by_role("button", name="Payer 42,00").tap()
        choisir(page, "Payer par carte bancaire", "normal")
        expect(page.locator("h1")).to_have_text("C’est payé.")
        assert guichet.encaisse() == 4200


def test_cancelled_it_may_still_be_begun_again_there_then_here(ouvrir: Ouvrir, guichet: Guichet) -> None:
    page = ouvrir(CAMILLE)
    aller_payer(page, guichet)
    choisir(page, "Annuler", "normal")
    expect(page.locator("h1")).to_have_text("Paiement en cours…")
    guichet.monde.horloge.avancer(minutes=3)
    page.get_by_role("button", name="Paiement terminé").tap()
    expect(page.locator("h1")).to_have_text("Paiement annulé")
    verifier_page(page)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_back_in_another_browser_without_cookies_the_page_is_true(
    ouvrir: Ouvrir, guichet: Guichet, script: bool
) -> None:
    """An application installed on iOS: PayFiP and its return open in Safari."""
    application, safari = ouvrir(CAMILLE), ouvrir(java_script_enabled=script)
    aller_payer(application, guichet)
    idop = guichet.paiement().idop
    assert idop is not None
    guichet.serveur.payer(idop, "P", "perdu")
    safari.goto(guichet.monde.adresse(f"/paiements/{guichet.paiement().id}?idop={idop}"))
    if not script:
        expect(safari.locator("h1")).to_have_text("Paiement en cours…")
        assert guichet.encaisse() == 0
        safari.get_by_role("button", name="Paiement terminé").tap()
    expect(safari.locator("h1")).to_have_text("C’est payé.")
    expect(safari.get_by_text("Retournez dans l’application")).to_be_visible()
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
