"""A local counterpart of the State's API Particulier: the same question and answers, about invented people only.

For the demonstration and the tests. It refuses what the real one refuses (token, recipient, missing fields) and breaks
down on demand: see `PANNES`.
"""

import json
import socketserver
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from portail_famille.domain.libelles import sans_accents
from portail_famille.gateways.api_particulier import CHEMIN
from portail_famille.gateways.boucle_locale import HOTE

JETON, SIRET = "jeton-de-demonstration", "21990999900017"
PANNES = ("", "absent", "panne", "sature", "lente", "goutte", "charabia", "ailleurs")
"""Nothing wrong; nobody found; 503; 429; silent; one byte at a time; not JSON; a redirection."""
_OBLIGATOIRES = (
    "nomNaissance",
    "prenoms[]",
    "sexeEtatCivil",
    "codeCogInseePaysNaissance",
    "anneeDateNaissance",
    "moisDateNaissance",
    "jourDateNaissance",
    "nomCommuneNaissance",
    "codeCogInseeDepartementNaissance",
)


@dataclass(frozen=True, slots=True)
class Famille:
    """An invented file of the CAF or the MSA. Adults: birth name, name in use, first names, date of birth, sex."""

    adultes: tuple[tuple[str, str, str, str, str], ...]
    valeur: float
    fournisseur: str = "CNAF"


FAMILLES = (
    Famille((("MOREL", "", "CAMILLE", "1988-03-14", "F"), ("LE GALL", "", "THOMAS", "1986-11-02", "M")), 500),
    Famille((("FERRAND", "", "JULIEN", "1987-07-21", "M"),), 1240, "MSA"),
    Famille((("HADDAD", "", "KARIM", "1984-01-30", "M"),), 639),
    Famille((("ROUX", "PETIT", "NADIA JEANNE", "1990-05-09", "F"),), 312),
)


@dataclass
class Etat:
    """What the server knows and how it behaves; tests change `panne` between two calls."""

    familles: tuple[Famille, ...] = FAMILLES
    panne: str = ""
    annee: int = 2026
    mois: int = 12
    appels: int = 0
    vus: list[Mapping[str, list[str]]] = field(default_factory=list)


class Serveur:
    """Raises OSError when the port is taken."""

    def __init__(self, port: int = 0, etat: Etat | None = None) -> None:
        self.etat = etat or Etat()
        self._http = _Http(port, self.etat)
        self.port = self._http.server_port
        self.adresse = f"http://{HOTE}:{self.port}"
        self._fil = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> "Serveur":
        self._fil.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._fil.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, etat: Etat) -> None:
        self.etat = etat
        super().__init__((HOTE, port), _Question)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]


class _Question(BaseHTTPRequestHandler):
    server: _Http
    timeout = 30

    def do_GET(self) -> None:
        etat, morceaux = self.server.etat, urlsplit(self.path)
        champs = parse_qs(morceaux.query)
        etat.appels += 1
        etat.vus.append(champs)
        if morceaux.path != CHEMIN:
            self._erreur(HTTPStatus.NOT_FOUND, "00501", "Ressource inconnue")
        elif self.headers.get("Authorization") != f"Bearer {JETON}":
            self._erreur(HTTPStatus.UNAUTHORIZED, "00101", "Votre jeton d'authentification est invalide")
        elif champs.get("recipient") != [SIRET]:
            self._erreur(HTTPStatus.UNPROCESSABLE_ENTITY, "00201", "Le paramètre recipient est invalide")
        elif any(not champs.get(nom) for nom in _OBLIGATOIRES):
            self._erreur(HTTPStatus.UNPROCESSABLE_ENTITY, "00399", "Paramètre d'identité manquant")
        else:
            self._repondre_ou_tomber(champs)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the address asked for is somebody's identity."""

    def _repondre_ou_tomber(self, champs: Mapping[str, list[str]]) -> None:
        match self.server.etat.panne:
            case "panne":
                self._erreur(HTTPStatus.SERVICE_UNAVAILABLE, "37002", "Le fournisseur de données est indisponible")
            case "sature":
                self._erreur(HTTPStatus.TOO_MANY_REQUESTS, "00429", "Trop d'appels", {"Retry-After": "30"})
            case "lente":
                time.sleep(3)
            case "goutte":
                self._goutte_a_goutte()
            case "charabia":
                self._envoyer(HTTPStatus.OK, b"<html>maintenance</html>")
            case "ailleurs":
                self._envoyer(HTTPStatus.FOUND, b"", {"Location": f"http://{HOTE}:{self.server.server_port}/vol"})
            case "absent":
                self._absent()
            case _:
                self._repondre(champs)

    def _repondre(self, champs: Mapping[str, list[str]]) -> None:
        famille = next((f for f in self.server.etat.familles if _convient(f, champs)), None)
        if famille is None:
            self._absent()
            return
        etat = self.server.etat
        quotient = {
            "fournisseur": famille.fournisseur,
            "valeur": famille.valeur,
            "annee": etat.annee,
            "mois": etat.mois,
            "annee_calcul": etat.annee,
            "mois_calcul": etat.mois,
        }
        allocataires = [
            {"nom_naissance": nom, "nom_usage": usage or None, "prenoms": prenoms, "date_naissance": ne, "sexe": sexe}
            for nom, usage, prenoms, ne, sexe in famille.adultes
        ]
        donnees = {"quotient_familial": quotient, "allocataires": allocataires, "enfants": [], "adresse": {}}
        self._envoyer(HTTPStatus.OK, json.dumps({"data": donnees, "links": {}, "meta": {}}).encode())

    def _absent(self) -> None:
        self._erreur(HTTPStatus.NOT_FOUND, "37003", "Dossier allocataire absent")

    def _erreur(self, statut: HTTPStatus, code: str, titre: str, entetes: Mapping[str, str] | None = None) -> None:
        erreur: dict[str, Any] = {"code": code, "title": titre, "detail": titre, "source": None, "meta": {}}
        self._envoyer(statut, json.dumps({"errors": [erreur]}).encode(), entetes)

    def _envoyer(self, statut: HTTPStatus, corps: bytes, entetes: Mapping[str, str] | None = None) -> None:
        self.send_response(statut)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(corps)))
        for nom, valeur in (entetes or {}).items():
            self.send_header(nom, valeur)
        self.end_headers()
        self.wfile.write(corps)

    def _goutte_a_goutte(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(40):
                self.wfile.write(b" ")
                time.sleep(0.1)
        except OSError:
            self.close_connection = True


def _convient(famille: Famille, champs: Mapping[str, list[str]]) -> bool:
    """Same birth name, first first name and date of birth, whatever the accents and capitals."""
    naissance = "-".join(
        champs[nom][0].zfill(2) for nom in ("anneeDateNaissance", "moisDateNaissance", "jourDateNaissance")
    )
    return any(
        (sans_accents(nom), sans_accents(prenoms.split()[0]), ne)
        == (sans_accents(champs["nomNaissance"][0]), sans_accents(champs["prenoms[]"][0]), naissance)
        for nom, _, prenoms, ne, _ in famille.adultes
    )
