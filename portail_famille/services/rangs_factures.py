"""In which order what was issued is listed: by day of issue, then by number. Drafts are written in another order than
they are numbered in (services/emissions), so that the rows' own order would mix a day's numbers."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, select, tuple_
from sqlalchemy.orm import aliased

from portail_famille.models.factures import Facture

# Two régies may give the same number.
PAR_NUMERO = (Facture.emise_le, Facture.numero, Facture.id)
DERNIERES_D_ABORD = tuple(colonne.desc() for colonne in PAR_NUMERO)
_CLE: ColumnElement[Any] = tuple_(*PAR_NUMERO)
_MONTREE = aliased(Facture)


def apres_celle(facture_id: int) -> ColumnElement[bool]:
    """What follows this one, `PAR_NUMERO`."""
    return _rang_de(facture_id) < _CLE


def avant_celle(facture_id: int) -> ColumnElement[bool]:
    """What follows this one, `DERNIERES_D_ABORD`."""
    return _rang_de(facture_id) > _CLE


def _rang_de(facture_id: int) -> ScalarSelect[Any]:
    rang = select(_MONTREE.emise_le, _MONTREE.numero, _MONTREE.id)
    return rang.where(_MONTREE.id == facture_id).scalar_subquery()
