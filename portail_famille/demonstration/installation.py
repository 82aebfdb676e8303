"""Peoples a demonstration town, whole or not at all, and tells what is in it."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.creation import ANNEES_SEMEES
from portail_famille.demonstration.batisseur import batir
from portail_famille.demonstration.chroniques import entreposer_papiers, raconter
from portail_famille.demonstration.factures import Facturier, preparer_lots
from portail_famille.demonstration.fiches import remplir_fiches
from portail_famille.demonstration.multitude import inventer_foyers
from portail_famille.demonstration.portraits import Ville
from portail_famille.demonstration.recits import Chronique
from portail_famille.demonstration.recits_factures import COMPTES_ROSELAC, COMPTES_SAINT_RIVAGE, Comptes
from portail_famille.demonstration.recits_roselac import RECITS_ROSELAC
from portail_famille.demonstration.recits_saint_rivage import RECITS_SAINT_RIVAGE
from portail_famille.demonstration.remplissage import remplir
from portail_famille.demonstration.roselac import ROSELAC
from portail_famille.demonstration.saint_rivage import SAINT_RIVAGE
from portail_famille.demonstration.saisons import placer_saisons
from portail_famille.demonstration.temps import situer
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, RoleAgent
from portail_famille.models.documents import Piece
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.services.calendrier import semer_calendrier
from portail_famille.services.comptes import hacher_mot_de_passe
from portail_famille.services.dossiers import jour_de
from portail_famille.services.importation import importer_catalogue
from portail_famille.services.regles import charger_regles

VILLES: dict[str, Ville] = {ville.slug: ville for ville in (SAINT_RIVAGE, ROSELAC)}
CHRONIQUES: dict[str, Chronique] = {"saint-rivage": RECITS_SAINT_RIVAGE, "roselac": RECITS_ROSELAC}
"""The démarches, the documents, the événements of each town."""
COMPTES: dict[str, Comptes] = {"saint-rivage": COMPTES_SAINT_RIVAGE, "roselac": COMPTES_ROSELAC}
"""What became of its invoices."""
FIGURANTS = 60
"""Invented foyers of a demonstration town: enough children to fill its days, few enough to build in a second."""
PEREMPTION = timedelta(days=14)
"""Full days and deadlines « of tomorrow » are dated from the build; past this they no longer teach anything."""


class PasUnExemple(Exception):
    """Invented families never go into a real town's database."""


@dataclass(frozen=True, slots=True)
class Etat:
    """What a town's database holds."""

    foyers: int
    agents: int
    """None in a town built before the town hall had a desk."""
    documents: int
    """None in a town built before the porte-documents."""
    factures: int
    """None in a town built before the invoices."""
    batie_utc: datetime | None
    """When its first compte was made."""

    def est_perimee(self, maintenant: datetime) -> bool:
        return self.batie_utc is not None and maintenant - self.batie_utc > PEREMPTION


def exiger_exemple(reglages: ReglagesCommune) -> None:
    """Raises PasUnExemple unless the commune's file says `est_exemple = true`."""
    if not reglages.est_exemple:
        raise PasUnExemple(reglages.slug)


def lire_etat(session: Session) -> Etat:
    foyers, agents, documents, factures, batie = session.execute(
        select(
            select(func.count()).select_from(Foyer).scalar_subquery(),
            select(func.count()).select_from(RoleAgent).scalar_subquery(),
            select(func.count()).select_from(Piece).scalar_subquery(),
            select(func.count()).select_from(Facture).scalar_subquery(),
            func.min(Compte.cree_utc),
        )
    ).one()
    return Etat(foyers, agents, documents, factures, batie)


def lire_document(ville: Ville) -> dict[str, Any]:
    """The town's file of activities, as `importer activites` reads it."""
    texte = files("portail_famille.demonstration").joinpath(f"{ville.slug}.toml").read_text(encoding="utf-8")
    return tomllib.loads(texte, parse_float=Decimal)


def peupler(bd: BD, reglages: ReglagesCommune, ville: Ville, maintenant: datetime, figurants: int = FIGURANTS) -> None:
    """Rules, named families, invented ones, full days: one transaction, nothing when it is cut short."""
    exiger_exemple(reglages)
    mots_de_passe = {adulte.identifiant: adulte.mot_de_passe for adulte in ville.adultes if adulte.mot_de_passe}
    mots_de_passe |= {agent.identifiant: agent.mot_de_passe for agent in ville.agents}
    empreintes = {identifiant: hacher_mot_de_passe(mot) for identifiant, mot in mots_de_passe.items()}
    chronique = CHRONIQUES[ville.slug]
    papiers = entreposer_papiers(chronique, reglages)
    lots = preparer_lots(reglages, ville, COMPTES[ville.slug], maintenant)
    with bd.session_ecriture() as session:
        # A new commune knows this year and the next ones; bookings since the rentrée need the year before.
        semer_calendrier(session, reglages.zone, range(maintenant.year - 1, maintenant.year + ANNEES_SEMEES))
        epoque = situer(jour_de(maintenant), charger_regles(session, {}, reglages.zone).calendrier)
        importer_catalogue(session, placer_saisons(lire_document(ville), epoque), maintenant)
        regles = charger_regles(session, {}, reglages.zone)
        habitants = batir(session, ville, regles, maintenant, empreintes)
        remplir_fiches(session, ville, habitants, reglages, maintenant)
        for _ in inventer_foyers(session, regles, maintenant, figurants):
            session.flush()
        session.execute(update(Foyer).where(Foyer.ville == "").values(code_postal=ville.code_postal, ville=ville.nom))
        remplir(session, regles, ville.jauges_completes, maintenant, habitants.enfants.values())
        facturier = Facturier(session, reglages, habitants, COMPTES[ville.slug], regles, lots, maintenant)
        raconter(session, chronique, papiers, reglages, habitants, epoque, maintenant, facturier.actes())
        facturier.conclure()
