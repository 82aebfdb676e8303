"""The child process that reads strangers' bytes: bounded, alone, and gone."""

import os
import time
from pathlib import Path

import pytest

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


def test_what_a_child_started_ends_with_it() -> None:
    petit_enfant = int(executer(TERRIBLES + "essaimer", b"60"))
    for _ in range(100):
        etat = Path(f"/proc/{petit_enfant}/stat")
        if not etat.exists() or etat.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the process is still there")


@pytest.mark.parametrize("fonction", ["tests.support.absent:rien", TERRIBLES + "rien", "sans_deux_points"])
def test_a_child_that_could_not_begin_is_our_fault(fonction: str) -> None:
    with pytest.raises(Indisponible):
        executer(fonction, b"x")


def test_documents_are_really_examined_in_a_child() -> None:
    assert examiner(photo(), "a.jpg").octets.startswith(b"\xff\xd8\xff")
    assert examiner(pdf(), "a.pdf").type_mime == "application/pdf"
