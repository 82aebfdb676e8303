"""What a child process may do of its bytes, run by tests/gateways/test_bac_a_sable."""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable


def renverser(octets: bytes) -> bytes:
    return octets[::-1]


def dire_son_monde(_octets: bytes) -> bytes:
    """Environment, open files, folder."""
    ouverts = 0
    for numero in range(64):
        with contextlib.suppress(OSError):
            os.fstat(numero)
            ouverts += 1
    return "\n".join([",".join(sorted(os.environ)), str(ouverts), os.getcwd()]).encode()


def dormir(_octets: bytes) -> bytes:
    time.sleep(60)
    return b""


def calculer(_octets: bytes) -> bytes:
    while True:
        pass


def gonfler(_octets: bytes) -> bytes:
    return bytes(bytearray(b"x") * (1 << 30))


def bavarder(_octets: bytes) -> bytes:
    return b"x" * 3_000_000


def tomber(_octets: bytes) -> bytes:
    os.abort()


def sortir_en_silence(_octets: bytes) -> bytes:
    sys.exit(3)


def lire(chemin: bytes) -> bytes:
    """What is in this file, or why not."""
    return _essayer(lambda: os.read(os.open(chemin, os.O_RDONLY), 100))


def ecrire(dossier: bytes) -> bytes:
    return _essayer(lambda: str(os.open(os.path.join(dossier, b"laisse"), os.O_WRONLY | os.O_CREAT)).encode())


def lire_son_parent(_octets: bytes) -> bytes:
    """The environment of the server: its secrets."""
    return lire(f"/proc/{os.getppid()}/environ".encode())


def se_connecter(port: bytes) -> bytes:
    def appeler() -> bytes:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(("127.0.0.1", int(port)))
        return b"ouvert"

    return _essayer(appeler)


def essaimer(_octets: bytes) -> bytes:
    return _essayer(lambda: str(os.fork()).encode())


def _essayer(faire: Callable[[], bytes]) -> bytes:
    try:
        return b"FAIT " + faire()
    except OSError as erreur:
        return type(erreur).__name__.encode()
