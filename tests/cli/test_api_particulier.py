"""The counterpart of the API Particulier as a command: it says how to use it, and which port is taken."""

import signal

import pytest
from click.testing import CliRunner

from portail_famille.api_particulier_locale import Serveur
from portail_famille.cli import main


def test_it_prints_the_settings_to_copy_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    # Told to stop as soon as it listens to signals.
    monkeypatch.setattr(signal, "signal", lambda numero, arreter: arreter(numero, None))
    with Serveur() as voisin:
        port = voisin.port
    resultat = CliRunner().invoke(main, ["api-particulier-locale", "--port", str(port)])
    assert resultat.exit_code == 0, resultat.output
    assert f"api_particulier_url = 'http://127.0.0.1:{port}'" in resultat.output


def test_a_port_that_is_taken_is_said() -> None:
    with Serveur() as voisin:
        resultat = CliRunner().invoke(main, ["api-particulier-locale", "--port", str(voisin.port)])
    assert resultat.exit_code != 0
    assert f"Le port {voisin.port} n’a pas pu s’ouvrir" in resultat.output
