"""A commune's database: one engine that cannot write, one that can (house.md §2).

SQLite by default, PostgreSQL by URL. Why two engines: `PRAGMA query_only` belongs to a connection and sticks to it
when it goes back to the pool, so a pool is either for reading or for writing.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

ATTENTE_VERROU_SQLITE_MS = 20_000
"""SQLite has one writer: when 8h30 strikes, the others queue this long rather than be told an error."""

ATTENTE_BREVE_MS = 300
"""For what is good to write but not worth making a page wait."""
ATTENTE_LONGUE_MS = 600_000
"""A whole town's file is one transaction: the next command is right to wait for it."""
_ATTENTE = "attente_verrou_ms"

_OPTIONS_POSTGRESQL = (
    "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=20s -c idle_in_transaction_session_timeout=30s"
)


class BD:
    """The two engines of a commune. Sessions begin their transaction at the first statement, not before."""

    def __init__(self, url: str | URL, *, connexions: int = 4) -> None:
        self.url = make_url(url)
        self.lecture = self._moteur(connexions, ecrit=False)
        self.ecriture = self._moteur(connexions, ecrit=True)
        # What was read once and asks the database whether it still stands (services/regles), for whoever has a session.
        self.memoire: dict[str, Any] = {}

    @property
    def est_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def fichier(self) -> Path | None:
        """SQLite's file, None on PostgreSQL."""
        return Path(self.url.database) if self.est_sqlite and self.url.database else None

    def ouvrir_lecture(self) -> Session:
        """A session that the engine refuses to let write. The caller closes it."""
        return Session(self.lecture, expire_on_commit=False, info={"memoire": self.memoire, "lit_seulement": True})

    def ouvrir_ecriture(self) -> Session:
        """A session that may write. The caller commits and closes it."""
        return Session(self.ecriture, expire_on_commit=False, info={"memoire": self.memoire})

    def ouvrir_ecriture_longue(self) -> Session:
        """For one long command: it waits its turn for minutes, where a page would rather be told, and is not cut while
        it works. The caller commits, once, and closes it."""
        session = Session(self.ecriture.execution_options(**{_ATTENTE: ATTENTE_LONGUE_MS}), expire_on_commit=False)
        if not self.est_sqlite:
            for limite in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                session.execute(text(f"SET LOCAL {limite} = {ATTENTE_LONGUE_MS}"))
        return session

    @contextmanager
    def session_lecture(self) -> Iterator[Session]:
        with self.ouvrir_lecture() as session:
            yield session

    @contextmanager
    def session_ecriture(self) -> Iterator[Session]:
        """Commits when the block ends well, rolls back otherwise."""
        with self.ouvrir_ecriture() as session, session.begin():
            yield session

    @contextmanager
    def session_ecriture_breve(self) -> Iterator[Session]:
        """The same, but gives up almost at once when another writer is busy."""
        moteur = self.ecriture.execution_options(**{_ATTENTE: ATTENTE_BREVE_MS})
        with Session(moteur, expire_on_commit=False) as session, session.begin():
            if not self.est_sqlite:
                session.execute(text(f"SET LOCAL lock_timeout = {ATTENTE_BREVE_MS}"))
            yield session

    def moteur_migration(self) -> Engine:
        """An engine for alembic alone: on SQLite foreign keys are off, because its batch mode drops and copies tables,
        and ON DELETE CASCADE would then delete child rows without a word (dependencies.md, trap 2)."""
        if self.est_sqlite:
            moteur = create_engine(self.url, poolclass=NullPool, connect_args={"isolation_level": None})
            _preparer_sqlite(moteur, commencer="BEGIN IMMEDIATE", cles_etrangeres=False, lecture_seule=False)
            return moteur
        options = "-c timezone=UTC -c lock_timeout=5s"
        return create_engine(self.url, poolclass=NullPool, connect_args={"options": options, "connect_timeout": 5})

    def fermer(self) -> None:
        self.lecture.dispose()
        self.ecriture.dispose()

    def _moteur(self, connexions: int, *, ecrit: bool) -> Engine:
        reglages: dict[str, Any] = {
            "pool_size": connexions,
            "max_overflow": 2 * connexions,
            "pool_timeout": 10,
            # What a family typed does not end up in the log with an error's message.
            "hide_parameters": True,
        }
        if self.est_sqlite:
            # The driver's own transactions lose updates: isolation_level None hands BEGIN over to us (trap 1).
            moteur = create_engine(
                self.url, connect_args={"isolation_level": None, "check_same_thread": False}, **reglages
            )
            _preparer_sqlite(
                moteur,
                commencer="BEGIN IMMEDIATE" if ecrit else "BEGIN",
                cles_etrangeres=True,
                lecture_seule=not ecrit,
            )
            return moteur
        moteur = create_engine(
            self.url,
            pool_pre_ping=True,
            connect_args={"options": _OPTIONS_POSTGRESQL, "connect_timeout": 5},
            execution_options={} if ecrit else {"postgresql_readonly": True},
            **reglages,
        )
        event.listen(moteur, "handle_error", _taire_les_valeurs)
        return moteur


def url_sqlite(fichier: Path) -> URL:
    return URL.create("sqlite", database=str(fichier))


def _taire_les_valeurs(contexte: ExceptionContext) -> None:
    """PostgreSQL quotes the row at fault in its DETAIL line; the name of the constraint is in the first one."""
    erreur = contexte.original_exception
    dite = contexte.sqlalchemy_exception
    if isinstance(erreur, psycopg.Error) and erreur.diag.message_primary and dite is not None:
        dite.args = (str(dite.args[0]).replace(str(erreur), erreur.diag.message_primary),)
        erreur.args = (erreur.diag.message_primary,)


def _preparer_sqlite(moteur: Engine, *, commencer: str, cles_etrangeres: bool, lecture_seule: bool) -> None:
    @event.listens_for(moteur, "connect")
    def regler(connexion: sqlite3.Connection, _fiche: object) -> None:
        connexion.execute(f"PRAGMA busy_timeout={ATTENTE_VERROU_SQLITE_MS}")
        connexion.execute("PRAGMA journal_mode=WAL")
        connexion.execute("PRAGMA synchronous=NORMAL")
        # A row that takes another's place (OR REPLACE) is a row deleted: its triggers have their word (migration 0004).
        connexion.execute("PRAGMA recursive_triggers=ON")
        connexion.execute(f"PRAGMA foreign_keys={'ON' if cles_etrangeres else 'OFF'}")
        if lecture_seule:
            connexion.execute("PRAGMA query_only=ON")

    @event.listens_for(moteur, "begin")
    def debuter(connexion: Connection) -> None:
        # Straight to the driver: BEGIN is not a query and must not be counted as one.
        pilote = connexion.connection.driver_connection
        assert isinstance(pilote, sqlite3.Connection)
        attente = connexion.get_execution_options().get(_ATTENTE, ATTENTE_VERROU_SQLITE_MS)
        try:
            # The connection goes back to the pool: each transaction says how long it waits.
            pilote.execute(f"PRAGMA busy_timeout={attente}")
            pilote.execute(commencer)
        except sqlite3.OperationalError as erreur:
            raise OperationalError(commencer, None, erreur) from erreur
