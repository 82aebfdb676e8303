"""What must be written whatever becomes of the request (house.md §2): attempts and the security journal."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Instant


class TentativeConnexion(Base):
    """A failed login: throttles the name typed and the address it came from. Holds digests, no personal data."""

    __tablename__ = "tentative_connexion"
    __table_args__ = (Index("ix_tentative_connexion_cle_a_utc", "cle", "a_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cle: Mapped[str] = mapped_column(String(64))
    """HMAC under the commune's key of "saisie:<name typed>", alone or with the network address, of "adresse:<network
    address>" or of "appareil:<device>"."""
    a_utc: Mapped[datetime] = mapped_column(Instant)


class EvenementSecurite(Base):
    """A line of the security journal: login, refused login, log-out, expired session."""

    __tablename__ = "evenement_securite"

    id: Mapped[int] = mapped_column(primary_key=True)
    a_utc: Mapped[datetime] = mapped_column(Instant, index=True)
    genre: Mapped[str] = mapped_column(String(40))
    compte_id: Mapped[int | None] = mapped_column(index=True)
