"""Money that comes in: the ledger of payments and what each pays, attempts by card through PayFiP (payfip.md).

The ledger only grows: a wrong entry is reversed by another one, triggers of migration 0004 refuse the rest.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portail_famille.models.base import Base, Instant

MOYENS = (
    "carte", "prelevement", "cheque", "especes", "cesu", "virement", "remboursement", "comptable", "essai", "ailleurs",
)  # fmt: skip
ETATS_PAIEMENT = ("creee", "en_attente", "paye", "annule", "refuse", "expire", "echec")
_BLOQUANT = text("est_bloquant")


class Paiement(Base):
    """One attempt to pay an invoice by PayFiP. The row is committed before PayFiP is called."""

    __tablename__ = "paiement"
    __table_args__ = (
        CheckConstraint(f"etat IN {ETATS_PAIEMENT}", name="etat"),
        CheckConstraint("montant_centimes >= 100", name="montant"),
        CheckConstraint("saisie IN ('T', 'X', 'W')", name="saisie"),
        # No second attempt while one may still succeed.
        Index("uq_paiement_bloquant", "facture_id", unique=True, sqlite_where=_BLOQUANT, postgresql_where=_BLOQUANT),
        Index("ix_paiement_facture_id_id", "facture_id", "id"),
        Index("ix_paiement_prochaine_utc", "prochaine_utc"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    facture_id: Mapped[int] = mapped_column(ForeignKey("facture.id"))
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    """Who began it."""
    regie: Mapped[str] = mapped_column(String(30))
    numero_client: Mapped[str] = mapped_column(String(6))
    montant_centimes: Mapped[int] = mapped_column(Integer)
    refdet: Mapped[str] = mapped_column(String(30), unique=True)
    exer: Mapped[int] = mapped_column(Integer)
    saisie: Mapped[str] = mapped_column(String(1))
    courriel: Mapped[str] = mapped_column(String(80))
    """MEL: where PayFiP sends its own ticket."""
    objet: Mapped[str] = mapped_column(String(100))
    idop: Mapped[str | None] = mapped_column(String(40), unique=True)
    etat: Mapped[str] = mapped_column(String(12), default="creee")
    est_bloquant: Mapped[bool] = mapped_column(default=True)
    """No other attempt on this invoice while true: still possible, and young."""
    resultat: Mapped[str] = mapped_column(String(1), default="")
    """PayFiP's letter: P, V, A, R, Z."""
    numauto: Mapped[str] = mapped_column(String(16), default="")
    transaction_utc: Mapped[datetime | None] = mapped_column(Instant)
    cree_utc: Mapped[datetime] = mapped_column(Instant)
    idop_utc: Mapped[datetime | None] = mapped_column(Instant)
    fini_utc: Mapped[datetime | None] = mapped_column(Instant)
    interrogations: Mapped[int] = mapped_column(Integer, default=0)
    prochaine_utc: Mapped[datetime | None] = mapped_column(Instant)
    """When the worker asks PayFiP next; null: never again."""
    interroge_utc: Mapped[datetime | None] = mapped_column(Instant)
    """When PayFiP was last asked, by whoever: not again within seconds."""
    anomalie: Mapped[str] = mapped_column(String(200), default="")
    """What PayFiP says that is not what was asked: an agent looks."""


class Reglement(Base):
    """A line of the ledger: a payment received, a refund (negative), or the opposite of a wrong entry."""

    __tablename__ = "reglement"
    __table_args__ = (
        CheckConstraint(f"moyen IN {MOYENS}", name="moyen"),
        CheckConstraint("montant_centimes <> 0", name="montant"),
        CheckConstraint("reste_centimes >= 0 AND reste_centimes <= abs(montant_centimes)", name="reste"),
        CheckConstraint("(montant_centimes < 0) = ((annule_de IS NOT NULL) <> (moyen = 'remboursement'))", name="sens"),
        CheckConstraint("cesu_employeur_centimes >= 0", name="cesu"),
        Index("ix_reglement_foyer_id_recu_le", "foyer_id", "recu_le"),
        Index("ix_reglement_regie_recu_le", "regie", "recu_le"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    numero: Mapped[str] = mapped_column(String(45), unique=True)
    """Of its receipt, "R2026-ENFANCE-000123": without gaps per régie and year (services/compteurs)."""
    foyer_id: Mapped[int] = mapped_column(ForeignKey("foyer.id"))
    regie: Mapped[str] = mapped_column(String(30))
    moyen: Mapped[str] = mapped_column(String(15))
    montant_centimes: Mapped[int] = mapped_column(Integer)
    recu_le: Mapped[date] = mapped_column(Date)
    """Day the money came in."""
    saisi_utc: Mapped[datetime] = mapped_column(Instant)
    compte_id: Mapped[int | None] = mapped_column(ForeignKey("compte.id"), index=True)
    """The agent who wrote it; null: the program (PayFiP)."""
    reference: Mapped[str] = mapped_column(String(60), default="")
    """Number of the cheque, authorisation of the card; of what was collected elsewhere, number of the invoice."""
    note: Mapped[str] = mapped_column(String(200), default="")
    cesu_employeur_centimes: Mapped[int] = mapped_column(Integer, default=0)
    """What of it an employer paid in advance: out of the attestation fiscale."""
    paiement_id: Mapped[int | None] = mapped_column(ForeignKey("paiement.id"), unique=True)
    """The PayFiP attempt it comes from: booked once, whatever comes twice."""
    annule_de: Mapped[int | None] = mapped_column(ForeignKey("reglement.id"), unique=True)
    """The entry that this one reverses."""
    cle_envoi: Mapped[str | None] = mapped_column(String(40), unique=True)
    """Of the agent's form: sent twice, written once."""
    reste_centimes: Mapped[int] = mapped_column(Integer, default=0)
    """Not used yet: the family's credit. 0 for what is negative."""


class Affectation(Base):
    """What of a payment or of an avoir pays which invoice, or is given back by which refund. Negative: taken back."""

    __tablename__ = "affectation"
    __table_args__ = (
        CheckConstraint("montant_centimes <> 0", name="montant"),
        CheckConstraint("(reglement_id IS NULL) <> (avoir_id IS NULL)", name="source"),
        CheckConstraint("(facture_id IS NULL) <> (remboursement_id IS NULL)", name="emploi"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reglement_id: Mapped[int | None] = mapped_column(ForeignKey("reglement.id"), index=True)
    avoir_id: Mapped[int | None] = mapped_column(ForeignKey("facture.id"), index=True)
    facture_id: Mapped[int | None] = mapped_column(ForeignKey("facture.id"), index=True)
    remboursement_id: Mapped[int | None] = mapped_column(ForeignKey("reglement.id"), index=True)
    montant_centimes: Mapped[int] = mapped_column(Integer)
    le: Mapped[date] = mapped_column(Date)
    """Day that counts: of the payment, or of the act that used a credit."""
    a_utc: Mapped[datetime] = mapped_column(Instant)
