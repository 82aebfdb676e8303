"""« Votre quotient familial s’arrête bientôt »: one mail to each adult of the foyer, once, written by the worker."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import OUVERTS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.destinataires import adultes_a_prevenir
from portail_famille.services.dossiers import jour_de
from portail_famille.services.quotients import GENRE

_PAR_FOIS = 200
"""Foyers per transaction: a whole town's QF ends on the same day."""
_UN_AN = timedelta(days=365)


def rappeler(session: Session, reglages: ReglagesCommune, maintenant: datetime) -> int:
    """Tells the adults of some foyers whose QF ends soon, or has had no end for a year; how many foyers. To be called
    again until it is 0. Nobody is told who has declared already, or has a later QF."""
    if not reglages.quotient.rappel_jours:
        return 0
    dus = select(QuotientFamilial.id).where(_a_rappeler(reglages, maintenant)).order_by(QuotientFamilial.id)
    # Marked in the statement that chooses: two workers never tell the same foyer.
    marques = session.execute(
        update(QuotientFamilial)
        .where(QuotientFamilial.id.in_(dus.limit(_PAR_FOIS)), _a_rappeler(reglages, maintenant))
        .values(rappele_utc=maintenant)
        .returning(QuotientFamilial.foyer_id, QuotientFamilial.au)
        .execution_options(synchronize_session=False)
    ).all()
    fins = {ligne.foyer_id: ligne.au for ligne in marques}
    for adulte in adultes_a_prevenir(session, fins):
        fin = fins[adulte.foyer_id]
        deposer_courriel(
            session,
            modele="quotient_expire",
            destinataire=adulte.courriel,
            maintenant=maintenant,
            reglages=reglages,
            prenom=adulte.prenom,
            fin=ecrire_date(fin) if fin else "",
        )
    return len(marques)


def _a_rappeler(reglages: ReglagesCommune, maintenant: datetime) -> ColumnElement[bool]:
    q, suivant = QuotientFamilial, aliased(QuotientFamilial)
    aujourdhui = jour_de(maintenant)
    limite = aujourdhui + timedelta(days=reglages.quotient.rappel_jours)
    finit = and_(q.rappele_utc.is_(None), q.au >= aujourdhui, q.au <= limite)
    dure = and_(
        q.au.is_(None),
        q.du <= aujourdhui - _UN_AN,
        or_(q.rappele_utc.is_(None), q.rappele_utc <= maintenant - _UN_AN),
    )
    return and_(
        or_(finit, dure),
        q.du <= aujourdhui,
        ~exists().where(
            suivant.foyer_id == q.foyer_id,
            suivant.du > q.du,
            or_(suivant.au.is_(None), suivant.au > q.au),
        ),
        ~exists().where(
            Demarche.foyer_id == q.foyer_id,
            Demarche.genre == GENRE,
            Demarche.etat.in_([etat.value for etat in OUVERTS]),
        ),
        exists().where(Foyer.id == q.foyer_id, Foyer.parti_le.is_(None)),
    )
