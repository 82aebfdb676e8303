"""Démarches: any request from a family with a life of its own (domain.md §1), and its pieces."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant


class Demarche(Base):
    """One request. `contenu` and `avant` are written by the kind's own room; the states are domain/demarches."""

    __tablename__ = "demarche"
    __table_args__ = (
        CheckConstraint(
            "etat IN ('deposee', 'en_cours', 'complement_demande', 'acceptee', 'refusee', 'annulee')", name="etat"
        ),
        Index("ix_demarche_foyer_id_id", "foyer_id", "id"),
        Index("ix_demarche_etat_id", "etat", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    numero: Mapped[str] = mapped_column(String(20), unique=True)
    """"D2026-000123": year and rank in that year."""
    genre: Mapped[str] = mapped_column(String(30), index=True)
    """coordonnees, enfant, sante, garde, espace, effacement…: domain/demarches.GENRES."""
    etat: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(Integer, default=1)
    """Raised by each change: two agents, or an agent and a parent, on one file are told."""
    foyer_id: Mapped[int | None] = mapped_column(ForeignKey("foyer.id"))
    """Null for a family the town does not know yet."""
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    """Who asked."""
    enfant_id: Mapped[int | None] = mapped_column(ForeignKey("enfant.id"), index=True)
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    """The child or the adult it is about, when there is one."""
    avant: Mapped[dict[str, Any]] = mapped_column(Document)
    """Old values by field code."""
    contenu: Mapped[dict[str, Any]] = mapped_column(Document)
    """Asked values by field code."""
    motif: Mapped[str] = mapped_column(Text, default="")
    """Why it was refused; shown to the family."""
    deposee_utc: Mapped[datetime] = mapped_column(Instant, index=True)
    modifiee_utc: Mapped[datetime] = mapped_column(Instant)
    decidee_utc: Mapped[datetime | None] = mapped_column(Instant)
    decidee_par: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)


class DemarchePiece(Base):
    """A document joined to a démarche."""

    __tablename__ = "demarche_piece"
    __table_args__ = (Index("ix_demarche_piece_piece_id", "piece_id"),)

    demarche_id: Mapped[int] = mapped_column(ForeignKey("demarche.id"), primary_key=True)
    piece_id: Mapped[int] = mapped_column(ForeignKey("piece.id"), primary_key=True)
