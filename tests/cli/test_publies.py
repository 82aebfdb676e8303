"""Every published deadline and price: the town's file imported, the question asked, by the commands."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from portail_famille.cli import main
from tests.cli.conftest import SLUG
from tests.support.publies import DelaiPublie, PrixPublie, delais_publies, prix_publies

Question = Callable[[Path, list[str]], dict[str, Any]]


@pytest.fixture(scope="module")
def demander(instance_modele: Path, tmp_path_factory: pytest.TempPathFactory) -> Question:
    """One commune per file, imported once."""
    instance = tmp_path_factory.mktemp("publies")
    environnement = {"PORTAIL_FAMILLE_INSTANCE": str(instance)}

    def lancer(*arguments: str) -> str:
        resultat = CliRunner().invoke(main, list(arguments), env=environnement, catch_exceptions=False)
        assert resultat.exit_code == 0, resultat.output
        return resultat.stdout

    def poser(toml: Path, arguments: list[str]) -> dict[str, Any]:
        if not (instance / toml.stem).exists():
            shutil.copytree(instance_modele / SLUG, instance / toml.stem)
            lancer("importer", "activites", str(toml), "--commune", toml.stem)
        reponse: dict[str, Any] = json.loads(lancer("expliquer", "--commune", toml.stem, *arguments, "--json"))
        return reponse

    return poser


@pytest.mark.parametrize("publie", delais_publies(), ids=lambda p: f"{p.toml.stem}-{p.jour}")
def test_a_published_deadline_is_explained_as_printed(demander: Question, publie: DelaiPublie) -> None:
    reponse = demander(publie.toml, publie.arguments())
    assert reponse["ouvert"] is True
    assert reponse["motif"] is None
    assert reponse[publie.limite] == publie.attendu.isoformat()


@pytest.mark.parametrize("publie", prix_publies(), ids=lambda p: f"{p.toml.stem}-{p.unite}-{p.attendu}")
def test_a_published_price_is_explained_as_printed(demander: Question, publie: PrixPublie) -> None:
    reponse = demander(publie.toml, publie.arguments())
    assert reponse["prix_centimes"] == publie.attendu
    assert reponse["explication"]
