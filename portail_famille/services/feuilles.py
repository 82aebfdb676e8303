"""What a list that leaves the desk is made of: its columns, how many rows, and the rows page after page.

A page is a query of its own, by keyset: a list of ten thousand rows never holds a transaction, nor memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.gateways.tableur import Cellule, Colonne
from portail_famille.services.perimetres import Perimetre

Criteres = Mapping[str, Any]
"""What was on the screen, as JSON."""
Page = tuple[list[Sequence[Cellule]], int | None]
"""Rows, and where to go on from; None: this was the last page."""
PAR_PAGE = 250


@dataclass(frozen=True, slots=True)
class Liste:
    """One list: `compter` and `page` read it as this agent sees it."""

    titre: str
    colonnes: tuple[Colonne, ...]
    compter: Callable[[Session, Perimetre, Criteres], int]
    page: Callable[[Session, Perimetre, Criteres, int | None], Page]
    action: Action = Action.LIRE
    """What an agent must be allowed to do."""
    est_de_toute_la_ville: bool = False
    """Complete or worth nothing (the money of a day): for who may do it everywhere."""

    def est_permise(self, perimetre: Perimetre) -> bool:
        """`perimetre`: where this agent may do `action`."""
        return perimetre.est_partout or (bool(perimetre.structures) and not self.est_de_toute_la_ville)


def lignes(liste: Liste, session: Session, perimetre: Perimetre, criteres: Criteres) -> Iterator[Sequence[Cellule]]:
    """All of them, from one session: for a list short enough to be given at once."""
    apres: int | None = None
    while True:
        rangees, apres = liste.page(session, perimetre, criteres, apres)
        yield from rangees
        if apres is None:
            return
