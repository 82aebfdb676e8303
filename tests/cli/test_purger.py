"""`portail-famille purger`."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import time_machine

from portail_famille.app import create_app
from portail_famille.config import charger_reglages
from portail_famille.demonstration.reglages import poser_reglages
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import CoffreDisque
from portail_famille.services.cle_coffre import CleFausse
from tests.cli.conftest import SLUG, Commande
from tests.support.seau import CLE, PANIER, SECRET, seau


@pytest.fixture
def base(instance: Path) -> Path:
    """Two lines of the security journal, one of them two years old."""
    fichier = instance / SLUG / "portail.sqlite3"
    with closing(sqlite3.connect(fichier)) as bd:
        bd.executemany(
            "INSERT INTO evenement_securite (a_utc, genre) VALUES (?, 'connexion')",
            [("2024-11-21 10:00:00.000000",), ("2026-11-20 10:00:00.000000",)],
        )
        bd.commit()
    return fichier


def lignes(base: Path, table: str) -> int:
    with closing(sqlite3.connect(base)) as bd:
        nombre: int = bd.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        return nombre


def test_the_commune_or_all_of_them_must_be_named(commande: Commande) -> None:
    for arguments in ((), ("--toutes", "--commune", SLUG)):
        resultat = commande("purger", *arguments)
        assert resultat.exit_code == 2
        assert "--commune SLUG, ou --toutes" in resultat.stderr


def test_the_dry_run_counts_and_erases_nothing_then_the_purge_says_the_same(commande: Commande, base: Path) -> None:
    with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
        essai = commande("purger", "--commune", SLUG, "--essai")
        assert lignes(base, "evenement_securite") == 2
        assert lignes(base, "acte_journal") == 0
        vraie = commande("purger", "--commune", SLUG)
    assert essai.exit_code == vraie.exit_code == 0
    assert essai.stdout == "essai : serait effacé (essai, rien ne l’est)\n        1  lignes du journal de sécurité\n"
    assert vraie.stdout == "essai : effacé\n        1  lignes du journal de sécurité\n"
    assert lignes(base, "evenement_securite") == 1
    assert lignes(base, "acte_journal") == 1


def test_run_again_it_says_that_nothing_is_left(commande: Commande, base: Path) -> None:
    with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
        commande("purger", "--toutes")
        seconde = commande("purger", "--toutes")
    assert seconde.stdout == "essai : rien à effacer.\n"
    assert lignes(base, "acte_journal") == 1


def coffre_de_l_essai(instance: Path) -> CoffreDisque:
    return CoffreDisque(instance / SLUG / "coffre", Chiffre("x" * 32))


def test_objects_that_no_document_names_go_after_a_day(commande: Commande, instance: Path, base: Path) -> None:
    coffre_de_l_essai(instance).put(b"nul ne me nomme")
    fichiers = [f for f in (instance / SLUG / "coffre").rglob("*") if f.is_file()]
    assert "fichiers de documents" not in commande("purger", "--commune", SLUG).stdout
    demain = time_machine.travel("2060-01-01T10:00:00+00:00", tick=False)
    with demain:
        essai = commande("purger", "--commune", SLUG, "--essai")
        assert all(f.exists() for f in fichiers)
        vraie = commande("purger", "--commune", SLUG)
    assert "        1  fichiers de documents\n" in essai.stdout
    assert "        1  fichiers de documents\n" in vraie.stdout
    assert not any(f.exists() for f in fichiers)


def ranger(base: Path, *objets: str) -> None:
    with closing(sqlite3.connect(base)) as bd:
        bd.execute("INSERT INTO personne (id, civilite, prenom, nom) VALUES (1, '', 'Camille', 'Morel')")
        bd.execute(
            "INSERT INTO foyer (id, nom, payeur_id, adresse, code_postal, ville, est_resident, personnes_a_charge) "
            "VALUES (1, 'Morel', 1, '', '', '', 1, 1)"
        )
        bd.executemany(
            "INSERT INTO piece (foyer_id, genre, nom, type_mime, taille, objet, deposee_utc) "
            "VALUES (1, 'rib', 'rib.pdf', 'application/pdf', 3, ?, '2026-11-20 10:00:00.000000')",
            [(objet,) for objet in objets],
        )
        bd.commit()


def coffre_sous_sa_cle(instance: Path) -> CoffreDisque:
    return CoffreDisque(instance / SLUG / "coffre", Chiffre(charger_reglages(instance / SLUG).cle_coffre))


def test_a_document_whose_file_is_gone_is_told_and_kept(commande: Commande, base: Path) -> None:
    ranger(base, "ab" * 20)
    resultat = commande("purger", "--commune", SLUG)
    assert resultat.exit_code == 1
    assert "1 document(s) dont le fichier manque" in resultat.stderr
    assert lignes(base, "piece") == 1


def test_a_document_whose_file_was_changed_is_told_and_kept(commande: Commande, instance: Path, base: Path) -> None:
    coffre = coffre_sous_sa_cle(instance)
    bon, change = coffre.put(b"bon"), coffre.put(b"change")
    ranger(base, bon, change)
    assert commande("purger", "--commune", SLUG).exit_code == 0
    fichier = instance / SLUG / "coffre" / change[:2] / change[2:4] / change
    brut = fichier.read_bytes()
    fichier.write_bytes(brut[:-1] + bytes([brut[-1] ^ 1]))
    resultat = commande("purger", "--commune", SLUG)
    assert resultat.exit_code == 1
    assert "1 document(s) récent(s) dont le fichier a été abîmé" in resultat.stderr
    assert "cle_coffre" not in resultat.stderr
    assert lignes(base, "piece") == 2


def test_a_wrong_key_is_told_by_the_purge_and_stops_the_start(commande: Commande, instance: Path, base: Path) -> None:
    ranger(base, coffre_sous_sa_cle(instance).put(b"sous la cle de la commune"))
    create_app(charger_reglages(instance / SLUG)).extensions["bd"].fermer()
    fichier = instance / SLUG / "commune.toml"
    texte = fichier.read_text(encoding="utf-8")
    fichier.write_text(re.sub(r'cle_coffre = ".*"', f'cle_coffre = "{"x" * 32}"', texte), encoding="utf-8")
    resultat = commande("purger", "--commune", SLUG)
    assert resultat.exit_code == 1
    assert "cle_coffre n’ouvre ni les documents ni les fiches de santé" in resultat.stderr
    with pytest.raises(CleFausse):
        create_app(charger_reglages(instance / SLUG))


@pytest.mark.parametrize("options", [("--essai",), ()], ids=["essai", "purge"])
def test_a_storage_that_is_away_is_said_plainly_and_the_figures_all_the_same(
    commande: Commande, instance: Path, base: Path, options: tuple[str, ...]
) -> None:
    with seau() as serveur:
        serveur.est_en_panne = True
        stockage = {
            "stockage": "s3", "s3_adresse": serveur.adresse, "s3_panier": PANIER, "s3_cle": CLE, "s3_secret": SECRET,
        }  # fmt: skip
        poser_reglages(instance / SLUG / "commune.toml", {("documents", cle): lu for cle, lu in stockage.items()})
        with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
            resultat = commande("purger", "--commune", SLUG, *options)
    assert resultat.exit_code == 1
    assert "1  lignes du journal de sécurité" in resultat.stdout
    assert "essai : le stockage des documents ne répond pas" in resultat.stderr
    assert "Error" not in resultat.stderr
    assert lignes(base, "acte_journal") == (0 if options else 1)


def test_a_commune_that_fails_does_not_keep_the_others_waiting(commande: Commande, instance: Path, base: Path) -> None:
    (instance / "abimee").mkdir()
    (instance / "abimee" / "commune.toml").write_text("nom = 3\n", encoding="utf-8")
    with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
        resultat = commande("purger", "--toutes")
    assert resultat.exit_code == 1
    assert "Purge à refaire : abimee." in resultat.stderr
    assert lignes(base, "evenement_securite") == 1


@pytest.mark.parametrize("base_d_abord", [True, False], ids=["the base first", "the documents first"])
def test_a_backup_of_the_base_then_of_the_documents_restores_a_town_whole(
    commande: Commande, instance: Path, base: Path, tmp_path: Path, *, base_d_abord: bool
) -> None:
    """docs/sauvegarde.md, with a family that deposits between the two copies."""
    coffre, copies = coffre_sous_sa_cle(instance), tmp_path / "copies"
    ranger(base, coffre.put(b"la veille"))

    def copier_la_base() -> None:
        with closing(sqlite3.connect(base)) as source, closing(sqlite3.connect(tmp_path / "copie.sqlite3")) as copie:
            source.backup(copie)

    def copier_les_documents() -> None:
        shutil.copytree(instance / SLUG / "coffre", copies)

    premiere, seconde = copier_la_base, copier_les_documents
    if not base_d_abord:
        premiere, seconde = seconde, premiere
    premiere()
    with closing(sqlite3.connect(base)) as bd:
        bd.execute(
            "INSERT INTO piece (foyer_id, genre, nom, type_mime, taille, objet, deposee_utc) "
            "SELECT foyer_id, genre, nom, type_mime, taille, ?, deposee_utc FROM piece",
            (coffre.put(b"entre les deux"),),
        )
        bd.commit()
    seconde()
    for fichier in base.parent.glob("portail.sqlite3*"):
        fichier.unlink()
    shutil.copy(tmp_path / "copie.sqlite3", base)
    shutil.rmtree(instance / SLUG / "coffre")
    shutil.copytree(copies, instance / SLUG / "coffre")
    assert commande("migrer", "--commune", SLUG).exit_code == 0
    assert commande("purger", "--commune", SLUG, "--essai").exit_code == (0 if base_d_abord else 1)
