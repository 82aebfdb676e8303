"""Servers to measure, their processor time, and a client that keeps its connection as a browser does."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import brotli

from portail_famille.gateways.boucle_locale import HOTE, port_proche

# The same for the portal and for the reference. One process: its caches are warm, as after a minute of service.
REGLAGES_GUNICORN = (
    "--worker-class", "gthread", "--workers", "1", "--threads", "4", "--keep-alive", "60", "--no-control-socket",
)  # fmt: skip
_ATTENTE = 30.0
_PORT_SOUHAITE = 8890


@dataclass(frozen=True, slots=True)
class Serveur:
    """A running gunicorn."""

    port: int
    pids: tuple[int, ...]

    def processeur(self) -> float:
        """Seconds of processor used so far by all its processes, to the nanosecond.

        The clock of another process: `clock_getcpuclockid(3)`, spelt out because Python only offers it for threads.
        """
        return sum(time.clock_gettime((~pid << 3) | 2) for pid in self.pids)


@contextmanager
def serveur(module: str, environnement: Mapping[str, str], dossier: Path) -> Iterator[Serveur]:
    port = port_proche(_PORT_SOUHAITE)
    journal = (dossier / f"{module.partition(':')[0]}.log").open("wb")
    commande = (sys.executable, "-m", "gunicorn", module, "--bind", f"{HOTE}:{port}", *REGLAGES_GUNICORN)
    maitre = subprocess.Popen(commande, env={**os.environ, **environnement}, stdout=journal, stderr=journal)
    try:
        _attendre(port, maitre)
        enfants = Path(f"/proc/{maitre.pid}/task/{maitre.pid}/children").read_text().split()
        yield Serveur(port, (maitre.pid, *map(int, enfants)))
    finally:
        maitre.send_signal(signal.SIGTERM)
        maitre.wait(20)
        journal.close()


def _attendre(port: int, maitre: subprocess.Popen[bytes]) -> None:
    echeance = time.monotonic() + _ATTENTE
    while time.monotonic() < echeance and maitre.poll() is None:
        connexion = http.client.HTTPConnection(HOTE, port, timeout=2)
        try:
            connexion.request("GET", "/")
            connexion.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
        finally:
            connexion.close()
    raise RuntimeError(f"no answer on port {port}")


@dataclass(slots=True)
class Reponse:
    statut: int
    texte: str


@dataclass(slots=True)
class Client:
    """One browser: its cookies and its open connection. `prefixe` is the town's."""

    port: int
    prefixe: str = ""
    _temoins: dict[str, str] = field(default_factory=dict)
    _connexion: http.client.HTTPConnection | None = None

    def get(self, chemin: str, entetes: Mapping[str, str] | None = None) -> Reponse:
        return self._demander("GET", chemin, None, entetes or {})

    def post(self, chemin: str, champs: Sequence[tuple[str, str]], entetes: Mapping[str, str] | None = None) -> Reponse:
        genre = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._demander("POST", chemin, urlencode(champs), {**(entetes or {}), **genre})

    def _demander(self, methode: str, chemin: str, corps: str | None, entetes: Mapping[str, str]) -> Reponse:
        if self._connexion is None:
            self._connexion = http.client.HTTPConnection(HOTE, self.port, timeout=60)
        envoyes = dict(entetes)
        if self._temoins:
            envoyes["Cookie"] = "; ".join(f"{nom}={valeur}" for nom, valeur in self._temoins.items())
        try:
            self._connexion.request(methode, self.prefixe + chemin, corps, envoyes)
            reponse = self._connexion.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            # The server may drop an idle connection; a browser opens another one.
            self._connexion.close()
            self._connexion.request(methode, self.prefixe + chemin, corps, envoyes)
            reponse = self._connexion.getresponse()
        brut = reponse.read()
        for temoin in reponse.headers.get_all("Set-Cookie") or ():
            nom, _, valeur = temoin.partition(";")[0].partition("=")
            self._temoins[nom] = valeur
        if reponse.headers.get("Content-Encoding") == "br":
            brut = brotli.decompress(brut)
        return Reponse(reponse.status, brut.decode())

    def fermer(self) -> None:
        if self._connexion is not None:
            self._connexion.close()
            self._connexion = None

    def connecter(self, identifiant: str, mot_de_passe: str) -> None:
        jeton = champ(self.get("/connexion").texte, "csrf_token")
        champs = [("csrf_token", jeton), ("identifiant", identifiant), ("mot_de_passe", mot_de_passe)]
        reponse = self.post("/connexion", champs)
        if reponse.statut != 303:
            raise RuntimeError(f"log-in of {identifiant}: {reponse.statut}")


def champ(page: str, nom: str) -> str:
    """Value of the first hidden field so named."""
    trouve = re.search(rf'name="{nom}" value="([^"]*)"', page)
    if trouve is None:
        raise LookupError(f"no field {nom}")
    return trouve[1]
