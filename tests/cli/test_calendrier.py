"""`calendrier semer` and `calendrier afficher`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import time_machine

from tests.cli.conftest import SLUG, Commande


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
