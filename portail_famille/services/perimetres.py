"""Where an agent works: everywhere, or on the foyers that have a child in one of her structures."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portail_famille.models.activites import Inscription
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Foyer, Rattachement


@dataclass(frozen=True, slots=True)
class Perimetre:
    """Where an agent may act; `structures` None: everywhere. A child is of the structure it is attached to, and of
    those it is enrolled in today."""

    structures: frozenset[int] | None
    aujourdhui: date

    @property
    def est_partout(self) -> bool:
        return self.structures is None

    def foyers(self, colonne: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """The condition on a foyer's id."""
        if self.structures is None:
            return true()
        enfant = aliased(Enfant)
        lien = aliased(Rattachement)
        return exists(
            select(lien.enfant_id)
            .join(enfant, enfant.id == lien.enfant_id)
            .where(lien.foyer_id == colonne, self.enfants(enfant))
        )

    def enfants(self, enfant: Any) -> ColumnElement[bool]:
        """The condition on a child (its class, or an alias of it)."""
        if self.structures is None:
            return true()
        inscrit = exists(
            select(Inscription.id).where(
                Inscription.enfant_id == enfant.id,
                Inscription.structure_id.in_(self.structures),
                Inscription.du <= self.aujourdhui,
                Inscription.au >= self.aujourdhui,
            )
        )
        return or_(enfant.structure_id.in_(self.structures), inscrit)

    def demarches(self) -> ColumnElement[bool]:
        """The condition on a démarche. A family the town does not know yet is of no structure."""
        if self.structures is None:
            return true()
        return and_(Demarche.foyer_id.is_not(None), self.foyers(Demarche.foyer_id))


def est_dans_le_perimetre(session: Session, perimetre: Perimetre, foyer_id: int) -> bool:
    """Whether this agent may work on this foyer. One query."""
    requete = select(Foyer.id).where(Foyer.id == foyer_id, perimetre.foyers(Foyer.id))
    return session.scalar(requete) is not None
