"""The thread of a démarche as the desk reads it, notes between agents included, and who may be put in charge."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Role
from portail_famille.models.comptes import Compte, RoleAgent
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.models.foyers import Personne

PRESENCE = timedelta(minutes=10)
"""An agent who opened a request is taken to be on it for this long."""


@dataclass(frozen=True, slots=True)
class EtapeLue:
    id: int
    genre: str
    etat: str
    cote: str
    qui: str
    """"" for the program."""
    texte: str
    a_utc: datetime


def lire_fil(session: Session, demarche_id: int) -> list[EtapeLue]:
    """From first to last. One query."""
    lignes = session.execute(
        select(DemarcheEtape, Personne.prenom, Personne.nom)
        .outerjoin(Compte, Compte.id == DemarcheEtape.compte_id)
        .outerjoin(Personne, Personne.id == Compte.personne_id)
        .where(DemarcheEtape.demarche_id == demarche_id)
        .order_by(DemarcheEtape.id)
    )
    return [
        EtapeLue(e.id, e.genre, e.etat, e.cote, f"{prenom or ''} {nom or ''}".strip(), e.texte, e.a_utc)
        for e, prenom, nom in lignes
    ]


def lister_agents(session: Session) -> list[tuple[int, str]]:
    """Agents who decide on requests somewhere: compte and name. One query."""
    lignes = session.execute(
        select(Compte.id, Personne.prenom, Personne.nom)
        .join(Personne, Personne.id == Compte.personne_id)
        .join(RoleAgent, RoleAgent.compte_id == Compte.id)
        .where(RoleAgent.role == Role.INSTRUCTION.value, Compte.est_actif.is_(True))
        .distinct()
        .order_by(Personne.prenom, Personne.nom, Compte.id)
    )
    return [(id_, f"{prenom} {nom}") for id_, prenom, nom in lignes]


def autre_agent_dessus(demarche: Demarche, compte_id: int, maintenant: datetime) -> int | None:
    """The compte of another agent who has it on her screen, if any."""
    if demarche.ouverte_par in (None, compte_id) or demarche.ouverte_utc is None:
        return None
    return demarche.ouverte_par if demarche.ouverte_utc > maintenant - PRESENCE else None
