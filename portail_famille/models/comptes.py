"""Comptes: one person's login, and the sessions open on it."""

import hashlib
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant


class Compte(Base):
    """One person's login. Two parents have two comptes."""

    __tablename__ = "compte"

    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), unique=True)
    identifiant: Mapped[str] = mapped_column(String(120), unique=True)
    """Lower case; by default the part of the mail address before the @ (second guide)."""
    empreinte_mot_de_passe: Mapped[str] = mapped_column(String(200))
    """argon2id; empty until the parent has chosen one behind the link of the activation mail."""
    est_actif: Mapped[bool] = mapped_column(default=True)
    """False: closed by the service; no link, no password opens it."""
    cree_utc: Mapped[datetime] = mapped_column(Instant)
    active_utc: Mapped[datetime | None] = mapped_column(Instant)
    """First password chosen; null: the activation mail is still waiting."""
    mot_de_passe_utc: Mapped[datetime | None] = mapped_column(Instant)
    conditions_version: Mapped[int | None] = mapped_column(ForeignKey("conditions.version"))
    """Latest conditions générales accepted; every acceptance is kept in AcceptationConditions."""
    verifie_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Last « tout est exact » on the file (asked at the first visit, then each year)."""
    connecte_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Last login, for the retention periods."""


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
    est_durable: Mapped[bool] = mapped_column(default=False, server_default=false())
    """« Rester connecté » on one's own phone: longer limits, and a token that changes as it is used."""
    appareil: Mapped[str] = mapped_column(String(80), default="", server_default="")
    """What the parent recognises in her list of devices: "Chrome sur Android"."""
    empreinte_precedente: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The token before: still good for a moment after the change; later, somebody copied it."""
    tournee_utc: Mapped[datetime | None] = mapped_column(Instant)
    second_facteur_utc: Mapped[datetime | None] = mapped_column(Instant)
    """When the second factor was given; an agent's session without it opens nothing but the page that asks for it."""
    comme_foyer_id: Mapped[int | None] = mapped_column(ForeignKey("foyer.id"), index=True)
    comme_personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    comme_jusqua_utc: Mapped[datetime | None] = mapped_column(Instant)
    """« Voir comme la famille »: the agent reads the portal as this adult of this foyer, until then; she only reads."""


class JetonCompte(Base):
    """A single-use link sent by mail, and the 6-digit code beside it (a home-screen app cannot open the link).

    The link is signed by itsdangerous and carries the row's id and a nonce; the row holds digests only.
    """

    __tablename__ = "jeton_compte"
    __table_args__ = (
        CheckConstraint(
            "genre IN ('activation', 'reinitialisation', 'adresse_ancienne', 'adresse_nouvelle', 'espace')",
            name="genre",
        ),
        CheckConstraint("(compte_id IS NULL) = (genre = 'espace')", name="compte"),
        Index("ix_jeton_compte_compte_id_genre", "compte_id", "genre"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"))
    genre: Mapped[str] = mapped_column(String(20))
    empreinte: Mapped[str] = mapped_column(String(64), unique=True)
    empreinte_code: Mapped[str] = mapped_column(String(64))
    """HMAC of the code under the commune's key: six digits alone would be found again from a bare digest."""
    essais: Mapped[int] = mapped_column(Integer, default=0)
    """Wrong codes typed; past the limit only the link works."""
    cree_utc: Mapped[datetime] = mapped_column(Instant)
    expire_utc: Mapped[datetime] = mapped_column(Instant, index=True)
    utilise_utc: Mapped[datetime | None] = mapped_column(Instant)
    donnees: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """The new address; or what a family unknown to the town wrote, until its address is verified."""


class DemandeLien(Base):
    """« J’ai oublié mon mot de passe »: what was typed. The worker looks for the compte and writes the mail, so that
    the web answers alike, and as fast, whether it exists or not."""

    __tablename__ = "demande_lien"

    id: Mapped[int] = mapped_column(primary_key=True)
    saisie: Mapped[str] = mapped_column(String(254))
    """Emptied once treated."""
    a_utc: Mapped[datetime] = mapped_column(Instant)
    traitee_utc: Mapped[datetime | None] = mapped_column(Instant, index=True)


class Conditions(Base):
    """A version of the conditions générales d’utilisation. A published one never changes: a new one is asked again."""

    __tablename__ = "conditions"

    version: Mapped[int] = mapped_column(primary_key=True)
    du: Mapped[date] = mapped_column(Date)
    texte: Mapped[str] = mapped_column(Text)
    """Markdown."""
    publie_utc: Mapped[datetime] = mapped_column(Instant)


class AcceptationConditions(Base):
    """Who accepted which version, and when."""

    __tablename__ = "acceptation_conditions"
    __table_args__ = (UniqueConstraint("compte_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"))
    version: Mapped[int] = mapped_column(ForeignKey("conditions.version"))
    a_utc: Mapped[datetime] = mapped_column(Instant)


class CleAcces(Base):
    """A passkey (WebAuthn)."""

    __tablename__ = "cle_acces"

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"), index=True)
    identifiant: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """Credential id."""
    cle_publique: Mapped[bytes] = mapped_column(LargeBinary)
    compteur: Mapped[int] = mapped_column(Integer, default=0)
    nom: Mapped[str] = mapped_column(String(80))
    cree_utc: Mapped[datetime] = mapped_column(Instant)
    utilisee_utc: Mapped[datetime | None] = mapped_column(Instant)


class SecondFacteur(Base):
    """TOTP of a compte (RFC 6238), encrypted. `dernier_pas`: the last step accepted, a code serves once."""

    __tablename__ = "second_facteur"

    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"), primary_key=True)
    secret_chiffre: Mapped[bytes] = mapped_column(LargeBinary)
    confirme_utc: Mapped[datetime | None] = mapped_column(Instant)
    dernier_pas: Mapped[int] = mapped_column(Integer, default=0)


class CodeSecours(Base):
    """A recovery code of the second factor: digest only, used once."""

    __tablename__ = "code_secours"
    __table_args__ = (UniqueConstraint("compte_id", "empreinte"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"))
    empreinte: Mapped[str] = mapped_column(String(64))
    utilise_utc: Mapped[datetime | None] = mapped_column(Instant)


class RoleAgent(Base):
    """What an agent may do, everywhere or in one structure. Roles and their actions: domain/droits."""

    __tablename__ = "role_agent"
    __table_args__ = (
        CheckConstraint(
            "role IN ('lecture', 'instruction', 'regie', 'publication', 'administration')",
            name="role",
        ),
        Index(
            "uq_role_agent_partout",
            "compte_id",
            "role",
            unique=True,
            sqlite_where=text("structure_id IS NULL"),
            postgresql_where=text("structure_id IS NULL"),
        ),
        UniqueConstraint("compte_id", "role", "structure_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    compte_id: Mapped[int] = mapped_column(ForeignKey("compte.id"))
    role: Mapped[str] = mapped_column(String(20))
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"), index=True)
    """Null: in every structure."""


def empreinte_jeton(jeton: str) -> str:
    """What `empreinte_jeton` holds for this token."""
    return hashlib.sha256(jeton.encode()).hexdigest()
