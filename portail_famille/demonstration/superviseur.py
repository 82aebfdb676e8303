"""Runs the processes of the demonstration together: when one ends, or a signal comes, all end, all ports are free."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from portail_famille.gateways.boucle_locale import HOTE

_ATTENTE_PRET = 30.0
_ATTENTE_ARRET = 10.0
_PAS = 0.2


@dataclass(frozen=True, slots=True)
class Processus:
    """A command to run and the port on which it answers once it is ready, if any."""

    nom: str
    commande: Sequence[str]
    port: int | None = None


class ProcessusArrete(Exception):
    """A process ended by itself, or was not ready in time; nothing is restarted silently."""


def servir(processus: Sequence[Processus], environnement: Mapping[str, str], pret: Callable[[], None]) -> None:
    """Start each once the one before answers, then call `pret`, stay until SIGINT, SIGTERM or SIGHUP.

    Children stay in our process group: whoever kills the group, kill -9 included, leaves nothing behind. Raises
    ProcessusArrete when one of them ends by itself.
    """
    arret = threading.Event()

    def demander(_numero: int, _cadre: FrameType | None) -> None:
        arret.set()

    anciens = {numero: signal.signal(numero, demander) for numero in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    enfants: list[tuple[Processus, subprocess.Popen[bytes]]] = []
    try:
        for modele in processus:
            # Our own commands, no shell.
            enfants.append((modele, subprocess.Popen(modele.commande, env={**os.environ, **environnement})))  # noqa: S603
            # The worker writes at once to the mailbox: who never came is invited when the town is built.
            if not _attendre_prets(enfants, arret):
                break
        else:
            pret()
        while not arret.wait(_PAS):
            _verifier(enfants)
    finally:
        _arreter([enfant for _, enfant in reversed(enfants)])
        for numero, ancien in anciens.items():
            signal.signal(numero, ancien)


def _attendre_prets(enfants: Sequence[tuple[Processus, subprocess.Popen[bytes]]], arret: threading.Event) -> bool:
    """False when a signal came first."""
    echeance = time.monotonic() + _ATTENTE_PRET
    attendus = [modele for modele, _ in enfants if modele.port is not None]
    while attendus:
        if arret.wait(_PAS):
            return False
        _verifier(enfants)
        attendus = [modele for modele in attendus if not _repond(modele.port)]
        if attendus and time.monotonic() > echeance:
            raise ProcessusArrete(f"{attendus[0].nom} : pas de réponse sur le port {attendus[0].port}.")
    return True


def _verifier(enfants: Sequence[tuple[Processus, subprocess.Popen[bytes]]]) -> None:
    for modele, enfant in enfants:
        if enfant.poll() is not None:
            raise ProcessusArrete(f"{modele.nom} s’est arrêté (code {enfant.returncode}).")


def _repond(port: int | None) -> bool:
    if port is None:
        return True
    try:
        socket.create_connection((HOTE, port), timeout=_PAS).close()
    except OSError:
        return False
    return True


def _arreter(enfants: Sequence[subprocess.Popen[bytes]]) -> None:
    for enfant in enfants:
        if enfant.poll() is None:
            enfant.terminate()
    echeance = time.monotonic() + _ATTENTE_ARRET
    for enfant in enfants:
        try:
            enfant.wait(max(0.1, echeance - time.monotonic()))
        except subprocess.TimeoutExpired:
            enfant.kill()
            enfant.wait()
