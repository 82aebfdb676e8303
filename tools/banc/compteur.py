"""A wire between the browser and the server that counts the bytes of HTTP going each way."""

import socket
import threading

from portail_famille.gateways.boucle_locale import HOTE

_MORCEAU = 65536


class Compteur:
    """Listens on a port of its own and passes everything on. Whole HTTP messages are counted, TCP is not."""

    def __init__(self, port_cible: int) -> None:
        self._cible = port_cible
        self._verrou = threading.Lock()
        self._montants = self._descendants = 0
        self._ecoute = socket.create_server((HOTE, 0))
        self.port: int = self._ecoute.getsockname()[1]

    @property
    def octets(self) -> tuple[int, int]:
        """Sent to the server, received from it."""
        with self._verrou:
            return self._montants, self._descendants

    def __enter__(self) -> "Compteur":
        threading.Thread(target=self._accepter, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ecoute.close()

    def _accepter(self) -> None:
        while True:
            try:
                client, _ = self._ecoute.accept()
            except OSError:
                return
            serveur = socket.create_connection((HOTE, self._cible))
            threading.Thread(target=self._passer, args=(client, serveur, True), daemon=True).start()
            threading.Thread(target=self._passer, args=(serveur, client, False), daemon=True).start()

    def _passer(self, source: socket.socket, but: socket.socket, est_montant: bool) -> None:
        try:
            while morceau := source.recv(_MORCEAU):
                with self._verrou:
                    if est_montant:
                        self._montants += len(morceau)
                    else:
                        self._descendants += len(morceau)
                but.sendall(morceau)
        except OSError:
            pass
        finally:
            for prise in (source, but):
                # The other direction may have closed it already.
                try:
                    prise.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
