"""Which days count when a deadline is counted in days: working days, school days, days the unit is open…"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Protocol

from portail_famille.domain.calendrier import Calendrier

_UN_JOUR = timedelta(days=1)


class ContexteDeComptage(Protocol):
    """The part of a deadline's context that counting needs."""

    @property
    def calendrier(self) -> Calendrier: ...
    @property
    def jours_ecole(self) -> frozenset[int]: ...
    @property
    def est_ferme(self) -> Callable[[date], bool]: ...
    @property
    def est_ouvert(self) -> Callable[[date], bool]: ...


@dataclass(frozen=True, slots=True)
class Comptage:
    """Days left out. `sauf_ecole`: days without class; `sauf_ouverture`: days the unit does not open."""

    jours_exclus: frozenset[int] = frozenset()
    sauf_feries: bool = False
    sauf_vacances: bool = False
    sauf_ecole: bool = False
    sauf_fermetures: bool = False
    sauf_ouverture: bool = False

    # No service closes for longer: past it the rule counts nothing at all and must stop.
    horizon: ClassVar[int] = 400

    def compte(self, jour: date, contexte: ContexteDeComptage) -> bool:
        calendrier = contexte.calendrier
        return not (
            jour.weekday() in self.jours_exclus
            or (self.sauf_feries and calendrier.ferie(jour) is not None)
            or (self.sauf_vacances and calendrier.vacances_du(jour) is not None)
            or (self.sauf_ecole and not calendrier.est_jour_ecole(jour, contexte.jours_ecole))
            or (self.sauf_fermetures and contexte.est_ferme(jour))
            or (self.sauf_ouverture and not contexte.est_ouvert(jour))
        )

    def reculer(self, jour: date, nombre: int, contexte: ContexteDeComptage) -> date:
        """The `nombre`-th counted day strictly before `jour` (itself for 0)."""
        if self == TOUS:
            return jour - timedelta(days=nombre)
        plancher = jour - timedelta(days=self.horizon + nombre)
        while nombre and jour > plancher:
            jour -= _UN_JOUR
            if self.compte(jour, contexte):
                nombre -= 1
        return jour

    def reporter(self, jour: date, sens: int, contexte: ContexteDeComptage) -> date:
        """`jour` if it counts, else the nearest counted day before (`sens` -1) or after (+1)."""
        for ecart in range(self.horizon):
            candidat = jour + timedelta(days=sens * ecart)
            if self.compte(candidat, contexte):
                return candidat
        return jour

    def __or__(self, autre: "Comptage") -> "Comptage":
        return Comptage(
            self.jours_exclus | autre.jours_exclus,
            self.sauf_feries or autre.sauf_feries,
            self.sauf_vacances or autre.sauf_vacances,
            self.sauf_ecole or autre.sauf_ecole,
            self.sauf_fermetures or autre.sauf_fermetures,
            self.sauf_ouverture or autre.sauf_ouverture,
        )


TOUS = Comptage()
OUVRES = Comptage(jours_exclus=frozenset({5, 6}), sauf_feries=True)
OUVRABLES = Comptage(jours_exclus=frozenset({6}), sauf_feries=True)
ECOLE = Comptage(sauf_ecole=True)
OUVERTURE = Comptage(sauf_ouverture=True)
