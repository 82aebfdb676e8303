"""Schema of a commune's database, in numbered steps that run alike on SQLite and PostgreSQL.

A migration locks the database, does all its steps or none, and on SQLite checks every foreign key before it commits.
"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from portail_famille.models.bd import BD

# Any number, the same for everyone: two `migrer` at once on one PostgreSQL database wait for each other.
_VERROU_POSTGRESQL = 7_264_001


class BaseNonMigree(Exception):
    """The database is not at the version this code expects; the message says what to run."""


class ClesEtrangeresRompues(Exception):
    """A migration would leave rows that refer to nothing: it is rolled back."""


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


@cache
def version_attendue() -> str:
    tete = ScriptDirectory.from_config(configuration()).get_current_head()
    assert tete is not None
    return tete


def version_de(bd: BD) -> str | None:
    """Version of the database, None when it was never migrated (or does not exist yet: looking must not create it)."""
    if bd.fichier is not None and not bd.fichier.exists():
        return None
    with bd.lecture.connect() as connexion:
        if not inspect(connexion).has_table("alembic_version"):
            return None
        return MigrationContext.configure(connexion).get_current_revision()


def verifier_a_jour(bd: BD, slug: str) -> None:
    presente, attendue = version_de(bd), version_attendue()
    if presente != attendue:
        raise BaseNonMigree(
            f"{slug} : la base de données est à la version {presente or 'vide'}, le programme attend {attendue}. "
            f"Lancez : portail-famille migrer --commune {slug}"
        )


def migrer(bd: BD, cible: str = "head") -> None:
    """Bring the database to `cible`, all or nothing."""
    if bd.fichier is not None and not bd.fichier.exists():
        # Families' data: for the owner's eyes only, and SQLite gives its journals the same rights as its file.
        bd.fichier.touch(mode=0o600)
    moteur = bd.moteur_migration()
    try:
        with moteur.begin() as connexion:
            if not bd.est_sqlite:
                connexion.execute(text("SELECT pg_advisory_xact_lock(:verrou)"), {"verrou": _VERROU_POSTGRESQL})
            config = configuration()
            config.attributes["connexion"] = connexion
            command.upgrade(config, cible)
            if bd.est_sqlite:
                _verifier_cles_etrangeres(connexion)
    finally:
        moteur.dispose()


def _verifier_cles_etrangeres(connexion: Connection) -> None:
    rompues = connexion.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if rompues:
        details = ", ".join(sorted({f"{table} → {parent}" for table, _ligne, parent, _cle in rompues}))
        raise ClesEtrangeresRompues(f"{len(rompues)} ligne(s) sans parent : {details}")
