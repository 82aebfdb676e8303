"""Foyers: who lives together, who pays, who may act for which child (domain.md §1)."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base


class Personne(Base):
    """An adult: responsable of a foyer, holder of a compte."""

    __tablename__ = "personne"

    id: Mapped[int] = mapped_column(primary_key=True)
    civilite: Mapped[str] = mapped_column(String(8), default="")
    prenom: Mapped[str] = mapped_column(String(80))
    nom: Mapped[str] = mapped_column(String(80))
    courriel: Mapped[str | None] = mapped_column(String(254))
    telephone: Mapped[str | None] = mapped_column(String(20))


class Enfant(Base):
    """A child. Its school is the structure of its enrolments; `classe` is free text ("CE2")."""

    __tablename__ = "enfant"

    id: Mapped[int] = mapped_column(primary_key=True)
    prenom: Mapped[str] = mapped_column(String(80))
    nom: Mapped[str] = mapped_column(String(80))
    naissance: Mapped[date] = mapped_column(Date)
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"), index=True)
    classe: Mapped[str] = mapped_column(String(40), default="")
    pai: Mapped[bool] = mapped_column(default=False)
    """Meal brought from home under a projet d'accueil individualisé (never the reason why)."""


class AutoriteParentale(Base):
    """Dated link adult × child; what an adult may see and do for a child derives from it (code civil 371-1)."""

    __tablename__ = "autorite_parentale"
    __table_args__ = (
        UniqueConstraint("personne_id", "enfant_id", "du"),
        CheckConstraint("au IS NULL OR au >= du", name="dates"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"))
    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"), index=True)
    du: Mapped[date] = mapped_column(Date)
    au: Mapped[date | None] = mapped_column(Date)


class Foyer(Base):
    """A household that shares one invoice."""

    __tablename__ = "foyer"
    __table_args__ = (CheckConstraint("ressources_mensuelles_centimes >= 0", name="ressources"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    nom: Mapped[str] = mapped_column(String(120))
    payeur_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    adresse: Mapped[str] = mapped_column(String(200), default="")
    code_postal: Mapped[str] = mapped_column(String(10), default="")
    ville: Mapped[str] = mapped_column(String(80), default="")
    est_resident: Mapped[bool] = mapped_column(default=True)
    personnes_a_charge: Mapped[int] = mapped_column(Integer, default=1)
    ressources_mensuelles_centimes: Mapped[int | None] = mapped_column(Integer)


class Responsable(Base):
    """An adult of a foyer. A person may belong to several foyers and chooses which one she acts for."""

    __tablename__ = "responsable"
    __table_args__ = (Index("ix_responsable_personne_id", "personne_id"),)

    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), primary_key=True)


class Rattachement(Base):
    """A child of a foyer. In garde alternée the child has two of them, each with its own weeks.

    `semaine_ancre` is any day of a week spent in this foyer, `une_sur` the period in weeks; both null when the child
    lives here all the time.
    """

    __tablename__ = "rattachement"
    __table_args__ = (
        Index("ix_rattachement_enfant_id", "enfant_id"),
        CheckConstraint("(semaine_ancre IS NULL) = (une_sur IS NULL)", name="garde"),
        CheckConstraint("une_sur IS NULL OR une_sur BETWEEN 2 AND 4", name="une_sur"),
    )

    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), primary_key=True)
    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"), primary_key=True)
    semaine_ancre: Mapped[date | None] = mapped_column(Date)
    une_sur: Mapped[int | None] = mapped_column(Integer)
