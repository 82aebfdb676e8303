"""How often a network may ask for something that costs work and leaves no trace: counted in memory, by each process.

What guards a password or a mailbox is counted in the database (services/suivi); this keeps a visitor from using up the
processor alone, and may forget when the server restarts.
"""

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

_CLES_GARDEES = 5000


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
