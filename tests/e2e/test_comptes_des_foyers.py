"""Invoices between families, as the demonstration tells them: two foyers of one child, avoirs, the crèche's own
invoices, paper or not, attestations."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portail_famille.domain.montants import ecrire_centimes
from portail_famille.models.activites import Unite
from portail_famille.models.factures import Facture, FactureLigne
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.guichet import Guichet, choisir, facture_de, ouvrir_guichet, telecharger
from tests.e2e.support.monde import Monde

CAMILLE, MOREL, FERRAND = "camille.morel", "Morel – Le Gall", "Ferrand"


@pytest.fixture(scope="module")
def modele(raconte: Path) -> Path:
    return raconte


def test_from_the_home_page_to_a_line_that_looks_wrong(ouvrir: Ouvrir, monde: Monde) -> None:
    due = facture_de(monde, MOREL, regie="enfance")
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse())
    page.get_by_role("main").get_by_role("link", name="Factures").first.tap()
    expect(page.get_by_role("heading", name="Vous avez 1 facture non réglée.")).to_be_visible()
    page.get_by_role("link", name=due.numero or "").tap()
    expect(page.get_by_role("link", name="Payer par carte bancaire")).to_be_visible()
    for resume in page.locator(".plie > summary").all():
        resume.tap()
    expect(page.get_by_text("Votre quotient familial était de").first).to_be_visible()
    page.get_by_role("link", name="Une erreur ? Dites-le-nous").last.tap()
    page.get_by_role("button", name="Commencer").tap()
    expect(page.get_by_label("Quelle facture")).to_have_value(str(due.id))
    verifier_page(page)


def jours_de_cantine(monde: Monde, facture: Facture) -> set[int]:
    """Léa's, on this invoice."""
    with monde.bd().session_lecture() as session:
        jours = session.scalars(
            select(FactureLigne.jour)
            .join(Unite, Unite.id == FactureLigne.unite_id)
            .where(
                FactureLigne.facture_id == facture.id,
                FactureLigne.enfant_id == monde.enfant("Léa"),
                Unite.code == "cantine",
            )
        )
        return {jour.day for jour in jours if jour is not None}


def jours_lus(page: Page) -> set[int]:
    """The same, on the screen: « 2 au 5, 9 et 12 »."""
    cantine = page.get_by_role("region", name="Léa").get_by_role("rowheader").filter(has_text="Cantine")
    suites = re.findall(r"(\d+)(?:er)?(?: au (\d+))?", " ".join(cantine.all_inner_texts()))
    return {jour for debut, fin in suites for jour in range(int(debut), int(fin or debut) + 1)}


def test_two_foyers_of_one_child_each_see_their_own_days_and_nothing_of_the_other(ouvrir: Ouvrir, monde: Monde) -> None:
    de_camille = facture_de(monde, MOREL, regie="enfance")
    de_julien = facture_de(monde, FERRAND, regie="enfance")
    for identifiant, la_sienne, celle_de_l_autre in (
        (CAMILLE, de_camille, de_julien),
        ("julien.ferrand", de_julien, de_camille),
    ):
        page = ouvrir(identifiant)
        page.goto(monde.adresse("/factures"))
        page.get_by_role("link", name=la_sienne.numero or "").tap()
        expect(page.get_by_text("Payeur")).to_be_visible()
        lus = jours_lus(page)
        assert lus == jours_de_cantine(monde, la_sienne) != set()
        assert not lus & jours_de_cantine(monde, celle_de_l_autre)
        autre = monde.adresse(f"/factures/{celle_de_l_autre.id}")
        for adresse in (autre, f"{autre}.pdf", f"{autre}/payer"):
            assert page.request.get(adresse).status == 404
        page.goto(autre)
        expect(page.locator("h1")).to_be_visible()
        expect(page.get_by_text(celle_de_l_autre.numero or "")).to_have_count(0)
    # Thomas is of her foyer and not Léa's parent: what is owed, not her days.
    page = ouvrir("thomas.legall")
    page.goto(monde.adresse(f"/factures/{de_camille.id}"))
    expect(page.get_by_role("region", name="Léa")).to_contain_text("Les jours ne sont montrés qu’à ses parents")
    expect(page.get_by_text("Télécharger ma facture")).to_have_count(0)
    assert page.request.get(monde.adresse(f"/factures/{de_camille.id}.pdf")).status == 404
    verifier_page(page)


def test_an_avoir_is_found_from_its_invoice_and_says_what_it_paid(ouvrir: Ouvrir, monde: Monde) -> None:
    avoir = facture_de(monde, "Bernard", genre="avoir")
    page = ouvrir("lucie.bernard")
    page.goto(monde.adresse("/factures"))
    page.get_by_text("Filtrer").tap()
    page.get_by_label("État").select_option("avoirs")
    expect(page.locator("#resultats li")).to_have_count(1)
    page.goto(monde.adresse(f"/factures/{avoir.avoir_de}"))
    page.get_by_role("region", name="Avoirs").get_by_role("link").tap()
    expect(page.locator("h1")).to_contain_text("Avoir")
    expect(page.get_by_text("Ce que cet avoir a payé")).to_be_visible()
    texte = telecharger(page, "Télécharger mon avoir (PDF)")
    assert (avoir.numero or "") in texte
    assert avoir.motif in re.sub(r"\s+", " ", texte).replace(" :", "\u00a0:")
    page.get_by_role("link", name=re.compile("^la facture n°")).tap()
    expect(page.locator("#reglage")).to_contain_text("restent à régler")
    page = ouvrir("awa.diallo")
    annulee = facture_de(monde, "Diallo", genre="avoir").avoir_de
    page.goto(monde.adresse(f"/factures/{annulee}"))
    expect(page.get_by_text("annulés par avoir")).to_be_visible()
    expect(page.get_by_role("link", name="Payer par carte bancaire")).to_have_count(0)


