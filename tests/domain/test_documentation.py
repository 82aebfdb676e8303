"""docs/fichier-activites.md can never rot: every block and every rule of its tables is read as a town's file is."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portail_famille.domain.catalogue import lire_catalogue
from tests.support.documents import analyser, document_de_cantine, fautes

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "fichier-activites.md"
TEXTE = DOCUMENT.read_text(encoding="utf-8")
BLOCS = re.findall(r"^```toml\n(.*?)^```", TEXTE, re.MULTILINE | re.DOTALL)
_CODES = re.compile(r"`([^`]+)`")
# The last cell of each row of the tables « ce que dit le règlement | ce que vous écrivez ».
LIGNES = [
    "\n".join(_CODES.findall(cellule))
    for tableau in re.findall(r"^\| ce que dit le règlement .*?\n\|---\|---\|\n((?:\|.*\n)+)", TEXTE, re.MULTILINE)
    for cellule in (ligne.rstrip(" |").rpartition(" | ")[2] for ligne in tableau.splitlines())
    if not cellule.startswith("rien")
]
_DE_LA_RACINE = {
    "structure",
    "activite",
    "jauge",
    "tarif",
    "fermeture",
    "ouverture_exceptionnelle",
    "inscription_scolaire",
}
_DE_L_ACTIVITE = {"jours", "periode", "vacances", "ouverture", "delai_ajout", "delai_annulation", "hors_delai"}
CLES = (
    "jours_ouvres jours_ouvrables jours_ecole jours_ouverture heures dernier jour_du_mois dates "
    "dates_par_mois dates_par_vacances sinon report debut_vacances debut_periode debut_semaine debut_mois "
    "rentree plus_de sans_qf rang_selon aeeh_taux_suivant oublis_pardonnes liste_attente cout constante "
    "sans_pai nom_court exige validation inscription_scolaire ouverte_du ouverte_au age_min age_max age_le classes "
    "ecoles residents_seulement choix pieces decision niveaux naissances garde part_garde"
)
_BASES = {"prix", "tranches", "taux"}


def situer(fragment: dict[str, Any]) -> dict[str, Any]:
    """A whole document around a fragment: tables at the root, keys of an activity, or keys of a tarif."""
    if "structure" in fragment:
        return fragment
    document = analyser(document_de_cantine())
    if fragment.keys() <= _DE_LA_RACINE:
        for cle, tables in fragment.items():
            document[cle] = document.get(cle, []) + tables
    elif fragment.keys() <= _DE_L_ACTIVITE:
        document["activite"][0].update(fragment)
    elif "paliers" in fragment:
        document["activite"][0]["absence"] = [{"motifs": ["maladie"], **fragment}]
    else:
        base = {} if fragment.keys() & _BASES else {"prix": 10}
        document["tarif"] = [{"code": "essai", "nom": "Essai", **base, **fragment}]
    return document


@pytest.mark.parametrize("bloc", BLOCS)
def test_every_block_of_the_documentation_is_accepted(bloc: str) -> None:
    assert fautes(situer(tomllib.loads(bloc, parse_float=Decimal))) == ()


@pytest.mark.parametrize("ligne", LIGNES)
def test_every_rule_of_the_tables_is_accepted(ligne: str) -> None:
    assert fautes(situer(tomllib.loads(ligne, parse_float=Decimal))) == ()


def test_the_documentation_is_really_read() -> None:
    assert len(BLOCS) >= 10
    assert len(LIGNES) >= 70


def test_the_first_block_is_a_whole_file() -> None:
    catalogue = lire_catalogue(analyser(BLOCS[0]))
    assert set(catalogue.unites) == {"repas", "mercredi-journee", "mercredi-matin"}
    assert catalogue.avertissements == ()


@pytest.mark.parametrize("cle", CLES.split())
def test_every_key_of_the_grammar_is_documented(cle: str) -> None:
    assert re.search(rf"\b{cle}\b", TEXTE)
