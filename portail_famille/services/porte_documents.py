"""The porte-documents: a family's papers listed, described, replaced, and chosen again for any démarche."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.documents import Piece
from portail_famille.services.comptes import Acteur
from portail_famille.services.documents import PieceLue, est_lisible, lire_pieces


def lister(session: Session, acteur: Acteur, aujourdhui: date) -> list[PieceLue]:
    """The documents of the acting foyer that this adult may read, latest first; former versions left out. One query."""
    return lire_pieces(
        session, est_lisible(acteur.personne_id, (acteur.foyer_id,), aujourdhui), Piece.remplacee_par.is_(None)
    )


def choisissables(
    session: Session, acteur: Acteur, aujourdhui: date, genres: Collection[str], enfant_id: int | None = None
) -> list[PieceLue]:
    """Documents this adult may join now to a request: of these kinds, not expired, latest first. One query.

    With `enfant_id`, those of other children are left out.
    """
    conditions = [
        est_lisible(acteur.personne_id, (acteur.foyer_id,), aujourdhui),
        Piece.remplacee_par.is_(None),
        Piece.genre.in_(genres),
        or_(Piece.valable_jusqua.is_(None), Piece.valable_jusqua >= aujourdhui),
    ]
    if enfant_id is not None:
        conditions.append(or_(Piece.enfant_id.is_(None), Piece.enfant_id == enfant_id))
    return lire_pieces(session, *conditions)


def verifier_choix(session: Session, acteur: Acteur, aujourdhui: date, ids: Collection[int]) -> list[PieceLue]:
    """The documents ticked, whatever their kind. Raises `RegleViolee` on the field `pieces` when one cannot be joined
    (not hers, taken out or expired meanwhile): what a form says is never believed. One query, none for no document."""
    if not ids:
        return []
    lues = lire_pieces(
        session,
        Piece.id.in_(ids),
        est_lisible(acteur.personne_id, (acteur.foyer_id,), aujourdhui),
        or_(Piece.valable_jusqua.is_(None), Piece.valable_jusqua >= aujourdhui),
    )
    if len(lues) != len(set(ids)):
        raise RegleViolee(
            "piece_absente",
            "Un document choisi n’est plus disponible\u00a0: choisissez-en un autre.",
            "pieces",
        )
    return lues
