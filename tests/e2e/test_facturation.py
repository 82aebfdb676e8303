"""Months of a régie on the demonstration's town: without a script, then corrected when a certificate comes late, then
its accounts, until the statement of the day."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Reglement
from portail_famille.models.reservations import Reservation
from portail_famille.services.facturation import preparer_dues
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, TELEPHONE_DE_L_AGENT, accepter, entrer, ouvrir_demande
from tests.e2e.support.monde import Monde
from tests.e2e.support.tableur import lire_feuille
from tests.support.factures import creer_facture
from tests.support.livres import verifier_comptes
from tests.support.pieces import photo

CAMILLE, MATHILDE = "camille.morel", "mathilde.guerin"
FOYER = "Morel – Le Gall"
LUNDI = date(2026, 11, 30)


def preparer(page: Page, monde: Monde, regie: str, mois: str) -> None:
    """Asked for at the desk; then what the worker does."""
    page.goto(monde.adresse("/agent/facturation"))
    formulaire = page.locator(f"#preparer-{regie}")
    formulaire.get_by_label("Mois à préparer").select_option(mois)
    formulaire.get_by_role("button", name="Préparer").click()
    expect(page.get_by_role("status")).to_contain_text("La facturation se prépare.")
    preparer_dues(monde.bd(), monde.app().extensions["reglages"], monde.horloge, lambda: True)


def emettre(page: Page) -> None:
    page.get_by_role("link", name="Émettre").click()
    page.get_by_label("J’ai vérifié").check()
    page.get_by_role("button", name="Émettre").click()
    expect(page.get_by_text("C’est émis.")).to_be_visible()


def facture_de(monde: Monde, genre: str = "facture", regie: str = "enfance") -> Facture:
    """The latest one of Camille's foyer."""
    with monde.bd().session_lecture() as session:
        verifier_comptes(session)
        return session.scalars(
            select(Facture)
            .join(Foyer, Foyer.id == Facture.foyer_id)
            .where(Foyer.nom == FOYER, Facture.genre == genre, Facture.regie == regie, Facture.numero.is_not(None))
            .order_by(Facture.id.desc())
        ).all()[0]


def test_without_a_script_a_month_is_prepared_compared_and_issued(ouvrir: Ouvrir, monde: Monde) -> None:
    page = entrer(ouvrir(**ECRAN, java_script_enabled=False), monde, MATHILDE)
    preparer(page, monde, "loisirs", "2026-11")
    page.get_by_role("link", name="Actualiser").click()
    page.get_by_role("link", name="Comparer avec le mois précédent").click()
    expect(page.locator("table caption").first).to_have_text("Montants par activité")
    page.get_by_role("link", name="La préparation").click()
    emettre(page)
    page.get_by_role("link", name="Voir les factures").click()
    expect(page.locator("[data-file] a").filter(has_text=FOYER)).to_contain_text(
        facture_de(monde, regie="loisirs").numero or "?"
    )
    # Asked for again: nothing is billed twice.
    preparer(page, monde, "loisirs", "2026-11")
    page.get_by_role("link", name="Actualiser").click()
    expect(page.get_by_text("Rien de plus à facturer.")).to_be_visible()


def test_a_certificate_accepted_after_the_issue_becomes_an_avoir_at_the_next_run(
    ouvrir: Ouvrir, monde: Monde, tmp_path: Path
) -> None:
    with monde.bd().session_ecriture() as session:
        # Ticked by nobody that Monday, when the others were: billed, and told to the régie.
        session.execute(
            update(Reservation)
            .where(Reservation.enfant_id == monde.enfant("Noé"), Reservation.jour == LUNDI)
            .values(etat="reservee", modifiee_utc=monde.horloge())
        )
    regie = entrer(ouvrir(**ECRAN), monde, MATHILDE)
    preparer_ce_qui_change(regie, monde)
    expect(regie.get_by_role("heading", name="À vérifier")).to_be_visible()
    regie.locator("summary", has_text="Pas pointé").click()
    expect(regie.get_by_role("link").filter(has_text=FOYER).filter(has_text="Noé, Cantine")).to_contain_text("30")
    verifier_page(regie)
    emettre(regie)
    facture = facture_de(monde)
    declarer_malade(ouvrir(CAMILLE), monde, tmp_path)
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, "Absence", FOYER)
    accepter(bureau)

    preparer_ce_qui_change(regie, monde)
    regie.get_by_role("link", name="1 avoir proposé").click()
    expect(regie.get_by_text("absence justifiée, quotient accepté")).to_be_visible()
    verifier_page(regie)
    regie.locator("[data-file] a").filter(has_text=FOYER).click()
    expect(regie.locator("h1")).to_have_text("Avoir, brouillon")
    regie.go_back()
    regie.get_by_role("link", name="La préparation").click()
    emettre(regie)

    avoir = facture_de(monde, "avoir")
    assert (avoir.avoir_de, avoir.est_refacturable) == (facture.id, True)
    assert facture_de(monde).reste_centimes == facture.total_centimes + avoir.total_centimes
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/factures"))
    page.get_by_role("link").filter(has_text="Avoir").first.tap()
    expect(page.locator("dd", has_text="Absence justifiée")).to_be_visible()
    verifier_page(page)


def preparer_ce_qui_change(page: Page, monde: Monde) -> None:
    """The demonstration has November ready: prepared again, whatever was done since; under one's eyes."""
    page.goto(monde.adresse("/agent/facturation"))
    formulaire = page.locator("#preparer-enfance")
    formulaire.get_by_label("Mois à préparer").select_option("2026-11")
    formulaire.get_by_role("button", name="Préparer").click()
    encore = page.get_by_role("button", name="Préparer à nouveau")
    expect(encore.or_(page.get_by_role("status")).first).to_be_visible()
    if encore.is_visible():
        encore.click()
    expect(page.get_by_role("status")).to_contain_text("La facturation se prépare.")
    preparer_dues(monde.bd(), monde.app().extensions["reglages"], monde.horloge, lambda: True)
    expect(page.get_by_role("link", name="Émettre")).to_be_visible()


