"""Quotient familial of a foyer: dated, with its origin (domain.md §1, §8)."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Instant


class QuotientFamilial(Base):
    """A QF holds from `du` to `au` (included; null = until further notice). On overlap the latest `du` wins."""

    __tablename__ = "quotient_familial"
    __table_args__ = (
        CheckConstraint("valeur_centimes >= 0", name="valeur"),
        CheckConstraint("au IS NULL OR au >= du", name="dates"),
        CheckConstraint("origine IN ('declare', 'prouve', 'obtenu')", name="origine"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), index=True)
    valeur_centimes: Mapped[int] = mapped_column(Integer)
    """Hundredths: a QF may have decimals (639,99)."""
    du: Mapped[date] = mapped_column(Date)
    au: Mapped[date | None] = mapped_column(Date)
    origine: Mapped[str] = mapped_column(String(10), default="prouve")
    demarche_id: Mapped[int | None] = mapped_column(ForeignKey("demarche.id"), index=True)
    """The declaration it comes from."""
    rappele_utc: Mapped[datetime | None] = mapped_column(Instant)
    """When the family was told that it ends soon."""
