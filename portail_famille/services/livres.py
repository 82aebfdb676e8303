"""The ledger of foyers with a régie: locked, read, written back. Every act on money goes through here.

Why the foyer's row is the lock: two agents, PayFiP's answer and the issue of the month change the same few rests. Who
comes second waits, then reads them as they are (SQLite has one writer anyway).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, exists, func, insert, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.factures import attend_prelevement
from portail_famille.domain.soldes import Creance, Credit, Emploi, Livre, Source
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Affectation, Reglement


class _Deplaces(Exception):
    """What was to be locked has moved to another foyer."""


@dataclass(frozen=True, slots=True)
class Compte:
    """The open ledger of a foyer, and the rows that its rests are written to."""

    foyer_id: int
    livre: Livre = field(default_factory=Livre)
    factures: dict[int, Facture] = field(default_factory=dict)
    """Invoices and avoirs."""
    reglements: dict[int, Reglement] = field(default_factory=dict)


def verrouiller_foyer(session: Session, foyer_id: int) -> int:
    """The foyer, locked until the transaction ends; the one that it became part of, after a merge."""
    foyers = verrouiller_foyers(session, _devenu(foyer_id))
    if not foyers:
        raise RegleViolee("foyer_inconnu", "Ce dossier n’existe plus.")
    return foyers.pop()


def verrouiller_foyers(session: Session, ids: Select[int]) -> set[int]:
    """Those that `ids` reads, all at once and in one order, so that two who need several never wait for each other.

    While it waits, a merge done or undone (services/fusions locks the same rows) may have moved what `ids` reads to
    another foyer: read again once they are ours, and begun again, nothing held, when it is not what was locked.
    """
    while True:
        with suppress(_Deplaces), session.begin_nested():
            requete = select(Foyer.id).where(Foyer.id.in_(ids)).order_by(Foyer.id).with_for_update(key_share=True)
            pris = set(session.scalars(requete))
            lus = set(session.scalars(ids))
            if not lus <= pris:
                raise _Deplaces
            return lus


def _devenu(foyer_id: int) -> Select[int]:
    """That foyer, or where its merges lead."""
    suite = select(Foyer.id, Foyer.fondu_dans).where(Foyer.id == foyer_id).cte(recursive=True)
    suite = suite.union_all(select(Foyer.id, Foyer.fondu_dans).where(Foyer.id == suite.c.fondu_dans))
    return select(suite.c.id).where(suite.c.fondu_dans.is_(None))


def ouvrir_compte(
    session: Session,
    foyer_id: int,
    regie: str,
    aujourdhui: date,
    factures: Collection[int] = (),
    reglements: Collection[int] = (),
) -> Compte:
    """What is open; and these invoices and entries, open or not. Two queries; the foyer is locked already."""
    comptes = ouvrir_comptes(session, [foyer_id], regie, aujourdhui, factures, reglements)
    return comptes.get(foyer_id) or Compte(foyer_id)


def ouvrir_comptes(
    session: Session,
    foyers: Collection[int],
    regie: str,
    aujourdhui: date,
    factures: Collection[int] = (),
    reglements: Collection[int] = (),
) -> dict[int, Compte]:
    """By foyer, those where something is open. Two queries."""
    comptes: dict[int, Compte] = {}
    requete = select(Facture).where(
        Facture.foyer_id.in_(foyers),
        Facture.regie == regie,
        Facture.emise_utc.is_not(None),
        or_(Facture.reste_centimes > 0, Facture.id.in_(factures)),
    )
    for facture in session.scalars(requete.order_by(Facture.id).execution_options(populate_existing=True)):
        _noter_facture(_compte(comptes, facture.foyer_id), facture, aujourdhui)
    entrees = select(Reglement).where(
        Reglement.foyer_id.in_(foyers),
        Reglement.regie == regie,
        or_(Reglement.reste_centimes > 0, Reglement.id.in_(reglements)),
    )
    for reglement in session.scalars(entrees.order_by(Reglement.id).execution_options(populate_existing=True)):
        noter_reglement(_compte(comptes, reglement.foyer_id), reglement)
    return comptes


def noter_reglement(compte: Compte, reglement: Reglement) -> Credit:
    credit = Credit(Source.REGLEMENT, reglement.id, reglement.reste_centimes, reglement.recu_le)
    compte.reglements[reglement.id] = reglement
    compte.livre.credits[Source.REGLEMENT, reglement.id] = credit
    return credit


def ecrire_emplois(session: Session, comptes: Iterable[tuple[Compte, list[Emploi]]], le: date, a: datetime) -> None:
    """The rests as the ledger has them, and what moved."""
    lignes = []
    for compte, emplois in comptes:
        for creance in compte.livre.creances.values():
            compte.factures[creance.id].reste_centimes = creance.reste_centimes
        for credit in compte.livre.credits.values():
            lieu = compte.reglements if credit.source is Source.REGLEMENT else compte.factures
            lieu[credit.id].reste_centimes = credit.reste_centimes
        lignes += [
            {
                "reglement_id": e.source_id if e.source is Source.REGLEMENT else None,
                "avoir_id": e.source_id if e.source is Source.AVOIR else None,
                "facture_id": e.facture_id,
                "remboursement_id": e.remboursement_id,
                "montant_centimes": e.centimes,
                "le": le,
                "a_utc": a,
            }
            for e in emplois
        ]
    session.flush()
    if lignes:
        session.execute(insert(Affectation), lignes)


def emplois_de(session: Session, reglement_id: int) -> list[Emploi]:
    """Where an entry went, or what a refund gave back: net, what was taken back already is not in it. One query."""
    return _nets(session, or_(Affectation.reglement_id == reglement_id, Affectation.remboursement_id == reglement_id))


def emplois_ailleurs(session: Session, factures: Collection[int]) -> list[Emploi]:
    """What avoirs of these invoices pay of other ones. One query."""
    avoir = aliased(Facture)
    ailleurs = exists().where(
        avoir.id == Affectation.avoir_id, avoir.avoir_de.in_(factures), avoir.avoir_de != Affectation.facture_id
    )
    return _nets(session, ailleurs)


def _nets(session: Session, condition: ColumnElement[bool]) -> list[Emploi]:
    nets: dict[tuple[Source, int, int | None, int | None], int] = defaultdict(int)
    for a in session.scalars(select(Affectation).where(condition).order_by(Affectation.id)):
        source = (Source.REGLEMENT, a.reglement_id) if a.reglement_id is not None else (Source.AVOIR, a.avoir_id or 0)
        nets[(*source, a.facture_id, a.remboursement_id)] += a.montant_centimes
    return [Emploi(*cle, centimes) for cle, centimes in nets.items() if centimes]


def est_croise(session: Session, genre: str, ids: Collection[int]) -> bool:
    """Whether money of one of these foyers pays, credits or reverses what is of another one; or an avoir is of another
    child than its invoice. Undoing a merge after such an act would leave accounts that do not add up. Three queries."""
    facture, avoir, origine = aliased(Facture), aliased(Facture), aliased(Facture)
    if genre == "enfant":
        ligne, facturee = aliased(FactureLigne), aliased(FactureLigne)
        meme = exists().where(
            facturee.facture_id == avoir.avoir_de,
            facturee.enfant_id == ligne.enfant_id,
            facturee.unite_id == ligne.unite_id,
            facturee.jour == ligne.jour,
        )
        requete = select(ligne.id).join(avoir, avoir.id == ligne.facture_id)
        requete = requete.where(avoir.genre == "avoir", ligne.enfant_id.in_(ids), ligne.jour.is_not(None), ~meme)
        return session.scalar(requete.limit(1)) is not None
    reglement, remboursement, annule = aliased(Reglement), aliased(Reglement), aliased(Reglement)
    source = func.coalesce(reglement.foyer_id, avoir.foyer_id)
    emploi = func.coalesce(facture.foyer_id, remboursement.foyer_id)
    emplois = (
        select(Affectation.id)
        .outerjoin(facture, facture.id == Affectation.facture_id)
        .outerjoin(avoir, avoir.id == Affectation.avoir_id)
        .outerjoin(reglement, reglement.id == Affectation.reglement_id)
        .outerjoin(remboursement, remboursement.id == Affectation.remboursement_id)
        .where(source != emploi, or_(source.in_(ids), emploi.in_(ids)))
    )
    avoirs = (
        select(avoir.id)
        .join(origine, origine.id == avoir.avoir_de)
        .where(avoir.foyer_id != origine.foyer_id, or_(avoir.foyer_id.in_(ids), origine.foyer_id.in_(ids)))
    )
    annulations = (
        select(reglement.id)
        .join(annule, annule.id == reglement.annule_de)
        .where(reglement.foyer_id != annule.foyer_id, or_(reglement.foyer_id.in_(ids), annule.foyer_id.in_(ids)))
    )
    return any(session.scalar(requete.limit(1)) is not None for requete in (emplois, avoirs, annulations))


def _compte(comptes: dict[int, Compte], foyer_id: int) -> Compte:
    return comptes.setdefault(foyer_id, Compte(foyer_id))


def _noter_facture(compte: Compte, facture: Facture, aujourdhui: date) -> None:
    compte.factures[facture.id] = facture
    if facture.genre == "avoir":
        emis = facture.emise_le or date.max
        credit = Credit(Source.AVOIR, facture.id, facture.reste_centimes, emis, pour=facture.avoir_de)
        compte.livre.credits[Source.AVOIR, facture.id] = credit
        return
    est_automatique = facture.transmise_le is None and not attend_prelevement(facture.prelevement_le, aujourdhui)
    compte.livre.creances[facture.id] = Creance(
        facture.id, facture.reste_centimes, facture.echeance or date.max, est_automatique
    )
