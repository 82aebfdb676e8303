"""Invoices and avoirs, the runs that make them, who is told of them (domain.md §9).

An issued row is never changed: triggers of migration 0004 refuse it on both engines. What moves afterwards (`reste`,
dates of direct debit, of handing over, of mails) is in columns of its own, and a merge may move `foyer_id`.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Document, Instant

ETATS_FACTURATION = ("en_preparation", "prete", "emise", "abandonnee", "echouee")
_OUVERTE = text("etat IN ('en_preparation', 'prete')")
_EST_EMISE = text("numero IS NOT NULL")
_A_REGLER = text("reste_centimes > 0")
_A_ANNONCER = text("annoncee_utc IS NULL AND emise_utc IS NOT NULL")


class Facturation(Base):
    """One run: what a régie bills for a month. Prepared (drafts, thrown away at will), compared, then issued at once.

    A month may be run again: only what changed since it was billed makes invoices and avoirs (régularisation).
    """

    __tablename__ = "facturation"
    __table_args__ = (
        CheckConstraint(f"etat IN {ETATS_FACTURATION}", name="etat"),
        CheckConstraint("fait >= 0", name="fait"),
        # Two agents, or the command and the screen: one run of a month at a time.
        Index("uq_facturation_ouverte", "regie", "mois", unique=True, sqlite_where=_OUVERTE, postgresql_where=_OUVERTE),
        Index("ix_facturation_regie_mois", "regie", "mois"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    regie: Mapped[str] = mapped_column(String(30))
    """Code of the régie in commune.toml."""
    mois: Mapped[date] = mapped_column(Date)
    """Its first day."""
    etat: Mapped[str] = mapped_column(String(15), default="en_preparation")
    fait: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int | None] = mapped_column(Integer)
    """Foyers priced, of how many."""
    bail_utc: Mapped[datetime | None] = mapped_column(Instant)
    """Until when the process that prepares it holds it: past it, it died."""
    empreinte: Mapped[str] = mapped_column(String(64), default="")
    """Digest of what the prices were computed from: what changed since must be prepared again."""
    bilan: Mapped[dict[str, Any] | None] = mapped_column(Document)
    """{factures, avoirs, total_centimes, foyers, lignes, anomalies: [...]}, once prepared."""
    demandee_utc: Mapped[datetime] = mapped_column(Instant)
    preparee_utc: Mapped[datetime | None] = mapped_column(Instant)
    emise_utc: Mapped[datetime | None] = mapped_column(Instant)
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    emise_par: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)


class Facture(Base):
    """An invoice (`genre` facture) or a credit note (avoir). A draft until it has its number.

    `contenu`, frozen: {"payeur": {…}, "regie": {…}, "enfants": {id: prénom}, "unites": {id: {…}}, "prix": [{…}]}, see
    domain/factures. The rows say what to whom; the snapshot says how it was told that day.
    """

    __tablename__ = "facture"
    __table_args__ = (
        UniqueConstraint("serie", "annee", "rang"),
        UniqueConstraint("regie", "numero"),
        CheckConstraint("genre IN ('facture', 'avoir')", name="genre"),
        CheckConstraint("origine IN ('portail', 'importee')", name="origine"),
        CheckConstraint(
            "(numero IS NULL) = (emise_utc IS NULL) AND (numero IS NULL) = (emise_le IS NULL)", name="emise"
        ),
        CheckConstraint(
            "(genre = 'facture' AND total_centimes > 0) OR (genre = 'avoir' AND total_centimes < 0)", name="total"
        ),
        CheckConstraint("reste_centimes >= 0 AND reste_centimes <= abs(total_centimes)", name="reste"),
        CheckConstraint("(genre = 'avoir') = (avoir_de IS NOT NULL)", name="avoir_de"),
        Index("ix_facture_foyer_id_emise_le", "foyer_id", "emise_le"),
        Index("ix_facture_regie_mois", "regie", "mois"),
        Index("ix_facture_emise_le_numero", "emise_le", "numero", sqlite_where=_EST_EMISE, postgresql_where=_EST_EMISE),
        Index("ix_facture_a_regler", "regie", "echeance", sqlite_where=_A_REGLER, postgresql_where=_A_REGLER),
        Index("ix_facture_a_annoncer", "id", sqlite_where=_A_ANNONCER, postgresql_where=_A_ANNONCER),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"))
    facturation_id: Mapped[int | None] = mapped_column(ForeignKey("facturation.id"), index=True)
    """The run that made it; null: sent in by another software, or an avoir written by hand."""
    regie: Mapped[str] = mapped_column(String(30))
    genre: Mapped[str] = mapped_column(String(10), default="facture")
    origine: Mapped[str] = mapped_column(String(10), default="portail")
    mois: Mapped[date] = mapped_column(Date)
    """First day of the month it bills."""
    libelle: Mapped[str] = mapped_column(String(120))
    contenu: Mapped[dict[str, Any]] = mapped_column(Document)
    total_centimes: Mapped[int] = mapped_column(Integer)
    """Signed: an avoir is negative."""
    serie: Mapped[str | None] = mapped_column(String(20))
    annee: Mapped[int | None] = mapped_column(Integer)
    rang: Mapped[int | None] = mapped_column(Integer)
    """Without gaps per series and year; null for what another software numbered."""
    numero: Mapped[str | None] = mapped_column(String(40))
    emise_utc: Mapped[datetime | None] = mapped_column(Instant)
    emise_le: Mapped[date | None] = mapped_column(Date)
    echeance: Mapped[date | None] = mapped_column(Date)
    """« À régler avant le »; null for an avoir."""
    avoir_de: Mapped[int | None] = mapped_column(ForeignKey("facture.id"), index=True)
    """The invoice that this avoir corrects."""
    motif: Mapped[str] = mapped_column(String(200), default="")
    est_refacturable: Mapped[bool] = mapped_column(default=False)
    """Of an avoir: its days may be billed again (they were billed wrongly); else they are given up."""
    objet: Mapped[str | None] = mapped_column(String(64), unique=True)
    """The PDF that came with an imported invoice, in the coffre."""
    reste_centimes: Mapped[int] = mapped_column(Integer)
    """Left to pay; of an avoir, left to use. Kept by services/reglements, in the transaction of each movement."""
    prelevement_le: Mapped[date | None] = mapped_column(Date)
    prelevement_importe_le: Mapped[date | None] = mapped_column(Date)
    """The last day that the other software said: said again, it is no news, whatever an agent did since."""
    transmise_le: Mapped[date | None] = mapped_column(Date)
    """Handed to the Treasury: shown, no longer payable here."""
    annoncee_utc: Mapped[datetime | None] = mapped_column(Instant)
    """When the family was told by mail."""


class FactureLigne(Base):
    """One booked slot, or a free line. Amounts signed as the total; they add up to it."""

    __tablename__ = "facture_ligne"
    __table_args__ = (
        UniqueConstraint("facture_id", "rang"),
        CheckConstraint("abs(garde_centimes) <= abs(montant_centimes)", name="garde"),
        Index("ix_facture_ligne_enfant_id_jour", "enfant_id", "jour"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    facture_id: Mapped[int] = mapped_column(ForeignKey("facture.id"))
    rang: Mapped[int] = mapped_column(Integer)
    enfant_id: Mapped[int | None] = mapped_column(ForeignKey("enfant.id"))
    unite_id: Mapped[int | None] = mapped_column(ForeignKey("unite.id"), index=True)
    jour: Mapped[date | None] = mapped_column(Date)
    etat: Mapped[str] = mapped_column(String(24), default="")
    """State the slot was priced in (domain/circonstances.Etat)."""
    libelle: Mapped[str] = mapped_column(String(200), default="")
    """Of a free line; "" for a slot, whose words are in the invoice's `contenu`."""
    quantite: Mapped[str] = mapped_column(String(20), default="")
    """Of a free line: « 42 h » as the other software printed it."""
    montant_centimes: Mapped[int] = mapped_column(Integer)
    garde_centimes: Mapped[int] = mapped_column(Integer, default=0)
    """What of it is care, for the attestation fiscale."""
    prix: Mapped[int | None] = mapped_column(Integer)
    """Rank in `contenu["prix"]`: inputs and sentences of this price."""


