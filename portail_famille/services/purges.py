"""`portail-famille purger`: what has outlived its retention goes (docs/conservation.md, docs/decisions/0006).

Each kind is a step. A step takes a batch of rows that are due and erases them in the caller's transaction, until none
is left: killed in the middle, it is simply run again. Rows never name what they are waiting for: whatever is due is
found from what is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesConservation
from portail_famille.domain.conservation import mois_avant
from portail_famille.domain.horloge import instant_a
from portail_famille.gateways.coffre import Coffre
from portail_famille.models.activites import Inscription
from portail_famille.models.base import Base
from portail_famille.models.comptes import DemandeLien, JetonCompte, SessionCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarcheEtape, DemarchePiece, DemarcheSaisie
from portail_famille.models.documents import Piece
from portail_famille.models.extractions import Extraction
from portail_famille.models.factures import Facture
from portail_famille.models.journal import ActeJournal
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.models.suivi import EvenementSecurite, TentativeConnexion
from portail_famille.services.brouillons import CONSERVATION, purger_brouillons
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import SYSTEME, consigner

LOT = 200
"""Rows per transaction: SQLite has one writer, and a parent must not wait for a purge."""
TRACES = timedelta(days=1)
"""Failed logins throttle for two hours; objects of the coffre wait as long for the row that names them."""
LIENS = timedelta(days=30)
"""A link that expired still says so for a month; so long too the body of a mail is kept, to answer who lost it."""


@dataclass(frozen=True, slots=True)
class Terme:
    """From when what is older goes, on the day of the purge."""

    maintenant: datetime
    conservation: ReglagesConservation
    durable_jours: int
    """« Rester connecté »: a session may be this old and still open."""

    @property
    def jour(self) -> date:
        return jour_de(self.maintenant)

    def jour_limite(self, mois: int) -> date:
        return mois_avant(self.jour, mois)

    def instant_limite(self, mois: int) -> datetime:
        return instant_a(self.jour_limite(mois), 0)


@dataclass(frozen=True, slots=True)
class Etape:
    """One kind of data. `passer` erases a batch of what is due and says how many; 0: nothing is left."""

    libelle: str
    passer: Callable[[Session, Terme], int]


def etape(
    libelle: str, cle: Any, du: Callable[[Terme], ColumnElement[bool]], *effacer: Callable[[Session, list[int]], Any]
) -> Etape:
    """Takes the rows for which `du` holds, by their column `cle`; `effacer` must leave none of them due. By default
    deletes them."""

    def passer(session: Session, terme: Terme) -> int:
        requete: Select[int] = select(cle).where(du(terme)).distinct().order_by(cle).limit(LOT)
        ids = list(session.scalars(requete))
        if ids:
            for geste in effacer or (supprimer(cle),):
                geste(session, ids)
        return len(ids)

    return Etape(libelle, passer)


def supprimer(colonne: Any) -> Callable[[Session, list[int]], Any]:
    """Deletes the rows whose column is one of the batch."""
    return lambda session, ids: session.execute(
        delete(colonne.class_).where(colonne.in_(ids)).execution_options(synchronize_session=False)
    )


def vider(modele: Any, **valeurs: Any) -> Callable[[Session, list[int]], Any]:
    """Empties columns of the rows of the batch, which stay."""
    return lambda session, ids: session.execute(
        update(modele).where(modele.id.in_(ids)).values(**valeurs).execution_options(synchronize_session=False)
    )


def detacher(colonne: Any) -> Callable[[Session, list[int]], Any]:
    """Rows that refer to the batch stay, and refer to nothing any more."""
    return lambda session, ids: session.execute(
        update(colonne.class_)
        .where(colonne.in_(ids))
        .values({colonne: None})
        .execution_options(synchronize_session=False)
    )


def est_cite(modele: type[Base], *sauf: type[Base]) -> ColumnElement[bool]:
    """Another row refers to this one; tables of `sauf` do not count. Read from the schema: a table added later counts
    without being thought of."""
    table = modele.__table__
    ignorees = {m.__tablename__ for m in sauf}
    # Under another name: a row may be referred to by one of its own table (a former version, a foyer merged).
    citations = [
        exists().where(citante.c[cle.parent.name] == cle.column)
        for autre in Base.metadata.sorted_tables
        if autre.name not in ignorees
        for citante in (autre.alias(),)
        for cle in sorted(autre.foreign_keys, key=lambda c: c.parent.name)
        if cle.column.table is table
    ]
    return or_(*citations)


def _sessions(t: Terme) -> ColumnElement[bool]:
    limite = t.instant_limite(t.conservation.journal_mois)
    vues = min(limite, t.maintenant - timedelta(days=t.durable_jours + 1))
    oubliee = and_(SessionCompte.fermee_utc.is_(None), SessionCompte.vue_utc < vues)
    return or_(SessionCompte.fermee_utc < limite, oubliee)


DEMARCHE_ENTIERE = (
    supprimer(DemarchePiece.demarche_id),
    supprimer(DemarcheEtape.demarche_id),
    detacher(QuotientFamilial.demarche_id),
    detacher(Reservation.demarche_id),
    detacher(Inscription.demarche_id),
    supprimer(Demarche.id),
)
"""A request with its thread and its list of documents; what it gave rise to (QF, bookings, enrolments) stays."""
_EST_PARTI = Courriel.etat.in_(("envoye", "abandonne"))

TRACES_ET_DEMARCHES: tuple[Etape, ...] = (
    etape("listes téléchargées par les agents", Extraction.id, lambda t: Extraction.expire_utc < t.maintenant),
    etape(
        "lignes du journal de sécurité",
        EvenementSecurite.id,
        lambda t: EvenementSecurite.a_utc < t.instant_limite(t.conservation.journal_mois),
    ),
    etape("connexions terminées", SessionCompte.id, _sessions),
    etape("essais de connexion", TentativeConnexion.id, lambda t: TentativeConnexion.a_utc < t.maintenant - TRACES),
    etape("liens expirés", JetonCompte.id, lambda t: JetonCompte.expire_utc < t.maintenant - LIENS),
    etape("demandes de lien", DemandeLien.id, lambda t: DemandeLien.a_utc < t.maintenant - LIENS),
    etape(
        "mails envoyés",
        Courriel.id,
        lambda t: and_(_EST_PARTI, Courriel.cree_utc < t.instant_limite(t.conservation.journal_mois)),
    ),
    etape(
        "textes de mails envoyés",
        Courriel.id,
        lambda t: and_(_EST_PARTI, Courriel.cree_utc < t.maintenant - LIENS, Courriel.corps_texte != ""),
        vider(Courriel, corps_texte="", corps_html=""),
    ),
    Etape("brouillons", lambda session, terme: purger_brouillons(session, terme.maintenant)),
    etape(
        "formulaires commencés", DemarcheSaisie.id, lambda t: DemarcheSaisie.modifiee_utc < t.maintenant - CONSERVATION
    ),
    etape(
        "lignes du journal des dossiers",
        ActeJournal.id,
        lambda t: ActeJournal.a_utc < t.instant_limite(t.conservation.actes_mois),
    ),
    etape(
        "demandes terminées",
        Demarche.id,
        lambda t: Demarche.decidee_utc < t.instant_limite(t.conservation.demarches_mois),
        *DEMARCHE_ENTIERE,
    ),
    etape(
        "documents retirés ou remplacés",
        Piece.id,
        lambda _: and_(or_(Piece.retiree_utc.is_not(None), Piece.remplacee_par.is_not(None)), ~est_cite(Piece)),
    ),
)


def objets_a_jeter(session: Session, coffre: Coffre, maintenant: datetime) -> list[str]:
    """Objects of the coffre that no document in use names: withdrawn, purged, or left by a deposit that failed."""
    utiles = set(session.scalars(select(Piece.objet).where(Piece.retiree_utc.is_(None))))
    utiles.update(session.scalars(select(Extraction.objet).where(Extraction.objet.is_not(None))))
    utiles.update(session.scalars(select(Facture.objet).where(Facture.objet.is_not(None))))
    return [nom for nom in coffre.objets(maintenant - TRACES) if nom not in utiles]


def objets_manquants(session: Session, coffre: Coffre, maintenant: datetime) -> list[str]:
    """Objects of documents in use, and of imported invoices, that are gone (a disk restored without its coffre). Told,
    never erased: it is a loss."""
    presents = set(coffre.objets(maintenant + TRACES))
    attendus = list(session.scalars(select(Piece.objet).where(Piece.retiree_utc.is_(None)).order_by(Piece.id)))
    factures = select(Facture.objet).where(Facture.objet.is_not(None)).order_by(Facture.id)
    attendus += [objet for objet in session.scalars(factures) if objet is not None]
    return [objet for objet in attendus if objet not in presents]


def noter_purge(session: Session, comptes: dict[str, int], maintenant: datetime) -> None:
    """A line in the journal, with how many of each kind; nothing when nothing went."""
    faits = {libelle: nombre for libelle, nombre in comptes.items() if nombre}
    if faits:
        consigner(session, SYSTEME, "purge", maintenant, details=faits)
