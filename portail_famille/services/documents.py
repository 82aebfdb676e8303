"""Documents of a family: kept encrypted, found again by those who may read them (domain.md §1, Piece).

The slow steps (examining the bytes, encrypting, writing the disk or calling the storage) come before the first
statement, so that the writing transaction is held around the row alone: a row is only made of a document already in the
coffre (`Entrepose`).
"""

import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.config.reglages import ReglagesDocuments
from portail_famille.domain.demarches import OUVERTS
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import ReglesPieces, verifier_quota
from portail_famille.gateways.antivirus import antivirus_de
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import Coffre, CoffreDisque
from portail_famille.gateways.coffre_s3 import CoffreS3
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import AutoriteParentale, Foyer
from portail_famille.services.examen import DocumentSain, examiner
from portail_famille.services.journal import Auteur, consigner

journal = logging.getLogger("portail_famille.documents")

_SOUS_DOSSIER = "coffre"
_OUVERTS = tuple(etat.value for etat in OUVERTS)
_MO = 1024 * 1024
_SUR_DISQUE = ReglagesDocuments()


def coffre_de(dossier: Path, cle: str, documents: ReglagesDocuments = _SUR_DISQUE) -> Coffre:
    """The coffre of a commune, from the folder of its settings, `reglages.cle_coffre` and `reglages.documents`.

    Raises `StockageImpossible`.
    """
    chiffre = Chiffre(cle)
    if documents.stockage == "s3":
        return CoffreS3(
            chiffre,
            adresse=documents.s3_adresse,
            region=documents.s3_region,
            panier=documents.s3_panier,
            cle=documents.s3_cle,
            secret=documents.s3_secret,
            prefixe=dossier.name,
        )
    return CoffreDisque(dossier / _SOUS_DOSSIER, chiffre)


def coffre_de_la_commune(reglages: ReglagesCommune) -> Coffre:
    return coffre_de(reglages.dossier, reglages.cle_coffre, reglages.documents)


def verifier_documents(reglages: ReglagesCommune) -> None:
    """What the settings say of documents can be used: asked when a town starts, not at its first document.

    Raises `StockageImpossible` or `AdresseIllisible`.
    """
    coffre_de_la_commune(reglages)
    antivirus_de(reglages.documents.antivirus)


def regles_de(reglages: ReglagesCommune) -> ReglesPieces:
    """What this town says of documents."""
    return ReglesPieces(reglages.pieces, reglages.documents.quota_mo * _MO, reglages.documents.rappel_jours)


@dataclass(slots=True)
class Entrepose:
    """A document examined, that the coffre has and that no row names until `ranger_piece`."""

    sain: DocumentSain
    objet: str
    est_range: bool = False


def deposer_piece(
    session: Session,
    coffre: Coffre,
    *,
    octets: bytes,
    nom: str,
    genre: str,
    foyer_id: int,
    auteur: Auteur,
    maintenant: datetime,
    enfant_id: int | None = None,
    personne_id: int | None = None,
    est_du_foyer: bool = False,
    datee_du: date | None = None,
    valable_jusqua: date | None = None,
    regles: ReglesPieces | None = None,
) -> Piece:
    """Examines, encrypts, keeps. `session` must not have begun its transaction yet.

    Raises `RegleViolee` on the field `document` (unreadable, too heavy, protected…; no room left for this foyer).
    A rolled back transaction leaves an object that no row names: `purger` drops it.
    """
    document = entreposer(coffre, examiner(octets, nom))
    try:
        return ranger_piece(
            session,
            document,
            genre=genre,
            foyer_id=foyer_id,
            auteur=auteur,
            maintenant=maintenant,
            enfant_id=enfant_id,
            personne_id=personne_id,
            est_du_foyer=est_du_foyer,
            datee_du=datee_du,
            valable_jusqua=valable_jusqua,
            regles=regles,
        )
    except BaseException:
        jeter(coffre, document)
        raise


