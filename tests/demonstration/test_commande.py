"""`portail-famille demo`, as `make demo` runs it."""

import errno
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from portail_famille.cli import main
from portail_famille.cli.demo import raconter
from portail_famille.config import FICHIER, charger_reglages
from portail_famille.demonstration.installation import Etat, lire_etat
from portail_famille.demonstration.instance import Preparation
from portail_famille.demonstration.saint_rivage import SAINT_RIVAGE
from portail_famille.gateways.boucle_locale import adresses, est_libre
from portail_famille.models.bd import BD
from portail_famille.models.comptes import RoleAgent


@pytest.fixture(scope="module")
def modele(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both towns as the first run makes them; each test works on a copy."""
    dossier = tmp_path_factory.mktemp("modele") / "instance"
    with pytest.MonkeyPatch.context() as environnement:
        environnement.setenv("PORTAIL_FAMILLE_INSTANCE", str(dossier))
        resultat = _lancer()
    assert resultat.exit_code == 0, resultat.output
    return dossier


@pytest.fixture(autouse=True)
def vierge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance that does not exist yet."""
    monkeypatch.setenv("PORTAIL_FAMILLE_INSTANCE", str(tmp_path / "instance"))
    monkeypatch.delenv("PORT", raising=False)
    return tmp_path / "instance"


@pytest.fixture
def instance(vierge: Path, modele: Path) -> Path:
    shutil.copytree(modele, vierge)
    return vierge


def _lancer(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["demo", *arguments])


def _foyers(instance: Path, slug: str) -> int:
    bd = BD(charger_reglages(instance / slug).base_de_donnees)
    with bd.session_lecture() as session:
        foyers = lire_etat(session).foyers
    bd.fermer()
    return foyers


def test_two_towns_are_made_and_told_in_demo_json(instance: Path) -> None:
    demo = json.loads((instance / "demo.json").read_text(encoding="utf-8"))
    assert set(demo) == {"towns", "accounts", "invited", "mail", "payfip"}
    assert [town["slug"] for town in demo["towns"]] == ["saint-rivage", "roselac"]
    parents = [compte for compte in demo["accounts"] if compte["role"] == "parent"]
    agents = [compte for compte in demo["accounts"] if compte["role"] == "agent"]
    assert parents + agents == demo["accounts"]
    assert all(set(compte) == {"town", "role", "about", "login", "password"} for compte in parents)
    assert all(all(compte.values()) for compte in demo["accounts"])
    assert {compte["town"] for compte in demo["accounts"]} == {"saint-rivage", "roselac"}
    assert [invitee["login"] for invitee in demo["invited"]] == ["nora.lefevre"]
    assert {agent["town"] for agent in agents} == {"saint-rivage", "roselac"}
    assert all(agent["rights"] and len(agent["totp"]) == 32 for agent in agents)
    assert [agent["login"] for agent in agents if agent["rights"] == "regie"] == ["mathilde.guerin", "benoit.colas"]
    for slug in ("saint-rivage", "roselac"):
        regies = charger_reglages(instance / slug).regies
        assert [regie.est_payable_en_ligne for regie in regies.values()] == [True, True]
        assert all(regie.saisie == "W" for regie in regies.values())


def test_the_code_of_an_agent_of_the_demonstration_is_given_and_of_nobody_else() -> None:
    donne = _lancer("--code", "isabelle.roche")
    assert donne.exit_code == 0
    assert re.fullmatch(r"[0-9]{6}\n", donne.output)
    assert _lancer("--code", "camille.morel").exit_code == 2


def test_a_second_run_keeps_the_data_and_the_keys(instance: Path) -> None:
    avant = (instance / "roselac" / FICHIER).read_text(encoding="utf-8"), _foyers(instance, "roselac")
    resultat = _lancer()
    assert resultat.exit_code == 0
    assert "données gardées" in resultat.output
    assert avant == ((instance / "roselac" / FICHIER).read_text(encoding="utf-8"), _foyers(instance, "roselac"))


def test_a_fresh_start_is_made_only_when_asked(instance: Path) -> None:
    temoin = instance / "saint-rivage" / "temoin"
    temoin.touch()
    _lancer()
    assert temoin.exists()
    assert _lancer("--neuf").exit_code == 0
    assert not temoin.exists()


def test_a_town_of_a_previous_version_is_kept_and_told(instance: Path) -> None:
    bd = BD(charger_reglages(instance / "roselac").base_de_donnees)
    with bd.session_ecriture() as session:
        session.execute(delete(RoleAgent))
    bd.fermer()
    resultat = _lancer()
    assert resultat.exit_code == 0
    assert resultat.output.count("version précédente") == 1
    assert "make demo-neuf" in resultat.output


@pytest.mark.parametrize("absent", ["agents", "documents", "factures"])
def test_what_a_town_of_a_previous_version_lacks_is_had_by_starting_afresh(
    absent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its tables are there, made by the migrations, and empty."""
    nombres = {"agents": 3, "documents": 20, "factures": 200}
    raconter(Preparation(SAINT_RIVAGE, False, Etat(foyers=70, batie_utc=datetime.now(UTC), **nombres)))
    assert "make demo-neuf" not in capsys.readouterr().out
    incomplet = nombres | {absent: 0}
    raconter(Preparation(SAINT_RIVAGE, False, Etat(foyers=70, batie_utc=datetime.now(UTC), **incomplet)))
    assert "make demo-neuf" in capsys.readouterr().out


def test_a_database_without_the_columns_of_its_version_says_to_start_afresh(instance: Path) -> None:
    """Version 0003 as it was before its last column: the number says nothing of it."""
    with sqlite3.connect(
        charger_reglages(instance / "saint-rivage").base_de_donnees.removeprefix("sqlite:///")
    ) as base:
        base.execute("ALTER TABLE demarche DROP COLUMN accuse")
    resultat = _lancer()
    assert resultat.exit_code == 1
    assert "make demo-neuf" in resultat.output
    assert "accuse" in resultat.output


def test_foyers_are_added_to_the_town_that_is_named(instance: Path) -> None:
    avant = _foyers(instance, "roselac")
    resultat = _lancer("--foyers", "25", "--commune", "roselac")
    assert resultat.exit_code == 0, resultat.output
    assert _foyers(instance, "roselac") == avant + 25


def test_foyers_without_a_town_go_to_the_first_one(instance: Path) -> None:
    assert _lancer("--foyers", "5").exit_code == 0
    assert _foyers(instance, "saint-rivage") == _foyers(instance, "roselac") + 16


@pytest.mark.parametrize("arguments", [("--foyers", "3", "--commune", "vraie-ville"), ("--neuf",), ()])
def test_a_commune_that_is_no_example_is_refused(vierge: Path, arguments: tuple[str, ...]) -> None:
    CliRunner().invoke(main, ["commune", "creer", "vraie-ville"])
    CliRunner().invoke(main, ["commune", "creer", "roselac"])
    avant = (vierge / "roselac" / FICHIER).read_text(encoding="utf-8")
    resultat = _lancer(*arguments)
    assert resultat.exit_code == 1
    assert "n’est pas une commune d’exemple" in resultat.output
    assert (vierge / "roselac" / FICHIER).read_text(encoding="utf-8") == avant
    assert _foyers(vierge, "vraie-ville") == _foyers(vierge, "roselac") == 0


@pytest.mark.usefixtures("instance")
def test_an_unknown_commune_is_told_with_those_that_exist() -> None:
    resultat = _lancer("--foyers", "3", "--commune", "atlantide")
    assert resultat.exit_code == 2
    assert "roselac, saint-rivage" in resultat.output


def test_a_busy_port_is_told_before_anything_is_made(vierge: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as serveur:
        resultat = _lancer("--servir", "--port", str(serveur.getsockname()[1]))
    assert resultat.exit_code == 1
    assert "est déjà pris" in resultat.output
    assert not vierge.exists()


def test_the_served_demonstration_answers_then_frees_its_ports(instance: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as essai:
        port: int = essai.getsockname()[1]
    demonstration = subprocess.Popen(
        (sys.executable, "-m", "portail_famille", "demo", "--servir"),
        env={**os.environ, "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert demonstration.stdout is not None
        lues = []
        for ligne in demonstration.stdout:
            lues.append(ligne)
            if "Ctrl-C" in ligne:
                break
        demo = json.loads((instance / "demo.json").read_text(encoding="utf-8"))
        assert f":{port}/saint-rivage/" in demo["towns"][0]["url"]
        assert demo["towns"][0]["url"].startswith("http://localhost:")
        for adresse in adresses():
            socket.create_connection((adresse, port), timeout=20).close()
        for town in demo["towns"]:
            with urllib.request.urlopen(town["url"], timeout=90) as page:
                assert page.status == 200
        with urllib.request.urlopen(demo["mail"] + "/messages", timeout=20) as messages:
            # Only what the build itself wrote: who never came is invited, invoices of the last weeks.
            assert len(json.load(messages)) <= 40
        with urllib.request.urlopen(demo["payfip"], timeout=20) as paiements:
            assert "BAC À SABLE" in paiements.read().decode()
        assert any("camille.morel" in ligne for ligne in lues)
    finally:
        demonstration.send_signal(signal.SIGTERM)
        demonstration.communicate(timeout=30)
    assert demonstration.returncode == 0
    echeance = time.monotonic() + 5
    while not est_libre(port) and time.monotonic() < echeance:
        time.sleep(0.1)
    assert est_libre(port)


@pytest.mark.parametrize(
    "erreur",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OperationalError("INSERT", {"nom": "Morel"}, sqlite3.OperationalError("database or disk is full")),
    ],
)
def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch, erreur: Exception) -> None:
    def remplir(*_args: object, **_kwargs: object) -> None:
        raise erreur

    monkeypatch.setattr(sys.modules["portail_famille.cli.demo"], "preparer", remplir)
    resultat = _lancer()
    assert resultat.exit_code == 1
    assert resultat.stderr.startswith("La démonstration n’a pas pu être préparée")
    assert "disk is full" in resultat.stderr or "No space left" in resultat.stderr
    assert len(resultat.stderr.splitlines()) == 1
