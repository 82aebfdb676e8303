"""The journal: who saw and changed what on a family's file. A line is written in the transaction of the act itself.

Readings by agents happen on GET and go through services/suivi (house.md §2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Personne
from portail_famille.models.journal import ActeJournal

TAILLE_PAGE = 50


@dataclass(frozen=True, slots=True)
class Auteur:
    """Who acts: a parent, an agent, or the program (no compte)."""

    cote: Cote
    compte_id: int | None = None


SYSTEME = Auteur(Cote.SYSTEME)


@dataclass(frozen=True, slots=True)
class ActeLu:
    """A line as shown: `qui` is a name, "" for the program."""

    id: int
    a_utc: datetime
    cote: str
    qui: str
    action: str
    enfant_id: int | None
    details: dict[str, Any]
    compte_id: int | None = None


def consigner(
    session: Session,
    auteur: Auteur,
    action: str,
    maintenant: datetime,
    *,
    foyer_id: int | None = None,
    enfant_id: int | None = None,
    personne_id: int | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Adds a line. `details` never holds a health value nor the content of a document."""
    session.add(
        ActeJournal(
            a_utc=maintenant,
            cote=auteur.cote.value,
            compte_id=auteur.compte_id,
            action=action,
            foyer_id=foyer_id,
            enfant_id=enfant_id,
            personne_id=personne_id,
            details=dict(details or {}),
        )
    )


def a_deja_lu(session: Session, foyer_id: int, compte_id: int, action: str, depuis: datetime) -> bool:
    """Whether this agent's reading is in the journal already. One query."""
    requete = select(ActeJournal.id).where(
        ActeJournal.foyer_id == foyer_id,
        ActeJournal.compte_id == compte_id,
        ActeJournal.action == action,
        ActeJournal.a_utc > depuis,
    )
    return session.scalar(requete.limit(1)) is not None


def lire_journal(session: Session, foyer_id: int, avant: int | None = None) -> list[ActeLu]:
    """Latest first, one more than a page when there are more; `avant` is the id of the last line already shown."""
    requete = (
        select(ActeJournal, Personne.prenom, Personne.nom)
        .outerjoin(Compte, Compte.id == ActeJournal.compte_id)
        .outerjoin(Personne, Personne.id == Compte.personne_id)
        .where(ActeJournal.foyer_id == foyer_id)
        .order_by(ActeJournal.id.desc())
        .limit(TAILLE_PAGE + 1)
    )
    if avant is not None:
        requete = requete.where(ActeJournal.id < avant)
    return [
        ActeLu(
            a.id, a.a_utc, a.cote, f"{prenom or ''} {nom or ''}".strip(), a.action, a.enfant_id, a.details, a.compte_id
        )
        for a, prenom, nom in session.execute(requete)
    ]
