"""What the commands share: opening a commune by its slug, and failing in one French sentence."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click
from sqlalchemy.exc import DBAPIError

from portail_famille.config import ReglagesCommune, ReglagesInvalides, charger_reglages, dossier_instance, est_slug
from portail_famille.models.bd import BD

_PAUSE_S = 0.15


class Echec(click.ClickException):
    """Ends a command: a sentence on the error output, nothing else."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file or sys.stderr)


class QuestionMalPosee(Echec):
    """The command was asked something that does not exist or cannot be read."""

    exit_code = 2


def souffler(bd: BD) -> None:
    """Between two batches of a command: on SQLite those who wait for the only writer look again every tenth of a
    second, and would never find the place free."""
    if bd.est_sqlite:
        time.sleep(_PAUSE_S)


def reglages_de(slug: str) -> ReglagesCommune:
    """Settings of a commune by its slug. Raises Echec."""
    dossier = dossier_instance() / slug
    if not est_slug(slug) or not dossier.is_dir():
        connues = ", ".join(sorted(slugs())) or "aucune"
        raise QuestionMalPosee(
            f"Commune « {slug} » inconnue dans {dossier_instance()} (communes présentes : {connues})."
        )
    try:
        return charger_reglages(dossier)
    except ReglagesInvalides as invalides:
        raise Echec(str(invalides)) from None


def slugs() -> list[str]:
    """Every folder of the instance that holds a commune.toml."""
    instance = dossier_instance()
    if not instance.is_dir():
        return []
    return sorted(dossier.name for dossier in instance.iterdir() if (dossier / "commune.toml").is_file())


@contextmanager
def commune_ouverte(slug: str) -> Iterator[tuple[ReglagesCommune, BD]]:
    """A commune's settings and database, closed at the end. Raises Echec when the database does not answer."""
    reglages = reglages_de(slug)
    bd = BD(reglages.base_de_donnees, connexions=1)
    try:
        yield reglages, bd
    except DBAPIError as erreur:
        if _est_occupee(erreur):
            raise Echec(
                f"La base de données de « {slug} » est occupée par une autre commande. Attendez qu’elle finisse, puis "
                "relancez celle-ci."
            ) from None
        # The driver's message names tables and hosts, never a family: fit for the person who administers the server.
        raise Echec(
            f"La base de données de « {slug} » ne répond pas comme prévu : {erreur.orig}\n"
            f"Si elle n’est pas à jour : portail-famille migrer --commune {slug}"
        ) from None
    finally:
        bd.fermer()


def _est_occupee(erreur: DBAPIError) -> bool:
    """Another command, or a parent, holds what this one waited for."""
    code = getattr(erreur.orig, "sqlstate", None) or getattr(erreur.orig, "sqlite_errorname", "") or ""
    return code in ("55P03", "57014") or code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
