"""All communes of a server: each under its prefix, its app built at the first visit.

A town whose settings are broken says so on its own pages and in the log; the others do not notice.
"""

import logging
import threading
import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.utils import redirect

from portail_famille.app import Horloge, create_app, create_entree
from portail_famille.config import FICHIER, charger_reglages, est_slug
from portail_famille.views.entree import SERVICE_ARRETE, CommuneListee

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

journal = logging.getLogger(__name__)

REPOS_APRES_ECHEC = 15.0
"""Seconds before a town that could not start is tried again: trying may take all of a database's patience, and every
thread spent on it is one that the other towns lack."""
Minuterie = Callable[[], float]
"""Seconds that only go forward: not an hour of the day."""


def slugs(instance: Path) -> list[str]:
    """Communes of an instance: folders that hold a commune.toml, in alphabetical order."""
    if not instance.is_dir():
        return []
    return sorted(fiche.parent.name for fiche in instance.glob(f"*/{FICHIER}") if est_slug(fiche.parent.name))


def lister(instance: Path) -> list[CommuneListee]:
    """For the entrance: a broken file still shows, under its prefix."""
    return [CommuneListee(slug, _nom(instance / slug)) for slug in slugs(instance)]


class Communes:
    """The WSGI application of a server."""

    def __init__(self, instance: Path, horloge: Horloge | None = None, minuterie: Minuterie = time.monotonic) -> None:
        self._instance = instance
        self._horloge = horloge
        self._minuterie = minuterie
        self._entree = create_entree(lambda: lister(instance))
        self._apps: dict[str, Flask] = {}
        self._verrous: dict[str, threading.Lock] = {}
        self._echecs: dict[str, tuple[float, int]] = {}
        self._verrou = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        slug, barre, reste = environ.get("PATH_INFO", "").removeprefix("/").partition("/")
        # The prefix is a name we know or nothing: no path is made of what a visitor typed.
        if not est_slug(slug) or not (self._instance / slug / FICHIER).is_file():
            return self._entree(environ, start_response)
        if not barre:
            requete = environ.get("QUERY_STRING", "")
            return redirect(f"/{slug}/" + (f"?{requete}" if requete else ""), 308)(environ, start_response)
        app = self.app_de(slug)
        if app is None:
            environ[SERVICE_ARRETE] = _nom(self._instance / slug)
            return self._entree(environ, start_response)
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + f"/{slug}"
        environ["PATH_INFO"] = f"/{reste}"
        return app(environ, start_response)

    def app_de(self, slug: str) -> Flask | None:
        """The commune's app; None when it cannot start, at once.

        The first visitors wait while one of them builds it. Once a start has failed nobody waits any more: one visitor
        in a while tries again, the others are told straight away.
        """
        app = self._apps.get(slug)
        if app is not None:
            return app
        with self._verrou:
            verrou = self._verrous.setdefault(slug, threading.Lock())
        if self._se_repose(slug) or not verrou.acquire(blocking=slug not in self._echecs):
            return None
        try:
            app = self._apps.get(slug)
            if app is None and not self._se_repose(slug):
                app = self._essayer(slug)
        finally:
            verrou.release()
        return app

    def _essayer(self, slug: str) -> Flask | None:
        app = self._construire(slug)
        if app is None:
            self._echecs[slug] = (self._minuterie(), _date(self._instance / slug))
        else:
            self._apps[slug] = app
            self._echecs.pop(slug, None)
        return app

    def _se_repose(self, slug: str) -> bool:
        """Failed a moment ago, and its settings have not been corrected since."""
        echec = self._echecs.get(slug)
        if echec is None:
            return False
        quand, date = echec
        return self._minuterie() - quand < REPOS_APRES_ECHEC and _date(self._instance / slug) == date

    def _construire(self, slug: str) -> Flask | None:
        try:
            return create_app(charger_reglages(self._instance / slug), self._horloge)
        except Exception as erreur:  # whatever is wrong with one town must not reach the others
            journal.error("%s cannot start: %s: %s", slug, type(erreur).__name__, erreur)
            return None


def _date(dossier: Path) -> int:
    """When the settings were last written; 0 when they are gone."""
    try:
        return (dossier / FICHIER).stat().st_mtime_ns
    except OSError:
        return 0


def _nom(dossier: Path) -> str:
    try:
        nom = tomllib.loads((dossier / FICHIER).read_text(encoding="utf-8")).get("nom")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        nom = None
    return nom if isinstance(nom, str) and nom.strip() else dossier.name
