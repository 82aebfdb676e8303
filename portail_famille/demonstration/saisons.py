"""The seasons of a demonstration town, moved to the day it is built: families can always ask for the coming one."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from portail_famille.demonstration.temps import Epoque

_ANNEE_ECRITE = 2026
"""School year of the first seasons written in the two towns' files."""
_OUVERTE = timedelta(days=60)
"""Enrolments are open for so long before and after the day of the build."""


def placer_saisons(document: dict[str, Any], epoque: Epoque) -> dict[str, Any]:
    """The file with its enrolments dated from `epoque`; the first season is the school year that runs."""
    ecart = epoque.annee - _ANNEE_ECRITE
    for table in _inscriptions(document):
        table.update({cle: _decaler(jour, ecart) for cle, jour in table.items() if isinstance(jour, date)})
        if "ouverte_du" in table:
            table |= _autour(epoque.aujourdhui, "ouverte_du", "ouverte_au")
    for table in document.get("inscription_scolaire", ()):
        table["annee"] = f"{epoque.annee + 1}-{epoque.annee + 2}"
        table["rentree"] = _decaler(table["rentree"], ecart)
        table |= _autour(epoque.aujourdhui, "du", "au")
    return document


def _inscriptions(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for activite in document["activite"]:
        yield from activite.get("inscription", ())


def _decaler(jour: date, annees: int) -> date:
    return jour.replace(year=jour.year + annees)


def _autour(aujourdhui: date, du: str, au: str) -> dict[str, date]:
    return {du: aujourdhui - _OUVERTE, au: aujourdhui + _OUVERTE}
