"""The accounts read: what a foyer owes, its movements, what is unpaid."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Integer, and_, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from portail_famille.domain.soldes import Mouvement, Solde
from portail_famille.models.factures import Facture, Relance
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Affectation, Reglement
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.prelevements import sans_prelevement


@dataclass(frozen=True, slots=True)
class Impaye:
    facture: Facture
    foyer: str
    jours: int
    """Since the due date."""
    relances: int


def solde(session: Session, foyer_id: int, regie: str | None = None) -> Solde:
    """Two queries."""
    siennes = [Facture.foyer_id == foyer_id, Facture.emise_utc.is_not(None)]
    entrees = [Reglement.foyer_id == foyer_id]
    if regie is not None:
        siennes.append(Facture.regie == regie)
        entrees.append(Reglement.regie == regie)
    est_avoir = Facture.genre == "avoir"
    est_transmise = Facture.transmise_le.is_not(None)
    factures, avoirs, a_regler, transmis, credit = session.execute(
        select(
            _somme(case((~est_avoir, Facture.total_centimes))),
            _somme(case((est_avoir, Facture.total_centimes))),
            _somme(case((and_(~est_avoir, ~est_transmise), Facture.reste_centimes))),
            _somme(case((and_(~est_avoir, est_transmise), Facture.reste_centimes))),
            _somme(case((est_avoir, Facture.reste_centimes))),
        ).where(*siennes)
    ).one()
    reglements, avance = session.execute(
        select(_somme(Reglement.montant_centimes), _somme(Reglement.reste_centimes)).where(*entrees)
    ).one()
    return Solde(factures, avoirs, reglements, a_regler, credit + avance, transmis)


def solde_au(session: Session, foyer_id: int, jour: date, regie: str | None = None) -> int:
    """What was owed on the morning of that day, by the dates of invoices and payments. One query."""
    lignes = _mouvements(foyer_id, regie).subquery()
    return session.scalar(select(_somme(lignes.c.centimes)).where(lignes.c.jour < jour)) or 0


def mouvements(session: Session, foyer_id: int, du: date, au: date, regie: str | None = None) -> list[Mouvement]:
    """In the order of their days, invoices first, each with the balance that it leaves. Two queries."""
    total = solde_au(session, foyer_id, du, regie)
    lignes = _mouvements(foyer_id, regie).subquery()
    requete = (
        select(lignes)
        .where(lignes.c.jour.between(du, au))
        .order_by(lignes.c.jour, lignes.c.ordre, lignes.c.id)
    )  # fmt: skip
    faits = []
    for ligne in session.execute(requete):
        total += ligne.centimes
        faits.append(
            Mouvement(
                ligne.jour, ligne.genre, ligne.id, ligne.numero, ligne.libelle, ligne.regie, ligne.centimes, total
            )
        )
    return faits


def factures_payees(session: Session, reglements: Sequence[int]) -> dict[int, list[str]]:
    """The numbers of the invoices that each payment pays today. One query, none without payments."""
    payees: dict[int, list[str]] = defaultdict(list)
    if not reglements:
        return payees
    requete = (
        select(Affectation.reglement_id, Facture.numero)
        .join(Facture, Facture.id == Affectation.facture_id)
        .where(Affectation.reglement_id.in_(reglements))
        .group_by(Affectation.reglement_id, Facture.id, Facture.numero)
        .having(func.sum(Affectation.montant_centimes) > 0)
        .order_by(Affectation.reglement_id, Facture.id)
    )
    for reglement_id, numero in session.execute(requete):
        payees[reglement_id or 0].append(numero or "")
    return payees


def est_due() -> ColumnElement[bool]:
    """Left to pay, here: not with the Treasury."""
    return and_(Facture.genre == "facture", Facture.reste_centimes > 0, Facture.transmise_le.is_(None))


def est_en_retard(aujourdhui: date) -> ColumnElement[bool]:
    """What « late » means, for every list and total. A debit that is awaited is not late."""
    return and_(est_due(), sans_prelevement(aujourdhui), Facture.echeance < aujourdhui)


def impayes(
    session: Session,
    perimetre: Perimetre,
    regie: str | None,
    aujourdhui: date,
    *,
    apres: tuple[date, int] | None = None,
    limite: int | None = None,
) -> list[Impaye]:
    """Past their due date, the oldest first. `apres`: due date and id of the last one already shown. One query."""
    relances = (
        select(func.count(Relance.id)).where(Relance.facture_id == Facture.id).correlate(Facture).scalar_subquery()
    )
    requete = (
        select(Facture, Foyer.nom, relances)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(
            est_en_retard(aujourdhui),
            perimetre.foyers(Facture.foyer_id),
        )
        .order_by(Facture.echeance, Facture.id)
    )
    if regie is not None:
        requete = requete.where(Facture.regie == regie)
    if apres is not None:
        requete = requete.where(
            (Facture.echeance > apres[0]) | and_(Facture.echeance == apres[0], Facture.id > apres[1])
        )
    if limite is not None:
        requete = requete.limit(limite)
    return [
        Impaye(facture, foyer, (aujourdhui - facture.echeance).days, relances)
        for facture, foyer, relances in session.execute(requete)
        if facture.echeance is not None
    ]


def _mouvements(foyer_id: int, regie: str | None) -> CompoundSelect[*tuple[Any, ...]]:
    """Signed lines: an invoice adds to what is owed, an avoir and a payment take off."""
    genre = case(
        (Reglement.annule_de.is_not(None), "annulation"),
        (Reglement.moyen == "remboursement", "remboursement"),
        else_="reglement",
    )
    factures = select(
        Facture.id,
        Facture.emise_le.label("jour"),
        Facture.genre.label("genre"),
        Facture.numero,
        Facture.libelle,
        Facture.regie,
        Facture.total_centimes.label("centimes"),
        literal(0, Integer).label("ordre"),
    ).where(Facture.foyer_id == foyer_id, Facture.emise_utc.is_not(None))
    entrees = select(
        Reglement.id,
        Reglement.recu_le,
        genre,
        Reglement.numero,
        Reglement.moyen,
        Reglement.regie,
        -Reglement.montant_centimes,
        literal(1, Integer),
    ).where(Reglement.foyer_id == foyer_id)
    if regie is not None:
        factures, entrees = factures.where(Facture.regie == regie), entrees.where(Reglement.regie == regie)
    return union_all(factures, entrees)


def _somme(colonne: Any) -> Any:
    return func.coalesce(func.sum(colonne), 0)
