"""Fixtures of every room. Whatever touches a database runs twice: SQLite, then PostgreSQL."""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from portail_famille.app import create_app
from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from tests.support import bases, postgres
from tests.support.client import ClientStrict
from tests.support.temps import HorlogeReglable
from tests.support.village import Village, batir

CLE_SECRETE = "clé des tests, sans valeur ailleurs : 0123456789"
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


_REUSSIS: Counter[str] = Counter()


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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def bd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BD]:
    """An empty commune's database, migrated."""
    if request.param == "sqlite":
        base = bases.copier_sqlite(request.getfixturevalue("modele_sqlite"), tmp_path)
        yield base
        base.fermer()
    else:
        with bases.base_postgresql(request.getfixturevalue("cluster")) as base:
            yield base


@pytest.fixture
def village(bd: BD) -> Village:
    """The same database with a small village in it."""
    return batir(bd)


@pytest.fixture
def horloge() -> HorlogeReglable:
    return HorlogeReglable()


@pytest.fixture
def reglages(bd: BD, tmp_path: Path) -> ReglagesCommune:
    return ReglagesCommune(
        slug="saint-rivage",
        dossier=tmp_path,
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
