"""A slow PayFiP does not take the portal down with it: how many threads of the web server may wait for it, and when
nobody waits any more.

Two public patterns (M. Nygard, « Release It! »; M. Fowler, « CircuitBreaker »). A bulkhead: at most `PLACES` calls at
once, the next one is refused at once, without a queue: a queue would hold the threads that it is there to spare. A
circuit breaker: `ECHECS` long failures in a row, and for `REPOS` seconds nobody calls; then one call tries, alone,
until its own end, and what it brings decides. What was called before the circuit opened, and ends after, decides
nothing: it is old news.

State of this process, one per address of PayFiP: its towns share both. The worker calls one at a time: it has none.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from portail_famille.gateways.payfip import Payfip, PayfipIndisponible, PayfipRefus

if TYPE_CHECKING:
    from eopayment.payfip_ws import PayFiP

journal = logging.getLogger("portail_famille.payfip")

PLACES = 2
"""Half of the 4 threads that docs/payfip.md asks of the web server."""
ECHECS = 3
REPOS = 30.0
PATIENCE = 4.0
"""Seconds. A failure that comes sooner (refused connection, error 503) has held nobody: it does not open the circuit.
Measured rather than read in the exception: a name server that does not answer, a connection or an answer that does not
come, one that drips, all cost a thread the same."""


class PayfipNonAppele(PayfipIndisponible):
    """Not even asked: it has not answered for a while."""


class PayfipSature(PayfipNonAppele):
    """Not asked now: as many as may be are waiting for it."""


class Disjoncteur:
    """`horloge`: seconds that never go back."""

    def __init__(self, horloge: Callable[[], float] = time.monotonic) -> None:
        self._horloge, self._verrou = horloge, threading.Lock()
        self._en_cours = self._echecs = self._ere = 0
        self._rouvre: float | None = None
        """From when one call may try; None: all may."""
        self._essaie = False

    def empechement(self) -> PayfipNonAppele | None:
        """Why a call would not pass now. Takes no place: the next one may still be refused."""
        with self._verrou:
            return self._refus()

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Around one call. Raises `PayfipNonAppele` at once."""
        with self._verrou:
            if (refus := self._refus()) is not None:
                raise refus
            self._en_cours += 1
            self._essaie = self._rouvre is not None
            ere, debut = self._ere, self._horloge()
        est_long_echec = False
        try:
            yield
        except PayfipRefus:
            # It answered.
            raise
        except BaseException:
            est_long_echec = self._horloge() - debut >= PATIENCE
            raise
        finally:
            with self._verrou:
                self._en_cours -= 1
                if ere == self._ere:
                    self._retenir(est_long_echec)

    def _refus(self) -> PayfipNonAppele | None:
        if self._rouvre is not None and (self._essaie or self._horloge() < self._rouvre):
            return PayfipNonAppele("PayFiP ne répond plus")
        return PayfipSature(f"{PLACES} appels en cours") if self._en_cours >= PLACES else None

    def _retenir(self, est_long_echec: bool) -> None:
        self._essaie = False
        if not est_long_echec:
            if self._rouvre is not None:
                journal.warning("PayFiP ne fait plus attendre")
            self._echecs, self._rouvre = 0, None
            return
        self._echecs += 1
        if self._echecs >= ECHECS:
            self._ere, self._rouvre = self._ere + 1, self._horloge() + REPOS
            journal.error("PayFiP : %d appels de suite sans réponse, plus aucun pendant %d s", self._echecs, REPOS)


class PayfipDuWeb(Payfip):
    """PayFiP as requests call it: never many at once, never for long in vain."""

    def __init__(self, service: str, paiement: str) -> None:
        super().__init__(service, paiement)
        self._disjoncteur = disjoncteur_de(service)

    def empechement(self) -> PayfipNonAppele | None:
        return self._disjoncteur.empechement()

    def _appeler(self, question: "Callable[[PayFiP], Any]") -> Any:
        with self._disjoncteur.passage():
            return super()._appeler(question)


_disjoncteurs: dict[str, Disjoncteur] = {}


def disjoncteur_de(service: str) -> Disjoncteur:
    return _disjoncteurs.setdefault(service, Disjoncteur())
