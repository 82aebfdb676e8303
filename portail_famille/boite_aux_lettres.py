"""A mailbox to try the portal with: an SMTP server that delivers nowhere, and a page to read what it received.

For the demonstration and the tests only. It shows mails as a mailbox would: the same Message-ID delivered twice is one
message (with the count), so that what a parent would see can be checked.
"""

import json
import socketserver
import ssl
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from portail_famille.gateways.boucle_locale import HOTE, adresses, famille

TAILLE_MAXIMALE = 1_000_000
MESSAGES_MAXIMUM = 1_000
OCTETS_MAXIMUM = 50_000_000
_CSP = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
# A mail's own page: its style and nothing else, in an origin of its own.
_CSP_COURRIEL = "sandbox; default-src 'none'; style-src 'unsafe-inline'"

_modeles = Environment(
    loader=PackageLoader("portail_famille", "templates/boite_aux_lettres"),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(slots=True)
class Recu:
    """A message as it stands in the mailbox."""

    id: int
    message_id: str
    de: str
    a: str
    objet: str
    date: str
    texte: str
    html: str
    octets: int
    livraisons: int = 1

    def en_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "message_id": self.message_id,
            "de": self.de,
            "a": self.a,
            "objet": self.objet,
            "date": self.date,
            "texte": self.texte,
            "html": self.html,
            "livraisons": self.livraisons,
        }


class Boite:
    """Messages in order of arrival, the oldest dropped when there are too many."""

    def __init__(self, maximum: int = MESSAGES_MAXIMUM, octets: int = OCTETS_MAXIMUM) -> None:
        self._recus: OrderedDict[str, Recu] = OrderedDict()
        self._maximum, self._octets_maximum, self._octets = maximum, octets, 0
        self._dernier = 0
        self._verrou = threading.Lock()

    def deposer(self, brut: bytes, destinataires: list[str]) -> None:
        with self._verrou:
            self._dernier += 1
            recu = lire_message(self._dernier, brut, destinataires)
            cle = recu.message_id or f"sans identifiant {recu.id}"
            connu = self._recus.get(cle)
            if connu is not None:
                connu.livraisons += 1
                return
            self._recus[cle] = recu
            self._octets += recu.octets
            while len(self._recus) > self._maximum or self._octets > self._octets_maximum:
                _, parti = self._recus.popitem(last=False)
                self._octets -= parti.octets

    def recus(self) -> list[Recu]:
        """Latest first."""
        with self._verrou:
            return list(reversed(self._recus.values()))

    def recu(self, id_: int) -> Recu | None:
        return next((recu for recu in self.recus() if recu.id == id_), None)


