"""The catalogue as a whole: its stored form, its units together, its capacities."""

import json
from datetime import date, time
from typing import Any

import pytest

from portail_famille.domain.catalogue import Catalogue, canonique, lire_catalogue
from portail_famille.domain.creneaux import Heurt, relations
from portail_famille.domain.erreurs import DocumentInvalide, ErreurDocument
from tests.support.calendriers import DONNEES
from tests.support.documents import analyser, document_de_cantine, lire
from tests.support.publies import lire_toml

FICHIERS = sorted(DONNEES.glob("*.toml"))


@pytest.mark.parametrize("chemin", FICHIERS, ids=lambda chemin: chemin.stem)
def test_a_stored_document_reads_back_as_the_same_catalogue(chemin: Any) -> None:
    document = lire_toml(chemin)
    stocke = json.loads(json.dumps(canonique(document)))
    assert lire_catalogue(stocke) == lire_catalogue(document)
    assert canonique(stocke) == stocke == canonique(document)


@pytest.mark.parametrize("chemin", FICHIERS, ids=lambda chemin: chemin.stem)
def test_a_database_that_sorts_keys_changes_nothing(chemin: Any) -> None:
    document = canonique(lire_toml(chemin))
    assert lire_catalogue(json.loads(json.dumps(document, sort_keys=True))) == lire_catalogue(document)


def test_the_stored_form_keeps_hours_dates_and_exact_numbers_as_text() -> None:
    document = analyser("a = 3.10\nb = 2026-09-01\nc = 08:30:00\nd = [{ e = 2 }]\nf = true")
    assert canonique(document) == {
        "a": "3.10",
        "b": "2026-09-01",
        "c": "08:30",
        "d": [{"e": 2}],
        "f": True,
    }


def test_hours_written_as_toml_times_survive_the_stored_form() -> None:
    document = analyser(document_de_cantine(delai="{ jours = 1, avant = 09:00:00 }").replace('"11:45"', "11:45:00"))
    assert lire_catalogue(canonique(document)) == lire_catalogue(document)
    assert lire_catalogue(document).unites["repas"].debut == time(11, 45)


ALSH = document_de_cantine(
    suite="""
[[activite]]
code = "mercredi"
nom = "Mercredi"
structures = ["ecole"]
jours = ["mercredi"]
delai_ajout = "aucun"
[[activite.unite]]
code = "journee"
nom = "Journée"
exclut = ["matin"]
[[activite.unite]]
code = "matin"
nom = "Matin"
nom_court = "Mat."
[[activite.unite]]
code = "midi"
nom = "Repas du mercredi"
exige = ["matin"]
[[jauge]]
code = "centre"
nom = "Centre"
places = 20
unites = ["journee", "matin"]
liste_attente = true
[[jauge]]
code = "refectoire"
nom = "Réfectoire"
places = 60
unites = ["midi"]
structures = ["autre"]
[[structure]]
code = "autre"
nom = "Autre"
genre = "accueil_loisirs"
edition = "lecture"
courriel = "centre@exemple.fr"
"""
)


def heurts(catalogue: Catalogue, *ajouts: str) -> dict[str, Heurt]:
    """What keeps these units from being added together to an empty day."""
    unites = catalogue.unites
    exclut = {code: unite.exclut for code, unite in unites.items()}
    exige = {code: unite.exige for code, unite in unites.items()}
    return relations(frozenset(), frozenset(ajouts), frozenset(), exclut, exige)


def test_an_exclusion_holds_both_ways_whichever_unit_says_it() -> None:
    catalogue = lire(ALSH)
    assert catalogue.unites["journee"].exclut == {"matin"}
    assert catalogue.unites["matin"].exclut == {"journee"}
    assert heurts(catalogue, "journee", "matin") == {
        "journee": Heurt("matin", est_manquante=False),
        "matin": Heurt("journee", est_manquante=False),
    }


def test_a_required_unit_that_is_missing_is_named() -> None:
    catalogue = lire(ALSH)
    assert heurts(catalogue, "midi") == {"midi": Heurt("matin", est_manquante=True)}
    assert heurts(catalogue, "midi", "matin", "repas") == {}
    assert heurts(catalogue) == {}


def test_units_know_their_place_in_the_day_and_their_short_name() -> None:
    catalogue = lire(ALSH)
    assert [unite.code for unite in sorted(catalogue.unites.values(), key=lambda u: u.ordre)] == [
        "repas",
        "journee",
        "matin",
        "midi",
    ]
    assert catalogue.unites["matin"].nom_court == "Mat."
    assert catalogue.unites["journee"].nom_court == "Journée"
    assert catalogue.activites["mercredi"].unites == ("journee", "matin", "midi")


def test_a_capacity_counts_its_units_in_its_structures() -> None:
    catalogue = lire(ALSH)
    centre = catalogue.jauges["centre"]
    assert catalogue.jauges_de("matin", "ecole") == (centre,)
    assert catalogue.jauges_de("repas", "ecole") == ()
    assert catalogue.jauges_de("midi", "ecole") == ()
    assert catalogue.jauges_de("midi", "autre") == (catalogue.jauges["refectoire"],)
    assert centre.concerne("journee", "ecole")
    assert not centre.concerne("repas", "ecole")
    assert centre.liste_attente
    assert [centre.restantes(occupees) for occupees in (0, 19, 20, 21)] == [20, 1, 0, 0]


def test_a_read_only_structure_says_whom_to_write_to() -> None:
    structure = lire(ALSH).structures["autre"]
    assert structure.est_en_lecture
    assert structure.courriel == "centre@exemple.fr"
    assert not lire(ALSH).structures["ecole"].est_en_lecture


def test_the_exception_reads_as_a_list_of_faults() -> None:
    with pytest.raises(DocumentInvalide) as refus:
        lire("")
    assert len(refus.value.erreurs) == 2
    assert str(refus.value).count("\n") == 1
    assert str(ErreurDocument("tarif repas", "", "raison")) == "tarif repas : raison"


def test_a_season_is_kept_with_its_activity() -> None:
    activite = lire(document_de_cantine(activite="du = 2026-09-01\nau = 2027-07-02\nrestauration = true")).activites
    assert (activite["cantine"].du, activite["cantine"].au) == (date(2026, 9, 1), date(2027, 7, 2))
    assert activite["cantine"].restauration
