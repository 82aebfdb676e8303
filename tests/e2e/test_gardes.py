"""The weeks of a child of two foyers, on a phone: each parent's, halves of holidays, a foyer that is hidden."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, accepter, entrer, ouvrir_demande
from tests.e2e.support.monde import Monde

CELINE, FRANCK = "celine.vidal", "franck.aubry"


def jours(page: Page, classe: str) -> list[int]:
    """Days of the month on the screen that are "ici" or "ailleurs"."""
    return [int(texte) for texte in page.locator(f"table.garde td.{classe} b").all_inner_texts()]


def calendrier(page: Page, monde: Monde, prenom: str, mois: str) -> None:
    page.goto(monde.adresse(f"/famille/enfants/{monde.enfant(prenom)}/garde?mois={mois}"))
    expect(page.locator("h1")).to_contain_text(prenom)


def test_a_parent_reads_the_weeks_and_asks_for_others(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CELINE)
    page.goto(monde.adresse("/famille"))
    page.get_by_role("link", name="Voir le calendrier").tap()
    expect(page.locator("h1")).to_have_text("Les semaines de Manon")
    verifier_page(page)
    page.get_by_role("link", name="Mois suivant").tap()
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()
    page.get_by_text("Ces semaines ne sont pas les bonnes").tap()
    verifier_page(page)
    page.get_by_label("1 semaine sur 3").tap()
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    expect(page.get_by_text("Une semaine sur trois chez vous")).to_be_visible()
    verifier_page(page)
    page.get_by_role("button", name="Retirer ma demande").tap()
    expect(page.get_by_text("Votre demande est retirée.")).to_be_visible()


def test_two_parents_share_the_month_and_the_christmas_holidays_by_halves(ouvrir: Ouvrir, monde: Monde) -> None:
    elle, lui = ouvrir(CELINE), ouvrir(FRANCK)
    for mois in ("2026-12", "2027-01"):
        for page in (elle, lui):
            calendrier(page, monde, "Manon", mois)
            verifier_page(page)
        assert jours(elle, "ici") == jours(lui, "ailleurs")
        assert jours(elle, "ailleurs") == jours(lui, "ici")
        assert sorted(jours(elle, "ici") + jours(elle, "ailleurs")) == list(range(1, 32))
    # Zone C: from Saturday 19 December to Sunday 3 January, sixteen days; the first half is hers in even years.
    calendrier(elle, monde, "Manon", "2026-12")
    assert set(range(19, 27)) <= set(jours(elle, "ici"))
    assert set(range(27, 32)) <= set(jours(elle, "ailleurs"))
    assert set(range(1, 7)) <= set(jours(elle, "ici"))
    assert set(range(7, 14)) <= set(jours(elle, "ailleurs"))


def test_both_parents_of_lea_read_who_booked_what(ouvrir: Ouvrir, monde: Monde) -> None:
    for identifiant, autre in (("camille.morel", "chez Julien"), ("julien.ferrand", "chez Camille")):
        page = ouvrir(identifiant)
        calendrier(page, monde, "Léa", "2026-12")
        expect(page.locator("ul.legende")).to_contain_text(autre)
        expect(page.locator("td.ici i").first).to_be_visible()
        expect(page.locator("td.ailleurs i").first).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("€")
        verifier_page(page)


def test_weeks_the_town_accepts_are_the_other_parents_too(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("julien.ferrand", java_script_enabled=False)
    calendrier(page, monde, "Léa", "2026-12")
    avant = jours(page, "ici")
    page.get_by_text("Ces semaines ne sont pas les bonnes").tap()
    page.get_by_label("Un jour d’une semaine passée chez vous").fill("2026-12-02")
    page.get_by_role("button", name="Envoyer ma demande").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, "Garde alternée", "Ferrand")
    verifier_page(bureau)
    accepter(bureau)
    verifier_page(bureau)
    calendrier(page, monde, "Léa", "2026-12")
    assert jours(page, "ici") != avant
    assert 2 in jours(page, "ici")
    autre = ouvrir("camille.morel")
    calendrier(autre, monde, "Léa", "2026-12")
    assert jours(autre, "ici") == jours(page, "ailleurs")


def test_the_parent_of_a_hidden_foyers_child_reads_nothing_of_it(ouvrir: Ouvrir, monde: Monde) -> None:
    manon = monde.enfant("Manon")
    elle, lui = ouvrir(CELINE), ouvrir(FRANCK)
    calendrier(elle, monde, "Manon", "2026-12")
    expect(elle.locator("td.ici i").first).to_be_visible()
    lui.goto(monde.adresse("/famille"))
    lui.get_by_role("link", name="Voir le calendrier").tap()
    expect(lui.get_by_role("heading", name="Chez l’autre parent").first).to_be_visible()
    expect(lui.locator("td.ailleurs i")).to_have_count(0)
    verifier_page(lui)
    for chemin in (
        "/",
        "/famille",
        "/mon-espace/foyer",
        "/mon-espace/entourage",
        "/mon-espace/contacts",
        "/reservations/nouvelle/activites",
        *(f"/famille/enfants/{manon}{suite}" for suite in ("", "/garde", "/sante", "/autorisations")),
        f"/enfants/{manon}/agenda?mois=2026-12",
    ):
        lui.goto(monde.adresse(chemin))
        corps = lui.content()
        assert not [mot for mot in ("Céline", "Vidal", "Odette", "Régates") if mot in corps], chemin
