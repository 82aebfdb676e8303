"""The town hall's answers to a démarche: applied and told to the family in one transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from portail_famille.domain.genres import GENRES
from portail_famille.models.demarches import Demarche
from portail_famille.services import demarches
from portail_famille.services.acces import Commune
from portail_famille.services.bureau import DemarcheLue
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.genres import APPLICATIONS
from portail_famille.services.journal import Auteur


def accepter_demarche(
    session: Session, lue: DemarcheLue, version: int, auteur: Auteur, maintenant: datetime, reglages: Commune
) -> None:
    """Accepts, applies, writes the mail. Raises `RegleViolee` (decided meanwhile, cannot be applied any more)."""
    demarche = lue.demarche
    demarches.accepter(session, demarche, version, auteur, maintenant, APPLICATIONS[demarche.genre])
    prevenir_famille(session, "demarche_acceptee", lue, maintenant, reglages)


def refuser_demarche(
    session: Session,
    lue: DemarcheLue,
    version: int,
    motif: str,
    auteur: Auteur,
    maintenant: datetime,
    reglages: Commune,
) -> None:
    """Refuses, with the reason in the mail. Raises `RegleViolee`."""
    demarches.refuser(session, lue.demarche, version, motif, auteur, maintenant)
    prevenir_famille(session, "demarche_refusee", lue, maintenant, reglages)


def prevenir_famille(session: Session, modele: str, lue: DemarcheLue, maintenant: datetime, reglages: Commune) -> None:
    """Nothing for who has no address: the answer is in her space."""
    demarche: Demarche = lue.demarche
    if not lue.courriel:
        return
    deposer_courriel(
        session,
        modele=modele,
        destinataire=lue.courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=lue.prenom,
        numero=demarche.numero,
        objet=GENRES[demarche.genre].objet,
        motif=demarche.motif,
        a_un_espace=demarche.foyer_id is not None and demarche.genre != "effacement",
    )
