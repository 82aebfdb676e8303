"""The processes of the demonstration live and end together."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from portail_famille.demonstration.superviseur import Processus, ProcessusArrete, servir
from portail_famille.gateways.boucle_locale import est_libre

ECOUTER = "import socket,sys,time; s=socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"


def _port_libre() -> int:
    with socket.socket() as essai:
        essai.bind(("127.0.0.1", 0))
        port: int = essai.getsockname()[1]
        return port


def test_a_process_that_ends_by_itself_stops_the_others(tmp_path: Path) -> None:
    trace = tmp_path / "pid"
    dormir = f"import os,time; open({str(trace)!r},'w').write(str(os.getpid())); time.sleep(60)"
    bref = (sys.executable, "-c", "import time; time.sleep(1); raise SystemExit(3)")
    with pytest.raises(ProcessusArrete, match=r"bref s’est arrêté \(code 3\)"):
        servir([Processus("survivant", (sys.executable, "-c", dormir)), Processus("bref", bref)], {}, lambda: None)
    with pytest.raises(ProcessLookupError):
        os.kill(int(trace.read_text()), 0)


def test_ready_is_said_once_the_port_answers_and_a_signal_frees_it() -> None:
    port = _port_libre()
    reponses: list[bool] = []

    def pret() -> None:
        reponses.append(not est_libre(port))
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()

    servir([Processus("serveur", (sys.executable, "-c", ECOUTER, str(port)), port)], {}, pret)
    assert reponses == [True]
    assert est_libre(port)


def test_signals_are_handed_back_after_serving() -> None:
    avant = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ProcessusArrete):
        servir([Processus("bref", (sys.executable, "-c", "pass"))], {}, lambda: None)
    assert signal.getsignal(signal.SIGTERM) is avant


def test_killing_the_whole_group_leaves_no_process_behind(tmp_path: Path) -> None:
    trace = tmp_path / "pid"
    enfant = f"import os,time; open({str(trace)!r},'w').write(str(os.getpid())); time.sleep(60)"
    programme = (
        "import sys; from portail_famille.demonstration.superviseur import Processus, servir; "
        f"servir([Processus('x', (sys.executable, '-c', {enfant!r}))], {{}}, lambda: None)"
    )
    superviseur = subprocess.Popen((sys.executable, "-c", programme), start_new_session=True)
    echeance = time.monotonic() + 20
    while not (trace.exists() and trace.read_text()) and time.monotonic() < echeance:
        time.sleep(0.05)
    os.killpg(superviseur.pid, signal.SIGKILL)
    superviseur.wait()
    pid = int(trace.read_text())
    while _vit(pid) and time.monotonic() < echeance:
        time.sleep(0.05)
    assert not _vit(pid)


def _vit(pid: int) -> bool:
    """Neither gone nor waiting for its parent to read its end."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
