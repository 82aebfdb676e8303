"""Bookings, the draft that prepares them, the receipt that proves them (domain.md §1, §5, §6)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant

ETATS = (
    "demandee",
    "reservee",
    "en_attente",
    "presente",
    "absente_justifiee",
    "absente_injustifiee",
    "annulee",
)
# States that hold a place and are billed or billable; the index below serves the counting of places.
ETATS_OCCUPANTS = ("demandee", "reservee", "presente", "absente_justifiee", "absente_injustifiee")


class Reservation(Base):
    """Child × unit × day. One row at most, both foyers included; a cancelled row is taken up again by a new booking."""

    __tablename__ = "reservation"
    __table_args__ = (
        UniqueConstraint("enfant_id", "jour", "unite_id", name="uq_reservation_creneau"),
        CheckConstraint(f"etat IN {ETATS}", name="etat"),
        Index("ix_reservation_places", "unite_id", "jour", "structure_id", "etat"),
        Index("ix_reservation_foyer_id_jour", "foyer_id", "jour"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"))
    unite_id: Mapped[int] = mapped_column(ForeignKey("unite.id"))
    jour: Mapped[date] = mapped_column(Date)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"))
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"))
    """The foyer that booked and pays this day."""
    etat: Mapped[str] = mapped_column(String(20), default="reservee")
    est_hors_delai: Mapped[bool] = mapped_column(default=False)
    est_non_reservee: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Came without a booking: the attendance sheet made the row."""
    recu_id: Mapped[int | None] = mapped_column(ForeignKey("recu.id"), index=True)
    demarche_id: Mapped[int | None] = mapped_column(ForeignKey("demarche.id"), index=True)
    """The démarche that last decided of its state: absence, or booking that an agent validates."""
    modifiee_utc: Mapped[datetime] = mapped_column(Instant)


class Brouillon(Base):
    """What a person has ticked or unticked and not yet validated: one per compte × foyer, all children together.

    `contenu` holds differences only, per child, see `domain.brouillons`. It refers to slots by id without foreign keys:
    a draft is purged after 30 days and everything in it is checked afresh at « Valider ».
    """

    __tablename__ = "brouillon"
    __table_args__ = (UniqueConstraint("compte_id", "foyer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"))
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), index=True)
    version: Mapped[int] = mapped_column(Integer, default=0)
    contenu: Mapped[dict[str, Any]] = mapped_column(Document)
    modifie_utc: Mapped[datetime] = mapped_column(Instant, index=True)


class Recu(Base):
    """Accusé de réception of a validation (CRPA L112-11): a numbered snapshot with the before and the after.

    A draft validated at a given version gives one receipt: replaying the form finds it again.
    """

    __tablename__ = "recu"
    __table_args__ = (
        UniqueConstraint("brouillon_id", "brouillon_version"),
        Index("ix_recu_foyer_id_id", "foyer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    numero: Mapped[str] = mapped_column(String(20), unique=True)
    """"2026-000123": year of issue and rank in that year."""
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"))
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"), index=True)
    brouillon_id: Mapped[int] = mapped_column(ForeignKey("brouillon.id"))
    brouillon_version: Mapped[int] = mapped_column(Integer)
    emis_utc: Mapped[datetime] = mapped_column(Instant)
    contenu: Mapped[dict[str, Any]] = mapped_column(Document)


class Compteur(Base):
    """Last number given per series and year; its row is updated in the transaction that uses the number."""

    __tablename__ = "compteur"
    __table_args__ = (CheckConstraint("valeur >= 0", name="valeur"),)

    serie: Mapped[str] = mapped_column(String(40), primary_key=True)
    annee: Mapped[int] = mapped_column(Integer, primary_key=True)
    valeur: Mapped[int] = mapped_column(Integer, default=0)