class AdhesionFacture(Base):
    """« Adhésion à la facture en ligne »: dated; taking it back closes the row, nothing is erased."""

    __tablename__ = "adhesion_facture"
    __table_args__ = (
        CheckConstraint("fin_utc IS NULL OR fin_utc >= a_utc", name="dates"),
        Index(
            "uq_adhesion_facture_en_vigueur",
            "foyer_id",
            unique=True,
            sqlite_where=text("fin_utc IS NULL"),
            postgresql_where=text("fin_utc IS NULL"),
        ),
        Index("ix_adhesion_facture_foyer_id_id", "foyer_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"))
    personne_id: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)
    """Who joined."""
    a_utc: Mapped[datetime] = mapped_column(Instant)
    fin_utc: Mapped[datetime | None] = mapped_column(Instant)
    finie_par: Mapped[int | None] = mapped_column(ForeignKey("personne.id"), index=True)


class Relance(Base):
    """A reminder of an unpaid invoice, by mail: the n-th one, once."""

    __tablename__ = "relance"
    __table_args__ = (UniqueConstraint("facture_id", "rang"), CheckConstraint("rang >= 1", name="rang"))

    id: Mapped[int] = mapped_column(primary_key=True)
    facture_id: Mapped[int] = mapped_column(ForeignKey("facture.id"))
    rang: Mapped[int] = mapped_column(Integer)
    a_utc: Mapped[datetime] = mapped_column(Instant)
