"""« Une facture est disponible »: one mail to each adult of the foyer with a compte, written by the worker.

An issue is one short transaction; thousands of mails take longer than the base may be held. The invoices are marked in
the transaction that writes the mails: killed in between, neither is done. A mail names no child: the régie's words and
the month, numbers, amounts, dates, and a page behind the login.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import and_, exists, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.factures import attend_prelevement
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.quotients import ecrire_mois
from portail_famille.models.factures import Facture
from portail_famille.services.courriels import Commune, deposer_courriel
from portail_famille.services.destinataires import Destinataire, adultes_a_prevenir

_PAR_FOIS = 100
"""Foyers per transaction."""
_MODELES = {"facture": "facture_disponible", "avoir": "avoir_disponible"}
_DUES = and_(Facture.annoncee_utc.is_(None), Facture.emise_utc.is_not(None))


def a_annoncer(session: Session) -> bool:
    """Whether somebody is still to be told. One query, on an index of its own: the worker asks every second."""
    return bool(session.scalar(select(exists().where(_DUES))))


def annoncer(session: Session, reglages: Commune, maintenant: datetime) -> int:
    """Tells some foyers of what was issued for them; how many foyers. To be called again until it is 0.

    Nobody to tell (no adult with a compte): marked all the same, the régie prints those.
    """
    foyers = list(session.scalars(select(Facture.foyer_id).where(_DUES).distinct().limit(_PAR_FOIS)))
    if not foyers:
        return 0
    # Marked in the statement that chooses: two workers never tell the same invoice.
    marquees = session.scalars(
        update(Facture)
        .where(Facture.foyer_id.in_(foyers), _DUES)
        .values(annoncee_utc=maintenant)
        .returning(Facture)
        .execution_options(synchronize_session=False)
    )
    par_foyer: dict[int, list[Facture]] = defaultdict(list)
    for facture in marquees:
        par_foyer[facture.foyer_id].append(facture)
    for adulte in adultes_a_prevenir(session, par_foyer):
        for genre, modele in _MODELES.items():
            siennes = [f for f in par_foyer[adulte.foyer_id] if f.genre == genre]
            if siennes:
                _ecrire(session, modele, adulte, siennes, reglages, maintenant)
    return len(foyers)


def _ecrire(
    session: Session,
    modele: str,
    adulte: Destinataire,
    factures: Iterable[Facture],
    reglages: Commune,
    maintenant: datetime,
) -> None:
    deposer_courriel(
        session,
        modele=modele,
        destinataire=adulte.courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=adulte.prenom,
        factures=[_dire(f, maintenant.astimezone(PARIS).date()) for f in sorted(factures, key=lambda f: f.id)],
    )


def _dire(facture: Facture, aujourdhui: date) -> dict[str, object]:
    # An invoice may come in after its own debit has failed elsewhere.
    attendu = facture.prelevement_le if attend_prelevement(facture.prelevement_le, aujourdhui) else None
    return {
        "id": facture.id,
        "numero": facture.numero,
        # Another software's words may name a child.
        "libelle": facture.libelle if facture.origine == "portail" else ecrire_mois(facture.mois).capitalize(),
        "montant": ecrire_centimes(abs(facture.total_centimes)),
        "reste": ecrire_centimes(facture.reste_centimes) if facture.reste_centimes else "",
        "avant": ecrire_date(facture.echeance) if facture.echeance else "",
        "preleve_le": ecrire_date(attendu) if attendu else "",
    }
