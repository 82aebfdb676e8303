"""`conditions publier`: a new version, or one sentence that says why not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from portail_famille.models.bd import BD, url_sqlite
from portail_famille.models.comptes import Conditions
from tests.cli.conftest import SLUG, Commande


@pytest.fixture
def bd(instance: Path) -> Iterator[BD]:
    base = BD(url_sqlite(instance / SLUG / "portail.sqlite3"))
    yield base
    base.fermer()


@pytest.fixture
def fichier(tmp_path: Path) -> Path:
    chemin = tmp_path / "conditions.md"
    chemin.write_text("## Objet\n\nNos conditions.\n", encoding="utf-8")
    return chemin


def versions(bd: BD) -> list[tuple[int, str]]:
    with bd.session_lecture() as session:
        return [(c.version, c.texte) for c in session.scalars(select(Conditions).order_by(Conditions.version))]


def test_a_new_commune_has_the_model_with_its_name(bd: BD) -> None:
    ((version, texte),) = versions(bd)
    assert version == 1
    assert "Essai-sur-Mer" in texte


def test_publishing_adds_a_version(commande: Commande, bd: BD, fichier: Path) -> None:
    resultat = commande("conditions", "publier", fichier, "--commune", SLUG)
    assert resultat.exit_code == 0
    assert resultat.output.startswith("Essai-sur-Mer : version 2 publiée, demandée à partir du ")
    assert versions(bd)[1] == (2, "## Objet\n\nNos conditions.\n")


def test_a_version_may_wait_for_its_day(commande: Commande, bd: BD, fichier: Path) -> None:
    demain = (datetime.now(UTC) + timedelta(days=2)).date()
    assert commande("conditions", "publier", fichier, "--commune", SLUG, "--du", str(demain)).exit_code == 0
    with bd.session_lecture() as session:
        assert session.scalars(select(Conditions.du).where(Conditions.version == 2)).one() == demain


@pytest.mark.parametrize(
    ("contenu", "options", "phrase"),
    [
        (b"", (), "Le texte est vide."),
        (b"Des <b>balises</b>", (), "Ligne 1\u00a0: du HTML."),
        ("é".encode("latin-1"), (), "n’est pas en UTF-8"),
        (b"Texte", ("--du", "01/12/2026"), "n’est pas une date"),
        (b"Texte", ("--du", "2020-01-01"), "ne commence pas dans le passé"),
    ],
)
def test_a_text_that_cannot_be_published_is_refused_in_a_sentence(
    commande: Commande, bd: BD, fichier: Path, contenu: bytes, options: tuple[str, ...], phrase: str
) -> None:
    fichier.write_bytes(contenu)
    resultat = commande("conditions", "publier", fichier, "--commune", SLUG, *options)
    assert resultat.exit_code == 1
    assert phrase in resultat.stderr
    assert len(versions(bd)) == 1


def test_the_model_is_written_to_be_corrected_and_unchanged_is_refused(
    commande: Commande, bd: BD, fichier: Path
) -> None:
    modele = commande("conditions", "modele", "--commune", SLUG)
    fichier.write_text(modele.output, encoding="utf-8")
    resultat = commande("conditions", "publier", fichier, "--commune", SLUG)
    assert (resultat.exit_code, resultat.stderr) == (1, "Ce texte est déjà celui de la version 1.\n")
