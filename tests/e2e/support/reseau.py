"""What can happen between a phone and the portal: a WSGI middleware that loses, delays or refuses requests."""

import socket
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from io import BytesIO
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ATTENTE_MAXIMALE = 30.0
_PAGE_503 = b"<h1>503 Service Unavailable</h1>"


class Panne(Enum):
    """The fate of one POST."""

    PASSE = auto()
    REFUS_AVANT = auto()
    """503 before the application saw it."""
    REFUS_APRES = auto()
    """503 although the application did its work."""
    REPONSE_PERDUE = auto()
    """Processed, then the connection is cut."""
    RETENUE = auto()
    """Kept on the way until `relacher`, then processed."""


@dataclass(frozen=True)
class Envoi:
    """A POST as it came, before anything happened to it."""

    chemin: str
    champs: dict[str, list[str]]

    def champ(self, nom: str) -> str:
        return self.champs.get(nom, [""])[0]


@dataclass
class Reseau:
    """In front of the application. `pannes` are met in order, one per POST; then everything passes."""

    application: "WSGIApplication"
    pannes: deque[Panne] = field(default_factory=deque)
    est_coupe: bool = False
    """Every connection is cut before it reaches the application."""
    envois: list[Envoi] = field(default_factory=list)
    traites: int = 0
    """POSTs that the application has answered, whatever became of the answer."""
    _relache: threading.Event = field(default_factory=threading.Event)
    _traite: threading.Condition = field(default_factory=threading.Condition)

    def prevoir(self, *pannes: Panne) -> None:
        self.pannes.extend(pannes)

    def relacher(self) -> None:
        """Let the held requests reach the application."""
        self._relache.set()

    def attendre(self, traites: int) -> None:
        """Until the application has answered that many POSTs."""
        with self._traite:
            assert self._traite.wait_for(lambda: self.traites >= traites, ATTENTE_MAXIMALE)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self.est_coupe:
            return _couper(environ)
        if environ["REQUEST_METHOD"] != "POST":
            return self.application(environ, start_response)
        # Read at once: what was sent reaches us even when the browser gives up waiting.
        corps = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(corps)
        champs = parse_qs(corps.decode("utf-8", "replace"), keep_blank_values=True)
        self.envois.append(Envoi(environ["PATH_INFO"], champs))
        return self._subir(self.pannes.popleft() if self.pannes else Panne.PASSE, environ, start_response)

    def _subir(self, panne: Panne, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if panne is Panne.REFUS_AVANT:
            return _refuser(start_response)
        if panne is Panne.RETENUE:
            assert self._relache.wait(ATTENTE_MAXIMALE), "a held request was never let go"
        reponse = self._traiter(environ, start_response if panne in (Panne.PASSE, Panne.RETENUE) else _ignorer)
        if panne is Panne.REFUS_APRES:
            return _refuser(start_response)
        if panne is Panne.REPONSE_PERDUE:
            return _couper(environ)
        return reponse

    def _traiter(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        iterable = self.application(environ, start_response)
        try:
            return list(iterable)
        finally:
            getattr(iterable, "close", lambda: None)()
            with self._traite:
                self.traites += 1
                self._traite.notify_all()


def _ignorer(_statut: str, _entetes: list[tuple[str, str]], _erreur: Any = None) -> Any:
    return lambda _octets: None


def _refuser(start_response: "StartResponse") -> list[bytes]:
    """What a proxy says when its server is away: its own page, in its own words."""
    start_response("503 Service Unavailable", [("Content-Type", "text/html"), ("Content-Length", str(len(_PAGE_503)))])
    return [_PAGE_503]


def _couper(environ: "WSGIEnvironment") -> NoReturn:
    prise: socket.socket = environ["werkzeug.socket"]
    with suppress(OSError):  # the browser may have hung up first
        prise.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError
