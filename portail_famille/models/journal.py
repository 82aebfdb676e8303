"""The journal of the trade: who saw and changed what (RGPD art. 5.2, 30 and 32)."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant


class ActeJournal(Base):
    """One act on a family's file. Never the content of a document nor a health value: only that it was touched."""

    __tablename__ = "acte_journal"
    __table_args__ = (
        CheckConstraint("cote IN ('famille', 'agent', 'systeme')", name="cote"),
        Index("ix_acte_journal_foyer_id_id", "foyer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    a_utc: Mapped[datetime] = mapped_column(Instant, index=True)
    cote: Mapped[str] = mapped_column(String(10))
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    """Who; null when the program did it by itself (import, purge)."""
    action: Mapped[str] = mapped_column(String(40))
    """foyer_vu, fiche_modifiee, demarche_acceptee…: domain/actes.ACTIONS."""
    foyer_id: Mapped[int | None] = mapped_column(ForeignKey("foyer.id"))
    enfant_id: Mapped[int | None] = mapped_column(ForeignKey("enfant.id"), index=True)
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    details: Mapped[dict[str, Any]] = mapped_column(Document)
    """Field codes, old and new values where harmless."""
