"""`importer factures` as the command does it, for the services' tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.domain.tableur import FichierRefuse
from portail_famille.gateways.antivirus import SansAntivirus
from portail_famille.gateways.coffre import CoffreDisque
from portail_famille.models.factures import Facture
from portail_famille.services.import_factures import (
    RapportFactures,
    importer_factures,
    lire_fichier,
    lire_tableau_de_factures,
    rapprocher_factures,
)
from portail_famille.services.pdf_importes import Depot, examiner_pdf, lire_empreintes
from tests.support.fichiers_factures import Rangee, octets
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

CLE = "clé des tests, sans valeur ailleurs : 0123456789"


@dataclass
class Importeur:
    village: Village
    reglages: ReglagesCommune
    dossier: Path
    coffre: CoffreDisque
    maintenant: datetime = MERCREDI_SOIR
    depots: list[Depot] = field(default_factory=list)

    def __call__(self, *rangees: Rangee | Sequence[Rangee], avec_courriels: bool = True) -> RapportFactures:
        """As the command does."""
        tableau = lire_tableau_de_factures(octets(*rangees))
        factures = lire_fichier(tableau, self.reglages, "", self.maintenant.date())
        empreintes = lire_empreintes(self.dossier, factures)
        with self.village.bd.session_lecture() as session:
            trouve = rapprocher_factures(session, factures, empreintes, avec_pdf=True)
        depot = Depot(self.coffre)
        self.depots.append(depot)
        avec_pdf = [f for f, _ in trouve.nouvelles if f.pdf]
        examiner_pdf(self.dossier, avec_pdf, SansAntivirus(), depot.garder)
        with self.village.bd.session_ecriture() as session:
            return importer_factures(
                session,
                factures,
                empreintes,
                depot.objets,
                self.reglages,
                self.maintenant,
                avec_courriels=avec_courriels,
            )

    def refuser(self, *rangees: Rangee | Sequence[Rangee]) -> list[tuple[int, str, str]]:
        avant = self.village.photographier()
        with pytest.raises(FichierRefuse) as refus:
            self(*rangees)
        assert self.village.photographier() == avant
        return [(faute.ligne, faute.colonne, faute.raison) for faute in refus.value.fautes]

    def facture(self, numero: str) -> Facture:
        with self.village.bd.session_lecture() as session:
            return session.scalars(select(Facture).where(Facture.numero == numero)).one()