def lire_message(id_: int, brut: bytes, destinataires: list[str]) -> Recu:
    """Whatever the bytes are: what cannot be read is shown as it came."""
    message = message_from_bytes(brut, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Recu(
        id=id_,
        message_id=_entete(message, "Message-ID"),
        de=_entete(message, "From"),
        a=", ".join(destinataires),
        objet=_entete(message, "Subject"),
        date=_date(message),
        texte=_partie(message, "plain"),
        html=_partie(message, "html"),
        octets=len(brut),
    )


class Serveur:
    """The SMTP server and the page, each in its own thread. `tls`: STARTTLS is offered with this certificate.

    The page answers wherever a browser looks for « localhost »; the SMTP server, which only settings name, at HOTE.
    Raises OSError when the page's port is taken.
    """

    def __init__(self, port_smtp: int, port: int, tls: ssl.SSLContext | None = None) -> None:
        # A development dependency: imported when somebody opens a mailbox, never by a town's server.
        from aiosmtpd.controller import Controller

        self.boite = Boite()
        self.port_smtp = port_smtp
        self._smtp = Controller(
            _Facteur(self.boite),
            hostname=HOTE,
            port=port_smtp,
            data_size_limit=TAILLE_MAXIMALE,
            tls_context=tls,
            enable_SMTPUTF8=True,
        )
        self.port = port
        self._pages: list[_ServeurDePage] = []
        try:
            for adresse in adresses():
                self._pages.append(_ServeurDePage(adresse, self.port, self.boite))
                self.port = self._pages[0].server_port
        except BaseException:
            self._fermer()
            raise
        self._fils = [threading.Thread(target=page.serve_forever, daemon=True) for page in self._pages]

    def demarrer(self) -> None:
        """Raises OSError when a port is taken."""
        try:
            self._smtp.start()
        except BaseException:
            self._fermer()
            raise
        for fil in self._fils:
            fil.start()

    def arreter(self) -> None:
        self._smtp.stop(no_assert=True)
        for page in self._pages:
            page.shutdown()
        self._fermer()
        for fil in self._fils:
            fil.join()

    def _fermer(self) -> None:
        for page in self._pages:
            page.server_close()

    def __enter__(self) -> "Serveur":
        self.demarrer()
        return self

    def __exit__(self, *_: object) -> None:
        self.arreter()


class _Facteur:
    def __init__(self, boite: Boite) -> None:
        self._boite = boite

    async def handle_DATA(self, _serveur: Any, _session: Any, enveloppe: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        self._boite.deposer(enveloppe.content, list(enveloppe.rcpt_tos))
        return "250 2.0.0 OK"


class _ServeurDePage(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, adresse: str, port: int, boite: Boite) -> None:
        self.address_family = famille(adresse)
        self.boite = boite
        super().__init__((adresse, port), _Page)

    def server_bind(self) -> None:
        # The standard library's own also asks the network for the name of the address, which nobody needs here.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]


class _Page(BaseHTTPRequestHandler):
    server: _ServeurDePage
    server_version = "boite-aux-lettres"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        boite, chemin = self.server.boite, self.path.partition("?")[0]
        if chemin == "/":
            self._rendre("liste.html", recus=boite.recus())
        elif chemin == "/messages":
            corps = json.dumps([recu.en_json() for recu in boite.recus()], ensure_ascii=False)
            self._repondre(corps, "application/json")
        elif chemin == "/boite.css":
            style = files("portail_famille").joinpath("templates/boite_aux_lettres/boite.css")
            self._repondre(style.read_text(encoding="utf-8"), "text/css")
        else:
            self._rendre_courriel(chemin.strip("/").split("/"))

    do_HEAD = do_GET  # noqa: N815 (the standard library's name)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: an access log of a mailbox says who reads what."""

    def _rendre_courriel(self, morceaux: list[str]) -> None:
        est_courriel = len(morceaux) in (2, 3) and morceaux[0] == "courriels" and morceaux[1].isdecimal()
        recu = self.server.boite.recu(int(morceaux[1])) if est_courriel and len(morceaux[1]) < 10 else None
        if recu is None or (len(morceaux) == 3 and morceaux[2] != "html"):
            self._rendre("absent.html", HTTPStatus.NOT_FOUND)
        elif len(morceaux) == 3:
            self._repondre(recu.html, "text/html", csp=_CSP_COURRIEL)
        else:
            self._rendre("courriel.html", recu=recu)

    def _rendre(self, modele: str, statut: HTTPStatus = HTTPStatus.OK, **donnees: Any) -> None:
        self._repondre(_modeles.get_template(modele).render(donnees), "text/html", statut)

    def _repondre(self, corps: str, genre: str, statut: HTTPStatus = HTTPStatus.OK, csp: str = _CSP) -> None:
        octets = corps.encode("utf-8", "replace")
        self.send_response(statut)
        self.send_header("Content-Type", f"{genre}; charset=utf-8")
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("Content-Security-Policy", csp)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(octets)


def _entete(message: EmailMessage, nom: str) -> str:
    try:
        return " ".join(str(message.get(nom, "")).split())
    except Exception:  # the standard library's parser raises many kinds on hostile headers
        return "(illisible)"


def _date(message: EmailMessage) -> str:
    """ISO 8601, empty when the mail has no date that can be read."""
    try:
        date = message["Date"].datetime
        return date.isoformat() if isinstance(date, datetime) else ""
    except Exception:  # as above
        return ""


def _partie(message: EmailMessage, sous_type: str) -> str:
    try:
        partie = message.get_body((sous_type,))
        if partie is None:
            return ""
    except Exception:  # as above: a broken structure has no parts
        return ""
    contenu = partie.get_payload(decode=True)
    octets = contenu if isinstance(contenu, bytes) else b""
    try:
        texte = octets.decode(partie.get_content_charset("utf-8"), "replace")
    except LookupError:
        texte = octets.decode("utf-8", "replace")
    return texte.replace("\r\n", "\n")
