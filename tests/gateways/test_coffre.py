"""The coffre: encrypted, whole or absent, private to the server's user."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portail_famille.gateways.chiffre import Chiffre, Illisible
from portail_famille.gateways.coffre import CoffreDisque, ObjetAbsent

CLE = "une clé de test qui a plus de trente-deux caractères"


@pytest.fixture
def coffre(tmp_path: Path) -> CoffreDisque:
    return CoffreDisque(tmp_path / "coffre", Chiffre(CLE))


def fichiers(tmp_path: Path) -> list[Path]:
    return [f for f in tmp_path.rglob("*") if f.is_file()]


def test_what_is_put_is_found_again(coffre: CoffreDisque) -> None:
    noms = [coffre.put(octets) for octets in (b"un", b"deux", b"")]
    assert [coffre.get(nom) for nom in noms] == [b"un", b"deux", b""]


def test_the_disk_holds_neither_the_content_nor_anything_about_it(coffre: CoffreDisque, tmp_path: Path) -> None:
    coffre.put(b"livret de famille")
    (fichier,) = fichiers(tmp_path)
    assert b"livret" not in fichier.read_bytes()
    assert len(fichier.name) == 40


def test_only_the_servers_user_reads_the_coffre(coffre: CoffreDisque, tmp_path: Path) -> None:
    ancien = os.umask(0)
    try:
        coffre.put(b"x")
    finally:
        os.umask(ancien)
    (fichier,) = fichiers(tmp_path)
    assert stat.S_IMODE(fichier.stat().st_mode) == 0o600
    dossiers = [d for d in (tmp_path / "coffre").rglob("*") if d.is_dir()] + [tmp_path / "coffre"]
    assert {stat.S_IMODE(d.stat().st_mode) for d in dossiers} == {0o700}


def test_an_object_copied_over_another_is_not_read(coffre: CoffreDisque, tmp_path: Path) -> None:
    coffre.put(b"le mien")
    victime = coffre.put(b"le sien")
    mien, sien = sorted(fichiers(tmp_path), key=lambda f: f.name == victime)
    sien.write_bytes(mien.read_bytes())
    with pytest.raises(Illisible):
        coffre.get(victime)


def test_an_object_altered_or_under_another_key_is_not_read(coffre: CoffreDisque, tmp_path: Path) -> None:
    nom = coffre.put(b"x" * 100)
    with pytest.raises(Illisible):
        CoffreDisque(tmp_path / "coffre", Chiffre(CLE + "!")).get(nom)
    (fichier,) = fichiers(tmp_path)
    brut = bytearray(fichier.read_bytes())
    brut[-1] ^= 1
    fichier.write_bytes(brut)
    with pytest.raises(Illisible):
        coffre.get(nom)


def test_what_is_deleted_is_gone_and_deleting_twice_is_fine(coffre: CoffreDisque) -> None:
    nom = coffre.put(b"x")
    coffre.delete(nom)
    coffre.delete(nom)
    with pytest.raises(ObjetAbsent):
        coffre.get(nom)


@pytest.mark.parametrize("nom", ["", "../../commune.toml", "a" * 39, "A" * 40, "a" * 40 + "\n", "/etc/passwd"])
def test_a_name_that_is_not_one_of_ours_leads_nowhere(coffre: CoffreDisque, nom: str) -> None:
    with pytest.raises(ObjetAbsent):
        coffre.get(nom)


def test_a_write_cut_short_leaves_nothing(
    coffre: CoffreDisque, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panne(_descripteur: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", panne)
    with pytest.raises(OSError, match="disk full"):
        coffre.put(b"x")
    assert fichiers(tmp_path) == []


def test_old_objects_are_listed_for_the_sweep_and_recent_ones_are_not(coffre: CoffreDisque, tmp_path: Path) -> None:
    nom = coffre.put(b"x")
    (fichier,) = fichiers(tmp_path)
    ecrit = datetime.fromtimestamp(fichier.stat().st_mtime, UTC)
    (fichier.parent / "reste.part").write_bytes(b"")
    assert list(coffre.objets(ecrit)) == []
    assert list(coffre.objets(ecrit + timedelta(seconds=1))) == [nom]


def test_an_empty_coffre_lists_nothing(coffre: CoffreDisque) -> None:
    assert list(coffre.objets(datetime(2100, 1, 1, tzinfo=UTC))) == []