def ranger_piece(
    session: Session,
    document: Entrepose,
    *,
    genre: str,
    foyer_id: int,
    auteur: Auteur,
    maintenant: datetime,
    enfant_id: int | None = None,
    personne_id: int | None = None,
    est_du_foyer: bool = False,
    datee_du: date | None = None,
    valable_jusqua: date | None = None,
    regles: ReglesPieces | None = None,
) -> Piece:
    """The row of a document already in the coffre. `regles`: what the town says (kinds of its own, room per foyer).

    Raises `RegleViolee` (kind unknown, no room left): the caller throws the object away once the transaction is over.
    """
    regles = regles or ReglesPieces()
    if genre not in regles.genres:
        raise RegleViolee("genre_inconnu", "Choisissez ce qu’est ce document.", "genre")
    sain = document.sain
    # Two deposits at once by one foyer count one after the other.
    session.execute(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())
    verifier_quota(*occupation(session, foyer_id), len(sain.octets), regles.quota)
    piece = Piece(
        foyer_id=foyer_id,
        personne_id=personne_id,
        enfant_id=enfant_id,
        est_du_foyer=est_du_foyer,
        genre=genre,
        nom=sain.nom,
        type_mime=sain.type_mime,
        taille=len(sain.octets),
        objet=document.objet,
        deposee_utc=maintenant,
        deposee_par=auteur.compte_id,
        datee_du=datee_du,
        valable_jusqua=valable_jusqua,
    )
    session.add(piece)
    session.flush()
    consigner(session, auteur, "piece_deposee", maintenant, **cible_de(piece))
    document.est_range = True
    return piece


def jeter(coffre: Coffre, document: Entrepose) -> None:
    """Of a document that no row will name. What the storage keeps all the same, `purger` drops."""
    with suppress(OSError):
        coffre.delete(document.objet)


def entreposer(coffre: Coffre, sain: DocumentSain) -> Entrepose:
    """Encrypts and keeps. Raises `RegleViolee` when the disk is full or the storage away."""
    try:
        return Entrepose(sain, coffre.put(sain.octets))
    except OSError as erreur:
        journal.error("the coffre takes no document: %s", erreur)
        raise RegleViolee(
            "examen_occupe", "Ce document n’a pas pu être gardé. Réessayez dans quelques minutes.", "document"
        ) from None


def lire_piece(coffre: Coffre, piece: Piece) -> bytes:
    """Raises `ObjetAbsent`, or `Illisible` for a file that was changed or moved."""
    return coffre.get(piece.objet)


def est_lisible(personne_id: int, foyer_ids: Collection[int], aujourdhui: date) -> ColumnElement[bool]:
    """Documents this adult may read: of one of her foyers, and with authority today on the child one is about.

    An adult's own document (pay, taxes) is for that adult alone; the foyer's is for all its adults; one about nobody
    yet (what proves a child that is only asked for) is for whoever gave it. One taken out is for nobody.
    """
    a_elle = select(Compte.id).where(Compte.personne_id == personne_id)
    a_autorite = (
        select(AutoriteParentale.id)
        .where(
            AutoriteParentale.enfant_id == Piece.enfant_id,
            AutoriteParentale.personne_id == personne_id,
            AutoriteParentale.du <= aujourdhui,
            or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
        )
        .exists()
    )
    a_quelqu_un = or_(Piece.enfant_id.is_not(None), Piece.personne_id.is_not(None), Piece.est_du_foyer)
    return and_(
        Piece.foyer_id.in_(foyer_ids),
        Piece.retiree_utc.is_(None),
        or_(Piece.enfant_id.is_(None), a_autorite),
        or_(Piece.personne_id.is_(None), Piece.personne_id == personne_id),
        or_(a_quelqu_un, Piece.deposee_par.in_(a_elle)),
    )


def trouver_piece(
    session: Session, piece_id: int, personne_id: int, foyer_ids: Collection[int], aujourdhui: date
) -> Piece | None:
    """The document if this person may read it. None for any other, as for none. One query."""
    return session.scalar(select(Piece).where(Piece.id == piece_id, est_lisible(personne_id, foyer_ids, aujourdhui)))


