"""What the régies name and what the town sells: every difference is said."""

from dataclasses import replace

from portail_famille.domain.catalogue import lire_catalogue
from portail_famille.domain.couverture_regies import avertissements
from tests.support.regies import CRECHE, ENFANCE, REGIES, VACANCES
from tests.support.village import document

CATALOGUE = lire_catalogue(document())


def dire(*regies: object, activites: tuple[str, ...] = (), structures: tuple[str, ...] = ()) -> list[str]:
    return avertissements({str(n): r for n, r in enumerate(regies)}, CATALOGUE, activites, structures)  # type: ignore[misc]


def test_a_town_where_all_is_billed_or_that_bills_nothing_is_told_nothing() -> None:
    assert avertissements(REGIES, CATALOGUE, (), ()) == []
    assert dire() == []


def test_a_misspelt_activity_or_place_is_told_with_what_it_leaves_unbilled() -> None:
    fautive = replace(ENFANCE, activites=("cantines", "periscolaire", "atelier", "mercredi"))
    assert dire(fautive, VACANCES, CRECHE) == [
        "la régie « enfance » nomme l’activité « cantines », inconnue de la commune (le plus proche est « cantine »).",
        "aucune régie ne facture l’activité « cantine ».",
    ]
    (lieu,) = dire(ENFANCE, replace(VACANCES, structures=("centre", "ecolle")), CRECHE)
    assert "nomme la structure « ecolle », inconnue de la commune (le plus proche est « ecole »)" in lieu


def test_a_place_that_no_regie_bills_is_named() -> None:
    soir = CATALOGUE.activites["periscolaire"]
    ailleurs = replace(CATALOGUE, activites={"periscolaire": replace(soir, structures=("ecole", "centre"))})
    au_centre = replace(ENFANCE, activites=("periscolaire",), structures=("centre",))
    assert avertissements({"e": au_centre}, ailleurs, (), ()) == [
        "aucune régie ne facture l’activité « periscolaire » (ecole)."
    ]
    assert avertissements({"e": replace(au_centre, structures=())}, ailleurs, (), ()) == []


def test_what_is_free_needs_no_regie_and_what_was_withdrawn_is_known() -> None:
    assert dire(replace(ENFANCE, activites=(*ENFANCE.activites, "poterie")), VACANCES, activites=("poterie",)) == []
    assert dire(ENFANCE, replace(VACANCES, structures=("centre", "gymnase")), structures=("gymnase",)) == []
