"""A child process for bytes that strangers sent: fresh, short-lived, bounded (docs/decisions/0008-documents.md).

What decodes pictures and PDF is C code that reads whatever a visitor likes. It runs here: an interpreter of its own,
without the server's environment nor its open files, with limits on memory, processor and output, behind walls that
keep it from files, network and programs (gateways/cloison), gone after one document. A crash, a limit or a silence is
one `Interrompu` for the caller and nothing for the pages being answered.

Linux only (memfd, pidfd). This file is also what the child runs: it loads the function it is told, bounds itself, and
only then reads the bytes.
"""

import contextlib
import logging
import os
import resource
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

journal = logging.getLogger("portail_famille.documents")

_RACINE = Path(__file__).parents[2]
_SANS_PROGRAMME = 97
"""Exit status of a child that never began: its function could not be loaded."""

_deja_dits: set[str] = set()
"""Walls that the kernel refused, said once in the log of this process."""


class Interrompu(Exception):
    """The child died, took too much or too long: these bytes are not to be read."""


class Indisponible(Exception):
    """No child could be started: not the fault of the bytes."""


@dataclass(frozen=True, slots=True)
class Limites:
    memoire: int = 1024 * 1024 * 1024
    """Bytes of address space: a picture of 40 million points takes a third of it."""
    processeur: int = 20
    """Seconds."""
    patience: float = 30.0
    """Seconds by the clock."""
    sortie: int = 12 * 1024 * 1024
    """Bytes it may write, whatever the file."""


def executer(fonction: str, octets: bytes, limites: Limites | None = None) -> bytes:
    """What `fonction` ("package.module:name", bytes → bytes) answers for these bytes, from a child process.

    Raises `Interrompu` or `Indisponible`.
    """
    limites = limites or Limites()
    commande = [
        sys.executable, "-I", "-B", __file__, fonction,
        str(limites.memoire), str(limites.processeur), str(limites.sortie),
    ]  # fmt: skip
    # Files without a name rather than pipes: nobody waits for nobody, and what the child writes is bounded.
    with _anonyme() as entree, _anonyme() as sortie, _anonyme() as constat:
        entree.write(octets)
        entree.seek(0)
        try:
            enfant = subprocess.Popen(  # noqa: S603 – our interpreter, our file
                commande,
                stdin=entree,
                stdout=sortie,
                stderr=constat,
                cwd="/",
                # No secret of the server; one arena: threads of a decoder do not each reserve their own.
                env={"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
                start_new_session=True,
            )
        except OSError as erreur:
            raise Indisponible(str(erreur)) from None
        statut = _attendre(enfant, limites.patience)
        if statut == _SANS_PROGRAMME:
            raise Indisponible(f"{fonction} cannot be loaded")
        _avertir(constat)
        if statut:
            raise Interrompu(f"exit status {statut}")
        sortie.seek(0)
        return sortie.read()


def _anonyme() -> IO[bytes]:
    """In memory, under no name."""
    return os.fdopen(os.memfd_create("document"), "w+b")


def _avertir(constat: IO[bytes]) -> None:
    """What the child wrote before it read the bytes: which walls it could not put up."""
    constat.seek(0)
    murs = set(constat.readline(100).decode("ascii", "replace").split()) & {"fichiers", "reseau"}
    for mur in sorted(murs - _deja_dits):
        journal.warning("the kernel does not keep what examines documents from: %s (docs/decisions/0008)", mur)
    _deja_dits.update(murs)


def _attendre(enfant: "subprocess.Popen[bytes]", patience: float) -> int:
    """Its exit status. What it may have started ends with it: its number is still taken while it is not waited for."""
    fini = os.pidfd_open(enfant.pid)
    try:
        est_fini = bool(select.select([fini], [], [], patience)[0])
    finally:
        os.close(fini)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(enfant.pid, signal.SIGKILL)
        statut = enfant.wait()
    if not est_fini:
        raise Interrompu("timeout")
    return statut


def _se_borner(memoire: int, processeur: int, sortie: int) -> None:
    bornes = {
        resource.RLIMIT_AS: memoire,
        resource.RLIMIT_CPU: processeur,
        resource.RLIMIT_FSIZE: sortie,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 16,
    }
    for quoi, borne in bornes.items():
        dure = resource.getrlimit(quoi)[1]
        borne = borne if dure == resource.RLIM_INFINITY else min(borne, dure)
        resource.setrlimit(quoi, (borne, borne))
    # Pages are answered first.
    os.nice(10)


def _enfant(fonction: str, memoire: str, processeur: str, sortie: str) -> int:
    try:
        sys.path.insert(0, str(_RACINE))
        module, nom = fonction.split(":")
        faire = getattr(import_module(module), nom)
        murs = import_module("portail_famille.gateways.cloison").se_cloisonner
        _se_borner(int(memoire), int(processeur), int(sortie))
        os.write(2, f"{' '.join(murs())}\n".encode())
    except Exception:  # whatever kept it from beginning
        return _SANS_PROGRAMME
    sys.stdout.buffer.write(faire(sys.stdin.buffer.read()))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_enfant(*sys.argv[1:]))
