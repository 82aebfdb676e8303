"""What several rooms of services share: an invoice to pay by card, with a PayFiP of its own; a file of invoices."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from portail_famille.config import ReglagesCommune
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.gateways.coffre import CoffreDisque
from portail_famille.models.foyers import Enfant, Foyer
from portail_famille.payfip_local import Serveur
from tests.support.importeur_factures import CLE, Importeur
from tests.support.paiements import Caisse, dresser
from tests.support.payfip import ouvrir_payfip
from tests.support.pieces import ici
from tests.support.temps import HorlogeReglable
from tests.support.village import Village


@pytest.fixture
def serveur(horloge: HorlogeReglable) -> Iterator[Serveur]:
    with ouvrir_payfip(horloge) as serveur:
        yield serveur


@pytest.fixture
def caisse(village: Village, reglages: ReglagesCommune, serveur: Serveur, horloge: HorlogeReglable) -> Caisse:
    return dresser(village, reglages, serveur, horloge)


@pytest.fixture
def importer(village: Village, reglages: ReglagesCommune, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Importeur:
    """The village's families as another software knows them."""
    ici(monkeypatch)
    with village.bd.session_ecriture() as session:
        for nom, reference in (("morel", "F-MOREL"), ("ferrand", "F-FERRAND"), ("haddad", "F-HADDAD")):
            session.execute(update(Foyer).where(Foyer.id == village.foyers[nom]).values(reference=reference))
        for nom, reference in (("mia", "E-MIA"), ("lea", "E-LEA"), ("yanis", "E-YANIS")):
            session.execute(update(Enfant).where(Enfant.id == village.enfants[nom]).values(reference=reference))
    dossier = tmp_path / "pdf"
    dossier.mkdir()
    return Importeur(village, reglages, dossier, CoffreDisque(tmp_path / "coffre", Chiffre(CLE)))
