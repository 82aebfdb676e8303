"""Deadlines: from a booked day to the first refused instant, for every rule that domain.md §4 names.

A rule on days is three independent choices: where one counts from (`Repere`), how one goes back from there (the steps),
and at which hour of the day found it closes. Whatever the rule, the limit is never after the end of the booked day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.comptage import TOUS, Comptage
from portail_famille.domain.gardes import lundi_de
from portail_famille.domain.horloge import PARIS, fin_du_jour, instant_a, instant_local, moins_heures

# The limit of what families may never do online: long past, so that every comparison with it refuses.
JAMAIS = datetime(1970, 1, 1, tzinfo=PARIS)
_UN_JOUR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Contexte:
    """What a rule may look at besides the day: calendar, weekdays of class, the unit's closures and openings."""

    calendrier: Calendrier
    jours_ecole: frozenset[int]
    est_ferme: Callable[[date], bool]
    est_ouvert: Callable[[date], bool]


class Regle(Protocol):
    """A deadline. `limite` is the first refused instant for a booked day, None without deadline."""

    def limite(self, jour: date, contexte: Contexte) -> datetime | None: ...


class Pas(Protocol):
    """How one goes from the reference day to the day of the deadline."""

    def date(self, repere: date, contexte: Contexte) -> date: ...


class Repere(Protocol):
    """The reference day of a booked day, None when it has none (outside holidays, before the calendar begins)."""

    def __call__(self, jour: date, calendrier: Calendrier) -> date | None: ...


def premier_refus(regle: Regle, jour: date, contexte: Contexte) -> datetime | None:
    """First refused instant, Europe/Paris, never after 24:00 of the booked day; None without deadline."""
    limite = regle.limite(jour, contexte)
    return None if limite is None else min(limite, fin_du_jour(jour))


def _debut_vacances(jour: date, calendrier: Calendrier) -> date | None:
    periode = calendrier.vacances_du(jour)
    return None if periode is None else periode.du


REPERES: dict[str, Repere] = {
    "jour": lambda jour, calendrier: jour,
    "debut_semaine": lambda jour, calendrier: lundi_de(jour),
    "debut_mois": lambda jour, calendrier: jour.replace(day=1),
    "debut_vacances": _debut_vacances,
    "debut_periode": lambda jour, calendrier: calendrier.debut_periode(jour),
    "rentree": lambda jour, calendrier: calendrier.rentree(jour),
}


@dataclass(frozen=True, slots=True)
class JoursAvant:
    """n days before, counting only those that `comptage` counts: J-2, 3 working days, previous school day."""

    nombre: int
    comptage: Comptage = TOUS

    def date(self, repere: date, contexte: Contexte) -> date:
        return self.comptage.reculer(repere, self.nombre, contexte)


@dataclass(frozen=True, slots=True)
class JourDeSemaine:
    """A weekday of the same week (0), the week before (1), the one before that (2)…"""

    rang: int
    semaines_avant: int

    def date(self, repere: date, contexte: Contexte) -> date:
        return lundi_de(repere) + timedelta(days=self.rang - 7 * self.semaines_avant)


@dataclass(frozen=True, slots=True)
class DernierAvant:
    """The last such weekday strictly before."""

    rang: int

    def date(self, repere: date, contexte: Contexte) -> date:
        return repere - timedelta(days=(repere.weekday() - self.rang - 1) % 7 + 1)


@dataclass(frozen=True, slots=True)
class QuantiemeDuMois:
    """The 20th of an earlier month; the last day of a month too short."""

    quantieme: int
    mois_avant: int

    def date(self, repere: date, contexte: Contexte) -> date:
        premier = premier_du_mois(repere, self.mois_avant)
        return min(premier + timedelta(days=self.quantieme - 1), dernier_du_mois(premier))


@dataclass(frozen=True, slots=True)
class RangDuMois:
    """The n-th such weekday of an earlier month; `ordre` 0 is the last one."""

    rang: int
    ordre: int
    mois_avant: int

    def date(self, repere: date, contexte: Contexte) -> date:
        premier = premier_du_mois(repere, self.mois_avant)
        if self.ordre == 0:
            dernier = dernier_du_mois(premier)
            return dernier - timedelta(days=(dernier.weekday() - self.rang) % 7)
        return premier + timedelta(days=(self.rang - premier.weekday()) % 7 + 7 * (self.ordre - 1))


@dataclass(frozen=True, slots=True)
class Report:
    """When the deadline falls on a day that does not count: the day before or after that does."""

    sens: int
    comptage: Comptage

    def date(self, jour: date, contexte: Contexte) -> date:
        return self.comptage.reporter(jour, self.sens, contexte)


@dataclass(frozen=True, slots=True)
class SansLimite:
    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        return None


@dataclass(frozen=True, slots=True)
class Jamais:
    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        return JAMAIS


@dataclass(frozen=True, slots=True)
class NonPrevu:
    """What a rule says of the days it forgets: as `Jamais`, but nobody has written it."""

    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        return JAMAIS


@dataclass(frozen=True, slots=True)
class JusquAuDebut:
    """Until the unit begins, or until the end of the day when it has no hour."""

    debut: time | None

    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        return fin_du_jour(jour) if self.debut is None else instant_local(jour, self.debut)


