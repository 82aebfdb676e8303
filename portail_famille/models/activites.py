"""Activities: the catalogue a commune imports, and who is enrolled in what.

The rules (opening, deadlines, prices…) live in one versioned document; the rows beside it only give them identities
that bookings can refer to. A row whose code left the document is kept, marked `est_retire`.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant


class VersionCatalogue(Base):
    """One imported document of activities; the highest version is in force, older ones say why a past price was so."""

    __tablename__ = "version_catalogue"

    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]] = mapped_column(Document)
    empreinte: Mapped[str] = mapped_column(String(64))
    importe_utc: Mapped[datetime] = mapped_column(Instant)


class Structure(Base):
    """A place: school, accueil de loisirs, crèche."""

    __tablename__ = "structure"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    est_retire: Mapped[bool] = mapped_column(default=False)


class Activite(Base):
    """What is booked: cantine, étude, périscolaire, mercredi, vacances, accueil régulier."""

    __tablename__ = "activite"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    est_retire: Mapped[bool] = mapped_column(default=False)


class Unite(Base):
    """The bookable slot of a day inside an activity."""

    __tablename__ = "unite"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    activite_id: Mapped[int] = mapped_column(ForeignKey("activite.id"), index=True)
    est_retire: Mapped[bool] = mapped_column(default=False)


class Jauge(Base):
    """A shared capacity. Its row is what a validation locks on PostgreSQL while it counts places."""

    __tablename__ = "jauge"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    est_retire: Mapped[bool] = mapped_column(default=False)


class Inscription(Base):
    """Child × activity × dates × paying foyer: accepted by the service, precondition of every booking."""

    __tablename__ = "inscription"
    __table_args__ = (
        CheckConstraint("au >= du", name="dates"),
        Index("ix_inscription_enfant_id_foyer_id", "enfant_id", "foyer_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"))
    activite_id: Mapped[int] = mapped_column(ForeignKey("activite.id"), index=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"), index=True)
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), index=True)
    du: Mapped[date] = mapped_column(Date)
    au: Mapped[date] = mapped_column(Date)
    demarche_id: Mapped[int | None] = mapped_column(ForeignKey("demarche.id"), index=True)
    """The request it was accepted from; null: written by the town."""
