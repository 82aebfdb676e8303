"""« Envoyer »: a request is filed once, gets its receipt, is told by mail, is decided at once where rules decide."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from portail_famille.domain.genres import Genre
from portail_famille.models.demarches import Demarche
from portail_famille.services.accuses import Commune as CommuneAccuse
from portail_famille.services.accuses import accuser, dire_accuse
from portail_famille.services.comptes import Acteur
from portail_famille.services.courriels import Commune as CommuneCourriel
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.demarches import accepter
from portail_famille.services.genres import APPLICATIONS, AUTOMATISMES
from portail_famille.services.journal import SYSTEME


class Commune(CommuneAccuse, CommuneCourriel, Protocol):
    @property
    def demarches(self) -> Mapping[str, Genre]: ...


def deposer_et_accuser(
    session: Session,
    deposer: Callable[[], Demarche],
    acteur: Acteur,
    reglages: Commune,
    maintenant: datetime,
    lien: str,
) -> Demarche:
    """Files by `deposer`, in the caller's transaction, then what every request is owed. `lien`: page of the requests,
    its number is added. Raises what `deposer` and the application of an automatic kind raise."""
    demarche = deposer()
    genre = reglages.demarches[demarche.genre]
    accuser(demarche, reglages)
    session.flush()
    juger = AUTOMATISMES.get(genre.code)
    est_decidee = juger is not None and juger(session, demarche, genre, maintenant)
    annoncer(session, demarche, acteur.courriel, acteur.prenom, reglages, maintenant, lien, est_decidee=est_decidee)
    if est_decidee:
        accepter(session, demarche, demarche.version, SYSTEME, maintenant, APPLICATIONS[genre.code])
    return demarche


def annoncer(
    session: Session,
    demarche: Demarche,
    courriel: str | None,
    prenom: str,
    reglages: Commune,
    maintenant: datetime,
    lien: str,
    *,
    est_decidee: bool = False,
) -> None:
    """The mail that says it is received, with the terms of the receipt; nothing of what the family wrote."""
    if not courriel or demarche.accuse is None:
        return
    genre = reglages.demarches[demarche.genre]
    deposer_courriel(
        session,
        modele="demarche_recue",
        destinataire=courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=prenom,
        numero=demarche.numero,
        objet_demande=genre.objet,
        accuse=dire_accuse(demarche.accuse),
        est_decidee=est_decidee,
        lien=f"{lien}/{demarche.numero}",
    )
