"""A real browser in front of the real application. One browser per session, one fresh world and context per test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from portail_famille.demonstration.instance import Ports, preparer
from tests.e2e.support.monde import VILLE, Monde, Serveur, habiter, preparer_modele
from tests.e2e.support.navigateur import TELEPHONE, Fautes, lancer, preparer_contexte
from tests.support.courriels import port_libre
from tests.support.temps import MERCREDI_SOIR

_ICI = Path(__file__).parent


class Ouvrir(Protocol):
    def __call__(self, identifiant: str = "", ville: str = VILLE, **reglages: Any) -> Page: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _ICI in item.path.parents:
            item.add_marker("navigateur")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as lance:
        yield lance


@pytest.fixture(scope="session")
def navigateur(playwright: Playwright) -> Iterator[Browser]:
    ouvert = lancer(playwright)
    yield ouvert
    ouvert.close()


@pytest.fixture(scope="session")
def serveur() -> Iterator[Serveur]:
    demarre = Serveur()
    yield demarre
    demarre.arreter()


@pytest.fixture(scope="session")
def modele(serveur: Serveur, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dossier = tmp_path_factory.mktemp("modele")
    preparer_modele(dossier, serveur.port)
    return dossier


@pytest.fixture(scope="session")
def raconte(serveur: Serveur, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The towns with their requests and their invoices, as the demonstration tells them: a page without any shows
    little. For a file whose own `modele` it is."""
    dossier = tmp_path_factory.mktemp("raconte")
    preparer(dossier, Ports(serveur.port, port_libre(), port_libre(), port_libre()), MERCREDI_SOIR, a_servir=False)
    return dossier


@pytest.fixture
def monde(serveur: Serveur, modele: Path, tmp_path: Path) -> Iterator[Monde]:
    with habiter(serveur, modele, tmp_path) as habite:
        yield habite


@pytest.fixture
def fautes() -> Iterator[Fautes]:
    """Whatever a test is about, its pages break no rule of the CSP and no script of theirs fails."""
    entendues = Fautes()
    yield entendues
    assert not entendues.dites, entendues.dites


@pytest.fixture
def contexte_neuf(navigateur: Browser, monde: Monde, fautes: Fautes) -> Iterator[Any]:
    """`contexte_neuf(**settings)`: a phone that has never been here."""
    ouverts: list[BrowserContext] = []

    def ouvrir(**reglages: Any) -> BrowserContext:
        contexte = navigateur.new_context(**({"service_workers": "block"} | TELEPHONE | reglages))
        preparer_contexte(contexte, fautes)
        ouverts.append(contexte)
        return contexte

    yield ouvrir
    monde.reseau.relacher()
    for contexte in ouverts:
        contexte.close()


@pytest.fixture
def ouvrir(contexte_neuf: Any, monde: Monde) -> Ouvrir:
    """`ouvrir("camille.morel")`: a page of a new phone where she is logged in; without a name, nobody is."""

    def page_de(identifiant: str = "", ville: str = VILLE, **reglages: Any) -> Page:
        contexte: BrowserContext = contexte_neuf(**reglages)
        if identifiant:
            contexte.add_cookies([monde.cookie(identifiant, ville)])  # type: ignore[list-item]
        return contexte.new_page()

    return page_de
