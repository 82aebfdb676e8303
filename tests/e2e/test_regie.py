"""The régie at work: a month prepared under one's eyes, issued, a cheque entered; every page of it looked at."""

from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import Compte
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Paiement
from portail_famille.services.agents import ajouter_role
from portail_famille.services.facturation import preparer_dues
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page, visiter
from tests.e2e.support.bureau import ECRAN, ECRAN_TACTILE, ISABELLE, TELEPHONE_DE_L_AGENT, entrer
from tests.e2e.support.monde import Monde
from tests.support.factures import creer_facture
from tests.support.regies import REGIES


@pytest.fixture
def regie(monde: Monde) -> ReglagesCommune:
    """Isabelle bills the whole town, with two régies that prepare and one that imports."""
    app = monde.app()
    tout = replace(REGIES["enfance"], activites=())
    reglages: ReglagesCommune = replace(app.extensions["reglages"], regies=REGIES | {"enfance": tout})
    app.extensions["reglages"] = reglages
    with monde.bd().session_ecriture() as session:
        compte_id = session.scalars(select(Compte.id).where(Compte.identifiant == ISABELLE)).one()
        ajouter_role(session, compte_id, Attribution(Role.REGIE), monde.horloge())
    return reglages


def test_a_month_is_prepared_under_one_s_eyes_then_issued_and_paid_by_cheque(
    ouvrir: Ouvrir, monde: Monde, regie: ReglagesCommune
) -> None:
    page = entrer(ouvrir(**ECRAN), monde)
    page.get_by_role("link", name="Facturation").click()
    page.locator("#preparer-enfance").get_by_label("Mois à préparer").select_option("2026-12")
    page.locator("#preparer-enfance").get_by_role("button", name="Préparer").click()
    expect(page.get_by_role("status")).to_contain_text("La facturation se prépare.")
    verifier_page(page)
    preparer_dues(monde.bd(), regie, monde.horloge, lambda: True)
    # The page asks by itself, and shows what there is to issue.
    expect(page.get_by_role("link", name="Émettre")).to_be_visible()
    expect(page.get_by_role("heading", name="Par rapport au mois précédent")).to_be_visible()
    verifier_page(page)
    page.get_by_role("link", name="Voir les brouillons").click()
    verifier_page(page)
    page.locator("[data-file] a").first.click()
    expect(page.locator("h1")).to_have_text("Facture, brouillon")
    page.go_back()
    page.go_back()
    page.get_by_role("link", name="Émettre").click()
    verifier_page(page)
    page.get_by_label("J’ai vérifié").check()
    page.get_by_role("button", name="Émettre").click()
    expect(page.get_by_text("C’est émis.")).to_be_visible()
    verifier_page(page)
    page.get_by_role("link", name="Voir les factures").click()
    page.locator("[data-file] a").first.click()
    page.get_by_role("link", name="Saisir un règlement").click()
    page.get_by_label("Chèque").check(force=True)
    page.get_by_label("Référence").fill("0012345")
    page.get_by_role("button", name="Voir ce qui sera payé").click()
    expect(page.get_by_text("elle est réglée")).to_be_visible()
    verifier_page(page)
    page.get_by_role("button", name="Encaisser").click()
    expect(page.get_by_text("C’est encaissé.")).to_be_visible()
    verifier_page(page)


def test_every_page_of_the_régie_is_for_everyone(ouvrir: Ouvrir, monde: Monde, regie: ReglagesCommune) -> None:
    with monde.bd().session_ecriture() as session:
        foyer = session.scalars(select(Foyer.id).where(Foyer.nom == "Diallo")).one()
        ids = [
            creer_facture(session, foyer, numero=f"2026-EE-00900{n}", echeance=date(2026, 11, 10 + n)).id
            for n in (1, 2)
        ]
        session.add(
            Paiement(
                facture_id=ids[0],
                regie="enfance",
                numero_client="900001",
                montant_centimes=4200,
                refdet="A1",
                exer=2026,
                saisie="T",
                courriel="awa@example.org",
                objet="Facture",
                cree_utc=monde.horloge(),
                est_bloquant=False,
                etat="paye",
                anomalie="PayFiP annonce 43,00\u00a0€ payés.",
            )
        )
    page = entrer(ouvrir(**ECRAN_TACTILE), monde)
    visiter(
        page,
        monde.adresse("/agent/facturation"),
        monde.adresse("/agent/factures"),
        *(monde.adresse(f"/agent/factures/{ids[0]}{suite}") for suite in ("", "/avoir", "/avoir?portee=libre")),
        monde.adresse("/agent/reglements?q=diallo"),
        *(monde.adresse(f"/agent/reglements/foyers/{foyer}{suite}") for suite in ("", "/saisir")),
        *(monde.adresse(f"/agent/reglements/{nom}") for nom in ("journal", "impayes", "cartes")),
        monde.adresse("/agent/reglements/papier?regie=enfance&mois=2026-11"),
        tailles=[TELEPHONE_DE_L_AGENT],
    )
    page.goto(monde.adresse(f"/agent/foyers/{foyer}"))
    expect(page.get_by_role("heading", name="Compte")).to_be_visible()
    page.get_by_role("link", name="Tout le compte").click()
    expect(page.locator("h1")).to_contain_text("Compte du foyer Diallo")


def test_unpaid_invoices_are_handed_over_without_a_script(ouvrir: Ouvrir, monde: Monde, regie: ReglagesCommune) -> None:
    with monde.bd().session_ecriture() as session:
        foyer = session.scalars(select(Foyer.id).where(Foyer.nom == "Diallo")).one()
        creer_facture(session, foyer, numero="2026-EE-009001", echeance=date(2026, 11, 10))
    page = entrer(ouvrir(**ECRAN, java_script_enabled=False), monde)
    page.goto(monde.adresse("/agent/reglements/impayes"))
    page.get_by_label("Choisir 2026-EE-009001").check()
    page.get_by_label("Je confirme").check()
    page.get_by_role("button", name="Transmettre au comptable").click()
    expect(page.get_by_text("C’est transmis au comptable.")).to_be_visible()
    with monde.bd().session_lecture() as session:
        assert (
            session.scalars(select(Facture.transmise_le).where(Facture.numero == "2026-EE-009001")).one()
            == monde.horloge().date()
        )
