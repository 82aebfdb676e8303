"""Événements: a strike, an outing, a closure cancels bookings in one act, undone within the hour (domain.md §7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.structures import Fermeture


class GenreEvenement(StrEnum):
    GREVE = "greve"
    SORTIE = "sortie"
    ENSEIGNANT_ABSENT = "enseignant_absent"
    FERMETURE = "fermeture"
    AUTRE = "autre"


LIBELLES: dict[GenreEvenement, str] = {
    GenreEvenement.GREVE: "Grève",
    GenreEvenement.SORTIE: "Sortie scolaire",
    GenreEvenement.ENSEIGNANT_ABSENT: "Enseignant absent",
    GenreEvenement.FERMETURE: "Fermeture",
    GenreEvenement.AUTRE: "Autre",
}
DELAI_RETABLISSEMENT = timedelta(hours=1)
JOURS_MAXIMUM = 62
PASSE_MAXIMUM, AVENIR_MAXIMUM = timedelta(days=31), timedelta(days=366)
"""How far from today an événement may be: further is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Portee:
    """What an événement touches, by codes; an empty set means all of them."""

    jours: tuple[date, ...]
    structures: frozenset[str] = frozenset()
    unites: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()

    def touche(self, unite: str, structure: str, classe: str, jour: date) -> bool:
        return (
            jour in self.jours
            and (not self.structures or structure in self.structures)
            and (not self.unites or unite in self.unites)
            and (not self.classes or classe in self.classes)
        )

    def fermetures(self, motif: str) -> tuple[Fermeture, ...]:
        """The same as closures of the town's file. Of a class there is none: a structure closes to everybody."""
        return tuple(
            Fermeture(du, au, motif, self.structures or None, None, self.unites or None)
            for du, au in _suites(self.jours)
        )

    def document(self) -> dict[str, list[str]]:
        """As kept in the database."""
        return {
            "jours": [jour.isoformat() for jour in self.jours],
            "structures": sorted(self.structures),
            "unites": sorted(self.unites),
            "classes": sorted(self.classes),
        }


def portee_de(document: Mapping[str, Any]) -> Portee:
    return Portee(
        tuple(date.fromisoformat(jour) for jour in document["jours"]),
        frozenset(document["structures"]),
        frozenset(document["unites"]),
        frozenset(document["classes"]),
    )


@dataclass(frozen=True, slots=True)
class EvenementEnVigueur:
    """One that was not undone; `ferme`: its days can no longer be booked."""

    motif: str
    portee: Portee
    ferme: bool


def verifier_portee(portee: Portee, *, ferme: bool, aujourdhui: date) -> None:
    """Raises `RegleViolee` with the field at fault."""
    if not portee.jours:
        raise RegleViolee("dates_inversees", "La fin vient avant le début.", "au")
    if len(portee.jours) > JOURS_MAXIMUM:
        raise RegleViolee("trop_long", f"Un événement dure {JOURS_MAXIMUM} jours au plus.", "au")
    if not aujourdhui - PASSE_MAXIMUM <= portee.jours[0] <= portee.jours[-1] <= aujourdhui + AVENIR_MAXIMUM:
        raise RegleViolee("trop_loin", "Choisissez des jours proches\u00a0: un mois en arrière, un an en avant.", "du")
    if ferme and portee.classes:
        raise RegleViolee(
            "fermeture_d_une_classe",
            "On ne ferme pas les réservations d’une seule classe\u00a0: retirez les classes, ou ne fermez pas.",
            "ferme",
        )


def verifier_retablissement(cree: datetime, annule: datetime | None, maintenant: datetime) -> None:
    """Raises `RegleViolee`: undone already, or more than an hour old (the end of the hour is too late)."""
    if annule is not None:
        raise RegleViolee("deja_annule", "Cet événement est déjà annulé.")
    if maintenant >= cree + DELAI_RETABLISSEMENT:
        raise RegleViolee(
            "trop_tard", "Plus d’une heure a passé\u00a0: les familles se sont organisées, il ne s’annule plus."
        )


def _suites(jours: Sequence[date]) -> list[tuple[date, date]]:
    """Runs of days that follow each other."""
    suites: list[tuple[date, date]] = []
    for jour in sorted(jours):
        if suites and jour - suites[-1][1] == timedelta(days=1):
            suites[-1] = (suites[-1][0], jour)
        else:
            suites.append((jour, jour))
    return suites
