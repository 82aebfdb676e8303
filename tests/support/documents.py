"""Small documents of activities for the tests of one rule at a time."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.catalogue import Catalogue, lire_catalogue
from portail_famille.domain.circonstances import Circonstance
from portail_famille.domain.erreurs import DocumentInvalide, ErreurDocument
from portail_famille.domain.tarifs import Prix
from tests.support.calendriers import calendrier_de

ECOLE = """
[[structure]]
code = "ecole"
nom = "École"
genre = "ecole"
jours_ecole = ["lundi", "mardi", "jeudi", "vendredi"]
"""
JOUR = date(2026, 11, 30)


def analyser(toml: str) -> dict[str, Any]:
    return tomllib.loads(toml, parse_float=Decimal)


def lire(toml: str) -> Catalogue:
    return lire_catalogue(analyser(toml))


def fautes(document: str | Mapping[str, Any]) -> tuple[ErreurDocument, ...]:
    """The faults of a document, none when it is right."""
    try:
        lire_catalogue(analyser(document) if isinstance(document, str) else document)
    except DocumentInvalide as invalide:
        return invalide.erreurs
    return ()


def document_de_cantine(*, activite: str = "", unite: str = "", suite: str = "", delai: str = '"aucun"') -> str:
    """One school, one activity « cantine », one unit « repas » at 11h45."""
    return f"""{ECOLE}
[[activite]]
code = "cantine"
nom = "Cantine"
structures = ["ecole"]
delai_ajout = {delai}
{activite}
[[activite.unite]]
code = "repas"
nom = "Repas"
debut = "11:45"
{unite}
{suite}
"""


def limite(regle: str, jour: date, calendrier: Calendrier | None = None, **morceaux: str) -> datetime | None:
    """First refused instant of the cantine on `jour`, for a rule as a town writes it."""
    catalogue = lire(document_de_cantine(delai=regle, **morceaux))
    return catalogue.limite_ajout("repas", "ecole", jour, calendrier or calendrier_de())


def document_de_tarif(regle: str) -> str:
    return document_de_cantine(unite='tarif = "repas"', suite=f'[[tarif]]\ncode = "repas"\nnom = "Repas"\n{regle}')


def prix(regle: str, *, jour: date = JOUR, qf: str | None = "1000", **circonstance: Any) -> Prix:
    """The price that a rule gives, as a town writes it under [[tarif]]."""
    quotient = None if qf is None else Decimal(qf)
    return lire(document_de_tarif(regle)).prix("repas", Circonstance(jour, quotient, **circonstance))
