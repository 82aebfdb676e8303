"""« Mes factures » on a phone: every page looked at, and the way from the home page to why a price is what it is."""

from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from portail_famille.domain.factures import PrixFacture
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Responsable
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import encaisser
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page, visiter
from tests.e2e.support.monde import Monde
from tests.support.factures import creer_facture
from tests.support.regies import REGIES

CAMILLE = "camille.morel"


REPAS = PrixFacture(
    enfant=0, unite=0, etat="presente", centimes=342, base_centimes=342, garde_centimes=0, qf_centimes=84_200,
    resident=True, rang=1, charges=3, ressources_centimes=None, pai=False, oublis=0, catalogue=1, tarif="repas",
    tarif_du=None, explication=(
        "Tarif «\u00a0Repas\u00a0».",
        "Quotient familial de 842, tranche «\u00a0à partir de 700, moins de 1\u202f000\u00a0».",
        "Prix fixe\u00a0: 3,42\u00a0€.",
    ),
)  # fmt: skip


@pytest.fixture
def factures(monde: Monde) -> dict[str, int]:
    """December, to pay; an earlier invoice paid by cheque, then by an avoir; one at the Treasury. Numbered apart from
    what the demonstration has."""
    app, maintenant = monde.app(), monde.horloge()
    regies = dict(app.extensions["reglages"].regies) | {"enfance": replace(REGIES["enfance"], serie="QA")}
    reglages = app.extensions["reglages"] = replace(app.extensions["reglages"], regies=regies)
    noe, unite = monde.enfant("Noé"), monde.unite("cantine")
    contenu = {
        "enfants": {str(noe): "Noé"},
        "unites": {str(unite): {"nom": "Cantine"}},
        "prix": [REPAS.en_document()],
    }
    jours = [(noe, unite, date(2026, 12, jour), 342, "") for jour in (1, 3, 4, 7, 8, 10)]
    with monde.bd().session_ecriture() as session:
        foyer_id = session.scalars(
            select(Responsable.foyer_id)
            .join(Compte, Compte.personne_id == Responsable.personne_id)
            .where(Compte.identifiant == CAMILLE)
            .order_by(Responsable.foyer_id)
        ).all()[0]
        emise = creer_facture(
            session, foyer_id, jours, numero="2026-QB-000001", mois=date(2026, 12, 1), contenu=contenu, prix=0
        ).id
        payee = creer_facture(session, foyer_id, numero="2026-QB-000002", emise_le=date(2026, 11, 1)).id
        transmise = creer_facture(
            session, foyer_id, numero="2026-QB-000003", mois=date(2026, 9, 1), transmise_le=date(2026, 12, 1)
        ).id
        encaisser(
            session, foyer_id=foyer_id, regie="enfance", moyen="cheque", montant_centimes=4000,
            recu_le=date(2026, 12, 1), auteur=SYSTEME, maintenant=maintenant, factures=[payee],
        )  # fmt: skip
        avoir = creer_avoir(
            session, reglages, payee, None, ("Repas du 3", 342), "Absence justifiée", False, SYSTEME, maintenant
        ).id
    return {"emise": emise, "payee": payee, "transmise": transmise, "avoir": avoir}


def test_every_page_of_invoices_is_for_everyone(ouvrir: Ouvrir, monde: Monde, factures: dict[str, int]) -> None:
    page = ouvrir(CAMILLE)
    visiter(
        page,
        monde.adresse("/factures?etat=a_regler"),
        monde.adresse("/factures?etat=prelevement"),
        *(monde.adresse(f"/factures/{factures[nom]}") for nom in ("payee", "transmise", "avoir")),
        monde.adresse("/factures/adhesion"),
    )


def test_from_the_home_page_to_why_it_costs_that(ouvrir: Ouvrir, monde: Monde, factures: dict[str, int]) -> None:
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse())
    page.get_by_role("navigation").get_by_role("link", name="Factures").tap()
    expect(page.get_by_role("heading", name="Vous avez")).to_contain_text("facture non réglée")
    verifier_page(page)
    page.get_by_text("Filtrer").tap()
    page.get_by_label("État").select_option("reglees")
    expect(page.locator("#resultats")).to_contain_text("2026-QB-000002")
    expect(page.locator("#resultats")).not_to_contain_text("2026-QB-000001")
    verifier_page(page)
    page.get_by_role("link", name="Tout afficher").tap()
    page.get_by_role("link", name="2026-QB-000001").tap()
    expect(page.get_by_role("link", name="Payer par carte bancaire")).to_be_visible()
    for resume in page.locator(".plie > summary").all():
        resume.tap()
    expect(page.get_by_text("Votre quotient familial était de 842").first).to_be_visible()
    verifier_page(page)
    page.get_by_role("link", name="Une erreur ? Dites-le-nous").last.tap()
    page.get_by_role("button", name="Commencer").tap()
    expect(page.get_by_label("Quelle facture")).to_have_value(str(factures["emise"]))
    verifier_page(page)
