"""Places taken, as the builders of invented families see them: they never put one child too many in."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.domain.capacites import Jauge
from portail_famille.models.reservations import ETATS_OCCUPANTS, Reservation
from portail_famille.services.regles import Regles


class Places:
    """Occupation by capacity and day. `marge`: places always left, so that the named families still find some."""

    def __init__(self, session: Session, regles: Regles, jours: Iterable[date], marge: int) -> None:
        self._marge = marge
        self._jauges = regles.catalogue.jauges
        self._occupees: Counter[tuple[str, date]] = Counter()
        self._jauges_de: dict[tuple[str, str], tuple[Jauge, ...]] = {}
        bornes = sorted(jours)
        if not bornes:
            return
        comptage = (
            select(Reservation.unite_id, Reservation.structure_id, Reservation.jour, func.count())
            .where(Reservation.jour.between(bornes[0], bornes[-1]), Reservation.etat.in_(ETATS_OCCUPANTS))
            .group_by(Reservation.unite_id, Reservation.structure_id, Reservation.jour)
        )
        for unite_id, structure_id, jour, nombre in session.execute(comptage):
            unite, structure = regles.unites.get(unite_id), regles.structures.get(structure_id)
            if unite is not None and structure is not None:
                self._ajouter(unite, structure, jour, nombre)

    def prendre(self, unite: str, structure: str, jour: date) -> bool:
        """Take a place if there is one in every capacity concerned."""
        jauges = self._concernees(unite, structure)
        if any(self.restantes(jauge.code, jour) <= self._marge for jauge in jauges):
            return False
        self._ajouter(unite, structure, jour, 1)
        return True

    def restantes(self, jauge: str, jour: date) -> int:
        return self._jauges[jauge].restantes(self._occupees[jauge, jour])

    def _ajouter(self, unite: str, structure: str, jour: date, nombre: int) -> None:
        for jauge in self._concernees(unite, structure):
            self._occupees[jauge.code, jour] += nombre

    def _concernees(self, unite: str, structure: str) -> tuple[Jauge, ...]:
        cle = (unite, structure)
        if cle not in self._jauges_de:
            self._jauges_de[cle] = tuple(j for j in self._jauges.values() if j.concerne(unite, structure))
        return self._jauges_de[cle]


def jours_ouverts(regles: Regles, unite: str, structure: str, du: date, au: date) -> Mapping[int, tuple[date, ...]]:
    """Open days between two dates (included), by weekday."""
    par_jour: dict[int, list[date]] = {}
    for rang in range(du.toordinal(), au.toordinal() + 1):
        jour = date.fromordinal(rang)
        if regles.ouverture(unite, structure, jour).ouvert:
            par_jour.setdefault(jour.weekday(), []).append(jour)
    return {rang: tuple(jours) for rang, jours in par_jour.items()}
