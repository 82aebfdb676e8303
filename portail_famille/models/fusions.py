"""Doubles that an agent merged, with what it takes to undo it."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant


class Fusion(Base):
    """One merge: everything that referred to `fondu_id` refers to `garde_id`. The ids are of the table `genre` names,
    hence no foreign key."""

    __tablename__ = "fusion"
    __table_args__ = (
        CheckConstraint("genre IN ('foyer', 'personne', 'enfant')", name="genre"),
        CheckConstraint("garde_id <> fondu_id", name="deux"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    genre: Mapped[str] = mapped_column(String(10))
    garde_id: Mapped[int] = mapped_column(Integer, index=True)
    fondu_id: Mapped[int] = mapped_column(Integer, index=True)
    contenu: Mapped[dict[str, Any]] = mapped_column(Document)
    """What was moved, changed or removed, row by row, to put it back."""
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    a_utc: Mapped[datetime] = mapped_column(Instant)
    annulee_utc: Mapped[datetime | None] = mapped_column(Instant)
    annulee_par: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
