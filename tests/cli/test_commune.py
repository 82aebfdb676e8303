"""`commune creer` and `migrer`."""

import errno
import os
from pathlib import Path

import pytest

from portail_famille.config import FICHIER, charger_reglages
from portail_famille.migrations import version_attendue, version_de
from portail_famille.models.bd import BD
from portail_famille.models.calendrier import PeriodeScolaire
from tests.cli.conftest import SLUG, Commande


def test_creating_a_commune_makes_one_that_works(commande: Commande, instance: Path) -> None:
    resultat = commande("commune", "creer", "saint-malin", "--zone", "B")
    assert resultat.exit_code == 0
    assert "Saint-Malin est créée" in resultat.output
    reglages = charger_reglages(instance / "saint-malin")
    assert (reglages.nom, reglages.zone) == ("Saint-Malin", "B")
    bd = BD(reglages.base_de_donnees)
    assert version_de(bd) == version_attendue()
    with bd.session_lecture() as session:
        assert session.query(PeriodeScolaire).count() > 5, "its calendar is seeded"
    bd.fermer()


def test_two_communes_never_share_a_key(commande: Commande, instance: Path) -> None:
    commande("commune", "creer", "une")
    commande("commune", "creer", "deux")
    assert charger_reglages(instance / "une").cle_secrete != charger_reglages(instance / "deux").cle_secrete


def test_creating_over_a_commune_is_refused(commande: Commande, instance: Path) -> None:
    avant = (instance / SLUG / FICHIER).read_bytes()
    resultat = commande("commune", "creer", SLUG)
    assert resultat.exit_code == 1
    assert "existe déjà" in resultat.stderr
    assert (instance / SLUG / FICHIER).read_bytes() == avant


def test_a_prefix_that_would_not_work_is_refused(commande: Commande, instance: Path) -> None:
    resultat = commande("commune", "creer", "Saint Malin")
    assert resultat.exit_code == 1
    assert "ne peut pas servir de préfixe" in resultat.stderr
    assert sorted(dossier.name for dossier in instance.iterdir()) == [SLUG]


def test_migrating_says_what_it_did(commande: Commande, instance: Path) -> None:
    (instance / SLUG / "portail.sqlite3").unlink()
    resultat = commande("migrer", "--commune", SLUG)
    assert resultat.output == f"{SLUG} : vide → {version_attendue()}\n"
    assert commande("migrer", "--toutes").output == f"{SLUG} : déjà à jour ({version_attendue()})\n"


def test_a_commune_without_a_key_of_its_own_for_the_coffre_is_warned(commande: Commande, instance: Path) -> None:
    assert commande("migrer", "--toutes").stderr == ""
    fichier = instance / SLUG / FICHIER
    lignes = fichier.read_text(encoding="utf-8").splitlines(keepends=True)
    fichier.write_text("".join(li for li in lignes if not li.startswith("cle_coffre")), encoding="utf-8")
    assert "Ajoutez-y cle_coffre avec la valeur qu’a cle_secrete" in commande("migrer", "--toutes").stderr


def test_migrating_wants_to_know_which(commande: Commande) -> None:
    assert commande("migrer").exit_code == 2
    assert commande("migrer", "--toutes", "--commune", SLUG).exit_code == 2
    assert commande("migrer", "--commune", "inconnue").exit_code == 1


def test_one_broken_commune_does_not_keep_the_others_waiting(commande: Commande, instance: Path) -> None:
    (instance / "abimee").mkdir()
    (instance / "abimee" / FICHIER).write_text("nom = 3")
    (instance / SLUG / "portail.sqlite3").unlink()
    resultat = commande("migrer", "--toutes")
    assert resultat.exit_code == 1
    assert f"{SLUG} : vide → {version_attendue()}" in resultat.output
    assert "Non mises à jour : abimee" in resultat.stderr


def test_a_database_that_does_not_answer_is_a_sentence(commande: Commande, instance: Path) -> None:
    base = "postgresql+psycopg://personne@127.0.0.1:1/rien"
    resultat = commande("commune", "creer", "neuville", "--base", base)
    assert resultat.exit_code == 1
    assert resultat.stderr.startswith("La base de données ne répond pas, rien n’a été créé")
    assert not (instance / "neuville").exists()


def test_a_disk_that_takes_nothing_is_a_sentence(
    commande: Commande, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuser(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "commune.toml")

    monkeypatch.setattr(Path, "write_text", refuser)
    resultat = commande("commune", "creer", "neuville")
    assert (resultat.exit_code, resultat.stderr) == (1, "Rien n’a été créé : No space left on device (commune.toml).\n")
    assert not (instance / "neuville").exists()
