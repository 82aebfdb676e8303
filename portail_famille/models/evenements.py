"""Événements: a strike, an outing, a closure that cancels bookings in one act (domain.md §7)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant


class Evenement(Base):
    """What happened, where and when: the bookings it covers are cancelled unbilled, the parents told."""

    __tablename__ = "evenement"
    __table_args__ = (
        CheckConstraint("genre IN ('greve', 'sortie', 'enseignant_absent', 'fermeture', 'autre')", name="genre"),
        CheckConstraint("au >= du", name="dates"),
        Index("ix_evenement_du_au", "du", "au"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    genre: Mapped[str] = mapped_column(String(20))
    motif: Mapped[str] = mapped_column(String(200))
    """In the town's words, as the parents read it."""
    message: Mapped[str] = mapped_column(Text, default="")
    du: Mapped[date] = mapped_column(Date)
    au: Mapped[date] = mapped_column(Date)
    contenu: Mapped[dict[str, Any]] = mapped_column(Document)
    """{jours, structures, unites, classes}: codes; an empty list means all."""
    ferme: Mapped[bool] = mapped_column(default=False)
    """Nothing more can be booked on these days, for these structures and units."""
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    cree_utc: Mapped[datetime] = mapped_column(Instant)
    annule_utc: Mapped[datetime | None] = mapped_column(Instant)
    annule_par: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)


class EvenementReservation(Base):
    """A booking that an événement cancelled, and what it was before: undoing gives it back."""

    __tablename__ = "evenement_reservation"
    __table_args__ = (Index("ix_evenement_reservation_reservation_id", "reservation_id"),)

    evenement_id: Mapped[int] = mapped_column(ForeignKey("evenement.id"), primary_key=True)
    reservation_id: Mapped[int] = mapped_column(ForeignKey("reservation.id"), primary_key=True)
    etat_avant: Mapped[str] = mapped_column(String(20))
