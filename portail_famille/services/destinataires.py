"""Whom the worker writes to: adults of a foyer with a compte in use and an address."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, select
from sqlalchemy.orm import Session

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Personne, Responsable

_JOIGNABLE = and_(Compte.est_actif, Compte.active_utc.is_not(None), Personne.courriel.is_not(None))


@dataclass(frozen=True, slots=True)
class Destinataire:
    foyer_id: int
    personne_id: int
    compte_id: int
    prenom: str
    courriel: str


def adultes_a_prevenir(session: Session, foyers: Collection[int]) -> list[Destinataire]:
    """Of these foyers, in order. A compte closed, or that nobody activated, is written nothing: the mail leads to a
    space that cannot be opened. One query."""
    lignes = session.execute(
        select(Responsable.foyer_id, Personne.id, Compte.id, Personne.prenom, Personne.courriel)
        .join(Personne, Personne.id == Responsable.personne_id)
        .join(Compte, Compte.personne_id == Personne.id)
        .where(
            Responsable.foyer_id.in_(foyers),
            _JOIGNABLE,
        )
        .order_by(Responsable.foyer_id, Personne.id)
    )
    return [Destinataire(foyer, qui, compte, prenom, courriel or "") for foyer, qui, compte, prenom, courriel in lignes]


def a_qui_ecrire(foyer_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether this foyer has an adult who is written to."""
    return exists().where(
        Responsable.foyer_id == foyer_id,
        Personne.id == Responsable.personne_id,
        Compte.personne_id == Personne.id,
        _JOIGNABLE,
    )