def test_the_creche_s_own_invoice_is_read_paid_and_receipted(ouvrir: Ouvrir, monde: Monde) -> None:
    """Roselac's crèche is only read on the portal: what it bills is paid here all the same."""
    facture = facture_de(monde, "Benali", "roselac", regie="creche")
    montant = ecrire_centimes(facture.total_centimes)
    page = ouvrir("amina.benali", "roselac")
    with ouvrir_guichet(monde, "roselac") as serveur:
        guichet = Guichet(monde, serveur, facture.id, "roselac")
        page.goto(monde.adresse("/factures", "roselac"))
        page.get_by_role("link", name=facture.numero or "").tap()
        expect(page.get_by_role("main")).to_contain_text("Accueil régulier")
        verifier_page(page)
        # Its own paper, not one of ours.
        assert "tient lieu de la facture que la crèche imprime" in telecharger(page, "Télécharger ma facture (PDF)")
        page.get_by_role("link", name="Payer par carte bancaire").tap()
        page.get_by_role("button", name=f"Payer {montant} sur PayFiP").tap()
        choisir(page, "Payer par carte bancaire")
        expect(page.locator("h1")).to_have_text("C’est payé.")
        assert guichet.encaisse() == facture.total_centimes
        page.get_by_role("link", name="Revenir à la facture").tap()
        expect(page.get_by_text("réglés, merci")).to_be_visible()


def test_what_the_bank_will_debit_is_not_to_be_paid_here(ouvrir: Ouvrir, monde: Monde) -> None:
    prevue = facture_de(monde, "Fontaine", "roselac", regie="creche")
    page = ouvrir("laure.fontaine", "roselac")
    page.goto(monde.adresse(f"/factures/{prevue.id}", "roselac"))
    expect(page.get_by_text("prélèvement prévu", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Payer par carte bancaire")).to_have_count(0)
    verifier_page(page)


def test_paper_is_given_up_then_taken_back_and_both_are_told(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("karim.haddad")
    page.goto(monde.adresse("/factures"))
    page.get_by_role("link", name="Adhésion à la facture en ligne").tap()
    page.get_by_role("button", name="Choisir la facture en ligne").tap()
    expect(page.locator(".avis")).to_contain_text("sans papier")
    verifier_page(page)
    page.get_by_role("button", name="Revenir au papier").tap()
    expect(page.locator(".avis")).to_contain_text("envoyées sur papier")
    expect(page.get_by_role("listitem").filter(has_text="par Karim")).to_have_count(2)
    verifier_page(page)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_filters_keep_what_is_asked_for(ouvrir: Ouvrir, monde: Monde, script: bool) -> None:
    page = ouvrir(CAMILLE, java_script_enabled=script)
    page.goto(monde.adresse("/factures"))
    expect(page.locator("#resultats")).to_contain_text("-EE-")
    page.get_by_text("Filtrer").tap()
    page.get_by_label("Régie").select_option(label="Loisirs")
    if not script:
        page.get_by_role("button", name="Afficher").tap()
    expect(page.locator("#resultats")).not_to_contain_text("-EE-")
    expect(page.locator("#resultats")).to_contain_text("-LO-")
    page.get_by_label("État").select_option("a_regler")
    if not script:
        page.get_by_role("button", name="Afficher").tap()
    expect(page.locator("#resultats")).to_contain_text("Aucune facture ne correspond")
    page.locator("#resultats").get_by_role("link", name="Tout afficher").tap()
    expect(page.locator("#resultats")).to_contain_text("-EE-")


def test_each_attestation_is_downloaded_and_a_wrong_date_is_said_beside_its_field(ouvrir: Ouvrir, monde: Monde) -> None:
    payee = facture_de(monde, MOREL, regie="loisirs")
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/factures"))
    page.get_by_role("link", name="Attestations").tap()
    expect(page.locator("h1")).to_have_text("Attestations")
    fiscale = telecharger(page, "Télécharger l’attestation fiscale")
    assert "Mia" in fiscale
    assert "Léa" not in fiscale
    presence = page.get_by_role("region", name="Attestation de présence")
    presence.get_by_label("Léa").check(force=True)
    texte = telecharger(page, "Télécharger l’attestation de présence")
    assert "Léa" in texte
    assert "Noé" not in texte
    releve = telecharger(page, "Télécharger le relevé")
    assert (payee.numero or "") in releve
    assert "Léa" not in releve
    presence.get_by_label("Du", exact=True).fill("2026-12-02")
    presence.get_by_label("Au", exact=True).fill("2026-09-01")
    presence.get_by_role("button").tap()
    expect(page.get_by_role("alert")).to_be_focused()
    verifier_page(page)
