"""What must hold of the accounts whatever was done to them."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.paiements import Affectation, Reglement


def verifier_comptes(session: Session) -> None:
    """Lines add up to their invoice; each rest is its amount less what moved; every balance is told the same two ways;
    numbers have no gap."""
    session.flush()
    for facture, lignes, employe in session.execute(
        select(Facture, _lignes(), _employe()).where(Facture.emise_utc.is_not(None))
    ):
        assert facture.total_centimes == lignes
        assert facture.reste_centimes == abs(facture.total_centimes) - employe
        assert 0 <= facture.reste_centimes <= abs(facture.total_centimes)
    annule = aliased(Reglement)
    est_annule = select(annule.id).where(annule.annule_de == Reglement.id).exists()
    sorti = _somme(Affectation.reglement_id == Reglement.id)
    for reglement, emplois, mort in session.execute(select(Reglement, sorti, est_annule)):
        libre = 0 if mort or reglement.montant_centimes < 0 or reglement.annule_de else reglement.montant_centimes
        assert reglement.reste_centimes == libre - emplois
    _verifier_soldes(session)
    _verifier_numeros(session)


def _verifier_soldes(session: Session) -> None:
    par = (Facture.foyer_id, Facture.regie)
    emises = Facture.emise_utc.is_not(None)
    ecrits = {
        (foyer, regie): (total, du - credit)
        for foyer, regie, total, du, credit in session.execute(
            select(
                *par,
                func.sum(Facture.total_centimes),
                func.coalesce(func.sum(Facture.reste_centimes).filter(Facture.genre == "facture"), 0),
                func.coalesce(func.sum(Facture.reste_centimes).filter(Facture.genre == "avoir"), 0),
            )
            .where(emises)
            .group_by(*par)
        )
    }
    recus = {
        (foyer, regie): (montant, reste)
        for foyer, regie, montant, reste in session.execute(
            select(
                Reglement.foyer_id,
                Reglement.regie,
                func.sum(Reglement.montant_centimes),
                func.sum(Reglement.reste_centimes),
            ).group_by(Reglement.foyer_id, Reglement.regie)
        )
    }
    for cle in ecrits.keys() | recus.keys():
        (total, ouvert), (montant, reste) = ecrits.get(cle, (0, 0)), recus.get(cle, (0, 0))
        assert total - montant == ouvert - reste, cle


def _verifier_numeros(session: Session) -> None:
    rangs: dict[tuple[str | None, int | None], list[int | None]] = {}
    requete = select(Facture.serie, Facture.annee, Facture.rang, Facture.numero)
    for serie, annee, rang, numero in session.execute(requete.where(Facture.rang.is_not(None)).order_by(Facture.rang)):
        assert numero == f"{annee}-{serie}-{rang:06d}"
        rangs.setdefault((serie, annee), []).append(rang)
    for cle, donnes in rangs.items():
        assert donnes == list(range(1, len(donnes) + 1)), cle
    recus: dict[str, list[str]] = {}
    for recu in session.scalars(select(Reglement.numero).order_by(Reglement.numero)):
        recus.setdefault(recu.rpartition("-")[0], []).append(recu)
    for prefixe, siens in recus.items():
        assert siens == [f"{prefixe}-{n:06d}" for n in range(1, len(siens) + 1)]


def _lignes() -> Any:
    return (
        select(func.coalesce(func.sum(FactureLigne.montant_centimes), 0))
        .where(FactureLigne.facture_id == Facture.id)
        .correlate(Facture)
        .scalar_subquery()
    )


def _employe() -> Any:
    """What paid an invoice, or what an avoir paid."""
    return _somme(
        ((Affectation.facture_id == Facture.id) & (Facture.genre == "facture")) | (Affectation.avoir_id == Facture.id)
    )


def _somme(condition: Any) -> Any:
    return select(func.coalesce(func.sum(Affectation.montant_centimes), 0)).where(condition).correlate(
        Facture, Reglement
    ).scalar_subquery()  # fmt: skip
