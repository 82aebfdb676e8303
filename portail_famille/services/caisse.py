"""The régie's books: what came in, day by day, and what was left to recover on a given date.

What the Treasury settled is in none of them (services/transmissions). A day that was closed and printed must not move:
what is written afterwards with an earlier date shows on the day it is written, « saisi après coup ».
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.horloge import MINUTES_PAR_JOUR, instant_a
from portail_famille.domain.moyens import ESSAI, HORS_REGIE
from portail_famille.models.comptes import Compte
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.paiements import Affectation, Reglement
from portail_famille.services.bureau_factures import SANS_CONTENU
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.soldes import factures_payees

EST_DE_LA_REGIE = Reglement.moyen.not_in(HORS_REGIE)
"""Money that the régie took or gave back."""


@dataclass(frozen=True, slots=True)
class Ecriture:
    """A line of the journal. `qui`: the agent, "" for the portal. `factures`: the numbers of what it paid."""

    reglement: Reglement
    foyer: str
    qui: str
    factures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journee:
    """`recues`: that day. `apres_coup`: written that day, received before. `essais`: of PayFiP in mode T, apart: no
    money."""

    recues: tuple[Ecriture, ...]
    apres_coup: tuple[Ecriture, ...]
    essais: tuple[Ecriture, ...]


@dataclass(frozen=True, slots=True)
class TotalDuJour:
    jour: date
    moyen: str
    nombre: int
    """Reversals are not payments: they are in the amount only."""
    centimes: int


@dataclass(frozen=True, slots=True)
class Reste:
    """What was left of an invoice on a date. `est_transmise`: with the Treasury by then."""

    facture: Facture
    famille: str
    payeur: str
    centimes: int
    est_transmise: bool


@dataclass(frozen=True, slots=True)
class TotalDesRestes:
    factures: int
    centimes: int
    """To recover by the régie."""
    transmises: int
    transmis_centimes: int


def journal_du_jour(session: Session, regie: str, jour: date) -> Journee:
    """Reversals and refunds included, in the order of writing. Two queries."""
    agent = aliased(Personne)
    lignes = session.execute(
        select(Reglement, Foyer.nom, agent.prenom, agent.nom)
        .join(Foyer, Foyer.id == Reglement.foyer_id)
        .outerjoin(Compte, Compte.id == Reglement.compte_id)
        .outerjoin(agent, agent.id == Compte.personne_id)
        .where(
            or_(EST_DE_LA_REGIE, Reglement.moyen == ESSAI),
            Reglement.regie == regie,
            or_(Reglement.recu_le == jour, _apres_coup(jour, jour)),
        )
        .order_by(Reglement.id)
    ).all()
    payees = factures_payees(session, [reglement.id for reglement, *_ in lignes])
    ecritures = [
        Ecriture(reglement, foyer, f"{prenom or ''} {nom or ''}".strip(), tuple(payees[reglement.id]))
        for reglement, foyer, prenom, nom in lignes
    ]
    argent = [e for e in ecritures if e.reglement.moyen != ESSAI]
    return Journee(
        tuple(e for e in argent if e.reglement.recu_le == jour),
        tuple(e for e in argent if e.reglement.recu_le != jour),
        tuple(e for e in ecritures if e.reglement.moyen == ESSAI),
    )


def totaux_par_jour(session: Session, regie: str, du: date, au: date) -> list[TotalDuJour]:
    """What came in from day to day, by means. One query."""
    requete = (
        select(
            Reglement.recu_le,
            Reglement.moyen,
            func.count().filter(Reglement.annule_de.is_(None)),
            func.sum(Reglement.montant_centimes),
        )
        .where(EST_DE_LA_REGIE, Reglement.regie == regie, Reglement.recu_le.between(du, au))
        .group_by(Reglement.recu_le, Reglement.moyen)
        .order_by(Reglement.recu_le, Reglement.moyen)
    )
    return [TotalDuJour(jour, moyen, nombre, int(total)) for jour, moyen, nombre, total in session.execute(requete)]


def saisis_apres_coup(session: Session, regie: str, du: date, au: date) -> tuple[int, int]:
    """How many lines, and how much, were written in these days for earlier ones: they are in no statement printed
    before. One query."""
    requete = select(func.count(), func.coalesce(func.sum(Reglement.montant_centimes), 0))
    nombre, centimes = session.execute(
        requete.where(EST_DE_LA_REGIE, Reglement.regie == regie, _apres_coup(du, au))
    ).one()
    return nombre, int(centimes)


def lister_restes(
    session: Session, perimetre: Perimetre, regie: str, jour: date, apres: int | None, limite: int
) -> list[Reste]:
    """Invoices issued by that day and not paid by then, in the order of their numbers. One query."""
    requete = (
        _restes(perimetre, regie, jour)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .outerjoin(Personne, Personne.id == Foyer.payeur_id)
        .add_columns(Foyer.nom, Personne.prenom, Personne.nom)
        .order_by(Facture.id)
        .limit(limite)
        .options(SANS_CONTENU)
    )
    if apres is not None:
        requete = requete.where(Facture.id > apres)
    return [
        Reste(facture, famille, f"{prenom or ''} {nom or ''}".strip(), int(centimes), est_transmise)
        for facture, centimes, est_transmise, famille, prenom, nom in session.execute(requete)
    ]


def totaliser_restes(session: Session, perimetre: Perimetre, regie: str, jour: date) -> TotalDesRestes:
    """One query."""
    restes = (
        _restes(perimetre, regie, jour)
        .with_only_columns(_reste_au(jour).label("centimes"), _est_transmise(jour).label("est_transmise"))
        .subquery()
    )
    totaux = {False: (0, 0), True: (0, 0)}
    requete = select(restes.c.est_transmise, func.count(), func.sum(restes.c.centimes)).group_by(restes.c.est_transmise)
    for est_transmise, nombre, centimes in session.execute(requete):
        totaux[bool(est_transmise)] = (nombre, int(centimes))
    return TotalDesRestes(*totaux[False], *totaux[True])


def _restes(perimetre: Perimetre, regie: str, jour: date) -> Select[Facture, int, bool]:
    paye_depuis = select(Affectation.facture_id).where(Affectation.le > jour, Affectation.facture_id.is_not(None))
    requete = select(Facture, _reste_au(jour), _est_transmise(jour)).where(
        Facture.genre == "facture",
        Facture.numero.is_not(None),
        Facture.emise_le <= jour,
        # Nothing is left, and nothing moved since: nothing was left then.
        or_(Facture.reste_centimes > 0, Facture.id.in_(paye_depuis)),
        _reste_au(jour) > 0,
        perimetre.foyers(Facture.foyer_id),
    )
    return requete.where(Facture.regie == regie) if regie else requete


def _reste_au(jour: date) -> ColumnElement[int]:
    """Today's, and what paid it since (taken back: negative)."""
    depuis = (
        select(func.coalesce(func.sum(Affectation.montant_centimes), 0))
        .where(Affectation.facture_id == Facture.id, Affectation.le > jour)
        .correlate(Facture)
        .scalar_subquery()
    )
    return Facture.reste_centimes + depuis


def _est_transmise(jour: date) -> ColumnElement[bool]:
    return and_(Facture.transmise_le.is_not(None), Facture.transmise_le <= jour)


def _apres_coup(du: date, au: date) -> ColumnElement[bool]:
    """Written from `du` to `au`, received before `du`."""
    debut, fin = instant_a(du, 0), instant_a(au, MINUTES_PAR_JOUR)
    return and_(Reglement.saisi_utc >= debut, Reglement.saisi_utc < fin, Reglement.recu_le < du)
