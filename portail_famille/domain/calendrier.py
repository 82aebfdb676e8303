"""School calendar of one zone: holidays, public holidays, school days. Seeded from the Ministry's, edited by agents."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import ecrire_date, mots_de_periode

_UN_JOUR = timedelta(days=1)
# The bridge of the Ascension is days off inside a school period; only longer holidays end one.
_DUREE_MINIMALE_VACANCES = 7
# The only holidays longer than five weeks end the school year, whatever the calendar calls them.
_DUREE_MINIMALE_ETE = 36


@dataclass(frozen=True, slots=True)
class PeriodeVacances:
    """Days off, both dates included: from the first day off to the day before classes resume."""

    nom: str
    du: date
    au: date

    @property
    def duree(self) -> int:
        return (self.au - self.du).days + 1

    @property
    def est_pont(self) -> bool:
        """Days off inside a school period (Ascension), not holidays of their own."""
        return self.duree < _DUREE_MINIMALE_VACANCES

    def s_appelle(self, nom: str) -> bool:
        """Whether a town's file means this period by `nom`: « Noël » any year, « Noël 2026 » that one."""
        mots, annees = mots_de_periode(nom)
        ses_mots, ses_annees = mots_de_periode(self.nom)
        return mots == ses_mots and (not annees or bool(annees & (ses_annees or {self.du.year})))


@dataclass(frozen=True, slots=True)
class Calendrier:
    """What each day is, for a zone. `jours_ecole`: weekdays of class in the town (0 = Monday)."""

    zone: str
    vacances: tuple[PeriodeVacances, ...]
    feries: Mapping[date, str] = field(hash=False)
    jours_ecole: frozenset[int]
    _periodes: tuple[PeriodeVacances, ...] = field(init=False, repr=False, compare=False)
    _debuts: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        periodes = tuple(sorted(self.vacances, key=lambda periode: periode.du))
        object.__setattr__(self, "_periodes", periodes)
        object.__setattr__(self, "_debuts", tuple(periode.du for periode in periodes))

    def ferie(self, jour: date) -> str | None:
        return self.feries.get(jour)

    def vacances_du(self, jour: date) -> PeriodeVacances | None:
        rang = bisect_right(self._debuts, jour)
        if rang and jour <= self._periodes[rang - 1].au:
            return self._periodes[rang - 1]
        return None

    def connait(self, jour: date) -> bool:
        """False past the last published holidays: whether such a day is a day of class, nobody knows yet."""
        return bool(self._periodes) and jour <= self._periodes[-1].au

    def est_jour_ecole(self, jour: date, jours_ecole: frozenset[int] | None = None) -> bool:
        """A day of class: a weekday of class (of the school when it has its own), no holiday of either kind."""
        jours = self.jours_ecole if jours_ecole is None else jours_ecole
        return jour.weekday() in jours and jour not in self.feries and self.vacances_du(jour) is None

    def est_ouvre(self, jour: date) -> bool:
        """« Jour ouvré »: neither Saturday, nor Sunday, nor a public holiday."""
        return jour.weekday() < 5 and jour not in self.feries

    def fin_annee_scolaire(self, jour: date) -> date:
        """Last day before the next summer holidays. Raises RegleViolee when the calendar does not reach them."""
        for periode in self._periodes:
            if periode.du > jour and periode.duree >= _DUREE_MINIMALE_ETE:
                return periode.du - _UN_JOUR
        raise self._inconnu(jour)

    def fin_periode(self, jour: date) -> date:
        """Last day before the next holidays (a bridge is not holidays). Raises RegleViolee past the calendar's end."""
        for periode in self._periodes:
            if periode.du > jour and not periode.est_pont:
                return periode.du - _UN_JOUR
        raise self._inconnu(jour)

    def debut_periode(self, jour: date) -> date | None:
        """First day of the holidays, or of the weeks of school between two holidays, that `jour` belongs to."""
        avant = [p for p in self._periodes if p.du <= jour and not p.est_pont]
        if not avant:
            return None
        return avant[-1].du if jour <= avant[-1].au else avant[-1].au + _UN_JOUR

    def rentree(self, jour: date) -> date | None:
        """First day after the last summer holidays."""
        finies = [p.au for p in self._periodes if p.au < jour and p.duree >= _DUREE_MINIMALE_ETE]
        return finies[-1] + _UN_JOUR if finies else None

    @staticmethod
    def _inconnu(jour: date) -> RegleViolee:
        return RegleViolee(
            "calendrier_inconnu",
            f"Le calendrier scolaire qui suit le {ecrire_date(jour)} n’est pas encore connu\u00a0: "
            "choisissez une date.",
        )
