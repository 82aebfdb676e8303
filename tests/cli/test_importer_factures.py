"""`importer factures` and `importer presences`, as the person in charge of the server types them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from portail_famille.domain.horloge import PARIS
from tests.cli.conftest import SLUG, Commande
from tests.support.familles import fichier, ligne
from tests.support.fichiers_factures import SIMPLE, Rangee, avoir, octets
from tests.support.pieces import ici, pdf

VILLAGE = Path(__file__).parents[1] / "support" / "village.toml"
REGIES = """
[regies.enfance]
nom = "Enfance"
serie = "EE"
[regies.creche]
nom = "Multi-accueil"
serie = "CR"
activites = ["accueil-regulier"]
est_importee = true
"""
HIER = datetime.now(PARIS).date() - timedelta(days=1)
FACTURE: Rangee = {**SIMPLE, "mois": "", "emise_le": "", "echeance": "", "enfant": "E1", "foyer": "F1"} | {
    "mois": HIER.strftime("%Y-%m"),
    "emise_le": HIER.isoformat(),
}
Lancer = tuple[int, str, str]


@pytest.fixture
def mairie(commande: Commande, instance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commande:
    """A family the portal knows, and two régies."""
    ici(monkeypatch)
    with (instance / SLUG / "commune.toml").open("a", encoding="utf-8") as reglages:
        reglages.write(REGIES)
    familles = tmp_path / "familles.csv"
    enfant = ligne(foyer="F1", enfant_reference="E1", activites="cantine@ecole")
    dates = {"inscription_du": f"{HIER - timedelta(days=60)}", "inscription_au": f"{HIER + timedelta(days=200)}"}
    familles.write_text(fichier([enfant | dates]), encoding="utf-8")
    assert commande("importer", "activites", VILLAGE, "--commune", SLUG).exit_code == 0
    resultat = commande("importer", "familles", familles, "--commune", SLUG, "--sans-courriels")
    assert resultat.exit_code == 0, resultat.stderr
    return commande


def lancer(commande: Commande, csv: Path, genre: str, contenu: bytes, *options: str | Path) -> Lancer:
    csv.write_bytes(contenu)
    resultat = commande("importer", genre, csv, "--commune", SLUG, *options)
    sortie, erreurs = (t.replace("\u00a0", " ").replace("\u202f", " ") for t in (resultat.stdout, resultat.stderr))
    return resultat.exit_code, sortie, erreurs


def lire(instance: Path, requete: str) -> Sequence[tuple[object, ...]]:
    with closing(sqlite3.connect(instance / SLUG / "portail.sqlite3")) as base:
        return base.execute(requete).fetchall()


def coffre(instance: Path) -> list[Path]:
    return [f for f in (instance / SLUG / "coffre").glob("*/*/*") if f.is_file()]


def test_invoices_are_tried_imported_with_their_pdf_and_not_twice(
    mairie: Commande, instance: Path, tmp_path: Path
) -> None:
    csv, dossier = tmp_path / "factures.csv", tmp_path / "pdf"
    dossier.mkdir()
    (dossier / "a.pdf").write_bytes(pdf())
    rangees = octets({**FACTURE, "pdf": "a.pdf"}, avoir(**{**FACTURE, "numero": "CR-128", "avoir_de": "CR-127",
        "total": "-50", "montant": "-50", "garde": ""}))  # fmt: skip
    code, sortie, erreurs = lancer(mairie, csv, "factures", rangees, "--pdf", dossier, "--essai")
    assert (code, erreurs) == (0, "")
    assert "1 facture de plus" in sortie
    assert "1 avoir de plus" in sortie
    assert "Essai : rien n’a été enregistré." in sortie
    assert (lire(instance, "SELECT id FROM facture"), coffre(instance)) == ([], [])
    code, sortie, erreurs = lancer(mairie, csv, "factures", rangees, "--pdf", dossier)
    assert (code, erreurs) == (0, "")
    assert "total : 100,00 €" in sortie
    assert "Le travailleur prévient les familles." in sortie
    assert lire(instance, "SELECT numero, reste_centimes, objet IS NOT NULL FROM facture ORDER BY id") == [
        ("CR-127", 10000, 1),
        ("CR-128", 0, 0),
    ]
    assert len(coffre(instance)) == 1
    code, sortie, _ = lancer(mairie, csv, "factures", rangees, "--pdf", dossier)
    assert code == 0
    assert "Rien à changer : les 2 factures" in sortie
    assert len(coffre(instance)) == 1


def test_what_was_collected_over_there_is_tried_written_and_what_is_odd_is_told(
    mairie: Commande, instance: Path, tmp_path: Path
) -> None:
    csv, reglee = tmp_path / "factures.csv", {**FACTURE, "regle": "150", "regle_le": HIER.isoformat()}
    code, sortie, erreurs = lancer(mairie, csv, "factures", octets(reglee), "--essai")
    assert (code, erreurs, lire(instance, "SELECT id FROM reglement")) == (0, "", [])
    assert "1 règlement reçu ailleurs, de 150,00 €" in sortie
    lancer(mairie, csv, "factures", octets(FACTURE))
    with closing(sqlite3.connect(instance / SLUG / "portail.sqlite3")) as base, base:
        base.execute("UPDATE facture SET transmise_le = emise_le")
    code, sortie, erreurs = lancer(mairie, csv, "factures", octets(reglee))
    assert (code, lire(instance, "SELECT id FROM reglement")) == (0, [])
    assert f"À voir : {csv}: ligne 2, colonne « regle », « 150,00 » : cette facture est chez le comptable" in erreurs
    with closing(sqlite3.connect(instance / SLUG / "portail.sqlite3")) as base, base:
        base.execute("UPDATE facture SET transmise_le = NULL")
    code, sortie, erreurs = lancer(mairie, csv, "factures", octets(reglee))
    assert (code, erreurs) == (0, "")
    assert "Travailleur" not in sortie.title(), "nobody is told of an invoice that was there"
    assert lire(instance, "SELECT moyen, montant_centimes FROM reglement") == [("ailleurs", 15000)]
    assert "Rien à changer" in lancer(mairie, csv, "factures", octets(reglee))[1]


def test_faults_name_the_file_the_line_and_the_column_and_nothing_stays(
    mairie: Commande, instance: Path, tmp_path: Path
) -> None:
    csv, dossier = tmp_path / "factures.csv", tmp_path / "pdf"
    dossier.mkdir()
    (dossier / "a.pdf").write_bytes(pdf())
    (dossier / "b.pdf").write_bytes(b"%PDF-1.4 rien")
    deux = octets({**FACTURE, "pdf": "a.pdf"}, {**FACTURE, "numero": "CR-2", "pdf": "b.pdf"})
    code, sortie, erreurs = lancer(mairie, csv, "factures", deux, "--pdf", dossier)
    assert (code, sortie) == (1, "")
    assert f"{csv}: ligne 3, colonne « pdf », « b.pdf » :" in erreurs
    assert "1 erreur : rien n’a été enregistré." in erreurs
    assert (lire(instance, "SELECT id FROM facture"), coffre(instance)) == ([], [])
    code, _, erreurs = lancer(mairie, csv, "factures", deux)
    assert code == 1
    assert "--pdf DOSSIER" in erreurs


def test_a_question_that_makes_no_sense_is_refused(mairie: Commande, tmp_path: Path) -> None:
    csv = tmp_path / "factures.csv"
    assert lancer(mairie, csv, "factures", octets(FACTURE), "--pdf", tmp_path / "absent")[0] == 2
    code, _, erreurs = lancer(mairie, csv, "factures", octets(FACTURE), "--regie", "enfance")
    assert code == 2
    assert "creche" in erreurs


def test_a_sheet_is_tried_then_imported(mairie: Commande, instance: Path, tmp_path: Path) -> None:
    csv = tmp_path / "pointage.csv"
    feuille = fichier([{"jour": HIER.isoformat(), "enfant": "E1", "unite": "repas", "etat": "présent"}]).encode()
    code, sortie, erreurs = lancer(mairie, csv, "presences", feuille, "--essai")
    assert (code, erreurs) == (0, "")
    assert "1 présence sans réservation" in sortie
    assert "Essai : rien n’a été enregistré." in sortie
    assert lire(instance, "SELECT id FROM reservation") == []
    assert lancer(mairie, csv, "presences", feuille)[0] == 0
    assert lire(instance, "SELECT etat, est_non_reservee FROM reservation") == [("presente", 1)]
    assert "1 journée déjà ainsi" in lancer(mairie, csv, "presences", feuille)[1]
    code, _, erreurs = lancer(mairie, csv, "presences", feuille.replace(b"repas", b"diner"))
    assert code == 1
    assert "ligne 2, colonne « unite », « diner » :" in erreurs
