"""What a child process may do of its bytes, run by tests/gateways/test_bac_a_sable."""

import os
import subprocess
import sys
import time


def renverser(octets: bytes) -> bytes:
    return octets[::-1]


def dire_son_monde(_octets: bytes) -> bytes:
    """Environment, open files, folder."""
    ouverts = [n for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")]
    return "\n".join([",".join(sorted(os.environ)), str(len(ouverts)), os.getcwd()]).encode()


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


def essaimer(octets: bytes) -> bytes:
    """Leaves a process behind, and says its number."""
    enfant = subprocess.Popen(["sleep", octets.decode()], stdout=subprocess.DEVNULL)
    return str(enfant.pid).encode()
