"""A strike from the desk to the phones: previewed, confirmed, told, no longer bookable, undone within the hour."""

from datetime import date

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portail_famille.models.courriels import Courriel
from portail_famille.models.reservations import ETATS_OCCUPANTS, Reservation
from portail_famille.services.annonces import a_annoncer, annoncer
from portail_famille.services.regles import charger_regles
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, entrer
from tests.e2e.support.monde import Monde

CAMILLE, MARDI = "camille.morel", date(2026, 12, 15)
MOTIF, MESSAGE = "Grève du personnel de cantine", "Prévoyez un pique-nique."


def repas(monde: Monde) -> int:
    """Meals of the school of Noé that are held that Tuesday."""
    with monde.bd().session_lecture() as session:
        structure = select(Reservation.structure_id).where(Reservation.enfant_id == monde.enfant("Noé"))
        return session.scalars(
            select(func.count()).where(
                Reservation.unite_id == monde.unite("cantine"),
                Reservation.jour == MARDI,
                Reservation.structure_id.in_(structure),
                Reservation.etat.in_(ETATS_OCCUPANTS),
            )
        ).one()


def prevenir(monde: Monde) -> None:
    """What the worker writes of the événements."""
    app, maintenant = monde.app(), monde.horloge()
    with monde.bd().session_ecriture() as session:
        regles = charger_regles(session, {}, app.extensions["reglages"].zone)
        while (evenement := a_annoncer(session, maintenant)) is not None:
            annoncer(session, evenement, regles, app.extensions["reglages"], maintenant)


def objets(monde: Monde, a: str = "camille.morel@famille.example") -> list[str]:
    with monde.bd().session_lecture() as session:
        return list(session.scalars(select(Courriel.objet).where(Courriel.destinataire == a).order_by(Courriel.id)))


def decrire(page: Page, monde: Monde) -> None:
    page.goto(monde.adresse("/agent/"))
    page.get_by_role("link", name="Grève, sortie, fermeture").click()
    page.get_by_role("link", name="Déclarer un événement").click()
    expect(page.locator("h1")).to_have_text("Déclarer un événement")
    page.get_by_role("radio", name="Grève").check(force=True)
    page.get_by_label("Motif", exact=True).fill(MOTIF)
    page.get_by_label("Du", exact=True).fill(MARDI.isoformat())
    page.locator('input[name=structures][value="ecole-des-phares"]').check(force=True)
    page.locator('input[name=unites][value="cantine"]').check(force=True)
    page.get_by_label("Message aux parents").fill(MESSAGE)
    page.get_by_label("Fermer aussi les réservations").check()


def test_a_strike_reaches_the_agendas_and_is_undone_within_the_hour(ouvrir: Ouvrir, monde: Monde) -> None:
    tenus = repas(monde)
    assert tenus > 3
    page = entrer(ouvrir(**ECRAN), monde)
    decrire(page, monde)
    verifier_page(page)
    page.get_by_role("button", name="Voir ce qui sera annulé").click()
    expect(page.locator("h1")).to_have_text("Vérifiez l’événement")
    effets = page.get_by_role("region", name="Si vous confirmez")
    expect(effets).to_contain_text(f"{tenus}\u00a0réservations annulées")
    expect(effets).to_contain_text("ne seront pas facturés")
    verifier_page(page)
    assert repas(monde) == tenus
    page.get_by_role("button", name="Confirmer").click()
    expect(page.get_by_role("status")).to_contain_text("C’est fait.")
    expect(page.get_by_text("Possible jusqu’à 19")).to_be_visible()
    verifier_page(page)
    assert repas(monde) == 0

    parent = EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, "Noé").ouvrir()
    jour = parent.page.get_by_role("group", name="Mardi 15 décembre 2026")
    expect(jour).to_contain_text(MOTIF)
    # The day is closed: nothing to tick; the next one is as it was.
    expect(parent.case("cantine", 15)).to_have_count(0)
    expect(parent.case("cantine", 14)).to_be_checked()
    verifier_page(parent.page)
    prevenir(monde)
    assert objets(monde)[-1] == f"Réservations annulées\u00a0: {MOTIF}"

    monde.horloge.avancer(minutes=30)
    page.get_by_role("button", name="Annuler cet événement").click()
    expect(page.get_by_role("status")).to_contain_text(f"{tenus}\u00a0réservations rétablies")
    verifier_page(page)
    assert repas(monde) == tenus
    parent.ouvrir()
    expect(parent.case("cantine", 15)).to_be_checked()
    expect(jour).not_to_contain_text(MOTIF)
    prevenir(monde)
    assert objets(monde)[-1] == f"Réservations rétablies\u00a0: {MOTIF}"
    page.get_by_role("link", name="Événements").first.click()
    expect(page.get_by_role("link").filter(has_text=MOTIF).first).to_contain_text("annulé")
    verifier_page(page)


def test_without_a_script_on_a_phone_the_hour_that_passed_is_told(ouvrir: Ouvrir, monde: Monde) -> None:
    page = entrer(ouvrir(java_script_enabled=False), monde)
    decrire(page, monde)
    page.get_by_label("Du", exact=True).fill("")
    page.get_by_role("button", name="Voir ce qui sera annulé").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Motif", exact=True)).to_have_value(MOTIF)
    page.get_by_label("Du", exact=True).fill(MARDI.isoformat())
    page.get_by_role("button", name="Voir ce qui sera annulé").tap()
    page.get_by_role("button", name="Confirmer").tap()
    expect(page.get_by_role("status")).to_contain_text("C’est fait.")
    for _ in range(4):
        monde.horloge.avancer(minutes=16)
        page.goto(page.url.partition("?")[0])
    expect(page.get_by_text("il ne s’annule plus ici")).to_be_visible()
    expect(page.get_by_role("button", name="Annuler cet événement")).to_have_count(0)
    assert repas(monde) == 0
