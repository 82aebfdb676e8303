"""Places where children are received, and the days a town closes or opens them on its own account."""

from dataclasses import dataclass
from datetime import date

GENRES = ("ecole", "accueil_loisirs", "creche", "autre")
EDITIONS = ("portail", "lecture")


@dataclass(frozen=True, slots=True)
class JoursParticuliers:
    """A closure or an exceptional opening, both dates included; None means all of them."""

    du: date
    au: date
    motif: str
    structures: frozenset[str] | None = None
    activites: frozenset[str] | None = None
    unites: frozenset[str] | None = None

    def concerne_unite(self, unite: str, activite: str) -> bool:
        return (self.unites is None or unite in self.unites) and (self.activites is None or activite in self.activites)

    def couvre(self, structure: str, jour: date) -> bool:
        return self.du <= jour <= self.au and (self.structures is None or structure in self.structures)


class Fermeture(JoursParticuliers):
    """The town closes; `motif` is said to the parents in the town's own words."""

    __slots__ = ()

    def ferme_toute_la_structure(self, structure: str) -> bool:
        if self.activites is not None or self.unites is not None:
            return False
        return self.structures is None or structure in self.structures


class OuvertureExceptionnelle(JoursParticuliers):
    """The town opens a day its rules leave out (a Saturday made up for, a public holiday…)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """`edition`: `portail` (families book) or `lecture` (families read, changes are asked by mail)."""

    code: str
    nom: str
    genre: str
    edition: str = "portail"
    courriel: str | None = None
    telephone: str | None = None
    jours_ecole: frozenset[int] | None = None
    fermetures: tuple[Fermeture, ...] = ()

    @property
    def est_en_lecture(self) -> bool:
        return self.edition == "lecture"
