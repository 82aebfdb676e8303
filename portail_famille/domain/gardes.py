"""Garde alternée: which weeks a child is at this foyer's."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Garde:
    """`semaine_ancre`: any day of a week that is this foyer's; then one calendar week (Monday to Sunday) in `une_sur`.

    Counted in days, never by ISO parity: custody does not stop in a year of 53 weeks, nor during holidays.
    """

    semaine_ancre: date
    une_sur: int = 2

    def est_chez_nous(self, jour: date) -> bool:
        ecart = lundi_de(jour) - lundi_de(self.semaine_ancre)
        return (ecart.days // 7) % self.une_sur == 0


def lundi_de(jour: date) -> date:
    return jour - timedelta(days=jour.weekday())
