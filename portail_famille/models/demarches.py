"""Démarches: any request from a family with a life of its own (domain.md §1), and its pieces."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
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
        Index("ix_demarche_etat_echeance_id", "etat", "echeance", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    numero: Mapped[str] = mapped_column(String(20), unique=True)
    """"D2026-000123": year and rank in that year."""
    genre: Mapped[str] = mapped_column(String(30), index=True)
    """coordonnees, enfant, sante, garde, espace, effacement…: domain/genres.GENRES."""
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
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"), index=True)
    """The place it is first addressed to, which may not know the child yet: an enrolment."""
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
    cle_envoi: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Of the form that was sent: sent twice, it makes one request."""
    accuse: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """The accusé de réception as it was issued (CRPA L112-11, R112-11-1): service, address, silence, remedies."""
    echeance: Mapped[date | None] = mapped_column(Date)
    """Day on which the law wants an answer at the latest (domain/silences); null when no text says, or while the clock
    is stopped until the family answers."""
    suspendue_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Since when a complement is awaited: the delay does not run (CRPA L114-5)."""
    complement_avant: Mapped[date | None] = mapped_column(Date)
    """Until when the family may send what is missing."""
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    """The agent in charge."""
    ouverte_par: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    ouverte_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Which agent has it on her screen, since when: another one who opens it is told."""
    reponse_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Last word of the town."""
    lue_utc: Mapped[datetime | None] = mapped_column(Instant)
    """When the family last opened it: newer words of the town make a badge."""


class DemarcheEtape(Base):
    """A line of a démarche's life: sent, taken in charge, message, complement, decision. Never changed."""

    __tablename__ = "demarche_etape"
    __table_args__ = (
        CheckConstraint("cote IN ('famille', 'agent', 'systeme')", name="cote"),
        CheckConstraint(
            "genre IN ('depot', 'prise_en_charge', 'message', 'note', 'complement', 'reponse', 'decision',"
            " 'annulation')",
            name="genre",
        ),
        UniqueConstraint("demarche_id", "cle_envoi"),
        Index("ix_demarche_etape_demarche_id_id", "demarche_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    demarche_id: Mapped[int] = mapped_column(ForeignKey("demarche.id"))
    genre: Mapped[str] = mapped_column(String(20))
    """`note`: between agents, never shown to the family; the others both sides read."""
    etat: Mapped[str] = mapped_column(String(20))
    """State of the démarche after it."""
    cote: Mapped[str] = mapped_column(String(10))
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    texte: Mapped[str] = mapped_column(Text, default="")
    a_utc: Mapped[datetime] = mapped_column(Instant)
    cle_envoi: Mapped[str | None] = mapped_column(String(40))
    """Of the form of a family's message: sent twice, it makes one."""


class DemarcheSaisie(Base):
    """A form being filled, kept at each step: a phone dies, the next one goes on. One per person, foyer and kind."""

    __tablename__ = "demarche_saisie"
    __table_args__ = (UniqueConstraint("compte_id", "foyer_id", "genre"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"))
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), index=True)
    genre: Mapped[str] = mapped_column(String(30))
    cle: Mapped[str] = mapped_column(String(40), unique=True)
    """Drawn at random when the form is begun; becomes `demarche.cle_envoi`."""
    version: Mapped[int] = mapped_column(Integer, default=0)
    contenu: Mapped[dict[str, Any]] = mapped_column(Document)
    """{step code: {field: value}}, and under "pieces" the documents ticked, by kind."""
    creee_utc: Mapped[datetime] = mapped_column(Instant)
    modifiee_utc: Mapped[datetime] = mapped_column(Instant, index=True)


class ModeleReponse(Base):
    """Words an agent starts from when she answers; the town writes its own."""

    __tablename__ = "modele_reponse"
    __table_args__ = (
        CheckConstraint("usage IN ('acceptation', 'refus', 'complement', 'message')", name="usage"),
        UniqueConstraint("usage", "genre", "titre"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    usage: Mapped[str] = mapped_column(String(12))
    genre: Mapped[str] = mapped_column(String(30), default="")
    """Kind of démarche; empty: every kind."""
    titre: Mapped[str] = mapped_column(String(120))
    texte: Mapped[str] = mapped_column(Text)
    modifie_utc: Mapped[datetime] = mapped_column(Instant)
    modifie_par: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)


class DemarchePiece(Base):
    """A document joined to a démarche."""

    __tablename__ = "demarche_piece"
    __table_args__ = (Index("ix_demarche_piece_piece_id", "piece_id"),)

    demarche_id: Mapped[int] = mapped_column(ForeignKey("demarche.id"), primary_key=True)
    piece_id: Mapped[int] = mapped_column(ForeignKey("piece.id"), primary_key=True)
    etape_id: Mapped[int | None] = mapped_column(ForeignKey("demarche_etape.id"), index=True)
    """The message it came with; null: with the request itself."""
