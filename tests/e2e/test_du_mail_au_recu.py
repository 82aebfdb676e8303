"""« Une facture est disponible »: from that mail to the receipt, on a phone, with and without JavaScript. The month is
issued by the engine, told by the worker, paid at the local PayFiP."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from portail_famille.domain.montants import ecrire_centimes
from portail_famille.presentation.formats import mois_annee
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.guichet import Guichet, choisir, emettre_le_mois, facture_de, ouvrir_guichet, telecharger
from tests.e2e.support.monde import Monde

CAMILLE, ADRESSE = "camille.morel", "camille.morel@famille.example"
MOT_DE_PASSE = "Sable-Goeland-41"


@pytest.fixture
def guichet(monde: Monde) -> Iterator[Guichet]:
    """November as Camille's family booked it, issued that evening."""
    with ouvrir_guichet(monde) as serveur:
        emettre_le_mois(monde)
        yield Guichet(monde, serveur, facture_de(monde, "Morel – Le Gall").id)


def onglet_factures(page: Page) -> Locator:
    return page.get_by_role("navigation").get_by_role("link", name="Factures")


def suivre_le_mail(page: Page, boite: str, objet: re.Pattern[str]) -> None:
    """The latest mail to Camille on that subject, which names no child, then its link to the invoice."""
    page.goto(boite)
    page.get_by_role("listitem").filter(has_text=ADRESSE).get_by_role("link", name=objet).first.tap()
    lien = page.get_by_role("link", name="/saint-rivage/factures/").first
    expect(lien).to_be_visible()
    for prenom in ("Léa", "Noé", "Mia"):
        expect(page.get_by_text(prenom)).to_have_count(0)
    lien.tap()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_from_the_mail_to_the_receipt(ouvrir: Ouvrir, monde: Monde, guichet: Guichet, script: bool) -> None:
    page = ouvrir(java_script_enabled=script)
    facture = facture_de(monde, "Morel – Le Gall")
    numero, montant = facture.numero or "", ecrire_centimes(facture.total_centimes)

    def verifier(page: Page) -> None:
        if script:
            verifier_page(page)

    with monde.boite_aux_lettres() as boite:
        monde.envoyer_courriels()
        suivre_le_mail(page, boite, re.compile("Une facture est disponible"))
        page.get_by_label("Identifiant").fill(CAMILLE)
        page.get_by_label("Mot de passe", exact=True).fill(MOT_DE_PASSE)
        page.get_by_role("button", name="Connexion").tap()
        expect(page.locator("h1")).to_have_text(mois_annee(facture.mois))
        expect(page.locator("#reglage")).to_contain_text(montant)
        expect(onglet_factures(page)).to_contain_text("1 à régler")
        for resume in page.locator(".plie > summary").all():
            resume.tap()
        expect(page.get_by_text("Votre quotient familial était de").first).to_be_visible()
        verifier(page)
        texte = telecharger(page, "Télécharger ma facture (PDF)")
        assert numero in texte
        assert montant in texte
        page.get_by_role("link", name="Payer par carte bancaire").tap()
        expect(page.get_by_label("Adresse mail")).to_have_value(ADRESSE)
        verifier(page)
        page.get_by_role("button", name=f"Payer {montant} sur PayFiP").tap()
        expect(page.get_by_text("BAC À SABLE")).to_be_visible()
        choisir(page, "Payer par carte bancaire", "normal" if script else "perdu")
        if not script:
            expect(page.locator("h1")).to_have_text("Paiement en cours…")
            page.get_by_role("button", name="Paiement terminé").tap()
        expect(page.locator("h1")).to_have_text("C’est payé.")
        expect(page.get_by_text(re.compile("R2026-"))).to_be_visible()
        verifier(page)
        recu = telecharger(page, "Télécharger mon reçu (PDF)")
        assert numero in recu
        assert montant in recu
        assert guichet.encaisse() == facture.total_centimes
        monde.envoyer_courriels()
        suivre_le_mail(page, boite, re.compile(r"Votre paiement de .* \(reçu n° R2026-"))
        expect(page.locator("#reglage")).to_contain_text("réglés, merci")
        onglet_factures(page).tap()
        expect(page.locator("#resultats li").filter(has_text=numero)).to_contain_text("réglée")
        expect(page.get_by_text("aucune facture à régler")).to_be_visible()
        expect(onglet_factures(page)).not_to_contain_text("à régler")
        verifier(page)
