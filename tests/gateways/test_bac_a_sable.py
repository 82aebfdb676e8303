"""The child process that reads strangers' bytes: bounded, alone, and gone."""

import io
import os
import socket
import time
from pathlib import Path

import pytest

from portail_famille.gateways import bac_a_sable
from portail_famille.gateways.bac_a_sable import Indisponible, Interrompu, Limites, executer
from portail_famille.services.examen import examiner
from tests.support.pieces import pdf, photo

TERRIBLES = "tests.support.enfants_terribles:"


def test_the_answer_comes_back_whole() -> None:
    octets = os.urandom(3_000_000)
    assert executer(TERRIBLES + "renverser", octets) == octets[::-1]
    assert executer(TERRIBLES + "renverser", b"") == b""


def test_a_child_has_neither_the_secrets_nor_the_files_of_the_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MOT_DE_PASSE", "secret")
    with (tmp_path / "ouvert").open("wb"):
        noms, fichiers, dossier = executer(TERRIBLES + "dire_son_monde", b"").decode().split("\n")
    assert set(noms.split(",")) <= {"LC_ALL", "LC_CTYPE", "MALLOC_ARENA_MAX"}
    assert int(fichiers) == 3
    assert dossier == "/"


@pytest.mark.parametrize(
    ("fonction", "limites"),
    [
        ("dormir", Limites(patience=0.4)),
        ("calculer", Limites(processeur=1, patience=20)),
        ("gonfler", Limites(memoire=200_000_000)),
        ("bavarder", Limites(sortie=1_000_000)),
        ("tomber", Limites()),
        ("sortir_en_silence", Limites()),
    ],
)
def test_a_child_that_dies_or_takes_too_much_is_an_interruption(fonction: str, limites: Limites) -> None:
    debut = time.monotonic()
    with pytest.raises(Interrompu):
        executer(TERRIBLES + fonction, b"x", limites)
    assert time.monotonic() - debut < 10


def est_mure(fonction: str, octets: bytes, mur: str) -> bool:
    """Whether the child was refused; where the kernel has no such wall, the log must say so."""
    dit = executer(TERRIBLES + fonction, octets)
    if mur in bac_a_sable._deja_dits:
        return True
    return dit == b"PermissionError"


def test_a_child_opens_no_file_of_the_instance(tmp_path: Path) -> None:
    secret = tmp_path / "commune.toml"
    secret.write_text("cle_secrete")
    for chemin in (tmp_path, secret):
        # Readable by all: it is not the rights of the file that protect it here.
        chemin.chmod(0o777)
    assert est_mure("lire", bytes(secret), "fichiers")
    assert est_mure("lire", b"/etc/passwd", "fichiers")
    assert est_mure("ecrire", bytes(tmp_path), "fichiers")
    assert est_mure("lire_son_parent", b"", "fichiers")
    assert "fichiers" in bac_a_sable._deja_dits or list(tmp_path.iterdir()) == [secret]


def test_a_child_reaches_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as serveur:
        assert est_mure("se_connecter", str(serveur.getsockname()[1]).encode(), "reseau")


def test_a_child_starts_no_process() -> None:
    assert est_mure("essaimer", b"", "reseau")


def test_walls_that_the_kernel_refuses_are_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bac_a_sable, "_deja_dits", set())
    for _ in range(2):
        bac_a_sable._avertir(io.BytesIO(b"fichiers reseau autre\nbruit"))
    bac_a_sable._avertir(io.BytesIO(b"\n"))
    assert [m.split(": ")[1].split(" ")[0] for m in caplog.messages] == ["fichiers", "reseau"]


@pytest.mark.parametrize("fonction", ["tests.support.absent:rien", TERRIBLES + "rien", "sans_deux_points"])
def test_a_child_that_could_not_begin_is_our_fault(fonction: str) -> None:
    with pytest.raises(Indisponible):
        executer(fonction, b"x")


def test_documents_are_really_examined_in_a_child() -> None:
    assert examiner(photo(), "a.jpg").octets.startswith(b"\xff\xd8\xff")
    assert examiner(pdf(), "a.pdf").type_mime == "application/pdf"
