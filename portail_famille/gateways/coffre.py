"""Where documents are kept: objects of random names, encrypted under the commune's key; here on the server's disk.

The name of an object is drawn at random and says nothing; the bytes are bound to that name (gateways/chiffre), so that
a file copied over another does not decipher.
"""

import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from portail_famille.gateways.chiffre import Chiffre

_NOM = re.compile(r"[0-9a-f]{40}")
_DOSSIER, _FICHIER = 0o700, 0o600
_BROUILLON = ".part"


class ObjetAbsent(Exception):
    """No object of this name: purged, or a disk restored without its coffre."""


class CoffreInjoignable(OSError):
    """The storage does not answer, or refuses: nothing is known of the object."""


class Coffre(Protocol):
    """The documents of one commune, wherever they are kept."""

    def put(self, octets: bytes) -> str:
        """Keeps these bytes; the name to find them again. Whole when it returns, or not there. Raises `OSError`."""

    def get(self, nom: str) -> bytes:
        """Raises `ObjetAbsent`, `OSError`, or `Illisible` when the object was changed or moved."""

    def delete(self, nom: str) -> None:
        """Gone for good; already gone is fine. Raises `OSError`."""

    def objets(self, avant: datetime) -> Iterator[str]:
        """Names of the objects written before this instant: `purger` drops those that no row names."""


class CoffreDisque:
    """On the server's disk. `dossier` is made at the first deposit."""

    def __init__(self, dossier: Path, chiffre: Chiffre) -> None:
        self._dossier = dossier
        self._chiffre = chiffre

    def put(self, octets: bytes) -> str:
        """Keeps these bytes; the name to find them again. Whole on the disk when it returns, or not there at all."""
        nom = nouveau_nom()
        chemin = self._chemin(nom)
        # Level by level: `mode` of mkdir is not that of the parents it makes.
        for dossier in (self._dossier, chemin.parent.parent, chemin.parent):
            dossier.mkdir(mode=_DOSSIER, exist_ok=True)
        brut = self._chiffre.chiffrer(octets, lieu_de(nom))
        descripteur, brouillon = tempfile.mkstemp(dir=chemin.parent, suffix=_BROUILLON)
        try:
            with os.fdopen(descripteur, "wb") as fichier:
                os.fchmod(fichier.fileno(), _FICHIER)
                fichier.write(brut)
                fichier.flush()
                os.fsync(fichier.fileno())
            os.replace(brouillon, chemin)
        except BaseException:
            Path(brouillon).unlink(missing_ok=True)
            raise
        _fsync_dossier(chemin.parent)
        return nom

    def get(self, nom: str) -> bytes:
        """Raises `ObjetAbsent`, or `Illisible` when the file was changed or moved."""
        try:
            brut = self._chemin(nom).read_bytes()
        except FileNotFoundError:
            raise ObjetAbsent(nom) from None
        return self._chiffre.dechiffrer(brut, lieu_de(nom))

    def delete(self, nom: str) -> None:
        """Gone for good; already gone is fine."""
        self._chemin(nom).unlink(missing_ok=True)

    def objets(self, avant: datetime) -> Iterator[str]:
        """Names of the objects written before this instant: `purger` drops those that no row names."""
        for fichier in self._dossier.glob("??/??/*"):
            # One may go while the list is read.
            with suppress(FileNotFoundError):
                ecrit = datetime.fromtimestamp(fichier.stat().st_mtime, UTC)
                if ecrit < avant and est_un_nom(fichier.name):
                    yield fichier.name

    def _chemin(self, nom: str) -> Path:
        if not est_un_nom(nom):
            raise ObjetAbsent(nom)
        return self._dossier / nom[:2] / nom[2:4] / nom


def nouveau_nom() -> str:
    return secrets.token_hex(20)


def est_un_nom(nom: str) -> bool:
    return _NOM.fullmatch(nom) is not None


def lieu_de(nom: str) -> str:
    """What the encrypted bytes are bound to."""
    return f"piece:{nom}"


def _fsync_dossier(dossier: Path) -> None:
    """The rename itself must outlive a power cut."""
    descripteur = os.open(dossier, os.O_RDONLY)
    try:
        os.fsync(descripteur)
    finally:
        os.close(descripteur)
