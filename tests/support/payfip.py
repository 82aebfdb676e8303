"""A PayFiP for the tests, in this process: real SOAP on a port of its own, notifications without waiting."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import pytest

from portail_famille.config import ReglagesPayfip
from portail_famille.domain.payfip import Demande
from portail_famille.gateways import disjoncteur
from portail_famille.gateways.disjoncteur import ECHECS, PATIENCE, Disjoncteur
from portail_famille.gateways.payfip import Payfip, PayfipIndisponible
from portail_famille.payfip_local import Etat, Interrupteurs, Serveur

REPRISES = (0.0, 0.05, 0.1)


@pytest.fixture
def payfip_local() -> Iterator[Serveur]:
    """Its clock is the machine's: `regler_horloge` gives it the test's own."""
    with ouvrir_payfip() as serveur:
        yield serveur


def ouvrir_payfip(horloge: Callable[[], datetime] | None = None, port: int = 0) -> Serveur:
    """To be used with `with`."""
    interrupteurs = Interrupteurs(avance_secondes=0.3, retard_secondes=0.3, lenteur_secondes=30)
    etat = Etat(interrupteurs, horloge=horloge) if horloge is not None else Etat(interrupteurs)
    return Serveur(port, etat=etat, reprises=REPRISES)


def regler_horloge(serveur: Serveur, horloge: Callable[[], datetime]) -> None:
    serveur.etat.horloge = horloge


def reglages_payfip(serveur: Serveur) -> ReglagesPayfip:
    """The two addresses for commune.toml."""
    return ReglagesPayfip(serveur.service, serveur.paiement)


def passerelle(serveur: Serveur) -> Payfip:
    return Payfip(serveur.service, serveur.paiement)


class Garde:
    """The guard of the web server before PayFiP, with a clock that the test turns."""

    def __init__(self) -> None:
        self.heure = 1000.0
        self.disjoncteur = Disjoncteur(lambda: self.heure)

    def echouer(self, fois: int = ECHECS) -> None:
        """Calls that waited for nothing."""
        for _ in range(fois):
            with suppress(PayfipIndisponible), self.disjoncteur.passage():
                self.heure += PATIENCE
                raise PayfipIndisponible("ReadTimeout")


@contextmanager
def garder(serveur: Serveur) -> Iterator[Garde]:
    """That of this server, for gateways made from now on."""
    garde = Garde()
    disjoncteur._disjoncteurs[serveur.service] = garde.disjoncteur
    yield garde
    del disjoncteur._disjoncteurs[serveur.service]


def demande(
    urlnotif: str = "http://localhost:1/paiements/notification",
    urlredirect: str = "http://localhost:1/paiements/1",
    refdet: str = "2026PE000127E01",
    montant: int = 4250,
    mel: str = "camille@foyer.example",
    numcli: str = "001234",
    saisie: str = "T",
) -> Demande:
    return Demande(
        numcli=numcli,
        exer=2026,
        refdet=refdet,
        objet="Periscolaire novembre 2026",
        mel=mel,
        montant=montant,
        saisie=saisie,
        urlnotif=urlnotif,
        urlredirect=urlredirect,
    )
