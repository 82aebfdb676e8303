"""Direct debits announced, in the conditions of queries: the one rule of domain/factures.attend_prelevement."""

from datetime import date

from sqlalchemy import ColumnElement, or_

from portail_famille.domain.factures import DELAI_PRELEVEMENT
from portail_famille.models.factures import Facture


def prelevement_attendu(aujourdhui: date) -> ColumnElement[bool]:
    """As `attend_prelevement`."""
    return Facture.prelevement_le >= aujourdhui - DELAI_PRELEVEMENT


def sans_prelevement(aujourdhui: date) -> ColumnElement[bool]:
    """None was announced, or it has not paid: the family, or an agent, has something to do."""
    return or_(Facture.prelevement_le.is_(None), Facture.prelevement_le < aujourdhui - DELAI_PRELEVEMENT)
