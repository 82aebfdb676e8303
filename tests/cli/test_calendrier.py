"""`calendrier semer` and `calendrier afficher`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import time_machine

from tests.cli.conftest import SLUG, Commande
from tests.support.documents import document_de_cantine


@pytest.fixture
def vide(instance: Path) -> None:
    with closing(sqlite3.connect(instance / SLUG / "portail.sqlite3")) as base:
        base.execute("DELETE FROM periode_scolaire")
        base.execute("DELETE FROM jour_ferie")
        base.commit()


@pytest.mark.usefixtures("vide")
def test_an_empty_calendar_says_how_to_fill_it(commande: Commande) -> None:
    resultat = commande("calendrier", "afficher", "--commune", SLUG)
    assert resultat.exit_code == 1
    assert "calendrier semer" in resultat.stderr


@pytest.mark.usefixtures("vide")
def test_seeding_takes_this_year_and_the_next_two_then_adds_nothing(commande: Commande) -> None:
    with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
        premier = commande("calendrier", "semer", "--commune", SLUG)
        second = commande("calendrier", "semer", "--commune", SLUG)
    assert premier.stdout == "Ajouté : 17\u00a0périodes de vacances, 33\u00a0jours fériés.\n"
    assert second.stdout == "Ajouté : 0\u00a0période de vacances, 0\u00a0jour férié.\n"


@pytest.mark.usefixtures("vide")
def test_a_year_can_be_named(commande: Commande) -> None:
    assert "11\u00a0jours fériés" in commande("calendrier", "semer", "--commune", SLUG, "--annee", "2027").stdout
    montre = commande("calendrier", "afficher", "--commune", SLUG).stdout
    assert "2027-05-17" in montre
    assert "2028-05-25" not in montre


def test_the_calendar_is_shown_as_a_table(commande: Commande) -> None:
    montre = commande("calendrier", "afficher", "--commune", SLUG).stdout
    assert "Zone A." in montre
    assert "  2026-12-19 → 2027-01-03  Vacances de Noël\n" in montre
    assert "  2026-12-25  Noël (vendredi 25 décembre)\n" in montre


def changer(instance: Path, avant: str, apres: str) -> None:
    fichier = instance / SLUG / "commune.toml"
    texte = fichier.read_text(encoding="utf-8")
    assert avant in texte
    fichier.write_text(texte.replace(avant, apres), encoding="utf-8")


def test_a_zone_changed_in_the_settings_is_told_until_the_calendar_is_replaced(
    commande: Commande, instance: Path
) -> None:
    with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
        assert commande("calendrier", "afficher", "--commune", SLUG).stderr == ""
        changer(instance, 'zone = "A"', 'zone = "B"')
        for autre in ("afficher", "semer"):
            averti = commande("calendrier", autre, "--commune", SLUG).stderr
            assert "pas celles de la zone B : Vacances d’hiver 2027, Vacances de printemps 2027" in averti
            assert f"calendrier semer --remplacer --commune {SLUG}" in averti
        remplace = commande("calendrier", "semer", "--remplacer", "--commune", SLUG)
        assert (remplace.exit_code, remplace.stderr) == (0, "")
        assert remplace.stdout.startswith("Retiré : 4")
        montre = commande("calendrier", "afficher", "--commune", SLUG)
    assert montre.stderr == ""
    assert "  2027-02-20 → 2027-03-07  Vacances d’hiver\n" in montre.stdout
    assert "  2027-02-13" not in montre.stdout
    assert "  2026-02-07 → 2026-02-22  Vacances d’hiver\n" in montre.stdout


def test_the_dates_an_agent_wrote_outlive_a_replacement(commande: Commande, instance: Path) -> None:
    with closing(sqlite3.connect(instance / SLUG / "portail.sqlite3")) as base:
        base.execute("INSERT INTO periode_scolaire (nom, du, au) VALUES ('Kermesse', '2027-06-14', '2027-06-14')")
        base.execute("UPDATE periode_scolaire SET au = '2027-03-01' WHERE du = '2027-02-13'")
        base.commit()
    changer(instance, 'zone = "A"', 'zone = "B"')
    with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
        assert commande("calendrier", "semer", "--remplacer", "--commune", SLUG).stdout.startswith("Retiré : 3")
        montre = commande("calendrier", "afficher", "--commune", SLUG).stdout
    assert "2027-06-14 → 2027-06-14  Kermesse" in montre
    assert "2027-02-13 → 2027-03-01" in montre


def test_the_public_holidays_of_alsace_moselle_follow_the_settings_both_ways(
    commande: Commande, instance: Path
) -> None:
    with time_machine.travel("2026-11-21T10:00:00+00:00", tick=False):
        for avant, apres, mot, rapport in (
            ("false", "true", "devrait être férié : samedi 26 décembre 2026", "6\u00a0jours fériés"),
            ("true", "false", "qu’en Alsace-Moselle : ", "Retiré : 5"),
        ):
            changer(instance, f"alsace_moselle = {avant}", f"alsace_moselle = {apres}")
            assert mot in commande("calendrier", "afficher", "--commune", SLUG).stderr
            assert rapport in commande("calendrier", "semer", "--remplacer", "--commune", SLUG).stdout
            assert commande("calendrier", "afficher", "--commune", SLUG).stderr == ""


def test_an_import_too_says_that_the_calendar_is_not_the_zones(
    commande: Commande, instance: Path, tmp_path: Path
) -> None:
    fichier = tmp_path / "activites.toml"
    fichier.write_text(document_de_cantine(), encoding="utf-8")
    changer(instance, 'zone = "A"', 'zone = "C"')
    resultat = commande("importer", "activites", fichier, "--commune", SLUG)
    assert resultat.exit_code == 0
    assert "pas celles de la zone C" in resultat.stderr


def test_a_commune_of_alsace_moselle_is_made_with_its_public_holidays(commande: Commande) -> None:
    assert commande("commune", "creer", "saverne-essai", "--zone", "B", "--alsace-moselle").exit_code == 0
    montre = commande("calendrier", "afficher", "--commune", "saverne-essai")
    assert "Saint-Étienne" in montre.stdout
    assert montre.stderr == ""