def declarer_malade(page: Page, monde: Monde, dossier: Path) -> None:
    """Noé's meal of Monday, with its certificate."""
    page.goto(monde.agenda("Noé", "2026-11"))
    page.locator("details.s").evaluate_all("plis => plis.forEach((pli) => pli.open = true)")
    page.locator(f'a[href*="jour={LUNDI.isoformat()}"]').filter(has_text="Cantine").tap()
    page.get_by_role("button", name="Commencer").tap()
    continuer = page.get_by_role("button", name="Enregistrer et continuer")
    continuer.tap()
    page.get_by_label("Maladie", exact=False).first.check()
    continuer.tap()
    certificat = dossier / "certificat.jpg"
    certificat.write_bytes(photo())
    page.get_by_label("Ajouter une photo ou un PDF").set_input_files(certificat)
    continuer.tap()
    page.get_by_role("button", name="Envoyer").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()


@pytest.fixture
def impayee(monde: Monde) -> int:
    """42,00 € and 10,00 € of the Diallo, late since November, in a series of their own."""
    with monde.bd().session_ecriture() as session:
        foyer = session.scalars(select(Foyer).where(Foyer.nom == "Diallo")).one()
        lignes = [(None, None, None, 3_200, "Repas de novembre"), (None, None, None, 1_000, "Étude")]
        facture = creer_facture(
            session, foyer.id, lignes, numero="2026-QA-000001", emise_le=date(2026, 11, 2), echeance=date(2026, 11, 22)
        )
        creer_facture(
            session, foyer.id, [(None, None, None, 1_000, "Étude")], numero="2026-QA-000002",
            emise_le=date(2026, 11, 2), echeance=date(2026, 11, 22),
        )  # fmt: skip
        return facture.id


def test_an_avoir_a_cheque_too_big_its_reversal_and_the_statement_of_the_day(
    ouvrir: Ouvrir, monde: Monde, impayee: int
) -> None:
    page = entrer(ouvrir(**ECRAN), monde, MATHILDE)
    page.goto(monde.adresse(f"/agent/factures/{impayee}"))
    page.get_by_role("link", name="Faire un avoir").click()
    page.get_by_label("Étude").check()
    page.get_by_label("Motif").fill("Étude facturée par erreur")
    page.get_by_label("Oui, au juste prix").check(force=True)
    page.get_by_role("button", name="Voir ce qui sera rendu").click()
    page.get_by_label("Je confirme").check()
    verifier_page(page)
    page.get_by_role("button", name="Émettre l’avoir").click()
    expect(page.get_by_text("Étude facturée par erreur")).to_be_visible()

    saisir_un_cheque(page, monde, impayee, "60,00")
    expect(page.get_by_text("18,00\u00a0€ d’avance")).to_be_visible()
    verifier_page(page)
    expect(page.get_by_text("18,00\u00a0€ d’avance")).to_be_visible()
    page.locator("summary", has_text="Annuler ce règlement").click()
    page.get_by_label("Pourquoi").fill("Chèque sans provision")
    page.get_by_label("Je confirme").check()
    verifier_page(page)
    page.get_by_role("button", name="Annuler ce règlement").click()
    expect(page.get_by_text("annulé", exact=True)).to_be_visible()

    page.goto(monde.adresse(f"/agent/factures/{impayee}"))
    page.locator("summary", has_text="Transmettre au comptable").click()
    page.get_by_label("Je confirme").check()
    page.get_by_role("button", name="Transmettre au comptable").click()
    expect(page.get_by_text("transmise au comptable").first).to_be_visible()
    verifier_page(page)

    page.goto(monde.adresse("/agent/reglements/journal?regie=enfance"))
    totaux, ecritures = page.get_by_role("table").all()
    expect(totaux.get_by_role("row").filter(has_text="Chèque")).to_contain_text("0,00\u00a0€")
    expect(ecritures.get_by_role("row").filter(has_text="Diallo")).to_have_count(2)
    page.set_viewport_size(TELEPHONE_DE_L_AGENT)
    verifier_page(page)
    with monde.bd().session_lecture() as session:
        verifier_comptes(session)
        cheque, inverse = session.scalars(select(Reglement).where(Reglement.regie == "enfance").order_by(Reglement.id))
    page.get_by_text("Télécharger la liste").click()
    with page.expect_download() as recu:
        page.locator("details").get_by_role("button", name="Excel (XLSX)").click()
    feuille = lire_feuille(recu.value.path())
    with page.expect_download() as recu:
        page.locator("details").get_by_role("button", name="CSV").click()
    texte = recu.value.path().read_text(encoding="utf-8-sig")
    for numero in (cheque.numero, inverse.numero):
        assert numero in feuille
        assert numero in texte
    assert "60,00" in texte
    assert "-60,00" in texte


def saisir_un_cheque(page: Page, monde: Monde, facture_id: int, montant: str) -> None:
    page.goto(monde.adresse(f"/agent/factures/{facture_id}"))
    page.get_by_role("link", name="Saisir un règlement").click()
    page.get_by_label("Chèque").check(force=True)
    page.get_by_label("Montant, en euros").fill(montant)
    page.get_by_role("button", name="Voir ce qui sera payé").click()
    expect(page.get_by_role("heading", name="Si vous confirmez")).to_be_visible()
    verifier_page(page)
    page.get_by_role("button", name="Encaisser").click()
    expect(page.get_by_text("C’est encaissé.")).to_be_visible()
