"""What an adult may read in her foyer of its démarches (domain.md §1; domain/genres.Concerne).

A démarche is of one foyer: another foyer of the same child never reads it, whoever is hidden from whom.
"""

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, or_, select

from portail_famille.domain.genres import GENRES, Concerne
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.services.comptes import Acteur

_DU_FOYER = tuple(code for code, genre in GENRES.items() if genre.concerne is Concerne.FOYER)
_D_UN_ENFANT = tuple(code for code, genre in GENRES.items() if genre.concerne is Concerne.ENFANT)


def demarches_de(acteur: Acteur, aujourdhui: date, foyers: Collection[int] | None = None) -> ColumnElement[bool]:
    """The condition on a démarche that this adult may read, in the foyer she acts for (or in these of hers).

    She reads what she filed. Of the others': the foyer's, unless it is about another adult of it; a child's, with
    authority over it today. Never what another adult asks for himself, nor a child that is only asked for.
    """
    du_foyer = and_(
        Demarche.genre.in_(_DU_FOYER), or_(Demarche.personne_id.is_(None), Demarche.personne_id == acteur.personne_id)
    )
    sans_enfant, d_un_des_siens = Demarche.enfant_id.is_(None), Demarche.enfant_id.in_(enfants_vus(acteur, aujourdhui))
    return and_(
        Demarche.foyer_id.in_((acteur.foyer_id,) if foyers is None else foyers),
        or_(
            Demarche.compte_id == acteur.compte_id,
            and_(du_foyer, or_(sans_enfant, d_un_des_siens)),
            and_(Demarche.genre.in_(_D_UN_ENFANT), d_un_des_siens),
        ),
    )


def enfants_vus(acteur: Acteur, aujourdhui: date) -> Select[int]:
    """Children this adult has authority over today."""
    return select(AutoriteParentale.enfant_id).where(
        AutoriteParentale.personne_id == acteur.personne_id,
        AutoriteParentale.du <= aujourdhui,
        or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
    )
