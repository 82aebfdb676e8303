"""What several rooms of services share: an invoice to pay by card, with a PayFiP of its own."""

from collections.abc import Iterator

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.payfip_local import Serveur
from tests.support.paiements import Caisse, dresser
from tests.support.payfip import ouvrir_payfip
from tests.support.temps import HorlogeReglable
from tests.support.village import Village


@pytest.fixture
def serveur(horloge: HorlogeReglable) -> Iterator[Serveur]:
    with ouvrir_payfip(horloge) as serveur:
        yield serveur


@pytest.fixture
def caisse(village: Village, reglages: ReglagesCommune, serveur: Serveur, horloge: HorlogeReglable) -> Caisse:
    return dresser(village, reglages, serveur, horloge)
