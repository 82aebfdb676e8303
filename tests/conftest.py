"""Fixtures of every room. Whatever touches a database runs twice, SQLite then PostgreSQL, but most pages."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from portail_famille.app import create_app
from portail_famille.config import ReglagesCommune, ReglagesPayfip
from portail_famille.demonstration.installation import VILLES, peupler
from portail_famille.models.bd import BD
from portail_famille.services.calendrier import semer_calendrier
from tests.support import bases, compilation, postgres
from tests.support.client import ClientStrict
from tests.support.regies import REGIES
from tests.support.temps import HorlogeReglable
from tests.support.village import Village, batir

CLE_SECRETE = "clé des tests, sans valeur ailleurs : 0123456789"
# Pages and example towns: what an engine may do its own way is in the services, tested on both.
_SUR_SQLITE = ("tests/views/", "tests/demonstration/")
# Rooms that are arithmetic and words: a database there would be a mistake.
_SANS_BASE = ("tests/domain/", "tests/presentation/")


class CompterRequetes(Protocol):
    def __call__(self) -> AbstractContextManager[list[str]]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--exiger",
        action="append",
        default=[],
        metavar="MARKER",
        help="fail unless at least one test with this marker ran and passed: a half that did not run proves nothing",
    )


def _peupler_saint_rivage(bd: BD) -> None:
    ville, maintenant = VILLES["saint-rivage"], HorlogeReglable().maintenant
    with bd.session_ecriture() as session:
        semer_calendrier(session, ville.zone, range(maintenant.year, maintenant.year + 3))
    with TemporaryDirectory() as dossier:
        peupler(bd, reglages_de(bd, Path(dossier)), ville, maintenant, figurants=0)


PEUPLEMENTS: dict[str, Callable[[BD], object]] = {"village": batir, "saint_rivage": _peupler_saint_rivage}
_REUSSIS: Counter[str] = Counter()
compilation.partager()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Pages and example towns run on SQLite; on PostgreSQL too where a file says so (`deux_moteurs`): those that open
    every endpoint as every role."""
    ecartes = [
        item
        for item in items
        if item.nodeid.startswith(_SUR_SQLITE)
        and item.get_closest_marker("postgres")
        and not item.get_closest_marker("deux_moteurs")
    ]
    if ecartes:
        config.hook.pytest_deselected(items=ecartes)
        gardes = set(items) - set(ecartes)
        items[:] = [item for item in items if item in gardes]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed:
        _REUSSIS.update(report.keywords.keys())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    absents = [nom for nom in session.config.getoption("--exiger") if not _REUSSIS[nom]]
    for nom in session.config.getoption("--exiger"):
        print(f"\n{nom}: {_REUSSIS[nom]} passed", end="")
    if absents and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _sans_base(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.nodeid.startswith(_SANS_BASE):

        def refuser(*_args: Any, **_kwargs: Any) -> None:
            raise AssertionError("a test of this room does not open a database")

        monkeypatch.setattr(Engine, "connect", refuser)


@pytest.fixture(scope="session")
def modele_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bases.preparer_sqlite(tmp_path_factory.mktemp("modele"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    demarre = postgres.demarrer()
    try:
        bases.preparer_postgresql(demarre)
        yield demarre
    finally:
        postgres.arreter(demarre)


@pytest.fixture(scope="session")
def villages() -> dict[str, tuple[Any, Any]]:
    """Databases with people in them, by engine and name, made by the first test that asks: a test gets a copy."""
    return {}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def bd(request: pytest.FixtureRequest, tmp_path: Path, villages: dict[str, tuple[Any, Any]]) -> Iterator[BD]:
    """A commune's database, migrated: empty, or with the people of the fixture `village` or `saint_rivage`."""
    peuple = next((nom for nom in PEUPLEMENTS if nom in request.fixturenames), None)
    cle = f"{request.param} {peuple}"
    if request.param == "sqlite":
        modele = request.getfixturevalue("modele_sqlite")
        if peuple and cle not in villages:
            villages[cle] = bases.peupler_sqlite(modele, peuple, PEUPLEMENTS[peuple])
        base = bases.copier_sqlite(villages[cle][0] if peuple else modele, tmp_path)
        yield base
        base.fermer()
    else:
        cluster = request.getfixturevalue("cluster")
        if peuple and cle not in villages:
            villages[cle] = bases.peupler_postgresql(cluster, peuple, PEUPLEMENTS[peuple])
        with bases.base_postgresql(cluster, *([villages[cle][0]] if peuple else [])) as base:
            yield base


@pytest.fixture
def village(request: pytest.FixtureRequest, bd: BD, villages: dict[str, tuple[Any, Any]]) -> Village:
    """The same database with a small village in it."""
    moteur = "sqlite" if bd.est_sqlite else "postgresql"
    modele: Village = villages[f"{moteur} village"][1]
    return replace(modele, bd=bd, cache={})


@pytest.fixture
def saint_rivage(bd: BD) -> BD:
    """The demonstration's town, its named families only. Camille Morel and Karim Haddad share no foyer."""
    return bd


@pytest.fixture
def horloge() -> HorlogeReglable:
    return HorlogeReglable()


@pytest.fixture
def reglages(bd: BD, tmp_path: Path) -> ReglagesCommune:
    return reglages_de(bd, tmp_path)


def reglages_de(bd: BD, dossier: Path) -> ReglagesCommune:
    return ReglagesCommune(
        slug="saint-rivage",
        dossier=dossier,
        nom="Saint-Rivage",
        courriel="enfance@saint-rivage.example",
        telephone="02 61 91 00 00",
        adresse="1 place de la Mairie, 99999 Saint-Rivage",
        url_publique="http://localhost/saint-rivage",
        zone="C",
        cle_secrete=CLE_SECRETE,
        cle_coffre=CLE_SECRETE,
        base_de_donnees=bd.url.render_as_string(hide_password=False),
        est_exemple=True,
        regies=REGIES,
        payfip=ReglagesPayfip("http://localhost:1/service", "http://localhost:1/paiement"),
    )


@pytest.fixture
def app(reglages: ReglagesCommune, horloge: HorlogeReglable) -> Iterator[Flask]:
    """The commune's app on the test's database. An unexpected exception fails the test instead of making a page."""
    app = create_app(reglages, horloge)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.test_client_class = ClientStrict
    yield app
    app.extensions["bd"].fermer()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def compter_requetes(app: Flask) -> CompterRequetes:
    """`with compter_requetes() as requetes:` around a request of the test client."""
    return lambda: bases.compter_requetes(app.extensions["bd"])
