"""Where a demonstration stands in the school year: everything is dated from the day it is built."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.gardes import lundi_de

Acte = tuple[datetime, int, Callable[[datetime], None]]
"""Something that happened: when, its place among those of the same instant, what it does."""
_RENTREE = 9
_SAMEDI = 5
# From June on, services have already enrolled for the next school year.
_MOIS_DES_INSCRIPTIONS = 6
# Until then the rentrée is too near for three months of invoices: what was booked in the last weeks of school is told.
_AUTOMNE = (9, 10, 11)


@dataclass(frozen=True, slots=True)
class AnneeScolaire:
    """From 1 September to 31 August: the dates of an enrolment."""

    du: date
    au: date

    @staticmethod
    def commencant_en(annee: int) -> "AnneeScolaire":
        return AnneeScolaire(date(annee, _RENTREE, 1), date(annee + 1, _RENTREE, 1) - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Epoque:
    """A day seen from the demonstration: the school years that matter and the week where bookings to come begin."""

    aujourdhui: date
    annees: tuple[AnneeScolaire, ...]
    premier_lundi: date
    """Monday of the first week of school from today on: in August the rentrée's, during holidays the return's."""

    @property
    def annee(self) -> int:
        """Civil year in which the current school year began."""
        return self.annees[0].du.year

    @property
    def debut(self) -> date:
        """First day that is told of who was at school there the year before."""
        return date(self.annee, _MOIS_DES_INSCRIPTIONS, 1) if self.aujourdhui.month in _AUTOMNE else self.annees[0].du

    def naissance(self, age: int, anniversaire: tuple[int, int]) -> date:
        return date(self.annee - age, *anniversaire)

    def semaine_de_garde(self, semaine: int) -> date:
        """A Monday of the weeks described as 0 (this one and one in two) or 1 (the others)."""
        return lundi_de(self.aujourdhui) + timedelta(weeks=semaine)

    def jours(self, semaines_a_venir: int, *, est_nouveau: bool = False) -> Iterator[date]:
        """From the rentrée (for who was there before, from `debut`) until so many weeks from the first week of school
        to come."""
        jour, fin = (
            self.annees[0].du if est_nouveau else self.debut,
            self.premier_lundi + timedelta(weeks=semaines_a_venir),
        )
        while jour < fin:
            yield jour
            jour += timedelta(days=1)


def situer(aujourdhui: date, calendrier: Calendrier) -> Epoque:
    """Past the end of the known calendar, this week stands for the first week of school to come."""
    annee = aujourdhui.year if aujourdhui.month >= _RENTREE else aujourdhui.year - 1
    annees = [AnneeScolaire.commencant_en(annee)]
    if _MOIS_DES_INSCRIPTIONS <= aujourdhui.month < _RENTREE:
        annees.append(AnneeScolaire.commencant_en(annee + 1))
    a_venir = (aujourdhui + timedelta(days=rang) for rang in range(70))
    premier = next((jour for jour in a_venir if calendrier.est_jour_ecole(jour)), aujourdhui)
    return Epoque(aujourdhui, tuple(annees), lundi_de(premier))


def jour_de_bureau(instant: datetime, maintenant: datetime) -> datetime:
    """Nobody at the town hall answers on a Sunday: the Monday after, or the Friday before where it is to come."""
    if instant.weekday() < _SAMEDI:
        return instant
    lundi = instant + timedelta(days=7 - instant.weekday())
    return lundi if lundi <= maintenant else lundi - timedelta(days=3)
