"""How often something that costs work may be asked for.

By a network, what leaves no trace: counted in memory, by each process (`Debit`). It keeps a visitor from using up the
processor alone, and may forget when the server restarts. By a family, what agents have to read: counted in the journal,
where each sending is written anyway (`prochain_envoi`). What guards a password or a mailbox: services/suivi.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.journal import ActeJournal

_CLES_GARDEES = 5000
_UNE_HEURE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """So many lines of this action in the journal, by one compte in an hour."""

    action: str
    maximum: int


DEMARCHES = Cadence("demarche_deposee", 20)
"""Far above a large family on the eve of a new school year; far below what buries the agents' desk."""
MESSAGES = Cadence("demarche_message", 30)
PAIEMENTS = Cadence("paiement_commence", 20)
"""Each one has PayFiP called, and a request wait for it."""


class Debit:
    """So many times per key in this long."""

    def __init__(self, maximum: int, fenetre: timedelta) -> None:
        self._maximum, self._fenetre = maximum, fenetre
        self._instants: dict[str, deque[datetime]] = {}
        self._verrou = Lock()

    def admet(self, cle: str, maintenant: datetime) -> bool:
        """Counts this time, unless there were too many."""
        with self._verrou:
            instants = self._instants.pop(cle, deque())
            # Put back last: the first key of the dictionary is the one unused for the longest.
            self._instants[cle] = instants
            if len(self._instants) > _CLES_GARDEES:
                del self._instants[next(iter(self._instants))]
            while instants and not maintenant - self._fenetre < instants[0] <= maintenant:
                instants.popleft()
            if len(instants) >= self._maximum:
                return False
            instants.append(maintenant)
            return True


def prochain_envoi(session: Session, cadence: Cadence, compte_id: int, maintenant: datetime) -> datetime | None:
    """When this parent may send again; None: now. Only what was really sent counts, neither refusals nor replays. Those
    sent at the very same moment do not see each other: a few more at most, once. One query."""
    plus_ancien = session.scalar(
        select(ActeJournal.a_utc)
        .where(
            ActeJournal.compte_id == compte_id,
            ActeJournal.cote == Cote.FAMILLE.value,
            ActeJournal.action == cadence.action,
            ActeJournal.a_utc > maintenant - _UNE_HEURE,
            # A clock put back refuses nobody.
            ActeJournal.a_utc <= maintenant,
        )
        .order_by(ActeJournal.a_utc.desc())
        .offset(cadence.maximum - 1)
        .limit(1)
    )
    return None if plus_ancien is None else plus_ancien + _UNE_HEURE
