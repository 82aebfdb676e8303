"""The notification: PayFiP posts the idop, and nothing else, to the address it was given; several times if need be."""

import http.client
import threading
from urllib.parse import urlencode, urlsplit

from portail_famille.payfip_local.etat import Etat, Transaction

REPRISES = (0.0, 2.0, 10.0, 60.0)
"""Seconds before each try, until one is answered 200."""
_DELAI = 10.0


class Facteur:
    """Each notification in its own thread; `arreter` leaves none waiting."""

    def __init__(self, etat: Etat, reprises: tuple[float, ...] = REPRISES) -> None:
        self._etat, self._reprises = etat, reprises
        self._arret = threading.Event()

    def arreter(self) -> None:
        self._arret.set()

    def attendre(self, secondes: float) -> None:
        self._arret.wait(secondes)

    def annoncer(self, transaction: Transaction, avis: str) -> None:
        if avis == "perdu":
            self._etat.noter_avis(transaction, "perdue")
            return
        attente = self._etat.interrupteurs.retard_secondes if avis == "retard" else 0.0
        for _ in range(2 if avis == "double" else 1):
            threading.Thread(target=self._insister, args=(transaction, attente), daemon=True).start()

    def _insister(self, transaction: Transaction, attente: float) -> None:
        for reprise in self._reprises:
            if self._arret.wait(attente + reprise):
                return
            attente = 0.0
            statut = _poster(transaction.urlnotif, transaction.idop)
            self._etat.noter_avis(transaction, statut)
            if statut == "200":
                return


def _poster(adresse: str, idop: str) -> str:
    """Status, or the kind of breakdown."""
    morceaux = urlsplit(adresse)
    genre = http.client.HTTPSConnection if morceaux.scheme == "https" else http.client.HTTPConnection
    lien = genre(morceaux.hostname or "", morceaux.port, timeout=_DELAI)
    chemin = (morceaux.path or "/") + (f"?{morceaux.query}" if morceaux.query else "")
    try:
        lien.request("POST", chemin, urlencode({"idop": idop}), {"Content-Type": "application/x-www-form-urlencoded"})
        return str(lien.getresponse().status)
    except (OSError, http.client.HTTPException) as panne:
        return type(panne).__name__
    finally:
        lien.close()
