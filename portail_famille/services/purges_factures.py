"""The end of accounts: what justified them for ten years goes whole, or not at all (docs/conservation.md).

An invoice, what paid it, the avoir that corrected it, what else that payment paid: such a whole adds up, rests too.
Part of it would leave a family owing what it paid. So it goes when its last line is old enough.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import and_, delete, or_, select, union
from sqlalchemy.orm import Session

from portail_famille.models.factures import AdhesionFacture, Facturation, Facture, FactureLigne, Relance
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.services.purges import LOT, Etape, Terme, est_cite, etape, vider

ANNEES_COMPTABLES = 10
"""Code de commerce L123-22; triggers of migration 0004 refuse sooner, whatever the settings."""
CONTESTATION_MOIS = 13
"""A payment by card may be contested that long (code monétaire et financier L133-24)."""
_SANS_SUITE = ("annule", "refuse", "expire", "echec")

Noeud = tuple[str, int]
"""A row of the ledger: "facture" or "reglement", and its id."""


def _annees(t: Terme) -> date:
    return t.jour_limite(12 * max(ANNEES_COMPTABLES, t.conservation.reservations_annees))


def _purger_les_comptes(session: Session, terme: Terme) -> int:
    """Some foyers' old wholes; how many invoices and payments."""
    limite = _annees(terme)
    anciens = union(
        select(Facture.foyer_id).where(Facture.emise_le < limite),
        select(Reglement.foyer_id).where(Reglement.recu_le < limite),
    ).subquery()
    vus: set[int] = set()
    faits = 0
    for foyer_id in session.scalars(select(anciens.c.foyer_id).order_by(anciens.c.foyer_id)).all():
        if foyer_id in vus or faits >= LOT:
            continue
        comptes = _lire(session, foyer_id)
        vus |= comptes.foyers
        echus = [noeud for ensemble in comptes.ensembles() if comptes.dernier(ensemble) < limite for noeud in ensemble]
        _effacer(session, echus)
        faits += len(echus)
    return faits


@dataclass(slots=True)
class _Comptes:
    """The ledgers of foyers whose money met (a merge undone, a child moved): one, nearly always."""

    foyers: set[int] = field(default_factory=set)
    jours: dict[Noeud, date] = field(default_factory=dict)
    liens: dict[Noeud, set[Noeud]] = field(default_factory=lambda: defaultdict(set))
    emplois: dict[Noeud, date] = field(default_factory=dict)
    """Last day on which money of this row moved."""

    def lier(self, une: Noeud, autre: Noeud) -> None:
        self.liens[une].add(autre)
        self.liens[autre].add(une)

    def ensembles(self) -> Iterator[set[Noeud]]:
        restants = set(self.jours)
        while restants:
            ensemble, a_voir = set(), [restants.pop()]
            while a_voir:
                noeud = a_voir.pop()
                ensemble.add(noeud)
                a_voir += self.liens[noeud] - ensemble
            restants -= ensemble
            yield ensemble

    def dernier(self, ensemble: Iterable[Noeud]) -> date:
        return max(max(self.jours[n], self.emplois.get(n, date.min)) for n in ensemble)


def _lire(session: Session, foyer_id: int) -> _Comptes:
    """From this foyer, as far as its money went."""
    comptes, a_lire = _Comptes(), {foyer_id}
    while a_lire:
        comptes.foyers |= a_lire
        factures = select(Facture.id, Facture.emise_le, Facture.avoir_de).where(
            Facture.foyer_id.in_(a_lire), Facture.emise_le.is_not(None)
        )
        for id_, jour, avoir_de in session.execute(factures):
            comptes.jours["facture", id_] = jour or date.max
            if avoir_de is not None:
                comptes.lier(("facture", id_), ("facture", avoir_de))
        reglements = (
            select(Reglement.id, Reglement.recu_le, Reglement.annule_de, Paiement.facture_id)
            .outerjoin(Paiement, Paiement.id == Reglement.paiement_id)
            .where(Reglement.foyer_id.in_(a_lire))
        )
        for id_, jour, annule_de, visee in session.execute(reglements):
            comptes.jours["reglement", id_] = jour
            if annule_de is not None:
                comptes.lier(("reglement", id_), ("reglement", annule_de))
            if visee is not None:
                # By card for an invoice that was paid meanwhile: a credit, that its attempt still names.
                comptes.lier(("reglement", id_), ("facture", visee))
        _lire_emplois(session, comptes, a_lire)
        a_lire = _foyers_de(session, comptes.liens.keys() - comptes.jours.keys()) - comptes.foyers
    return comptes


