"""The file of families: what can be read, what is refused and how it is said."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portail_famille.domain.cellules import lire_adresse_mail
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.familles_du_fichier import FoyerDuFichier, assembler
from portail_famille.domain.fichier_familles import (
    COLONNES,
    OBLIGATOIRES,
    ReperesFichier,
    lire_lignes,
)
from portail_famille.domain.gardes import IMPAIRES, PAIRES, Garde
from portail_famille.domain.tableur import TAILLE_MAXIMALE, Faute, FichierRefuse, decoder, lire_tableau
from tests.support.familles import SABOTAGES, fichier, ligne


def sans_verifier(texte: str) -> str:
    """Telephone numbers belong to the services."""
    if not any(c.isdigit() for c in texte):
        raise RegleViolee("telephone_invalide", "Ce numéro n’existe pas.")
    return texte.replace(" ", "")


REPERES = ReperesFichier(
    date(2026, 12, 2),
    ("ecole", "centre"),
    {"cantine": ("ecole",), "mercredi": ("centre", "ecole"), "vacances": ("centre", "ailleurs")},
    sans_verifier,
)


def lire(texte: str) -> tuple[list[FoyerDuFichier], list[Faute]]:
    lignes, fautes = lire_lignes(lire_tableau(texte, COLONNES, OBLIGATOIRES), REPERES)
    foyers, contradictions = assembler(lignes, REPERES)
    return foyers, fautes + contradictions


def lire_bien(*lignes: Mapping[str, str]) -> list[FoyerDuFichier]:
    foyers, fautes = lire(fichier(lignes))
    assert [str(faute) for faute in fautes] == []
    return foyers


def fautes_de(*lignes: Mapping[str, str]) -> list[tuple[int, str]]:
    return [(faute.ligne, faute.colonne) for faute in lire(fichier(lignes))[1]]


@pytest.mark.parametrize(
    ("cellules", "attendu"),
    [
        ({"enfant_naissance": "17-04-2018"}, date(2018, 4, 17)),
        ({"enfant_naissance": "2018-04-17"}, date(2018, 4, 17)),
        ({"enfant_naissance": "7/4/2018"}, date(2018, 4, 7)),
        ({"enfant_naissance": "17/04/2018 00:00:00"}, date(2018, 4, 17)),
    ],
)
def test_dates_are_read_as_spreadsheets_write_them(cellules: dict[str, str], attendu: date) -> None:
    (foyer,) = lire_bien(ligne(**cellules))
    assert foyer.liens[0].enfant.valeurs["naissance"] == attendu


@pytest.mark.parametrize(
    ("colonne", "texte", "nom", "attendu"),
    [
        ("resident", "non", "resident", False),
        ("resident", "X", "resident", True),
        ("personnes_a_charge", "3", "personnes_a_charge", 3),
        ("ressources_mensuelles", "2 345,60 €", "ressources_mensuelles", 234_560),
        ("foyer_nom", "Morel  et  filles", "foyer_nom", "Morel et filles"),
        ("code_postal", "CH-1204", "code_postal", "CH-1204"),
    ],
)
def test_a_cell_of_the_foyer_is_kept_in_one_form(colonne: str, texte: str, nom: str, attendu: Any) -> None:
    (foyer,) = lire_bien(ligne(**{colonne: texte}))
    assert foyer.fiche.valeurs[nom] == attendu


@pytest.mark.parametrize(("ecrit", "lu"), [("Mme", "Mme"), ("madame", "Mme"), ("M", "M."), ("Monsieur", "M.")])
def test_a_title_has_two_forms(ecrit: str, lu: str) -> None:
    assert lire_bien(ligne(responsable1_civilite=ecrit))[0].adultes[0].valeurs["civilite"] == lu


def test_an_address_with_an_accented_domain_is_kept_as_it_travels() -> None:
    assert lire_adresse_mail("Camille+Ecole@Éloi.example") == "camille+ecole@xn--loi-9la.example"


@pytest.mark.parametrize(
    "adresse", ["zoé@a.example", "a@b", "a", "", "a@é..fr", "a b@c.example", "a@" + "é" * 300 + ".fr"]
)
def test_what_is_no_address_is_refused(adresse: str) -> None:
    with pytest.raises(RegleViolee):
        lire_adresse_mail(adresse)


@pytest.mark.parametrize(("colonne", "valeur", "mot"), [s for s in SABOTAGES if "telephone" not in s[0]])
def test_each_kind_of_fault_names_its_line_its_column_and_its_reason(colonne: str, valeur: str, mot: str) -> None:
    pleine = ligne(
        qf="842,50", qf_du="01/09/2026", responsable2_prenom="Thomas", responsable2_nom="Le Gall",
        semaine_ancre="07/12/2026", une_sur="2", activites="cantine", inscription_du="01/09/2026",
        inscription_au="02/07/2027",
    )  # fmt: skip
    assert lire(fichier([pleine]))[1] == []
    fausse = {**pleine, colonne: valeur}
    (faute,) = lire(fichier([pleine | {"adresse": "1 rue du Port", "enfant_prenom": "Noé"}, fausse], tuple(fausse)))[1]
    assert (faute.ligne, faute.colonne) == (3, colonne)
    assert mot in str(faute).replace("\u00a0", " ").replace("\u202f", " ")


def test_every_fault_of_a_line_is_told_at_once() -> None:
    fautes = fautes_de(ligne(adresse="", code_postal="x", enfant_naissance="hier", une_sur="7"))
    assert sorted(fautes) == [
        (2, "adresse"),
        (2, "code_postal"),
        (2, "enfant_naissance"),
        (2, "semaine_ancre"),
        (2, "une_sur"),
    ]


def test_a_foyer_without_a_child_is_a_foyer() -> None:
    (foyer,) = lire_bien({nom: v for nom, v in ligne().items() if not nom.startswith("enfant")})
    assert foyer.liens == []


def test_an_activity_takes_place_where_it_can() -> None:
    dates = {"inscription_du": "01/09/2026", "inscription_au": "02/07/2027"}
    (foyer,) = lire_bien(ligne(structure="ecole", activites="cantine | mercredi | vacances@centre", **dates))
    lieux = {i.activite: i.structure for i in foyer.liens[0].inscriptions}
    assert lieux == {"cantine": "ecole", "mercredi": "ecole", "vacances": "centre"}
    assert fautes_de(ligne(structure="ecole", activites="vacances", **dates)) == [(2, "activites")]
    assert fautes_de(ligne(activites="cantine@centre", **dates)) == [(2, "activites")]


def test_the_lines_of_a_foyer_make_one_foyer() -> None:
    noe = {"enfant_prenom": "Noé", "enfant_naissance": "03/09/2020"}
    (foyer,) = lire_bien(ligne(), ligne(responsable1_nom="MOREL", adresse="12, Rue des Tilleuls", **noe) | {
        "responsable1_nom": "Morel", "adresse": "12 rue des Tilleuls",
    })  # fmt: skip
    assert [lien.enfant.valeurs["prenom"] for lien in foyer.liens] == ["Léa", "Noé"]
    assert len(foyer.adultes) == 1


def test_lines_of_one_foyer_that_disagree_are_told_together() -> None:
    une = ligne(foyer="F1")
    deux = ligne(foyer="F1", adresse="1 rue du Port", responsable1_telephone="06 39 98 99 99", enfant_prenom="Noé")
    foyers, fautes = lire(fichier([une, deux]))
    assert [(f.ligne, f.colonne) for f in fautes] == [(3, "adresse"), (3, "responsable1_telephone")]
    assert "la ligne 2 dit « 12 rue des Tilleuls »" in str(fautes[0]).replace("\u00a0", " ")
    assert len(foyers) == 1


def test_one_address_with_two_references_is_a_fault() -> None:
    assert fautes_de(ligne(foyer="F1"), ligne(foyer="F2", enfant_prenom="Noé")) == [(3, "foyer")]


def test_a_line_written_twice_is_a_fault() -> None:
    assert fautes_de(ligne(), ligne()) == [(3, "enfant_prenom")]


def test_a_second_line_may_enrol_the_same_child_for_another_period() -> None:
    premiere = ligne(activites="cantine", inscription_du="01/09/2026", inscription_au="31/12/2026")
    seconde = ligne(activites="cantine", inscription_du="01/01/2027", inscription_au="02/07/2027")
    (foyer,) = lire_bien(premiere, seconde)
    assert len(foyer.liens) == 1
    assert len(foyer.liens[0].inscriptions) == 2


CANTINE = {"activites": "cantine", "inscription_du": "01/09/2026", "inscription_au": "02/07/2027"}


def test_a_second_line_of_a_child_may_add_an_activity() -> None:
    (foyer,) = lire_bien(ligne(**CANTINE), ligne(**CANTINE | {"activites": "cantine|mercredi@centre"}))
    (lien,) = foyer.liens
    assert [inscription.activite for inscription in lien.inscriptions] == ["cantine", "mercredi"]


def test_two_enrolments_at_one_activity_never_overlap() -> None:
    assert fautes_de(
        ligne(**CANTINE), ligne(**CANTINE | {"inscription_du": "02/07/2027", "inscription_au": "05/07/2027"})
    ) == [(3, "inscription_du")]


def test_a_foyer_without_a_reference_is_one_whoever_is_written_first() -> None:
    thomas = {"prenom": "Thomas", "nom": "Le Gall", "courriel": "thomas@courriel.example", "telephone": ""}
    camille = {nom: ligne()[f"responsable1_{nom}"] for nom in thomas}
    un, autre = (
        {f"responsable{rang}_{nom}": valeur for rang, qui in enumerate(ordre, 1) for nom, valeur in qui.items()}
        for ordre in ((camille, thomas), (thomas, camille))
    )
    (foyer,) = lire_bien(
        ligne(responsable2_autorite="N", **un),
        ligne(enfant_prenom="Noé", responsable1_autorite="N", **autre),
    )
    assert [adulte.valeurs["prenom"] for adulte in foyer.adultes] == ["Camille", "Thomas"]
    assert [lien.autorites for lien in foyer.liens] == [(None, False), (None, False)]


def test_one_child_with_two_birth_dates_is_a_fault_unless_references_make_it_two() -> None:
    autre = {"enfant_naissance": "18/04/2018"}
    assert fautes_de(ligne(), ligne(**autre)) == [(3, "enfant_naissance")]
    (foyer,) = lire_bien(ligne(enfant_reference="E1"), ligne(enfant_reference="E2", **autre))
    assert len(foyer.liens) == 2


@pytest.mark.parametrize("montant", ["NaN", "1e3", "1_000", "-5", "٥", "842,505", "100000,01", "+3", ".5"])
def test_an_amount_is_digits_and_nothing_else(montant: str) -> None:
    assert fautes_de(ligne(qf=montant, qf_du="01/09/2026")) == [(2, "qf")]


def test_digits_of_another_alphabet_make_no_date() -> None:
    assert fautes_de(ligne(enfant_naissance="٠١/٠٢/٢٠١٨")) == [(2, "enfant_naissance")]


SEMAINES = {"semaine_ancre": "07/12/2026", "une_sur": "2"}
CHEZ_JULIEN = {
    "adresse": "3 quai du Port", "responsable1_prenom": "Julien", "responsable1_nom": "Ferrand",
    "responsable1_courriel": "julien@courriel.example", "responsable1_telephone": "06 39 98 12 05",
}  # fmt: skip


def test_a_child_of_two_foyers_is_one_child_and_the_other_weeks_follow() -> None:
    chez_camille, chez_julien = lire_bien(ligne(vacances="paires", **SEMAINES), ligne(**CHEZ_JULIEN))
    assert chez_camille.liens[0].enfant is chez_julien.liens[0].enfant
    assert chez_camille.liens[0].garde == Garde(date(2026, 12, 7), 2, PAIRES)
    assert chez_julien.liens[0].garde == Garde(date(2026, 12, 14), 2, IMPAIRES)


@pytest.mark.parametrize(
    ("chez_julien", "colonne"),
    [
        ({"semaine_ancre": "21/12/2026", "une_sur": "2"}, "semaine_ancre"),
        ({"semaine_ancre": "14/12/2026", "une_sur": "3"}, "une_sur"),
        ({"semaine_ancre": "14/12/2026", "une_sur": "2", "vacances": "impaires"}, "vacances"),
    ],
)
def test_weeks_that_leave_a_child_in_two_places_or_none_are_a_fault(chez_julien: dict[str, str], colonne: str) -> None:
    assert fautes_de(ligne(**SEMAINES), ligne(**CHEZ_JULIEN, **chez_julien)) == [(3, colonne)]


def test_two_children_who_cannot_be_told_apart_are_a_fault_and_a_reference_tells_them() -> None:
    assert fautes_de(ligne(), ligne(**CHEZ_JULIEN)) == [(3, "enfant_prenom")]
    deux = lire_bien(ligne(enfant_reference="E1"), ligne(enfant_reference="E2", **CHEZ_JULIEN))
    assert deux[0].liens[0].enfant is not deux[1].liens[0].enfant


def test_a_third_foyer_of_one_child_is_a_fault() -> None:
    troisieme = {**CHEZ_JULIEN, "responsable1_prenom": "Nadia", "responsable1_courriel": "nadia@courriel.example"}
    lignes = [ligne(enfant_reference="E", **SEMAINES), ligne(enfant_reference="E", **CHEZ_JULIEN)]
    troisieme["responsable1_telephone"] = "06 39 98 12 09"
    assert fautes_de(*lignes, ligne(enfant_reference="E", **troisieme)) == [(4, "enfant_prenom")]


def test_an_adult_of_two_foyers_is_one_adult() -> None:
    noe = {"enfant_prenom": "Noé", "enfant_naissance": "03/09/2020"}
    une, autre = lire_bien(ligne(), ligne(adresse="3 quai du Port", **noe))
    assert une.adultes[0] is autre.adultes[0]


def test_an_adult_who_is_twice_in_one_foyer_is_a_fault() -> None:
    double = {"responsable2_prenom": "camille", "responsable2_nom": "MOREL",
              "responsable2_courriel": "camille.morel@courriel.example"}  # fmt: skip
    assert fautes_de(ligne(**double)) == [(2, "responsable2_prenom")]


def test_two_of_a_couple_share_an_address_and_stay_two() -> None:
    (foyer,) = lire_bien(ligne(responsable2_prenom="Thomas", responsable2_nom="Morel",
                               responsable2_courriel="camille.morel@courriel.example"))  # fmt: skip
    assert len(foyer.adultes) == 2


@pytest.mark.parametrize(
    ("octets", "mot"),
    [
        (b"", "vide"),
        (b" \r\n\r\n", "vide"),
        (b"PK\x03\x04rien", "classeur"),
        (b"\xd0\xcf\x11\xe0rien", "classeur"),
        (b"%PDF-1.7", "PDF"),
        ("adresse;ville".encode("utf-16"), "UTF-16"),
        (b"adresse\r\nA\x00B", "ligne 2 : ce n’est pas un fichier texte"),
        (b"\x7fELF\x81\x8d", "ni en UTF-8 ni en Windows-1252"),
        ("é\r\n".encode() + b"\xe9", "mélange"),
        (b"a" * (TAILLE_MAXIMALE + 1), "50 Mo"),
    ],
    ids=["vide", "blancs", "xlsx", "xls", "pdf", "utf16", "nul", "binaire", "melange", "gros"],
)
def test_what_is_no_text_file_is_told_with_its_remedy(octets: bytes, mot: str) -> None:
    with pytest.raises(FichierRefuse) as refus:
        decoder(octets)
    assert mot in str(refus.value).replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize("encodage", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("fin", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_of_spreadsheets_are_read(encodage: str, fin: str) -> None:
    texte = fichier([ligne(enfant_prenom="Zoé", responsable1_nom="d’Ornano")]).replace("\r\n", fin)
    foyers, fautes = lire(decoder(texte.encode(encodage)))
    assert fautes == []
    assert foyers[0].liens[0].enfant.valeurs["prenom"] == "Zoé"


@pytest.mark.parametrize(
    ("texte", "mot"),
    [
        ("adresse,ville,code_postal\n", "virgules"),
        ("adresse\tville\tcode_postal\n", "tabulations"),
        ("adresse;ville\n", "colonne obligatoire absente"),
        ("adresse;" * 101, "colonnes"),
        (";" * 1_000_000, "caractères"),
        ("a" * 1_000_000, "caractères"),
        (fichier([ligne()]).replace("ville", "adresse", 1), "deux fois"),
        (fichier([ligne()]).replace("enfant_naissance", "enfant_naisance", 1), "« enfant_naissance »"),
    ],
    ids=["virgules", "tabulations", "manque", "colonnes", "million", "longue", "double", "faute"],
)
def test_a_header_that_cannot_be_used_is_told(texte: str, mot: str) -> None:
    with pytest.raises(FichierRefuse) as refus:
        lire_tableau(texte, COLONNES, OBLIGATOIRES)
    assert mot in str(refus.value).replace("\u00a0", " ")


def test_headers_are_read_whatever_their_capitals_and_accents() -> None:
    texte = fichier([ligne()]).replace("enfant_prenom", "Enfant Prénom").replace("code_postal", "CODE-POSTAL")
    assert lire(texte)[1] == []


def test_empty_lines_and_empty_columns_are_no_fault_and_extra_cells_are() -> None:
    colonnes = [*ligne(), ""]
    assert lire(fichier([ligne(), {}, {}], colonnes))[1] == []
    (faute,) = lire(fichier([ligne()]) + "a" + ";b" * 12 + "\r\n")[1]
    assert faute.ligne == 3
    assert "12 cellules" in faute.raison or "13 cellules" in faute.raison


def test_a_quote_left_open_is_told_where_it_opens() -> None:
    (faute,) = lire(fichier([ligne()]) + '"12 rue;\r\nune autre;\r\n')[1]
    assert faute.ligne == 3
    assert "guillemet" in faute.raison


def test_a_line_end_inside_quotes_does_not_shift_the_numbers() -> None:
    fautes = lire(fichier([ligne(adresse="12 rue\ndes Tilleuls"), ligne(code_postal="x", enfant_prenom="Noé")]))[1]
    assert (4, "code_postal") in [(faute.ligne, faute.colonne) for faute in fautes]


def test_a_mark_in_the_middle_of_a_file_is_told() -> None:
    texte = fichier([ligne(), ligne(enfant_prenom="Noé")]).replace("12 rue", "\ufeff12 rue")
    assert {(f.ligne, f.colonne) for f in lire(texte)[1]} == {(2, "adresse"), (3, "adresse")}


def test_a_fault_says_where_it_is_without_flooding_the_screen() -> None:
    faute = Faute(3, "adresse", "x" * 500 + "\n", "trop long")
    assert str(faute).startswith("ligne 3, colonne «\u00a0adresse\u00a0», «\u00a0xxx")
    assert len(str(faute)) < 150
    assert str(replace(faute, ligne=0, colonne="", valeur="")) == "fichier\u00a0: trop long."


DOCS = Path(__file__).parents[2] / "docs"


def test_the_documentation_names_every_column_in_its_order_and_no_other() -> None:
    texte = (DOCS / "fichier-familles.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", texte, re.MULTILINE) == list(COLONNES)
    obligatoires = re.findall(r"^\| `(\w+)` \| oui \|", texte, re.MULTILINE)
    assert obligatoires == list(OBLIGATOIRES)


def test_the_example_of_the_documentation_is_a_good_file() -> None:
    reperes = replace(
        REPERES,
        structures=("ecole-des-phares", "centre-de-loisirs"),
        activites={"cantine": ("ecole-des-phares",), "mercredi": ("centre-de-loisirs",)},
    )
    tableau = lire_tableau(decoder((DOCS / "fichier-familles.csv").read_bytes()), COLONNES, OBLIGATOIRES)
    lignes, fautes = lire_lignes(tableau, reperes)
    foyers, contradictions = assembler(lignes, reperes)
    assert fautes + contradictions == []
    assert [len(foyer.liens) for foyer in foyers] == [2, 1, 1, 0]
    assert foyers[1].liens[0].enfant is foyers[2].liens[0].enfant
