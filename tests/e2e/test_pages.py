"""Every page of the journey, as it first shows: axe, targets, narrow screens."""

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde

CAMILLE = "camille.morel"


def visiter(page: Page, *adresses: str) -> None:
    for adresse in adresses:
        page.goto(adresse)
        verifier_page(page)


def test_public_pages(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    visiter(
        page,
        f"{monde.url}/",
        monde.adresse(),
        monde.adresse(ville="roselac"),
        monde.adresse("/connexion?motif=expiree"),
        monde.adresse("/hors-ligne"),
        monde.adresse("/nulle-part"),
        f"{monde.url}/nulle-part/",
    )


def test_a_refused_login_says_so_accessibly(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    page.goto(monde.adresse("/connexion"))
    page.get_by_role("button", name="Connexion").tap()
    page.get_by_role("alert").wait_for()
    verifier_page(page)
    page.get_by_label("Identifiant").fill("camille.morel")
    page.get_by_label("Mot de passe", exact=True).fill("perdu")
    page.get_by_role("button", name="Connexion").tap()
    page.get_by_text("n’est pas le bon").wait_for()
    verifier_page(page)


def test_pages_around_the_agenda(ouvrir: Ouvrir, monde: Monde) -> None:
    visiter(
        ouvrir(CAMILLE),
        monde.adresse(),
        monde.adresse("/famille"),
        monde.adresse("/reservations/nouvelle"),
        monde.adresse("/reservations/nouvelle/activites"),
        monde.adresse("/reservations/recapitulatif"),
        monde.adresse("/reservations/recus"),
        monde.adresse("/plus"),
        monde.adresse("/enfants/999999/agenda"),
    )


@pytest.mark.parametrize(
    ("identifiant", "prenom", "mois", "ville"),
    [
        (CAMILLE, "Noé", "2026-12", "saint-rivage"),
        (CAMILLE, "Léa", "2026-12", "saint-rivage"),
        (CAMILLE, "Mia", "2026-11", "saint-rivage"),
        ("lucie.bernard", "Tom", "2026-12", "saint-rivage"),
        ("laure.fontaine", "Lina", "2026-12", "roselac"),
        ("nicolas.perrin", "Chloé", "2027-05", "roselac"),
    ],
)
def test_agendas(ouvrir: Ouvrir, monde: Monde, identifiant: str, prenom: str, mois: str, ville: str) -> None:
    visiter(ouvrir(identifiant, ville), monde.agenda(prenom, mois, ville))


def test_a_parent_of_two_foyers(ouvrir: Ouvrir, monde: Monde) -> None:
    visiter(ouvrir("sophie.lambert"), monde.adresse("/famille"), monde.adresse())
