"""The coffre on an S3-compatible storage: as on a disk, against a local counterpart that checks signatures."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portail_famille.config.reglages import ReglagesDocuments
from portail_famille.gateways.chiffre import Illisible
from portail_famille.gateways.coffre import Coffre, CoffreInjoignable, ObjetAbsent
from portail_famille.gateways.coffre_s3 import StockageImpossible
from portail_famille.services.documents import coffre_de
from tests.support.seau import CLE, PANIER, SECRET, Seau, seau

CLE_COFFRE = "une clé de test qui a plus de trente-deux caractères"
DEMAIN = datetime.now(UTC) + timedelta(days=1)


@pytest.fixture(scope="module")
def serveur() -> Iterator[Seau]:
    with seau() as ouvert:
        yield ouvert


@pytest.fixture
def reglages(serveur: Seau) -> ReglagesDocuments:
    serveur.objets.clear()
    serveur.est_en_panne = False
    return ReglagesDocuments(
        stockage="s3", s3_adresse=serveur.adresse, s3_region="fr-par", s3_panier=PANIER, s3_cle=CLE, s3_secret=SECRET
    )


@pytest.fixture
def coffre(reglages: ReglagesDocuments) -> Coffre:
    return ouvrir(reglages)


def ouvrir(reglages: ReglagesDocuments, slug: str = "saint-rivage") -> Coffre:
    return coffre_de(Path("/srv") / slug, CLE_COFFRE, reglages)


def test_what_is_put_is_found_again_and_the_storage_reads_nothing(coffre: Coffre, serveur: Seau) -> None:
    octets = [b"livret de famille" * 1000, b"", b"deux"]
    noms = [coffre.put(brut) for brut in octets]
    assert [coffre.get(nom) for nom in noms] == octets
    assert len(serveur.objets) == 3
    assert all(chemin.startswith("saint-rivage/") for chemin in serveur.objets)
    assert not any(b"livret" in brut for brut, _ in serveur.objets.values())


def test_an_object_copied_over_another_or_under_another_key_is_not_read(
    coffre: Coffre, serveur: Seau, reglages: ReglagesDocuments
) -> None:
    coffre.put(b"le mien")
    victime = coffre.put(b"le sien")
    (mien,) = (chemin for chemin in serveur.objets if not chemin.endswith(victime))
    (sien,) = (chemin for chemin in serveur.objets if chemin.endswith(victime))
    with pytest.raises(Illisible):
        coffre_de(Path("/srv/saint-rivage"), CLE_COFFRE + "!", reglages).get(victime)
    serveur.objets[sien] = serveur.objets[mien]
    with pytest.raises(Illisible):
        coffre.get(victime)


def test_what_is_deleted_is_gone_and_deleting_twice_is_fine(coffre: Coffre) -> None:
    nom = coffre.put(b"x")
    coffre.delete(nom)
    coffre.delete(nom)
    with pytest.raises(ObjetAbsent):
        coffre.get(nom)


def test_a_town_lists_its_own_old_objects_page_after_page(
    coffre: Coffre, serveur: Seau, reglages: ReglagesDocuments
) -> None:
    noms = {coffre.put(b"x") for _ in range(5)}
    ouvrir(reglages, "saint-rivage-sur-mer").put(b"x")
    serveur.objets["saint-rivage/readme.txt"] = b"", datetime.now(UTC)
    assert set(coffre.objets(DEMAIN)) == noms
    assert list(coffre.objets(datetime(2020, 1, 1, tzinfo=UTC))) == []


@pytest.mark.parametrize("nom", ["", "../../commune.toml", "A" * 40, "a" * 40 + "\n"])
def test_a_name_that_is_not_one_of_ours_asks_nothing(coffre: Coffre, serveur: Seau, nom: str) -> None:
    serveur.verbes.clear()
    with pytest.raises(ObjetAbsent):
        coffre.get(nom)
    assert serveur.verbes == []


def test_a_storage_that_refuses_is_not_an_object_that_is_absent(serveur: Seau, reglages: ReglagesDocuments) -> None:
    """A wrong secret, an unknown bucket, a storage that is away: nothing is known, nothing must be concluded."""
    with pytest.raises(CoffreInjoignable):
        ouvrir(replace(reglages, s3_secret="un autre")).put(b"x")
    assert serveur.objets == {}
    serveur.est_en_panne = True
    coffre = ouvrir(reglages)
    for demander in (
        lambda: coffre.get("a" * 40),
        lambda: coffre.delete("a" * 40),
        lambda: list(coffre.objets(DEMAIN)),
    ):
        with pytest.raises(CoffreInjoignable):
            demander()


def test_settings_that_cannot_work_are_told_at_the_start(
    reglages: ReglagesDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StockageImpossible, match="s3_panier"):
        ouvrir(replace(reglages, s3_panier=""))
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(StockageImpossible, match="portail-famille\\[s3\\]"):
        ouvrir(reglages)
