"""`importer activites`: files as they come, good, wrong or hostile."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portail_famille.cli.importer import lire_document
from portail_famille.cli.ouvrir import Echec
from portail_famille.domain.catalogue import lire_catalogue
from portail_famille.domain.erreurs import DocumentInvalide
from tests.cli.conftest import SLUG, Commande
from tests.support.documents import document_de_cantine


@pytest.fixture
def fichier(tmp_path: Path) -> Path:
    chemin = tmp_path / "activites.toml"
    chemin.write_text(document_de_cantine(), encoding="utf-8")
    return chemin


def importer(commande: Commande, fichier: Path, *options: str) -> tuple[int, str, str]:
    resultat = commande("importer", "activites", fichier, "--commune", SLUG, *options)
    return resultat.exit_code, resultat.stdout, resultat.stderr


def versions(instance: Path) -> int:
    with closing(sqlite3.connect(instance / SLUG / "portail.sqlite3")) as base:
        nombre: int = base.execute("SELECT count(*) FROM version_catalogue").fetchone()[0]
    return nombre


def test_an_import_says_what_changed_then_that_nothing_does(commande: Commande, instance: Path, fichier: Path) -> None:
    code, sortie, erreurs = importer(commande, fichier)
    assert (code, erreurs) == (0, "")
    assert "unité ajoutée : repas" in sortie
    assert "en vigueur, version 1" in sortie
    code, sortie, _ = importer(commande, fichier)
    assert code == 0
    assert "déjà en vigueur (version 1), rien ne change" in sortie
    assert versions(instance) == 1


def test_an_activity_that_no_regie_bills_is_told_on_trial_too(
    commande: Commande, instance: Path, fichier: Path
) -> None:
    tarif = '[[tarif]]\ncode = "repas"\nnom = "Repas"\nprix = 4.00\ncout = 9.00\n'
    fichier.write_text(document_de_cantine(unite='tarif = "repas"', suite=tarif), encoding="utf-8")
    with (instance / SLUG / "commune.toml").open("a", encoding="utf-8") as reglages:
        reglages.write('\n[regies.enfance]\nnom = "Enfance"\nserie = "EE"\nactivites = ["cantines"]\n')
    for options in (("--essai",), ()):
        code, _, erreurs = importer(commande, fichier, *options)
        assert code == 0
        assert erreurs.replace("\u00a0", " ").splitlines() == [
            "Attention : la régie « enfance » nomme l’activité « cantines », inconnue de la commune "
            "(le plus proche est « cantine »).",
            "Attention : aucune régie ne facture l’activité « cantine ».",
        ]


def test_a_meal_counted_as_care_is_told(commande: Commande, instance: Path, fichier: Path) -> None:
    tarif = '[[tarif]]\ncode = "repas"\nnom = "Repas"\nprix = 4.00\n'
    with (instance / SLUG / "commune.toml").open("a", encoding="utf-8") as reglages:
        reglages.write('\n[regies.enfance]\nnom = "Enfance"\nserie = "EE"\n')
    for garde, dit in (("", True), ("part_garde = 1.20", False)):
        fichier.write_text(document_de_cantine(unite=f'tarif = "repas"\n{garde}', suite=tarif), encoding="utf-8")
        code, _, erreurs = importer(commande, fichier)
        assert code == 0
        assert ("« repas », compté en entier comme de la garde" in erreurs.replace("\u00a0", " ")) is dit


def test_a_trial_checks_everything_and_writes_nothing(commande: Commande, instance: Path, fichier: Path) -> None:
    code, sortie, _ = importer(commande, fichier, "--essai")
    assert code == 0
    assert "unité ajoutée : repas" in sortie
    assert "rien n’a été enregistré" in sortie
    assert versions(instance) == 0


def test_every_fault_is_told_with_file_table_key_and_reason(commande: Commande, instance: Path, fichier: Path) -> None:
    texte = document_de_cantine(delai='"demain peut-être"', unite="coleur = 1\ntarif = 'absent'")
    fichier.write_text(texte, encoding="utf-8")
    code, sortie, erreurs = importer(commande, fichier)
    assert (code, sortie) == (1, "")
    lignes = erreurs.splitlines()
    assert lignes[-1] == "3 erreurs : rien n’a été enregistré."
    assert len(lignes) == 4
    assert all(ligne.startswith(f"{fichier}: table « activite cantine") for ligne in lignes[:-1])
    for cle in ("delai_ajout", "coleur", "tarif"):
        assert any(f", clé « {cle} » : " in ligne for ligne in lignes), cle
    assert versions(instance) == 0


def test_a_price_above_cost_is_imported_with_a_warning(commande: Commande, fichier: Path) -> None:
    tarif = '[[tarif]]\ncode = "repas"\nnom = "Repas"\nprix = 12.00\ncout = 9.00\n'
    fichier.write_text(document_de_cantine(unite='tarif = "repas"', suite=tarif), encoding="utf-8")
    code, sortie, erreurs = importer(commande, fichier)
    assert code == 0
    assert "en vigueur" in sortie
    assert erreurs.startswith("Attention : ")
    assert "R531-53" in erreurs


@pytest.mark.parametrize(
    ("contenu", "attendu"),
    [
        (b"prix = 3,50\n", "ligne 1, colonne 9"),
        (b'a = 1\nb = [\n  "x",\n', "fin du fichier : un crochet"),
        (b"a = 1\na = 2\n", "ligne 2"),
        (b"[[tarif]]\ncode = 'a'\nnom = 'A'\nprix = 1e9999999\n", "clé « prix » : il faut un nombre"),
        (b"[[tarif]]\ncode = 'a'\nnom = 'A'\nprix = nan\n", "clé « prix » : il faut un nombre"),
        (b"a = 1\nb = " + b"9" * 6000, "ligne 2 : nombre trop grand"),
        (b"a = " + b"[" * 50_000, "imbriqués"),
        ("a = 1\nb = 'é'\n".encode("cp1252"), "ligne 2 : le fichier n’est pas en UTF-8"),
        ("a = 1".encode("utf-16"), "UTF-16"),
        (b"\x7fELF\x00\x00", "pas un fichier texte"),
        (b"#" * 1_000_001, "dépasse 1 Mo"),
        (b"", "il faut au moins une [[structure]]"),
    ],
    ids=[
        "virgule",
        "crochet",
        "doublon",
        "exposant",
        "nan",
        "entier",
        "profond",
        "cp1252",
        "utf16",
        "binaire",
        "gros",
        "vide",
    ],
)
def test_a_file_that_cannot_be_read_is_told_clearly(
    commande: Commande, instance: Path, fichier: Path, contenu: bytes, attendu: str
) -> None:
    fichier.write_bytes(contenu)
    code, sortie, erreurs = importer(commande, fichier)
    assert (code, sortie) == (1, "")
    assert erreurs.startswith(f"{fichier}: ")
    assert attendu in erreurs
    assert "Traceback" not in erreurs
    assert versions(instance) == 0


def test_the_mark_that_windows_puts_at_the_head_of_a_file_is_no_fault(commande: Commande, fichier: Path) -> None:
    fichier.write_bytes(b"\xef\xbb\xbf" + fichier.read_bytes())
    assert importer(commande, fichier)[0] == 0


def test_a_missing_file_and_a_folder_are_told_clearly(commande: Commande, tmp_path: Path) -> None:
    assert importer(commande, tmp_path / "absent.toml") == (
        1,
        "",
        f"{tmp_path}/absent.toml: le fichier n’existe pas.\n",
    )
    assert "c’est un dossier" in importer(commande, tmp_path)[2]


def test_an_unknown_commune_is_told_with_the_known_ones(commande: Commande, fichier: Path) -> None:
    resultat = commande("importer", "activites", fichier, "--commune", "ailleurs")
    assert resultat.exit_code == 2
    assert "communes présentes : essai" in resultat.stderr


def test_a_broken_settings_file_is_told_with_its_key(commande: Commande, instance: Path, fichier: Path) -> None:
    with (instance / SLUG / "commune.toml").open("a", encoding="utf-8") as reglages:
        reglages.write("\nduree_heurs = 3\n")
    code, _, erreurs = importer(commande, fichier)
    assert code == 1
    assert "duree_heurs" in erreurs


def test_a_database_without_tables_says_to_migrate(commande: Commande, instance: Path, fichier: Path) -> None:
    for morceau in (instance / SLUG).glob("portail.sqlite3*"):
        morceau.unlink()
    code, _, erreurs = importer(commande, fichier)
    assert code == 1
    assert f"portail-famille migrer --commune {SLUG}" in erreurs


@pytest.mark.parametrize(
    ("contenu", "attendu"),
    [
        ("a = { prix = 4,20 }", "avec un point"),
        ("prix = 3,50", "avec un point"),
        ("du = 24/12/2026", "une date s’écrit 2026-12-24"),
        ("du = 2026-9-1", "une date s’écrit 2026-12-24"),
        ("du = 2026-02-30", "n’existe pas"),
        ("debut = 8h30", "entre guillemets"),
        ("debut = 08:30", "entre guillemets"),
        ("[[activité]]", "sans accent"),
        ("été = 1", "une clé s’écrit sans accent"),
        ("a = {\n b = 1\n}", "une seule ligne"),
        ("a = { b = 1, }", "pas de virgule"),
        ("[structure]\na = 1\n[structure]\na = 2", "[[structure]]"),
        ("[[activite.unite]]\na = 1\n[[activite]]\nb = 1", "avant sa [[activite]]"),
        ("[structure]\ncode = 'a'", "écrivez [[structure]]"),
        ("[[activite.unite]]\ncode = 'a'", "une [[activite.unite]] vient après sa [[activite]]"),
        (
            "[[tarif]]\ncode='a'\nnom='A'\nrangs={2={remise=1}}\n[[tarif.version]]\nprix=1",
            "dans chaque [[tarif.version]]",
        ),
    ],
)
def test_the_usual_slips_of_the_pen_are_told_with_their_remedy(contenu: str, attendu: str, tmp_path: Path) -> None:
    fichier = tmp_path / "activites.toml"
    fichier.write_text(contenu + "\n", encoding="utf-8")
    with pytest.raises(Echec) as refus:
        _refuser(fichier)
    assert attendu in str(refus.value).replace("\u00a0", " ")


def _refuser(fichier: Path) -> None:
    try:
        lire_catalogue(lire_document(fichier))
    except DocumentInvalide as invalide:
        raise Echec(str(invalide)) from None


def test_a_document_that_the_town_has_no_kind_for_is_refused_until_it_has(
    commande: Commande, instance: Path, tmp_path: Path
) -> None:
    campagne = '[activite.inscription]\ndu = 2026-09-01\nau = 2027-07-02\npieces = ["assurance", "licence"]\n'
    annee = '[[inscription_scolaire]]\nannee = "2027-2028"\necoles = ["ecole"]\npieces = ["vaccin"]\n'
    fichier = tmp_path / "activites.toml"
    texte = document_de_cantine().replace("[[activite.unite]]", f"{campagne}[[activite.unite]]")
    fichier.write_text(f"{texte}\n{annee}", encoding="utf-8")
    code, _, erreurs = importer(commande, fichier)
    erreurs = erreurs.replace("\u00a0", " ")
    assert code == 1
    assert "table « activite cantine », clé « inscription.pieces » : document « licence » inconnu" in erreurs
    assert "[pieces.licence]" in erreurs
    assert "table « inscription_scolaire 2027-2028 », clé « pieces » : document « vaccin » inconnu" in erreurs
    assert "le plus proche est « vaccins »" in erreurs
    assert "2 erreurs : rien n’a été enregistré." in erreurs
    assert versions(instance) == 0

    reglages = instance / SLUG / "commune.toml"
    declares = '\n[pieces.licence]\nnom = "Licence"\n[pieces.vaccin]\nnom = "Vaccin"\n'
    reglages.write_text(reglages.read_text(encoding="utf-8") + declares, encoding="utf-8")
    assert importer(commande, fichier)[0] == 0
