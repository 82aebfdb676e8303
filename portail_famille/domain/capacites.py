"""Jauges: places shared by one or several units on a day."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Jauge:
    """`structures` None: the places are shared by every structure of the town."""

    code: str
    nom: str
    places: int
    unites: frozenset[str]
    structures: frozenset[str] | None = None
    liste_attente: bool = False

    def concerne(self, unite: str, structure: str) -> bool:
        return unite in self.unites and (self.structures is None or structure in self.structures)

    def restantes(self, occupees: int) -> int:
        """Places left; never below 0, even when an agent has let one more child in."""
        return max(self.places - occupees, 0)
