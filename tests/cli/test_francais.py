"""Every sentence of the command line is French, click's own included, whatever the machine's language."""

import pytest

from tests.cli.conftest import SLUG, Commande

CREER = ("agent", "creer", "rose@mairie.example", "--prenom", "Rose", "--nom", "Aubert", "--commune", SLUG)


@pytest.mark.parametrize(
    ("arguments", "attendu"),
    [
        (("inconnue",), "La commande « inconnue » n’existe pas."),
        (("purger", "--inconnue"), "L’option « --inconnue » n’existe pas."),
        (("purger", "--commune"), "L’option « --commune » attend une valeur."),
        ((*CREER, "--role", "patron"), "« patron » n’est pas possible. Au choix : "),
        (("agent", "creer"), "Il manque l’argument"),
        (("importer", "activites", "/absent.toml", "--commune", SLUG), "n’existe pas."),
        (("purger", "--commune", SLUG, "en", "trop"), "Arguments de trop : en trop"),
        (("purger", "--help"), "Montrer cette aide."),
    ],
)
def test_a_mistaken_command_is_told_in_french(commande: Commande, arguments: tuple[str, ...], attendu: str) -> None:
    resultat = commande(*arguments)
    assert attendu in resultat.output
    for anglais in (
        "Usage:",
        "Error:",
        "Try '",
        "Invalid value",
        "does not exist",
        "Missing",
        "Options:\n  --help  Show",
    ):
        assert anglais not in resultat.output