def _lire_emplois(session: Session, comptes: _Comptes, foyers: Collection[int]) -> None:
    des_factures = select(Facture.id).where(Facture.foyer_id.in_(foyers))
    des_reglements = select(Reglement.id).where(Reglement.foyer_id.in_(foyers))
    requete = select(Affectation).where(
        or_(
            Affectation.facture_id.in_(des_factures),
            Affectation.avoir_id.in_(des_factures),
            Affectation.reglement_id.in_(des_reglements),
            Affectation.remboursement_id.in_(des_reglements),
        )
    )
    for a in session.scalars(requete):
        bouts: list[Noeud] = [
            (genre, id_)
            for genre, id_ in (
                ("facture", a.facture_id),
                ("facture", a.avoir_id),
                ("reglement", a.reglement_id),
                ("reglement", a.remboursement_id),
            )
            if id_ is not None
        ]
        comptes.lier(*bouts)
        for bout in bouts:
            comptes.emplois[bout] = max(a.le, comptes.emplois.get(bout, a.le))


def _foyers_de(session: Session, noeuds: Iterable[Noeud]) -> set[int]:
    ids: dict[str, list[int]] = {"facture": [], "reglement": []}
    for genre, id_ in noeuds:
        ids[genre].append(id_)
    trouves = set(session.scalars(select(Facture.foyer_id).where(Facture.id.in_(ids["facture"]))))
    return trouves | set(session.scalars(select(Reglement.foyer_id).where(Reglement.id.in_(ids["reglement"]))))


def _effacer(session: Session, noeuds: Collection[Noeud]) -> None:
    """What refers to a row before the row."""
    factures = [id_ for genre, id_ in noeuds if genre == "facture"]
    reglements = [id_ for genre, id_ in noeuds if genre == "reglement"]
    gestes: tuple[tuple[Any, Any], ...] = (
        (Affectation, or_(Affectation.facture_id.in_(factures), Affectation.avoir_id.in_(factures))),
        (Affectation, or_(Affectation.reglement_id.in_(reglements), Affectation.remboursement_id.in_(reglements))),
        (Reglement, Reglement.id.in_(reglements) & Reglement.annule_de.is_not(None)),
        (Reglement, Reglement.id.in_(reglements)),
        (Paiement, Paiement.facture_id.in_(factures)),
        (Relance, Relance.facture_id.in_(factures)),
        (FactureLigne, FactureLigne.facture_id.in_(factures)),
        (Facture, Facture.id.in_(factures) & Facture.avoir_de.is_not(None)),
        (Facture, Facture.id.in_(factures)),
    )
    for modele, condition in gestes if noeuds else ():
        session.execute(delete(modele).where(condition).execution_options(synchronize_session=False))


def _taire_les_anomalies(session: Session, terme: Terme) -> int:
    """What was odd about a run names families: it was for whoever checked it then. Its totals stay."""
    limite = terme.instant_limite(terme.conservation.journal_mois)
    requete = select(Facturation).where(
        Facturation.etat == "emise",
        Facturation.emise_utc < limite,
        Facturation.bilan["anomalies"].as_string() != "[]",
    )
    lues = session.scalars(requete.order_by(Facturation.id).limit(LOT)).all()
    for facturation in lues:
        facturation.bilan = {**(facturation.bilan or {}), "anomalies": []}
    session.flush()
    return len(lues)


FACTURES: tuple[Etape, ...] = (
    Etape("anomalies de facturations", _taire_les_anomalies),
    etape(
        "adresses mail de paiements",
        Paiement.id,
        lambda t: and_(Paiement.courriel != "", Paiement.cree_utc < t.instant_limite(CONTESTATION_MOIS)),
        vider(Paiement, courriel=""),
    ),
    etape(
        "essais de paiement sans suite",
        Paiement.id,
        lambda t: and_(
            Paiement.etat.in_(_SANS_SUITE),
            ~Paiement.est_bloquant,
            Paiement.prochaine_utc.is_(None),
            Paiement.cree_utc < t.instant_limite(CONTESTATION_MOIS),
            ~est_cite(Paiement),
        ),
    ),
    etape(
        "adhésions à la facture en ligne",
        AdhesionFacture.id,
        lambda t: AdhesionFacture.fin_utc < t.instant_limite(12 * t.conservation.reservations_annees),
    ),
    Etape("factures et règlements", _purger_les_comptes),
    etape(
        "facturations abandonnées",
        Facturation.id,
        lambda t: and_(
            Facturation.etat.in_(("abandonnee", "echouee")),
            Facturation.demandee_utc < t.instant_limite(t.conservation.journal_mois),
            ~est_cite(Facturation),
        ),
    ),
    etape(
        "facturations",
        Facturation.id,
        lambda t: and_(Facturation.etat == "emise", Facturation.mois < _annees(t), ~est_cite(Facturation)),
    ),
)
"""In this order: what refers to a row goes before it."""
