"""A PostgreSQL of the tests' own: started for the session, stopped after it, touching nothing else on the machine."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

_DEBIAN = Path("/usr/lib/postgresql")
# Speed over safety: the data does not outlive the tests.
_REGLAGES = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses='' -c max_connections=60"
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Reached by a unix socket in its own folder: no port to be free."""

    dossier: Path

    def url(self, base: str) -> str:
        return f"postgresql+psycopg://postgres@/{base}?host={self.dossier}"

    def executer(self, ordre: str) -> None:
        with psycopg.connect(f"host={self.dossier} user=postgres dbname=postgres", autocommit=True) as connexion:
            connexion.execute(ordre.encode())


# A database of its own for each test is a thousand small files: five times faster in memory, where there is room.
_EN_MEMOIRE, _PLACE = Path("/dev/shm"), 2 * 1024**3


def demarrer() -> Cluster:
    en_memoire = os.access(_EN_MEMOIRE, os.W_OK) and shutil.disk_usage(_EN_MEMOIRE).free > _PLACE
    # Short: the path of a unix socket has 107 characters at most.
    dossier = Path(tempfile.mkdtemp(prefix="pf-pg-", dir=_EN_MEMOIRE if en_memoire else None))
    if os.geteuid() == 0:
        shutil.chown(dossier, "postgres", "postgres")
    donnees = dossier / "donnees"
    _lancer("initdb", "-D", str(donnees), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
    options = f"{_REGLAGES} -c unix_socket_directories='{dossier}'"
    _lancer("pg_ctl", "-D", str(donnees), "-o", options, "-l", str(dossier / "journal"), "-w", "start")
    return Cluster(dossier)


def arreter(cluster: Cluster) -> None:
    _lancer("pg_ctl", "-D", str(cluster.dossier / "donnees"), "-m", "immediate", "stop")
    shutil.rmtree(cluster.dossier)


def _lancer(programme: str, *arguments: str) -> None:
    commande = [str(_binaire(programme)), *arguments]
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        commande = ["runuser", "-u", "postgres", "--", *commande]
    # Not a pipe: the server started by pg_ctl would inherit it and keep it open.
    muet = subprocess.DEVNULL
    subprocess.run(commande, stdin=muet, stdout=muet, cwd="/", check=True, timeout=60)


def _binaire(programme: str) -> Path:
    trouves = sorted(_DEBIAN.glob(f"*/bin/{programme}"), key=lambda chemin: int(chemin.parts[-3]))
    if trouves:
        return trouves[-1]
    ailleurs = shutil.which(programme)
    if ailleurs is None:
        raise RuntimeError("PostgreSQL is not installed: `make setup` as root, or apt-get install postgresql")
    return Path(ailleurs)