@dataclass(frozen=True, slots=True)
class LimiteAuJour:
    """A step from a reference day, at an hour (minutes after midnight, 1440 = end of that day).

    `sinon` applies to days that have no reference day; without it they are closed to families.
    """

    pas: Pas
    minutes: int
    repere: str = "jour"
    report: Report | None = None
    sinon: Regle = NonPrevu()

    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        repere = REPERES[self.repere](jour, contexte.calendrier)
        if repere is None:
            return self.sinon.limite(jour, contexte)
        limite = self.pas.date(repere, contexte)
        if self.report is not None:
            limite = self.report.date(limite, contexte)
        return instant_a(limite, self.minutes)


@dataclass(frozen=True, slots=True)
class HeuresAvant:
    """n real hours before the unit begins; the hours of days not counted do not count."""

    heures: int
    debut: time
    comptage: Comptage = TOUS

    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        depart = instant_local(jour, self.debut)
        if self.comptage == TOUS:
            return moins_heures(depart, self.heures)
        reste, instant = timedelta(hours=self.heures), depart.astimezone(UTC)
        for _ in range(self.comptage.horizon):
            jour = (instant - timedelta(microseconds=1)).astimezone(PARIS).date()
            minuit = instant_a(jour, 0).astimezone(UTC)
            if self.comptage.compte(jour, contexte):
                if reste <= instant - minuit:
                    return (instant - reste).astimezone(PARIS)
                reste -= instant - minuit
            instant = minuit
        return JAMAIS


@dataclass(frozen=True, slots=True)
class DateAffichee:
    """Booked days between two dates (included), or in the holidays so named, close on a printed date."""

    limite: date
    du: date | None = None
    au: date | None = None
    vacances: str | None = None

    def concerne(self, jour: date, calendrier: Calendrier) -> bool:
        if self.vacances is not None:
            periode = calendrier.vacances_du(jour)
            return periode is not None and periode.s_appelle(self.vacances)
        return (self.du is None or self.du <= jour) and (self.au is None or jour <= self.au)


@dataclass(frozen=True, slots=True)
class DatesAffichees:
    """An explicit list of dates. A day that no line concerns follows `sinon`; without it, it is closed to families."""

    dates: tuple[DateAffichee, ...]
    minutes: int
    sinon: Regle = NonPrevu()

    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        for affichee in self.dates:
            if affichee.concerne(jour, contexte.calendrier):
                return instant_a(affichee.limite, self.minutes)
        return self.sinon.limite(jour, contexte)

    def est_datee(self, jour: date, calendrier: Calendrier) -> bool:
        return any(affichee.concerne(jour, calendrier) for affichee in self.dates)


@dataclass(frozen=True, slots=True)
class Cas:
    """One line of a table: the weekdays, the kind of period or the season it is for (None: any)."""

    regle: Regle
    jours: frozenset[int] | None = None
    en_vacances: bool | None = None

    def concerne(self, jour: date, calendrier: Calendrier) -> bool:
        if self.jours is not None and jour.weekday() not in self.jours:
            return False
        return self.en_vacances is None or self.en_vacances == (calendrier.vacances_du(jour) is not None)


@dataclass(frozen=True, slots=True)
class Tableau:
    """The first line that concerns the day. A day of no line (an exceptional opening) is closed to families."""

    cas: tuple[Cas, ...]

    def limite(self, jour: date, contexte: Contexte) -> datetime | None:
        return self.regle_du(jour, contexte.calendrier).limite(jour, contexte)

    def regle_du(self, jour: date, calendrier: Calendrier) -> Regle:
        return next((cas.regle for cas in self.cas if cas.concerne(jour, calendrier)), NonPrevu())


def precede_toujours(une: Regle, autre: Regle) -> bool:
    """Whether two rules that count the same days back from the same place always give the earlier limit to `une`."""
    match une, autre:
        case LimiteAuJour(pas=JoursAvant() as la), LimiteAuJour(pas=JoursAvant() as ici):
            meme = (une.repere, une.report, la.comptage) == (autre.repere, autre.report, ici.comptage)
            return meme and une.report is None and (-la.nombre, une.minutes) < (-ici.nombre, autre.minutes)
    return False


def prevoit(regle: Regle, jour: date, calendrier: Calendrier) -> bool:
    """False on a day that the rule forgets, and so closes to families without having said it."""
    match regle:
        case NonPrevu():
            return False
        case Tableau():
            return prevoit(regle.regle_du(jour, calendrier), jour, calendrier)
        case LimiteAuJour() if REPERES[regle.repere](jour, calendrier) is None:
            return prevoit(regle.sinon, jour, calendrier)
        case DatesAffichees() if not regle.est_datee(jour, calendrier):
            return prevoit(regle.sinon, jour, calendrier)
    return True


def vacances_nommees(regle: Regle) -> frozenset[str]:
    """The holidays that a rule names, as the town wrote them."""
    match regle:
        case Tableau():
            return frozenset[str]().union(*(vacances_nommees(cas.regle) for cas in regle.cas))
        case DatesAffichees():
            noms = frozenset(affichee.vacances for affichee in regle.dates if affichee.vacances is not None)
            return noms | vacances_nommees(regle.sinon)
        case LimiteAuJour():
            return vacances_nommees(regle.sinon)
    return frozenset()


def premier_du_mois(jour: date, mois_avant: int) -> date:
    annee, mois = divmod(jour.year * 12 + jour.month - 1 - mois_avant, 12)
    return date(annee, mois + 1, 1)


def dernier_du_mois(premier: date) -> date:
    return (premier.replace(day=28) + timedelta(days=4)).replace(day=1) - _UN_JOUR
