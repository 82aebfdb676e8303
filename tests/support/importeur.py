"""Imports a file of families into the village, and looks at what became of it."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select

from portail_famille.config import ReglagesCommune
from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.services.import_familles import (
    RapportFamilles,
    importer_familles,
    lire_foyers,
    lire_tableau_de_familles,
)
from tests.support.familles import fichier
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUJOURDHUI = MERCREDI_SOIR.date()
TABLES = (Personne, Enfant, Foyer, Responsable, Rattachement, AutoriteParentale, Compte, Inscription, QuotientFamilial)


INCONNUE = {
    "foyer": "F1",
    "responsable1_prenom": "Inès",
    "responsable1_nom": "d'Ornano",
    "responsable1_courriel": "Ines@courriel.example",
    "responsable1_telephone": "0692 12 34 56",
    "responsable2_prenom": "Paul",
    "responsable2_nom": "Nguyen",
    "responsable2_courriel": "ines@courriel.example",
    "responsable2_autorite": "non",
    "enfant_prenom": "Anaïs",
    "enfant_nom": "d'Ornano",
    "structure": "ecole",
    "classe": "CE1",
    "qf": "639,99",
    "qf_du": "01/09/2026",
    "activites": "cantine|mercredi@centre",
    "inscription_du": "01/09/2026",
    "inscription_au": "02/07/2027",
}


class Importeur:
    def __init__(self, village: Village, reglages: ReglagesCommune) -> None:
        self.village, self.reglages = village, reglages
        self.avant = self.compter()

    def __call__(
        self,
        *lignes: Mapping[str, str],
        est_complet: bool = False,
        avec_courriels: bool = True,
        departs_confirmes: bool = False,
    ) -> RapportFamilles:
        tableau = lire_tableau_de_familles(fichier(lignes).encode())
        foyers = lire_foyers(tableau, self.village.regles, AUJOURDHUI)
        with self.village.bd.session_ecriture() as session:
            return importer_familles(
                session,
                foyers,
                MERCREDI_SOIR,
                self.reglages,
                avec_courriels=avec_courriels,
                est_complet=est_complet,
                departs_confirmes=departs_confirmes,
            )

    def compter(self) -> dict[str, int]:
        with self.village.bd.session_lecture() as session:
            return {t.__tablename__: session.scalar(select(func.count()).select_from(t)) or 0 for t in TABLES}

    def nouveaux(self) -> dict[str, int]:
        """Rows more than in the village, tables without any left out."""
        return {nom: n - self.avant[nom] for nom, n in self.compter().items() if n != self.avant[nom]}

    def actes(self, action: str) -> list[ActeJournal]:
        with self.village.bd.session_lecture() as session:
            return list(session.scalars(select(ActeJournal).where(ActeJournal.action == action)))

    def semaines(self, prenom: str) -> dict[str, tuple[date | None, int | None, str]]:
        """Of each foyer of this child, by its reference."""
        with self.village.bd.session_lecture() as session:
            return {
                reference or "": (r.semaine_ancre, r.une_sur, r.vacances)
                for reference, r in session.execute(
                    select(Foyer.reference, Rattachement)
                    .join(Foyer, Foyer.id == Rattachement.foyer_id)
                    .join(Enfant, Enfant.id == Rattachement.enfant_id)
                    .where(Enfant.prenom == prenom, Foyer.reference.is_not(None))
                )
            }

    def une(self, requete: object) -> object:
        with self.village.bd.session_lecture() as session:
            return session.scalars(requete).one()  # type: ignore[call-overload]
