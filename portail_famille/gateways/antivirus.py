"""An antivirus that a town may run beside the portal: clamd, asked over its socket (INSTREAM, see clamd(8)).

Off by default. On, it must answer: a document that could not be looked at is refused, and the family told to try again.
"""

import re
import socket
import struct
from contextlib import closing
from typing import Protocol

DELAI = 15.0
"""Seconds for the whole conversation: clamd looks at 10 MB in about one."""
_MORCEAU = 64 * 1024
_REPONSE_MAXIMALE = 4096
_TCP = re.compile(r"\[?([^\[\]]+?)\]?:(\d{1,5})")


class Infecte(Exception):
    """The antivirus knows these bytes; its name for them."""


class AntivirusMuet(Exception):
    """It does not answer, or not as it should."""


class AdresseIllisible(ValueError):
    """An address of commune.toml that leads nowhere."""


class Antivirus(Protocol):
    def examiner(self, octets: bytes) -> None:
        """Raises `Infecte` or `AntivirusMuet`."""


class SansAntivirus:
    """The town has none."""

    def examiner(self, octets: bytes) -> None:
        """Nothing to ask."""


class Clamd:
    """`adresse`: "unix:/run/clamav/clamd.ctl", or "host:3310". Raises `AdresseIllisible`."""

    def __init__(self, adresse: str, delai: float = DELAI) -> None:
        self._delai = delai
        self._chemin = adresse.removeprefix("unix:") if adresse.startswith("unix:") else ""
        self._hote, self._port = ("", 0) if self._chemin else _lire_tcp(adresse)

    def examiner(self, octets: bytes) -> None:
        try:
            reponse = self._demander(octets)
        except OSError as erreur:
            raise AntivirusMuet(str(erreur) or type(erreur).__name__) from None
        texte = reponse.rstrip(b"\0\n").decode("ascii", "replace")
        if texte == "stream: OK":
            return
        if texte.startswith("stream: ") and texte.endswith(" FOUND"):
            raise Infecte(texte.removeprefix("stream: ").removesuffix(" FOUND"))
        # « INSTREAM size limit exceeded. ERROR », an empty answer: nobody looked at the document.
        raise AntivirusMuet(texte or "empty answer")

    def _demander(self, octets: bytes) -> bytes:
        with closing(self._ouvrir()) as prise:
            prise.settimeout(self._delai)
            prise.sendall(b"zINSTREAM\0")
            try:
                for debut in range(0, len(octets), _MORCEAU):
                    morceau = octets[debut : debut + _MORCEAU]
                    prise.sendall(struct.pack(">I", len(morceau)) + morceau)
                prise.sendall(struct.pack(">I", 0))
            except (BrokenPipeError, ConnectionResetError):
                # It hangs up in the middle when it has heard enough, after saying why.
                pass
            reponse = b""
            while len(reponse) < _REPONSE_MAXIMALE and not reponse.endswith(b"\0"):
                suite = prise.recv(_REPONSE_MAXIMALE - len(reponse))
                if not suite:
                    break
                reponse += suite
            return reponse

    def _ouvrir(self) -> socket.socket:
        if not self._chemin:
            return socket.create_connection((self._hote, self._port), self._delai)
        prise = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            prise.settimeout(self._delai)
            prise.connect(self._chemin)
        except OSError:
            prise.close()
            raise
        return prise


def antivirus_de(adresse: str) -> Antivirus:
    """The antivirus of `[documents] antivirus`; none for an empty address. Raises `AdresseIllisible`."""
    return Clamd(adresse) if adresse else SansAntivirus()


def _lire_tcp(adresse: str) -> tuple[str, int]:
    lue = _TCP.fullmatch(adresse.removeprefix("tcp:"))
    if lue is None or not 0 < int(lue[2]) < 65536:
        raise AdresseIllisible(
            f"« {adresse} » n’est pas l’adresse d’un antivirus : écrivez unix:/chemin/du/socket ou hôte:port."
        )
    return lue[1], int(lue[2])
