"""« Voir comme la famille »: an agent reads the portal as one adult of a foyer does, to help her on the telephone.

It reads only (views/acces), lasts a quarter of an hour, is written in the foyer's journal, and shows neither documents
nor health: those are read at the desk, where each reading leaves its own line. Nobody looks at her own family that way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action, structures
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.comptes import Compte, SessionCompte
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.services.comptes import Acteur, FoyerActeur, SessionOuverte
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.perimetres import Perimetre, est_dans_le_perimetre, lire_droits

DUREE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Apercu:
    """Whom the agent reads as, and the foyer to go back to."""

    acteur: Acteur
    jusqua_utc: datetime

    @property
    def nom(self) -> str:
        return f"{self.acteur.prenom} {self.acteur.nom}"


def est_apercevable(session: Session, perimetre: Perimetre, foyer_id: int) -> bool:
    """A foyer where this agent works, every child of which is received there: the pages of a family show them all.
    Two queries."""
    if not est_dans_le_perimetre(session, perimetre, foyer_id):
        return False
    ailleurs = (
        select(Enfant.id)
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .where(Rattachement.foyer_id == foyer_id, ~perimetre.enfants(Enfant))
    )
    return session.scalar(ailleurs.limit(1)) is None


def commencer_apercu(
    session: Session,
    session_id: int,
    foyer_id: int,
    personne_id: int,
    perimetre: Perimetre,
    auteur: Auteur,
    maintenant: datetime,
) -> None:
    """Raises `RegleViolee`: hors_perimetre, adulte_sans_compte."""
    if not est_apercevable(session, perimetre, foyer_id):
        raise RegleViolee("hors_perimetre", "Ce foyer n’est pas de ceux que vous pouvez voir ainsi.")
    if _acteur(session, foyer_id, personne_id) is None:
        raise RegleViolee("adulte_sans_compte", "Cette personne n’a pas de compte ouvert\u00a0: elle ne voit rien.")
    _poser(session, session_id, foyer_id, personne_id, maintenant + DUREE)
    consigner(session, auteur, "famille_apercue", maintenant, foyer_id=foyer_id, personne_id=personne_id)
    session.flush()


def quitter_apercu(session: Session, session_id: int) -> None:
    _poser(session, session_id, None, None, None)


def lire_apercu(session: Session, ouverte: SessionOuverte, maintenant: datetime) -> Apercu | None:
    """The one under way in this session, for as long as she may begin it: a role or a structure taken from her ends
    it. Four queries while there is one, none otherwise."""
    if not ouverte.est_agent or ouverte.second_facteur_utc is None:
        return None
    jusqua, foyer_id, personne_id = ouverte.comme_jusqua_utc, ouverte.comme_foyer_id, ouverte.comme_personne_id
    if jusqua is None or jusqua <= maintenant or foyer_id is None or personne_id is None:
        return None
    roles, proches = lire_droits(session, ouverte.compte_id, ouverte.personne_id)
    perimetre = Perimetre(structures(roles, Action.LIRE), jour_de(maintenant), proches)
    if not est_apercevable(session, perimetre, foyer_id):
        return None
    acteur = _acteur(session, foyer_id, personne_id)
    return Apercu(acteur, jusqua) if acteur is not None else None


def _acteur(session: Session, foyer_id: int, personne_id: int) -> Acteur | None:
    """As she is in this foyer alone: another home of hers may be none of the agent's business."""
    ligne = session.execute(
        select(Compte.id, Personne.prenom, Personne.nom, Personne.courriel, Foyer.nom)
        .join(Personne, Personne.id == Compte.personne_id)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .join(Foyer, Foyer.id == Responsable.foyer_id)
        .where(Foyer.id == foyer_id, Personne.id == personne_id, Compte.est_actif)
    ).one_or_none()
    if ligne is None:
        return None
    compte_id, prenom, nom, courriel, foyer = ligne
    return Acteur(compte_id, personne_id, prenom, nom, courriel, foyer_id, (FoyerActeur(foyer_id, foyer),), True)


def _poser(
    session: Session, session_id: int, foyer_id: int | None, personne_id: int | None, jusqua: datetime | None
) -> None:
    session.execute(
        update(SessionCompte)
        .where(SessionCompte.id == session_id)
        .values(comme_foyer_id=foyer_id, comme_personne_id=personne_id, comme_jusqua_utc=jusqua)
    )
