"""Garde alternée: which days a child is at this foyer's.

Weeks first, counted from an anchor; then, when the parents share each holiday period in two, its halves come before the
weeks, which go on counting underneath. The halves follow the usual wording of judgments (« la première moitié des
vacances scolaires les années paires, la seconde moitié les années impaires », code civil 373-2-9).
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from portail_famille.domain.calendrier import Calendrier, PeriodeVacances

PAIRES: Literal["debut_annees_paires"] = "debut_annees_paires"
IMPAIRES: Literal["debut_annees_impaires"] = "debut_annees_impaires"
VACANCES = ("", PAIRES, IMPAIRES)
"""How holidays are shared: not at all (the weeks go on), or the first half here in even (odd) years."""
_OPPOSE = {"": "", PAIRES: IMPAIRES, IMPAIRES: PAIRES}
UNE_SUR = (2, 3, 4)


@dataclass(frozen=True, slots=True)
class Garde:
    """`semaine_ancre`: any day of a week that is this foyer's; then one calendar week (Monday to Sunday) in `une_sur`.

    `est_reste`: the days that such a rule leaves, those of the other foyer. Counted in days, never by ISO parity:
    custody does not stop in a year of 53 weeks, nor, unless they are shared, during holidays.
    """

    semaine_ancre: date
    une_sur: int = 2
    vacances: str = ""
    est_reste: bool = False

    def est_chez_nous(self, jour: date, calendrier: Calendrier) -> bool:
        if self.vacances:
            periode = calendrier.vacances_du(jour)
            if periode is not None and not periode.est_pont:
                return (jour < seconde_moitie(periode)) == self.a_le_debut(periode)
        return self.est_notre_semaine(jour)

    def est_notre_semaine(self, jour: date) -> bool:
        """By the weeks alone, as if no holidays were shared."""
        ecart = lundi_de(jour) - lundi_de(self.semaine_ancre)
        return ((ecart.days // 7) % self.une_sur == 0) != self.est_reste

    def a_le_debut(self, periode: PeriodeVacances) -> bool:
        """Whether the first half of this period is ours. Its year is the one it begins in, Christmas included."""
        return ((self.vacances == PAIRES) == (periode.du.year % 2 == 0)) != self.est_reste

    def autre(self) -> "Garde":
        """The other foyer's: of two, exactly one has each day."""
        if self.une_sur == 2 and not self.est_reste:
            return Garde(self.semaine_ancre + timedelta(weeks=1), 2, _OPPOSE[self.vacances])
        return replace(self, est_reste=not self.est_reste)


def seconde_moitie(periode: PeriodeVacances) -> date:
    """First day of the second half: of an odd number of days the first half has one more."""
    return periode.du + timedelta(days=(periode.duree + 1) // 2)


def lundi_de(jour: date) -> date:
    return jour - timedelta(days=jour.weekday())
