"""« Mes appareils »: where a compte is logged in, and logging out from afar a phone that was lost or lent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesSession
from portail_famille.models.comptes import SessionCompte
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.comptes import EST_VIVANTE, bornes, fermer_sessions

_A_DISTANCE = "deconnexion_a_distance"


@dataclass(frozen=True, slots=True)
class Appareil:
    session_id: int
    nom: str
    """"Chrome sur Android"; empty when the browser says nothing we know."""
    ouverte_utc: datetime
    vue_utc: datetime
    est_durable: bool


def lister_appareils(
    session: Session, compte_id: int, maintenant: datetime, limites: ReglagesSession
) -> list[Appareil]:
    """Those still logged in, last seen first. One query."""
    lignes = session.execute(
        select(
            SessionCompte.id,
            SessionCompte.appareil,
            SessionCompte.ouverte_utc,
            SessionCompte.vue_utc,
            SessionCompte.est_durable,
        )
        .where(SessionCompte.compte_id == compte_id, SessionCompte.fermee_utc.is_(None), EST_VIVANTE)
        .order_by(SessionCompte.vue_utc.desc(), SessionCompte.id.desc()),
        bornes(maintenant, limites),
    )
    return [Appareil(*ligne) for ligne in lignes]


def deconnecter_appareil(session: Session, compte_id: int, session_id: int, maintenant: datetime) -> bool:
    """Whether it was one of hers and open."""
    fermee = session.scalar(
        update(SessionCompte)
        .where(SessionCompte.id == session_id, SessionCompte.compte_id == compte_id, SessionCompte.fermee_utc.is_(None))
        .values(fermee_utc=maintenant)
        .returning(SessionCompte.id)
    )
    if fermee is not None:
        session.add(EvenementSecurite(a_utc=maintenant, genre=_A_DISTANCE, compte_id=compte_id))
    return fermee is not None


def deconnecter_les_autres(session: Session, compte_id: int, jeton: str, maintenant: datetime) -> int:
    """Every device but the one this token is on; how many there were."""
    nombre = fermer_sessions(session, compte_id, maintenant, sauf_jeton=jeton)
    if nombre:
        session.add(EvenementSecurite(a_utc=maintenant, genre=_A_DISTANCE, compte_id=compte_id))
    return nombre
