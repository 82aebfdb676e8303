"""`importer familles` and `comptes inviter`, as the person in charge of the server types them."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from portail_famille.cli.comptes import progression
from portail_famille.cli.ouvrir import Echec, commune_ouverte
from tests.cli.conftest import SLUG, Commande
from tests.support.familles import ENTETE, fichier, grand_fichier, ligne, saboter

VILLAGE = Path(__file__).parents[1] / "support" / "village.toml"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "familles.csv"


@pytest.fixture
def commande_du_village(commande: Commande) -> Commande:
    """The same server, with the village's activities."""
    assert commande("importer", "activites", VILLAGE, "--commune", SLUG).exit_code == 0
    return commande


def importer(commande: Commande, csv: Path, *options: str) -> tuple[int, str, str]:
    resultat = commande("importer", "familles", csv, "--commune", SLUG, *options)
    return resultat.exit_code, _plat(resultat.stdout), _plat(resultat.stderr)


def compter(instance: Path, *tables: str) -> list[int]:
    with closing(sqlite3.connect(instance / SLUG / "portail.sqlite3")) as base:
        return [base.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


def ecrire(csv: Path, *lignes: Mapping[str, str]) -> None:
    csv.write_text(fichier(lignes), encoding="cp1252")


def _plat(texte: str) -> str:
    return texte.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_family_is_imported_and_told_by_mail(commande: Commande, instance: Path, csv: Path) -> None:
    ecrire(csv, ligne(enfant_prenom="Zoé"))
    code, sortie, erreurs = importer(commande, csv)
    assert (code, erreurs) == (0, "")
    assert "foyers : 1 de plus" in sortie
    assert "1 courriel d’activation" in sortie
    assert "Les familles sont enregistrées." in sortie
    assert compter(instance, "foyer", "enfant", "compte", "courriel", "jeton_compte") == [1, 1, 1, 1, 1]
    assert "Rien à changer" in importer(commande, csv)[1]
    assert compter(instance, "foyer", "enfant", "compte", "courriel", "jeton_compte") == [1, 1, 1, 1, 1]


def test_a_trial_says_what_would_change_and_writes_nothing(commande: Commande, instance: Path, csv: Path) -> None:
    ecrire(csv, ligne())
    code, sortie, _ = importer(commande, csv, "--essai")
    assert code == 0
    assert "foyers : 1 de plus" in sortie
    assert "rien n’a été enregistré" in sortie
    assert compter(instance, "foyer", "personne", "compte", "courriel", "acte_journal") == [0] * 5


def test_a_rehearsal_without_mails_then_the_invitations(commande: Commande, instance: Path, csv: Path) -> None:
    ecrire(csv, ligne(responsable2_prenom="Thomas", responsable2_nom="Le Gall", responsable2_courriel="t@a.example"))
    assert "« comptes inviter »" in importer(commande, csv, "--sans-courriels")[1]
    assert compter(instance, "compte", "courriel") == [2, 0]
    essai = _plat(commande("comptes", "inviter", "--commune", SLUG, "--essai").stdout)
    assert essai.startswith("2 invitations à envoyer")
    assert compter(instance, "courriel") == [0]
    assert "2 invitations prêtes" in commande("comptes", "inviter", "--commune", SLUG).stdout
    assert commande("comptes", "inviter", "--commune", SLUG).stdout == "Personne à inviter.\n"
    assert compter(instance, "courriel") == [2]


def test_one_fault_and_nothing_is_written(commande: Commande, instance: Path, csv: Path) -> None:
    ecrire(csv, ligne(), ligne(enfant_prenom="Noé", enfant_naissance="31/02/2019"))
    code, sortie, erreurs = importer(commande, csv)
    assert (code, sortie) == (1, "")
    assert erreurs.splitlines() == [
        f"{csv}: ligne 3, colonne « enfant_naissance », « 31/02/2019 » : cette date n’existe pas.",
        "1 erreur : rien n’a été enregistré.",
    ]
    assert compter(instance, "foyer", "personne") == [0, 0]


@pytest.mark.parametrize(
    ("contenu", "mot"),
    [
        (b"", "vide"),
        (b"PK\x03\x04", "classeur"),
        ("adresse;ville".encode("utf-16"), "UTF-16"),
        (b"\x7fELF\x00\x00", "fichier texte"),
        (b"adresse;" + b";" * 1_000_000, "caractères"),
        (b"a" * 50_000_001, "50 Mo"),
    ],
    ids=["vide", "xlsx", "utf16", "binaire", "colonnes", "gros"],
)
def test_a_file_that_is_no_such_file_is_told_in_a_sentence(
    commande: Commande, csv: Path, contenu: bytes, mot: str
) -> None:
    csv.write_bytes(contenu)
    code, sortie, erreurs = importer(commande, csv)
    assert (code, sortie) == (1, "")
    assert mot in erreurs
    assert len(erreurs) < 500


def test_a_missing_file_and_a_folder_are_told(commande: Commande, csv: Path, tmp_path: Path) -> None:
    assert "n’existe pas" in importer(commande, csv)[2]
    assert "dossier" in importer(commande, tmp_path)[2]


def test_five_thousand_families_with_two_hundred_faults_of_every_kind(
    commande_du_village: Commande, instance: Path, csv: Path
) -> None:
    """Each is told, at its line, in its column, with its reason, in the order of the file; and nothing else is."""
    lignes = grand_fichier(5000)
    semees = saboter(lignes, 200)
    csv.write_text(fichier(lignes, ENTETE), encoding="utf-8", newline="")
    code, sortie, erreurs = importer(commande_du_village, csv)
    assert (code, sortie) == (1, "")
    *dites, fin = erreurs.splitlines()
    assert fin == "200 erreurs : rien n’a été enregistré."
    assert compter(instance, "foyer", "personne", "enfant", "compte", "courriel") == [0] * 5
    for dite, semee in zip(dites, semees, strict=True):
        assert dite.startswith(f"{csv}: ligne {semee.ligne}, colonne « {semee.colonne} »"), semee
        assert semee.mot in dite


def test_a_file_of_five_hundred_families_is_imported_then_found_again(
    commande_du_village: Commande, instance: Path, csv: Path
) -> None:
    lignes = grand_fichier(500)
    csv.write_text(fichier(lignes, ENTETE), encoding="utf-8-sig", newline="")
    code, sortie, erreurs = importer(commande_du_village, csv, "--sans-courriels")
    assert (code, erreurs) == (0, "")
    assert "foyers : 550 de plus" in sortie
    avant = compter(instance, "foyer", "personne", "enfant", "rattachement", "autorite_parentale", "inscription")
    assert "Rien à changer" in importer(commande_du_village, csv, "--sans-courriels")[1]
    assert (
        compter(instance, "foyer", "personne", "enfant", "rattachement", "autorite_parentale", "inscription") == avant
    )


def test_whoever_watches_sees_how_far_it_is_and_a_log_stays_clean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progression(10, "Lecture") as avancer:
        avancer(10)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progression(10, "Lecture") as avancer:
        avancer(10)
    assert "100%" in capsys.readouterr().err


def test_the_example_of_the_documentation_is_imported_after_the_steps_of_the_readme(
    commande: Commande, instance: Path
) -> None:
    racine = Path(__file__).parents[2]
    docs, activites = racine / "docs", "portail_famille/demonstration/saint-rivage.toml"
    assert f"importer activites {activites} --commune" in (racine / "README.md").read_text(encoding="utf-8")
    assert commande("importer", "activites", racine / activites, "--commune", SLUG).exit_code == 0
    code, sortie, erreurs = importer(commande, docs / "fichier-familles.csv")
    assert (code, erreurs) == (0, "")
    assert "5 courriels d’activation" in sortie
    assert compter(instance, "foyer", "personne", "enfant", "rattachement") == [4, 6, 3, 4]


def test_a_base_that_another_command_holds_is_told_as_such(commande: Commande, instance: Path) -> None:
    for code in ("SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT"):
        erreur = sqlite3.OperationalError("database is locked")
        erreur.sqlite_errorname = code
        with pytest.raises(Echec, match="occupée par une autre commande"), commune_ouverte(SLUG):
            raise OperationalError("BEGIN IMMEDIATE", None, erreur)


def test_a_file_that_changes_nothing_but_disagrees_says_so(commande: Commande, csv: Path) -> None:
    ecrire(csv, ligne(foyer="F1", enfant_reference="E1"), ligne(foyer="F2", enfant_prenom="Noé", **AILLEURS))
    assert importer(commande, csv)[0] == 0
    demenagee = ligne(foyer="F2", enfant_reference="E1", **AILLEURS)
    sans_enfant = {nom: "" for nom in ligne() if nom.startswith("enfant_")}
    ecrire(csv, ligne(foyer="F1") | sans_enfant, demenagee)
    assert "est encore, dans le portail, au foyer" in importer(commande, csv)[1]
    sortie = importer(commande, csv)[1]
    assert "est encore, dans le portail, au foyer" in sortie
    assert "Rien à changer" not in sortie


AILLEURS = {"adresse": "1 quai du Port", "responsable1_prenom": "Ève", "responsable1_courriel": "eve@courriel.example",
            "responsable1_telephone": ""}  # fmt: skip


def test_a_complete_file_that_forgets_most_families_asks_to_be_confirmed(commande: Commande, csv: Path) -> None:
    ecrire(csv, *(ligne(foyer=f"F{n}", adresse=f"{n} rue", responsable1_prenom="Ève" + "e" * n, enfant_prenom="A" * n,
                        responsable1_telephone="", responsable1_courriel="") for n in range(1, 9)))  # fmt: skip
    assert importer(commande, csv)[0] == 0
    ecrire(csv, ligne(foyer="F1", adresse="1 rue", responsable1_prenom="Èvee", enfant_prenom="A"))
    code, _, erreurs = importer(commande, csv, "--complet")
    assert (code, "7 foyers sur 8" in erreurs, "--confirmer" in erreurs) == (1, True, True)
    assert "7 foyers partis" in importer(commande, csv, "--complet", "--confirmer")[1]
