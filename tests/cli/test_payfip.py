"""The local PayFiP as a command; and whether PayFiP knows the numbers of a town's régies."""

import json
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portail_famille.cli import main
from portail_famille.payfip_local import Serveur
from tests.support.payfip import ouvrir_payfip


@pytest.fixture
def arrete(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told to stop as soon as it listens to signals."""
    monkeypatch.setattr(signal, "signal", lambda numero, arreter: arreter(numero, None))


def lancer(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def port_libre() -> str:
    with Serveur() as voisin:
        return str(voisin.port)


@pytest.mark.usefixtures("arrete")
def test_it_prints_the_settings_to_copy_and_stops(tmp_path: Path) -> None:
    port = port_libre()
    resultat = lancer("payfip-local", "--port", port, "--client", "001234=Ville d’essai", "--etat", str(tmp_path / "e"))
    assert resultat.exit_code == 0, resultat.output
    for ligne in (f"service = 'http://localhost:{port}/service'", f"paiement = 'http://localhost:{port}/paiement'"):
        assert ligne in resultat.output


@pytest.mark.usefixtures("arrete")
def test_what_it_cannot_use_is_said(tmp_path: Path) -> None:
    (tmp_path / "autre.json").write_text(json.dumps([{"idop": 1}]))
    with Serveur() as voisin:
        pris = lancer("payfip-local", "--port", str(voisin.port))
    abime = lancer("payfip-local", "--port", port_libre(), "--etat", str(tmp_path / "autre.json"))
    assert pris.exit_code == abime.exit_code == 1
    assert f"Le port {voisin.port}" in pris.output
    assert "n’est pas un fichier de paiements" in abime.output
    for client in ("1234=Ville", "001234", "001234= "):
        assert lancer("payfip-local", "--client", client).exit_code == 2


_REGIES = """
[regies.enfance]
nom = "Régie enfance"
serie = "PE"
numero_client = "{numero}"
saisie = "T"

[regies.creche]
nom = "Régie de la crèche"
serie = "CR"
activites = ["creche"]
"""


def poser(instance: Path, slug: str, numero: str, service: str) -> None:
    fichier = instance / slug / "commune.toml"
    reglages = f'\n[payfip]\nservice = "{service}"\n' + _REGIES.format(numero=numero)
    fichier.write_text(fichier.read_text(encoding="utf-8") + reglages, encoding="utf-8")


def test_each_regie_is_read_as_payfip_knows_it(instance: Path) -> None:
    with ouvrir_payfip() as serveur:
        poser(instance, "essai", "001234", serveur.service)
        resultat = lancer("payfip", "--commune", "essai")
        assert serveur.etat.recentes() == []
    assert resultat.exit_code == 0, resultat.output
    assert "Régie enfance : 001234 (mode T), Régie n°\u00a0001234, Bac à sable." in resultat.output
    assert "Régie de la crèche : pas de numéro client" in resultat.output


def test_a_number_payfip_refuses_and_a_payfip_that_is_down_are_told_apart(instance: Path) -> None:
    with ouvrir_payfip() as serveur:
        poser(instance, "essai", "000000", serveur.service)
        refuse = lancer("payfip", "--commune", "essai")
        serveur.interrupteurs.panne = "panne"
        absent = lancer("payfip", "--commune", "essai")
    assert refuse.exit_code == absent.exit_code == 1
    assert "000000 refusé. PayFiP ne connaît pas ce numéro client (NUMCLI)." in refuse.output
    assert "Rien n’est vérifié" in absent.output
