"""Spreadsheets asked for by agents, made by the worker when they are long."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant


class Extraction(Base):
    """One spreadsheet: what was on the screen, as a query of its own. Its bytes are in the coffre until it expires."""

    __tablename__ = "extraction"
    __table_args__ = (
        CheckConstraint("etat IN ('demandee', 'en_cours', 'prete', 'echouee')", name="etat"),
        CheckConstraint("format IN ('xlsx', 'csv')", name="format"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"), index=True)
    genre: Mapped[str] = mapped_column(String(30))
    """What it lists: demarches, foyers…"""
    format: Mapped[str] = mapped_column(String(4))
    filtre: Mapped[dict[str, Any]] = mapped_column(Document)
    etat: Mapped[str] = mapped_column(String(10), default="demandee", index=True)
    fait: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int | None] = mapped_column(Integer)
    """Rows written, of how many."""
    nom: Mapped[str] = mapped_column(String(120), default="")
    objet: Mapped[str | None] = mapped_column(String(64), unique=True)
    bail_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Until when the worker that took it holds it: past it, it died."""
    demandee_utc: Mapped[datetime] = mapped_column(Instant)
    prete_utc: Mapped[datetime | None] = mapped_column(Instant)
    expire_utc: Mapped[datetime | None] = mapped_column(Instant, index=True)
