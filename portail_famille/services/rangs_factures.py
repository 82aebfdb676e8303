"""In which order what was issued is listed: by day of issue, then by number. Drafts are written in another order than
they are numbered in (services/emissions), so that the rows' own order would mix a day's numbers."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select, tuple_
from sqlalchemy.orm import aliased

from portail_famille.models.factures import Facture

# Two régies may give the same number.
PAR_NUMERO = (Facture.emise_le, Facture.numero, Facture.id)
DERNIERES_D_ABORD = tuple(colonne.desc() for colonne in PAR_NUMERO)
_MONTREE = aliased(Facture)


def apres_celle(facture_id: int) -> ColumnElement[bool]:
    """What follows this one, `PAR_NUMERO`."""
    place: ColumnElement[Any] = tuple_(*PAR_NUMERO)
    return place > _place_de(facture_id)


def avant_celle(facture_id: int) -> ColumnElement[bool]:
    """What follows this one, `DERNIERES_D_ABORD`."""
    place: ColumnElement[Any] = tuple_(*PAR_NUMERO)
    return place < _place_de(facture_id)


def _place_de(facture_id: int) -> ScalarSelect[Any]:
    place = select(_MONTREE.emise_le, _MONTREE.numero, _MONTREE.id)
    return place.where(_MONTREE.id == facture_id).scalar_subquery()
