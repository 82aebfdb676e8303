"""What is owed, what was paid, what pays what: the ledger of a foyer with one régie (domain.md §9). In centimes.

Rules. What comes in pays the invoices it names, in their order, then the oldest; what is left is the family's credit,
and a credit pays the next invoice by itself. An avoir goes to its own invoice first. Nothing pays by itself an invoice
handed to the Treasury or about to be debited: somebody else is collecting it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from portail_famille.domain.erreurs import RegleViolee


class Source(StrEnum):
    """What pays."""

    REGLEMENT = "reglement"
    AVOIR = "avoir"


@dataclass(slots=True)
class Creance:
    """An invoice and what is left to pay of it."""

    id: int
    reste_centimes: int
    echeance: date
    est_automatique: bool = True
    """Whether a credit may pay it unasked."""


@dataclass(slots=True)
class Credit:
    """A payment or an avoir and what is left to use of it."""

    source: Source
    id: int
    reste_centimes: int
    du: date
    pour: int | None = None
    """Of an avoir: its own invoice."""


@dataclass(frozen=True, slots=True)
class Emploi:
    """What of a credit went where: to an invoice, or back to the family. Negative: taken back."""

    source: Source
    source_id: int
    facture_id: int | None
    remboursement_id: int | None
    centimes: int


@dataclass(slots=True)
class Livre:
    """What is open between a foyer and a régie. Each act returns what it moved; the rests always follow."""

    creances: dict[int, Creance] = field(default_factory=dict)
    credits: dict[tuple[Source, int], Credit] = field(default_factory=dict)

    @property
    def solde_centimes(self) -> int:
        """Positive: the family owes."""
        du = sum(creance.reste_centimes for creance in self.creances.values())
        return du - self.credit_centimes

    @property
    def credit_centimes(self) -> int:
        return sum(credit.reste_centimes for credit in self.credits.values())

    def employer(self, credit: Credit, factures: Iterable[int]) -> list[Emploi]:
        """Pays these invoices, in this order, as far as it goes."""
        faits = []
        for facture_id in factures:
            creance = self.creances[facture_id]
            centimes = min(credit.reste_centimes, creance.reste_centimes)
            if centimes > 0:
                credit.reste_centimes -= centimes
                creance.reste_centimes -= centimes
                faits.append(Emploi(credit.source, credit.id, facture_id, None, centimes))
        return faits

    def utiliser_credits(self) -> list[Emploi]:
        """Every credit, the oldest first: an avoir on its own invoice, then the oldest invoices."""
        ouvertes = sorted(
            (c for c in self.creances.values() if c.est_automatique and c.reste_centimes),
            key=lambda c: (c.echeance, c.id),
        )
        faits = []
        for credit in self._credits():
            siennes = [credit.pour] if credit.pour in self.creances else []
            faits += self.employer(credit, [*siennes, *(creance.id for creance in ouvertes)])
        return faits

    def rendre(self, remboursement_id: int, centimes: int) -> list[Emploi]:
        """Gives back to the family: the oldest credits first. The caller checked that there is enough."""
        faits = []
        for credit in self._credits():
            part = min(credit.reste_centimes, centimes)
            if part > 0:
                credit.reste_centimes -= part
                centimes -= part
                faits.append(Emploi(credit.source, credit.id, None, remboursement_id, part))
        return faits

    def reprendre(self, emplois: Sequence[Emploi]) -> list[Emploi]:
        """Undoes what was moved: invoices are owed again, credits are there again. Raises `RegleViolee`
        (compte_separe) when one of them is of another account."""
        if any((e.source, e.source_id) not in self.credits for e in emplois) or any(
            e.facture_id is not None and e.facture_id not in self.creances for e in emplois
        ):
            raise RegleViolee(
                "compte_separe",
                "Ce règlement a payé une facture qui est maintenant dans un autre dossier\u00a0: fusionnez à nouveau "
                "les deux dossiers, puis annulez-le.",
            )
        faits = []
        for emploi in emplois:
            self.credits[emploi.source, emploi.source_id].reste_centimes += emploi.centimes
            if emploi.facture_id is not None:
                self.creances[emploi.facture_id].reste_centimes += emploi.centimes
            faits.append(
                Emploi(emploi.source, emploi.source_id, emploi.facture_id, emploi.remboursement_id, -emploi.centimes)
            )
        return faits

    def _credits(self) -> list[Credit]:
        return sorted(self.credits.values(), key=lambda c: (c.du, c.source, c.id))


@dataclass(frozen=True, slots=True)
class Solde:
    """The account of a foyer, all of a régie or all of them."""

    factures_centimes: int = 0
    avoirs_centimes: int = 0
    """Negative."""
    reglements_centimes: int = 0
    """Refunds and reversals taken off."""
    a_regler_centimes: int = 0
    """Here: not what is with the Treasury."""
    credit_centimes: int = 0
    transmis_centimes: int = 0
    """Owed too, to the Treasury."""

    @property
    def centimes(self) -> int:
        """Positive: the family owes. Also what is left to pay less what is left to use."""
        return self.factures_centimes + self.avoirs_centimes - self.reglements_centimes


@dataclass(frozen=True, slots=True)
class Mouvement:
    """A line of the account. `genre`: facture, avoir, reglement, annulation (of an entry), remboursement."""

    jour: date
    genre: str
    id: int
    numero: str
    libelle: str
    """Of an invoice; the means of a payment."""
    regie: str
    centimes: int
    """Signed: an invoice adds to what is owed, a payment takes off."""
    solde_centimes: int
    """Of the account after it, since the beginning of the account."""
