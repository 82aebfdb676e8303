"""The porte-documents: a family's papers listed, described, replaced, and chosen again for any démarche."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import DE_SANTE, ReglesPieces, nom_sain
from portail_famille.models.demarches import DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.services.comptes import Acteur
from portail_famille.services.documents import (
    Entrepose,
    PieceLue,
    cible_de,
    est_lisible,
    lire_pieces,
    ranger_piece,
    trouver_piece,
)
from portail_famille.services.journal import Auteur, consigner

FOYER, MOI, ENFANT = "foyer", "moi", "enfant-"
"""« À qui est ce document ? » as a form says it; the third is followed by the child's id."""


@dataclass(frozen=True, slots=True)
class AQui:
    """Whose a document is: one child's, one adult's, or the foyer's."""

    enfant_id: int | None = None
    personne_id: int | None = None

    @property
    def est_du_foyer(self) -> bool:
        return self.enfant_id is None and self.personne_id is None


@dataclass(frozen=True, slots=True)
class Description:
    """What a family says of its document."""

    genre: str
    a_qui: AQui
    datee_du: date | None = None
    valable_jusqua: date | None = None


def lister(session: Session, acteur: Acteur, aujourdhui: date) -> list[PieceLue]:
    """The documents of the acting foyer that this adult may read, latest first; former versions left out. One query."""
    return lire_pieces(session, _sont_siens(acteur, aujourdhui), Piece.remplacee_par.is_(None))


def trouver(session: Session, acteur: Acteur, aujourdhui: date, piece_id: int) -> tuple[Piece, PieceLue] | None:
    """One of them, to be changed; a former version is not. Two queries."""
    piece = trouver_piece(session, piece_id, acteur.personne_id, (acteur.foyer_id,), aujourdhui)
    if piece is None or piece.remplacee_par is not None:
        return None
    lues = lire_pieces(session, Piece.id == piece_id, _sont_siens(acteur, aujourdhui))
    return (piece, lues[0]) if lues else None


def choisissables(
    session: Session, acteur: Acteur, aujourdhui: date, genres: Collection[str], enfant_id: int | None = None
) -> list[PieceLue]:
    """Documents this adult may join now to a request: of these kinds, not expired, latest first. One query.

    With `enfant_id`, those of other children are left out.
    """
    conditions = [
        _sont_siens(acteur, aujourdhui),
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
        _sont_siens(acteur, aujourdhui),
        or_(Piece.valable_jusqua.is_(None), Piece.valable_jusqua >= aujourdhui),
    )
    if len(lues) != len(set(ids)):
        raise RegleViolee(
            "piece_absente",
            "Un document choisi n’est plus disponible\u00a0: choisissez-en un autre.",
            "pieces",
        )
    return lues


def ajouter(
    session: Session,
    documents: Sequence[Entrepose],
    description: Description,
    *,
    acteur: Acteur,
    regles: ReglesPieces,
    auteur: Auteur,
    maintenant: datetime,
) -> list[RegleViolee | None]:
    """Keeps documents already in the coffre: for each, None or why it is not kept (no room left). What is refused
    leaves the others kept."""
    refus: list[RegleViolee | None] = []
    for document in documents:
        try:
            ranger_piece(
                session,
                document,
                genre=description.genre,
                foyer_id=acteur.foyer_id,
                auteur=auteur,
                maintenant=maintenant,
                enfant_id=description.a_qui.enfant_id,
                personne_id=description.a_qui.personne_id,
                est_du_foyer=description.a_qui.est_du_foyer,
                datee_du=description.datee_du,
                valable_jusqua=description.valable_jusqua,
                regles=regles,
            )
            refus.append(None)
        except RegleViolee as violee:
            refus.append(violee)
    return refus


def renommer(session: Session, piece: Piece, nom: str, auteur: Auteur, maintenant: datetime) -> None:
    """The family's own name for it, made safe; its extension stays that of its content."""
    propre = nom_sain(nom, piece.type_mime)
    if propre != piece.nom:
        piece.nom = propre
        consigner(session, auteur, "piece_decrite", maintenant, **cible_de(piece))


def decrire(
    session: Session, piece: Piece, lue: PieceLue, description: Description, auteur: Auteur, maintenant: datetime
) -> None:
    """What it is, whose, its dates. Raises `RegleViolee` when an agent reads it or decided on it: what she read must
    not become something else under her eyes."""
    avant = (piece.genre, piece.enfant_id, piece.personne_id, piece.est_du_foyer, piece.datee_du, piece.valable_jusqua)
    a_qui = description.a_qui
    apres = (
        description.genre, a_qui.enfant_id, a_qui.personne_id, a_qui.est_du_foyer,
        description.datee_du, description.valable_jusqua,
    )  # fmt: skip
    if avant == apres:
        return
    if lue.est_figee:
        raise RegleViolee(
            "piece_figee",
            "Ce document accompagne une demande\u00a0: seul son nom peut changer. Ajoutez un autre document si "
            "celui-ci ne convient plus.",
        )
    if piece.valable_jusqua != description.valable_jusqua:
        piece.rappelee_utc = None
    (piece.genre, piece.enfant_id, piece.personne_id, piece.est_du_foyer, piece.datee_du,
     piece.valable_jusqua) = apres  # fmt: skip
    consigner(session, auteur, "piece_decrite", maintenant, **cible_de(piece))


def remplacer(
    session: Session,
    ancienne: Piece,
    document: Entrepose,
    *,
    datee_du: date | None,
    valable_jusqua: date | None,
    regles: ReglesPieces,
    auteur: Auteur,
    maintenant: datetime,
) -> Piece:
    """A new version of the same document. The former one stays with the requests that it goes with, for whoever reads
    them; joined to none, it is taken out. Raises `RegleViolee` (no room left)."""
    jointe = session.scalar(select(DemarchePiece.demarche_id).where(DemarchePiece.piece_id == ancienne.id).limit(1))
    if jointe is None:
        # First: its room is free for the new one.
        ancienne.retiree_utc = maintenant
        session.flush()
    nouvelle = ranger_piece(
        session,
        document,
        genre=ancienne.genre,
        foyer_id=ancienne.foyer_id,
        auteur=auteur,
        maintenant=maintenant,
        enfant_id=ancienne.enfant_id,
        personne_id=ancienne.personne_id,
        est_du_foyer=ancienne.est_du_foyer,
        datee_du=datee_du,
        valable_jusqua=valable_jusqua,
        regles=regles,
    )
    ancienne.remplacee_par = nouvelle.id
    consigner(session, auteur, "piece_remplacee", maintenant, **cible_de(ancienne))
    return nouvelle


def _sont_siens(acteur: Acteur, aujourdhui: date) -> ColumnElement[bool]:
    """What she may read. An agent who looks as her is not told what papers of her own she keeps, nor the child's
    medical ones."""
    lisibles = est_lisible(acteur.personne_id, (acteur.foyer_id,), aujourdhui)
    if not acteur.est_apercu:
        return lisibles
    return and_(lisibles, Piece.personne_id.is_(None), Piece.genre.not_in(DE_SANTE))
