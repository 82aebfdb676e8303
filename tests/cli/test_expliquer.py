"""`expliquer`: the keys, the words, and questions that cannot be answered."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SLUG, Commande
from tests.support.documents import document_de_cantine, document_de_tarif

DEUX_ECOLES = """
[[structure]]
code = "jaures"
nom = "École Jaurès"
genre = "ecole"
jours_ecole = ["lundi", "mardi", "jeudi", "vendredi"]
[[structure]]
code = "mouettes"
nom = "Les Petites Mouettes"
genre = "creche"
edition = "lecture"
courriel = "mouettes@essai.example"
[[activite]]
code = "cantine"
nom = "Cantine"
structures = ["jaures", "mouettes"]
delai_ajout = { jours = 1, avant = "12:00" }
delai_annulation = "aucun"
[[activite.unite]]
code = "repas"
nom = "Repas"
tarif = "repas"
hors_delai = { jours = 0, avant = "08:30" }
[[activite.unite]]
code = "gouter"
nom = "Goûter"
delai_ajout = "jamais"
[[tarif]]
code = "repas"
nom = "Repas"
[[tarif.version]]
du = 2026-09-01
prix = 3.50
etats = { hors_delai = { supplement = 1.00 } }
"""
COMMUNE = ("expliquer", "--commune", SLUG)
REPAS = (*COMMUNE, "--unite", "repas", "--structure", "jaures", "--jour", "2026-11-30")


@pytest.fixture
def demander(commande: Commande, tmp_path: Path) -> Commande:
    fichier = tmp_path / "activites.toml"
    fichier.write_text(DEUX_ECOLES, encoding="utf-8")
    resultat = commande("importer", "activites", fichier, "--commune", SLUG)
    assert resultat.exit_code == 0, resultat.output
    return commande


def json_de(demander: Commande, *arguments: str) -> dict[str, Any]:
    resultat = demander(*arguments, "--json")
    assert resultat.exit_code == 0, resultat.output
    reponse: dict[str, Any] = json.loads(resultat.stdout)
    return reponse


def test_the_answer_has_the_agreed_keys(demander: Commande) -> None:
    reponse = json_de(demander, *REPAS)
    assert reponse["explication"]
    del reponse["explication"]
    assert reponse == {
        "ouvert": True,
        "motif": None,
        "limite_ajout": "2026-11-29T12:00:00+01:00",
        "limite_annulation": None,
        "prix_centimes": 350,
    }


def test_a_closed_day_says_why_and_still_gives_the_price(demander: Commande) -> None:
    arguments = (*REPAS[:-1], "2026-12-21")
    reponse = json_de(demander, *arguments)
    assert (reponse["ouvert"], reponse["motif"], reponse["prix_centimes"]) == (False, "Vacances de Noël.", 350)


def test_a_day_before_the_first_tarif_has_no_price_and_says_so(demander: Commande) -> None:
    reponse = json_de(demander, *REPAS[:-1], "2026-08-31")
    assert reponse["prix_centimes"] is None
    assert "Aucun tarif" in reponse["explication"][0]


@pytest.mark.parametrize(
    ("maintenant", "ajout", "hors_delai", "centimes"),
    [
        ("2026-11-29T11:59:59+01:00", True, False, 350),
        ("2026-11-29T12:00:00+01:00", True, True, 450),
        ("2026-11-29T11:00:00Z", True, True, 450),
        ("2026-11-29T11:59:59", True, False, 350),
        ("2026-11-30T08:29", True, True, 450),
        ("2026-11-30T08:30", False, False, 350),
    ],
)
def test_an_instant_says_what_can_still_be_done_and_at_what_price(
    demander: Commande, maintenant: str, ajout: bool, hors_delai: bool, centimes: int
) -> None:
    reponse = json_de(demander, *REPAS, "--maintenant", maintenant)
    assert (reponse["ajout_possible"], reponse["hors_delai"]) == (ajout, hors_delai)
    assert reponse["annulation_possible"] is True
    assert reponse["prix_centimes"] == centimes


def test_a_chosen_state_is_not_replaced_by_the_late_one(demander: Commande) -> None:
    reponse = json_de(demander, *REPAS, "--maintenant", "2026-11-29T13:00", "--etat", "absente_justifiee")
    assert reponse["prix_centimes"] == 0


def test_nothing_can_be_done_online_on_a_closed_day_in_a_read_only_structure_or_when_the_rule_says_never(
    demander: Commande,
) -> None:
    instant = ("--maintenant", "2026-11-21T10:00")
    ferme = json_de(demander, *REPAS[:-1], "2026-12-21", *instant)
    lecture = json_de(
        demander, *COMMUNE, "--unite", "repas", "--structure", "mouettes", "--jour", "2026-11-30", *instant
    )
    jamais = json_de(demander, *COMMUNE, "--unite", "gouter", "--structure", "jaures", "--jour", "2026-11-30", *instant)
    assert [ferme["ajout_possible"], lecture["ajout_possible"], jamais["ajout_possible"]] == [False] * 3
    assert [ferme["annulation_possible"], lecture["annulation_possible"]] == [False] * 2
    assert jamais["annulation_possible"] is True


def test_the_text_says_it_in_french(demander: Commande) -> None:
    texte = demander(*REPAS, "--maintenant", "2026-11-29T13:00").stdout
    for phrase in (
        "Repas (Cantine), École Jaurès, lundi 30 novembre 2026",
        "Ouvert.",
        "Réserver : avant le dimanche 29 novembre 2026 à 12",
        "Annuler : à tout moment",
        "À cet instant, réserver : oui (hors délai)",
        "Prix : 4,50",
    ):
        assert phrase in texte, texte
    assert "Fermé. Vacances de Noël." in demander(*REPAS[:-1], "2026-12-21").stdout
    jamais = demander(*COMMUNE, "--unite", "gouter", "--structure", "jaures", "--jour", "2026-11-30").stdout
    assert "Réserver : jamais en ligne" in jamais


def test_a_comma_or_a_point_may_separate_the_cents(demander: Commande) -> None:
    assert json_de(demander, *REPAS, "--qf", "639,99") == json_de(demander, *REPAS, "--qf", "639.99")


DEUX_ECOLES_SEMBLABLES = DEUX_ECOLES.replace('"creche"\nedition = "lecture"', '"ecole"')
SANS_LIEU = (*COMMUNE, "--unite", "repas", "--jour")


@pytest.fixture
def demander_ailleurs(commande: Commande, tmp_path: Path) -> Commande:
    """The same town with two schools; Jaurès alone closes on Friday 4 December."""
    fermeture = '[[fermeture]]\ndu = 2026-12-04\nmotif = "Travaux."\nstructures = ["jaures"]\n'
    fichier = tmp_path / "activites.toml"
    fichier.write_text(DEUX_ECOLES_SEMBLABLES + fermeture, encoding="utf-8")
    assert commande("importer", "activites", fichier, "--commune", SLUG).exit_code == 0
    return commande


def test_a_structure_is_asked_for_only_when_the_answer_depends_on_it(demander_ailleurs: Commande) -> None:
    for instant in ((), ("--maintenant", "2026-11-29T13:00")):
        sans, avec = json_de(demander_ailleurs, *SANS_LIEU, "2026-11-30", *instant), (*REPAS, *instant)
        assert sans == json_de(demander_ailleurs, *avec)
    assert "École Jaurès et Les Petites Mouettes" in demander_ailleurs(*SANS_LIEU, "2026-11-30").stdout
    resultat = demander_ailleurs(*SANS_LIEU, "2026-12-04")
    assert resultat.exit_code == 2
    assert "change selon l’endroit, précisez lequel (jaures, mouettes)" in resultat.stderr


@pytest.mark.parametrize(
    ("arguments", "attendu"),
    [
        # One of them is read-only: families cannot do the same there.
        ((*COMMUNE, "--unite", "repas", "--jour", "2026-11-30"), "jaures, mouettes"),
        ((*COMMUNE, "--unite", "repos", "--jour", "2026-11-30"), "« repos » est inconnue (connues : gouter, repas)"),
        ((*COMMUNE, "--unite", "repas", "--structure", "ferry", "--jour", "2026-11-30"), "« ferry » est inconnue"),
        ((*REPAS[:-1], "30/11/2026"), "n’est pas une date"),
        ((*REPAS[:-1], "2026-02-30"), "n’est pas une date"),
        ((*REPAS[:-1], "9999-12-31"), "année"),
        ((*REPAS, "--qf", "beaucoup"), "--qf : « beaucoup »"),
        ((*REPAS, "--qf", "-1"), "--qf"),
        ((*REPAS, "--qf", "1e99999"), "--qf"),
        ((*REPAS, "--qf", "nan"), "--qf"),
        ((*REPAS, "--ressources", "x"), "--ressources"),
        ((*REPAS, "--rang", "0"), "--rang"),
        ((*REPAS, "--personnes-a-charge", "1.5"), "--personnes-a-charge"),
        ((*REPAS, "--etat", "malade"), "absente_justifiee"),
        ((*REPAS, "--maintenant", "hier"), "--maintenant"),
        (("expliquer", "--commune", "../essai", "--unite", "a", "--jour", "2026-11-30"), "inconnue"),
        (("expliquer", "--commune", "ailleurs", "--unite", "a", "--jour", "2026-11-30"), "présentes : essai"),
    ],
)
def test_a_question_that_cannot_be_answered_is_told_in_french_with_code_2(
    demander: Commande, arguments: tuple[str, ...], attendu: str
) -> None:
    resultat = demander(*arguments)
    assert resultat.exit_code == 2
    assert resultat.stdout == ""
    assert attendu in resultat.stderr


def test_a_commune_without_a_file_of_activities_says_so(commande: Commande) -> None:
    resultat = commande(*COMMUNE, "--unite", "repas", "--jour", "2026-11-30")
    assert resultat.exit_code == 2
    assert "aucun fichier d’activités" in resultat.stderr


def test_a_day_that_the_deadline_forgets_is_told(commande: Commande, tmp_path: Path) -> None:
    oublie = '[{ pour = ["mardi"], jours = 1, avant = "9h" }]'
    for delai, est_dit in ((oublie, True), ('"jamais"', False)):
        fichier = tmp_path / "activites.toml"
        fichier.write_text(document_de_cantine(delai=delai), encoding="utf-8")
        importe = commande("importer", "activites", fichier, "--commune", SLUG)
        assert importe.exit_code == 0
        assert ("delai_ajout ne prévoit pas lundi, jeudi, vendredi" in importe.stderr.replace("\u00a0", " ")) is est_dit
        dit = json_de(commande, *COMMUNE, "--unite", "repas", "--jour", "2026-11-30")["explication"]
        assert ("Ce jour n’est pas prévu par la règle de délai\u00a0: pas de réservation en ligne." in dit) is est_dit


def test_oversights_already_made_count(commande: Commande, tmp_path: Path) -> None:
    etats = "etats = { presente_non_reservee = { pourcent = 200, oublis_pardonnes = 1 } }"
    fichier = tmp_path / "activites.toml"
    fichier.write_text(document_de_tarif(f"prix = 3\n{etats}"), encoding="utf-8")
    assert commande("importer", "activites", fichier, "--commune", SLUG).exit_code == 0
    question = (*COMMUNE, "--unite", "repas", "--jour", "2026-11-30", "--etat", "presente_non_reservee")
    assert [json_de(commande, *question, "--oublis", n)["prix_centimes"] for n in ("0", "1")] == [300, 600]
    assert "entre 0 et 99" in commande(*question, "--oublis", "-1").stderr
