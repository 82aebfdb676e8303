"""The demonstration changes its towns' settings without spoiling the file an agent may have commented."""

import tomllib
from pathlib import Path

from portail_famille.demonstration.reglages import poser_reglages, reglages_de_ports

FICHIER = """# Saint-Rivage
nom = "Nouvelle commune"
# url_publique = "http://127.0.0.1:8000/saint-rivage"
cle_secrete = "garde-moi"  # ne pas changer

[smtp]
# Le serveur de la mairie.
port = 25

[session]
inactivite_minutes = 30
"""


def test_values_take_the_place_of_those_of_their_table(tmp_path: Path) -> None:
    fichier = tmp_path / "commune.toml"
    fichier.write_text(FICHIER, encoding="utf-8")
    assert poser_reglages(fichier, reglages_de_ports("saint-rivage", 8123, 8125, 8126))
    lu = tomllib.loads(fichier.read_text(encoding="utf-8"))
    assert lu["nom"] == "Nouvelle commune"
    assert lu["url_publique"] == "http://localhost:8123/saint-rivage"
    assert lu["smtp"] == {"port": 8125}
    assert lu["payfip"] == {
        "service": "http://localhost:8126/service",
        "paiement": "http://localhost:8126/paiement",
    }
    assert lu["session"] == {"inactivite_minutes": 30}


def test_comments_and_other_keys_are_kept(tmp_path: Path) -> None:
    fichier = tmp_path / "commune.toml"
    fichier.write_text(FICHIER, encoding="utf-8")
    poser_reglages(fichier, reglages_de_ports("saint-rivage", 8123, 8125, 8126))
    texte = fichier.read_text(encoding="utf-8")
    assert "# Le serveur de la mairie." in texte
    assert 'cle_secrete = "garde-moi"  # ne pas changer' in texte


def test_the_same_values_again_change_nothing(tmp_path: Path) -> None:
    fichier = tmp_path / "commune.toml"
    fichier.write_text(FICHIER, encoding="utf-8")
    valeurs = reglages_de_ports("saint-rivage", 8123, 8125, 8126)
    poser_reglages(fichier, valeurs)
    assert not poser_reglages(fichier, valeurs)


def test_a_missing_table_is_added(tmp_path: Path) -> None:
    fichier = tmp_path / "commune.toml"
    fichier.write_text('nom = "Ville"\n', encoding="utf-8")
    poser_reglages(fichier, {("", "mandataires"): 1, ("apparence", "couleur"): "#0b5563", ("", "est_exemple"): True})
    assert tomllib.loads(fichier.read_text(encoding="utf-8")) == {
        "nom": "Ville",
        "mandataires": 1,
        "est_exemple": True,
        "apparence": {"couleur": "#0b5563"},
    }


def test_a_quote_in_a_name_does_not_break_the_file(tmp_path: Path) -> None:
    fichier = tmp_path / "commune.toml"
    fichier.write_text(FICHIER, encoding="utf-8")
    poser_reglages(fichier, {("", "nom"): 'Ville "\\" test'})
    assert tomllib.loads(fichier.read_text(encoding="utf-8"))["nom"] == 'Ville "\\" test'
