"""Documents of families for agents: those that were sent to the town, and no other.

A family that puts a paper away « pour plus tard » has sent nothing to anybody: what an agent has no request for is not
hers to read (RGPD art. 5-1 c, minimisation).
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS
from portail_famille.domain.pieces import DE_LA_MAIRIE, DE_SANTE, JUSTIFICATIF_ABSENCE
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant
from portail_famille.services.perimetres import Perimetre

_OUVERTS = tuple(etat.value for etat in OUVERTS)


def trouver_piece_agent(
    session: Session, piece_id: int, perimetre: Perimetre, de_sante: Collection[str] = DE_SANTE
) -> Piece | None:
    """The document if this agent may open it. None for any other, as for none. One query."""
    return session.scalar(
        select(Piece).where(Piece.id == piece_id, Piece.retiree_utc.is_(None), _est_ouverte(perimetre, de_sante))
    )


def pieces_du_foyer(
    session: Session, perimetre: Perimetre, foyer_id: int, de_sante: Collection[str] = DE_SANTE
) -> list[tuple[Piece, bool]]:
    """The documents of a foyer, latest first, and whether this agent may open each: of the others she is told the kind
    alone. Not even that of an adult's own, nor of the health of a child received elsewhere. One query."""
    est_ouverte = _est_ouverte(perimetre, de_sante)
    est_dite = and_(Piece.personne_id.is_(None), _sante_permise(perimetre, de_sante))
    lignes = session.execute(
        select(Piece, est_ouverte)
        .where(Piece.foyer_id == foyer_id, Piece.retiree_utc.is_(None), or_(est_ouverte, est_dite))
        .order_by(Piece.id.desc())
    )
    return [(piece, bool(ouverte)) for piece, ouverte in lignes]


def _est_ouverte(perimetre: Perimetre, de_sante: Collection[str]) -> ColumnElement[bool]:
    """Of the families where she works: joined to a request or a message she may read, written by the town, or about the
    health of a child received there, whom she looks after whether something is asked for or not. Or joined to a request
    that waits for an answer of her structure."""
    suivies_sans_demande = frozenset(de_sante) - {JUSTIFICATIF_ABSENCE}
    return or_(
        and_(
            perimetre.foyers(Piece.foyer_id),
            or_(
                and_(_sante_permise(perimetre, de_sante), or_(_jointe(perimetre), Piece.genre == DE_LA_MAIRIE)),
                and_(Piece.genre.in_(suivies_sans_demande), _recu(perimetre)),
            ),
        ),
        _adressee(perimetre),
    )


def _recu(perimetre: Perimetre) -> ColumnElement[bool]:
    return select(Enfant.id).where(Enfant.id == Piece.enfant_id, perimetre.enfants(Enfant)).exists()


def _sante_permise(perimetre: Perimetre, de_sante: Collection[str]) -> ColumnElement[bool]:
    """A child's health is for those who receive that child (RGPD art. 9)."""
    return or_(Piece.enfant_id.is_(None), Piece.genre.not_in(de_sante), _recu(perimetre))


def _jointe(perimetre: Perimetre) -> ColumnElement[bool]:
    """To a request, which is one from the moment it is sent: a form being filled joins nothing yet."""
    return (
        select(DemarchePiece.piece_id)
        .join(Demarche, Demarche.id == DemarchePiece.demarche_id)
        .where(DemarchePiece.piece_id == Piece.id, perimetre.demarches())
        .exists()
    )


def _adressee(perimetre: Perimetre) -> ColumnElement[bool]:
    if perimetre.structures is None:
        return false()
    return (
        select(DemarchePiece.piece_id)
        .join(Demarche, Demarche.id == DemarchePiece.demarche_id)
        .where(
            DemarchePiece.piece_id == Piece.id,
            Demarche.structure_id.in_(perimetre.structures),
            Demarche.etat.in_(_OUVERTS),
            perimetre.demarches(),
        )
        .exists()
    )
