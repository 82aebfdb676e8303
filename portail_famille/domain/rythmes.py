"""Rhythms: chosen weekdays, one week in n, from a day until a day (domain.md §3)."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.gardes import lundi_de

TOUS_LES_JOURS = frozenset({0, 1, 2, 3, 4})
TROIS_JOURS = frozenset({0, 1, 3})
DEUX_JOURS = frozenset({0, 3})
# A school year and its summer; a longer rhythm is a slip of the hand, or somebody trying to load the server.
DUREE_MAXIMALE = timedelta(days=400)


class Semaines(StrEnum):
    TOUTES = "toutes"
    UNE_SUR_2 = "une_sur_2"
    UNE_SUR_3 = "une_sur_3"
    UNE_SUR_4 = "une_sur_4"
    PAIRES = "paires"
    IMPAIRES = "impaires"


_UNE_SUR = {Semaines.TOUTES: 1, Semaines.UNE_SUR_2: 2, Semaines.UNE_SUR_3: 3, Semaines.UNE_SUR_4: 4}
_RESTE_ISO = {Semaines.PAIRES: 0, Semaines.IMPAIRES: 1}


@dataclass(frozen=True, slots=True)
class Rythme:
    """Both dates included. One week in n counts calendar weeks from the week of `du`, holidays included."""

    jours: frozenset[int]
    semaines: Semaines
    du: date
    au: date
    ajouter: bool
    unites: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.jours or not all(0 <= jour <= 6 for jour in self.jours):
            raise RegleViolee("rythme_sans_jour", "Choisissez au moins un jour de la semaine.", "jours")
        if not self.unites:
            raise RegleViolee("rythme_sans_unite", "Choisissez au moins une prestation.", "unites")
        if self.au < self.du:
            raise RegleViolee("rythme_dates", "La date de fin vient avant la date de début.", "au")
        if self.au - self.du > DUREE_MAXIMALE:
            raise RegleViolee("rythme_trop_long", "Un rythme ne peut pas dépasser une année scolaire.", "au")

    def dates(self) -> list[date]:
        dates = []
        for lundi in self.lundis():
            for rang in sorted(self.jours):
                jour = lundi + timedelta(days=rang)
                if self.du <= jour <= self.au:
                    dates.append(jour)
        return dates

    def lundis(self) -> list[date]:
        """Monday of each selected week that touches the dates."""
        premier = lundi_de(self.du)
        tous = [premier + timedelta(weeks=rang) for rang in range((self.au - premier).days // 7 + 1)]
        if self.semaines in _RESTE_ISO:
            reste = _RESTE_ISO[self.semaines]
            return [lundi for lundi in tous if lundi.isocalendar().week % 2 == reste]
        return tous[:: _UNE_SUR[self.semaines]]


def rupture_de_parite(rythme: Rythme) -> date | None:
    """Monday of the first selected week that is not 14 days after the one before, for even or odd ISO weeks only.

    2026 has a week 53: even weeks leave 21 days (52 → 2), odd ones 7 (53 → 1). The summary says so.
    """
    if rythme.semaines not in _RESTE_ISO:
        return None
    lundis = rythme.lundis()
    for precedent, suivant in pairwise(lundis):
        if suivant - precedent != timedelta(weeks=2):
            return suivant
    return None
