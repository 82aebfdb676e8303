"""Outbox: a mail is a row of the use case's transaction before it is a message."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Instant


class Courriel(Base):
    """A mail to send. `message_id` never changes, so that a delivery cut in two shows as one message."""

    __tablename__ = "courriel"
    __table_args__ = (
        CheckConstraint("etat IN ('a_envoyer', 'en_cours', 'envoye', 'abandonne')", name="etat"),
        Index("ix_courriel_etat_prochain_essai_utc", "etat", "prochain_essai_utc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    destinataire: Mapped[str] = mapped_column(String(254))
    objet: Mapped[str] = mapped_column(String(200))
    corps_texte: Mapped[str] = mapped_column(Text)
    corps_html: Mapped[str] = mapped_column(Text)
    etat: Mapped[str] = mapped_column(String(12), default="a_envoyer")
    tentatives: Mapped[int] = mapped_column(Integer, default=0)
    prochain_essai_utc: Mapped[datetime] = mapped_column(Instant)
    cree_utc: Mapped[datetime] = mapped_column(Instant)
    envoye_utc: Mapped[datetime | None] = mapped_column(Instant)
    derniere_erreur: Mapped[str | None] = mapped_column(String(300))