@dataclass(frozen=True, slots=True)
class PieceLue:
    """A document as listed."""

    id: int
    genre: str
    nom: str
    type_mime: str
    taille: int
    deposee_utc: datetime
    valable_jusqua: date | None
    est_acceptee: bool
    """Joined to a request that an agent accepted."""
    demande: str = ""
    """Number of a request still waiting for an answer that it goes with."""
    datee_du: date | None = None
    enfant_id: int | None = None
    personne_id: int | None = None
    est_du_foyer: bool = False

    @property
    def est_retirable(self) -> bool:
        return not self.demande

    @property
    def est_figee(self) -> bool:
        """An agent reads it, or decided on it: only its name is still the family's."""
        return bool(self.demande) or self.est_acceptee


def lire_pieces(session: Session, *conditions: ColumnElement[bool]) -> list[PieceLue]:
    """Documents as listed, latest first. One query."""
    acceptee = (
        select(DemarchePiece.piece_id)
        .join(Demarche, Demarche.id == DemarchePiece.demarche_id)
        .where(DemarchePiece.piece_id == Piece.id, Demarche.etat == "acceptee")
        .exists()
    )
    lignes = session.execute(
        select(Piece, acceptee, _demande_ouverte(Piece.id).scalar_subquery())
        .where(*conditions)
        .order_by(Piece.id.desc())
    )
    return [
        PieceLue(
            p.id, p.genre, p.nom, p.type_mime, p.taille, p.deposee_utc, p.valable_jusqua, est_acceptee, numero or "",
            p.datee_du, p.enfant_id, p.personne_id, p.est_du_foyer,
        )
        for p, est_acceptee, numero in lignes
    ]  # fmt: skip


def pieces_de_l_enfant(session: Session, foyer_id: int, enfant_id: int) -> list[PieceLue]:
    """The documents this foyer gave about a child, latest first. One query."""
    return lire_pieces(session, Piece.foyer_id == foyer_id, Piece.enfant_id == enfant_id, Piece.retiree_utc.is_(None))


def retirer_piece(session: Session, piece: Piece, auteur: Auteur, maintenant: datetime) -> None:
    """Taken out by the family: read by nobody any more, its bytes are dropped by `purger`.

    Raises `RegleViolee` while a request that refers to it waits for an answer.
    """
    attendue = session.scalar(_demande_ouverte(piece.id))
    if attendue is not None:
        raise RegleViolee(
            "piece_attendue",
            f"Ce document accompagne la demande {attendue}, qui attend une réponse\u00a0: retirez d’abord la demande.",
        )
    if piece.retiree_utc is not None:
        return
    piece.retiree_utc = maintenant
    consigner(session, auteur, "piece_retiree", maintenant, **cible_de(piece))


def occupation(session: Session, foyer_id: int) -> tuple[int, int]:
    """How many documents this foyer keeps, of how many bytes in all, former versions included. One query."""
    nombre, octets = session.execute(
        select(func.count(), func.coalesce(func.sum(Piece.taille), 0)).where(
            Piece.foyer_id == foyer_id, Piece.retiree_utc.is_(None)
        )
    ).one()
    return int(nombre), int(octets)


def cible_de(piece: Piece) -> dict[str, Any]:
    """What a line of the journal says of a document: never the name that the family gave."""
    return {
        "foyer_id": piece.foyer_id,
        "enfant_id": piece.enfant_id,
        "personne_id": piece.personne_id,
        "details": {"piece": piece.id, "genre": piece.genre},
    }


def _demande_ouverte(piece_id: SQLColumnExpression[int] | int) -> Select[str]:
    """Number of the oldest request still waiting that this document goes with."""
    return (
        select(Demarche.numero)
        .join(DemarchePiece, DemarchePiece.demarche_id == Demarche.id)
        .where(DemarchePiece.piece_id == piece_id, Demarche.etat.in_(_OUVERTS))
        .order_by(Demarche.id)
        .limit(1)
    )
