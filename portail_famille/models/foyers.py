"""Foyers: who lives together, who pays, who may act for which child (domain.md §1)."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Instant


class Personne(Base):
    """An adult: responsable of a foyer, holder of a compte; or an agent of the town hall, of no foyer."""

    __tablename__ = "personne"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(60), unique=True)
    """Its name in the file the town imports: a second import finds it again."""
    civilite: Mapped[str] = mapped_column(String(8), default="")
    prenom: Mapped[str] = mapped_column(String(80))
    nom: Mapped[str] = mapped_column(String(80))
    nom_naissance: Mapped[str] = mapped_column(String(80), default="", server_default="")
    courriel: Mapped[str | None] = mapped_column(String(254), index=True)
    """Lower case. Not unique: a couple may share a mailbox."""
    telephone: Mapped[str | None] = mapped_column(String(20))
    """E.164 ("+33612345678"), as every number; shown in the French way."""
    telephone_domicile: Mapped[str | None] = mapped_column(String(20))
    telephone_travail: Mapped[str | None] = mapped_column(String(20))
    fondue_dans: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    """The same person under another row, where everything has moved (models/fusions); shown nowhere any more."""
    aussi_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    """An agent: the parent she is, under another mail address. Both keep a login; she decides nothing of her family."""


class Enfant(Base):
    """A child. Its school is the structure of its enrolments; `classe` is free text ("CE2")."""

    __tablename__ = "enfant"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(60), unique=True)
    prenom: Mapped[str] = mapped_column(String(80))
    nom: Mapped[str] = mapped_column(String(80))
    naissance: Mapped[date] = mapped_column(Date)
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"), index=True)
    classe: Mapped[str] = mapped_column(String(40), default="")
    pai: Mapped[bool] = mapped_column(default=False)
    """Meal brought from home under a projet d'accueil individualisé (never the reason why)."""
    fondu_dans: Mapped[int | None] = mapped_column(ForeignKey("enfant.id"), index=True)
    """As for a person."""


class AutoriteParentale(Base):
    """Dated link adult × child; what an adult may see and do for a child derives from it (code civil 371-1)."""

    __tablename__ = "autorite_parentale"
    __table_args__ = (
        UniqueConstraint("personne_id", "enfant_id", "du"),
        CheckConstraint("au IS NULL OR au >= du", name="dates"),
        # One link without an end per adult and child: ending it ends everything.
        Index(
            "uq_autorite_parentale_sans_fin",
            "personne_id",
            "enfant_id",
            unique=True,
            sqlite_where=text("au IS NULL"),
            postgresql_where=text("au IS NULL"),
        ),
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
    reference: Mapped[str | None] = mapped_column(String(60), unique=True)
    nom: Mapped[str] = mapped_column(String(120))
    payeur_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    adresse: Mapped[str] = mapped_column(String(200), default="")
    code_postal: Mapped[str] = mapped_column(String(10), default="")
    ville: Mapped[str] = mapped_column(String(80), default="")
    est_resident: Mapped[bool] = mapped_column(default=True)
    personnes_a_charge: Mapped[int] = mapped_column(Integer, default=1)
    ressources_mensuelles_centimes: Mapped[int | None] = mapped_column(Integer)
    parti_le: Mapped[date | None] = mapped_column(Date)
    """Left the town or asked to: from here the retention periods run."""
    fondu_dans: Mapped[int | None] = mapped_column(ForeignKey("foyer.id"), index=True)
    """As for a person."""


class Responsable(Base):
    """An adult of a foyer. A person may belong to several foyers and chooses which one she acts for."""

    __tablename__ = "responsable"
    __table_args__ = (Index("ix_responsable_personne_id", "personne_id"),)

    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), primary_key=True)
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), primary_key=True)


class Rattachement(Base):
    """A child of a foyer. In garde alternée the child has two of them, each with its own weeks.

    `semaine_ancre` is any day of a week spent in this foyer, `une_sur` the period in weeks; both null when the child
    lives here all the time. `vacances` says which half of each holiday period is spent here, by the parity of the year
    it begins in; empty: the weeks go on.
    """

    __tablename__ = "rattachement"
    __table_args__ = (
        Index("ix_rattachement_enfant_id", "enfant_id"),
        CheckConstraint("(semaine_ancre IS NULL) = (une_sur IS NULL)", name="garde"),
        CheckConstraint("une_sur IS NULL OR une_sur BETWEEN 2 AND 4", name="une_sur"),
        CheckConstraint("vacances IN ('', 'debut_annees_paires', 'debut_annees_impaires')", name="vacances"),
    )

    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), primary_key=True)
    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"), primary_key=True)
    semaine_ancre: Mapped[date | None] = mapped_column(Date)
    une_sur: Mapped[int | None] = mapped_column(Integer)
    vacances: Mapped[str] = mapped_column(String(24), default="", server_default="")
    """`debut_annees_paires`: the first half of the holidays here in even years, the second half in odd years."""
    est_masque: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Set by the service (judgment, violence): the child's other foyer learns nothing of this one."""


class Contact(Base):
    """Other adult of the entourage, of one foyer: may collect a child, or is called in an emergency."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(primary_key=True)
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"), index=True)
    prenom: Mapped[str] = mapped_column(String(80))
    nom: Mapped[str] = mapped_column(String(80))
    telephone: Mapped[str] = mapped_column(String(20))
    telephone_2: Mapped[str | None] = mapped_column(String(20))


class ContactEnfant(Base):
    """What a contact is to a child. `lien`: one of domain/entourage.LIENS."""

    __tablename__ = "contact_enfant"
    __table_args__ = (Index("ix_contact_enfant_enfant_id", "enfant_id"),)

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), primary_key=True)
    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"), primary_key=True)
    lien: Mapped[str] = mapped_column(String(20))
    peut_recuperer: Mapped[bool] = mapped_column(default=False)
    est_urgence: Mapped[bool] = mapped_column(default=False)


class Autorisation(Base):
    """A parent's word on a child, dated; taking it back closes the row and opens another, nothing is erased."""

    __tablename__ = "autorisation"
    __table_args__ = (
        CheckConstraint("fin_utc IS NULL OR fin_utc >= a_utc", name="dates"),
        Index("ix_autorisation_enfant_id_genre", "enfant_id", "genre"),
        # One answer in force per child and kind.
        Index(
            "uq_autorisation_en_vigueur",
            "enfant_id",
            "genre",
            unique=True,
            sqlite_where=text("fin_utc IS NULL"),
            postgresql_where=text("fin_utc IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"))
    genre: Mapped[str] = mapped_column(String(20))
    """image, sortie_seul, soins_urgence: domain/entourage.AUTORISATIONS."""
    est_accordee: Mapped[bool] = mapped_column()
    personne_id: Mapped[int] = mapped_column(ForeignKey("personne.id"), index=True)
    a_utc: Mapped[datetime] = mapped_column(Instant)
    fin_utc: Mapped[datetime | None] = mapped_column(Instant)


class Sante(Base):
    """What those who look after the child must know, and nothing more; encrypted (RGPD art. 9)."""

    __tablename__ = "sante"

    enfant_id: Mapped[int] = mapped_column(ForeignKey("enfant.id"), primary_key=True)
    contenu_chiffre: Mapped[bytes] = mapped_column(LargeBinary)
    """JSON {allergies, regime, medecin, medecin_telephone} under the commune's key, bound to this row."""
    modifie_utc: Mapped[datetime] = mapped_column(Instant)
