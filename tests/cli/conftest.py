"""A server with one commune, made as `commune creer` makes it, and the command line to talk to it."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portail_famille.cli import main
from portail_famille.creation import Fiche, creer_commune

SLUG = "essai"
Commande = Callable[..., Result]


@pytest.fixture(scope="session")
def instance_modele(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Zone A, as the published rules say."""
    instance = tmp_path_factory.mktemp("instance")
    creer_commune(instance, SLUG, Fiche(nom="Essai-sur-Mer", zone="A"), datetime(2026, 11, 21, tzinfo=UTC))
    return instance


@pytest.fixture
def instance(instance_modele: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copie = tmp_path / "instance"
    shutil.copytree(instance_modele, copie)
    monkeypatch.setenv("PORTAIL_FAMILLE_INSTANCE", str(copie))
    return copie


@pytest.fixture
def commande(instance: Path) -> Commande:
    """`commande("importer", "activites", …)`: runs it and gives its output, its errors and its code."""

    def lancer(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)

    return lancer
