"""Comptes: one person's login, and the sessions open on it."""

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Instant


class Compte(Base):
    """One person's login. Two parents have two comptes."""

    __tablename__ = "compte"

    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), unique=True)
    identifiant: Mapped[str] = mapped_column(String(120), unique=True)
    """Lower case; by default the part of the mail address before the @ (second guide)."""
    empreinte_mot_de_passe: Mapped[str] = mapped_column(String(200))
    est_actif: Mapped[bool] = mapped_column(default=True)
    cree_utc: Mapped[datetime] = mapped_column(Instant)


class SessionCompte(Base):
    """A login on one device. The cookie carries the token, the database only its SHA-256."""

    __tablename__ = "session_compte"

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"), index=True)
    empreinte_jeton: Mapped[str] = mapped_column(String(64), unique=True)
    ouverte_utc: Mapped[datetime] = mapped_column(Instant)
    vue_utc: Mapped[datetime] = mapped_column(Instant)
    """Last seen, written at most every 5 minutes by services/suivi."""
    fermee_utc: Mapped[datetime | None] = mapped_column(Instant)


def empreinte_jeton(jeton: str) -> str:
    """What `empreinte_jeton` holds for this token."""
    return hashlib.sha256(jeton.encode()).hexdigest()
