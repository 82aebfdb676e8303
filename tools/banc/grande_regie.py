"""A town whose régie has 5,000 invoices of 30 lines to make: two children a foyer, a month of bookings, all alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from banc.factures import ajouter_regie
from portail_famille.creation import Fiche, creer_commune
from portail_famille.demonstration.installation import lire_document
from portail_famille.demonstration.noms import NOMS, PRENOMS_ENFANTS
from portail_famille.demonstration.places import jours_ouverts
from portail_famille.demonstration.saint_rivage import SAINT_RIVAGE
from portail_famille.demonstration.saisons import placer_saisons
from portail_famille.demonstration.temps import situer
from portail_famille.domain.facturation import mois_precedent
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.regies import fin_du_mois
from portail_famille.models.activites import Inscription
from portail_famille.models.bd import BD
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.calendrier import semer_calendrier
from portail_famille.services.importation import importer_catalogue
from portail_famille.services.regles import Regles, charger_regles

SLUG = "regie"
FACTURES, LIGNES, ENFANTS = 5_000, 30, 2
_ECOLE, _UNITES = "ecole-des-phares", ("cantine", "matin", "soir")
_PAR_LOT = 500


@dataclass(frozen=True, slots=True)
class GrandeRegie:
    instance: Path
    mois: date


def construire_grande_regie(instance: Path, maintenant: datetime) -> GrandeRegie:
    """Everybody came, the month is over: only the run is left to do."""
    fiche = Fiche(nom=SAINT_RIVAGE.nom, zone=SAINT_RIVAGE.zone, est_exemple=True)
    reglages = creer_commune(instance, SLUG, fiche, maintenant)
    ajouter_regie(instance / SLUG)
    bd = BD(reglages.base_de_donnees, connexions=1)
    with bd.session_ecriture() as session:
        semer_calendrier(session, SAINT_RIVAGE.zone, range(maintenant.year - 2, maintenant.year + 2))
        epoque = situer(maintenant.astimezone(PARIS).date(), charger_regles(session, {}, SAINT_RIVAGE.zone).calendrier)
        importer_catalogue(session, placer_saisons(lire_document(SAINT_RIVAGE), epoque), maintenant)
    with bd.session_lecture() as session:
        regles = charger_regles(session, {}, SAINT_RIVAGE.zone)
    creneaux = _creneaux(regles, maintenant.astimezone(PARIS).date())
    for debut in range(0, FACTURES, _PAR_LOT):
        with bd.session_ecriture() as session:
            _ajouter_foyers(session, regles, creneaux, debut)
    bd.fermer()
    return GrandeRegie(instance, creneaux[0][1].replace(day=1))


def _creneaux(regles: Regles, aujourdhui: date) -> list[tuple[str, date]]:
    """What each child came to: the slots of the latest month that is over and has enough of them."""
    mois, combien = mois_precedent(aujourdhui.replace(day=1)), LIGNES // ENFANTS
    while True:
        ouverts = {u: jours_ouverts(regles, u, _ECOLE, mois, fin_du_mois(mois)) for u in _UNITES}
        trouves = [(u, jour) for u in _UNITES for jours in ouverts[u].values() for jour in sorted(jours)[:2]]
        if len(trouves) >= combien:
            return sorted(trouves, key=lambda creneau: creneau[1])[:combien]
        mois = mois_precedent(mois)


def _ajouter_foyers(session: Session, regles: Regles, creneaux: Sequence[tuple[str, date]], debut: int) -> None:
    rangs = range(debut, debut + _PAR_LOT)
    noms = [NOMS[rang % len(NOMS)] for rang in rangs]
    naissance, janvier = date(creneaux[0][1].year - 8, 3, 15), creneaux[0][1].replace(month=1, day=1)
    venu = datetime.combine(creneaux[-1][1], time(19), UTC)
    ecole = regles.structure_ids[_ECOLE]
    personnes = _inserer(session, Personne, [{"prenom": "Camille", "nom": nom} for nom in noms])
    foyers = _inserer(
        session,
        Foyer,
        [
            {
                "nom": nom,
                "payeur_id": personne,
                "adresse": f"{1 + rang % 80}, rue des Voiles",
                "code_postal": "99999",
                "ville": SAINT_RIVAGE.nom,
                "personnes_a_charge": ENFANTS,
            }
            for rang, nom, personne in zip(rangs, noms, personnes, strict=True)
        ],
    )
    enfants = _inserer(
        session,
        Enfant,
        [
            {
                "prenom": PRENOMS_ENFANTS[(rang + n) % len(PRENOMS_ENFANTS)],
                "nom": nom,
                "naissance": naissance - n * timedelta(days=700),
                "structure_id": ecole,
            }
            for rang, nom in zip(rangs, noms, strict=True)
            for n in range(ENFANTS)
        ],
    )
    familles = [(foyers[n // ENFANTS], personnes[n // ENFANTS], enfant) for n, enfant in enumerate(enfants)]
    activites = sorted({regles.catalogue.unites[unite].activite for unite, _ in creneaux})
    tables: dict[Any, list[dict[str, Any]]] = {
        Responsable: [{"foyer_id": f, "personne_id": p} for f, p in zip(foyers, personnes, strict=True)],
        QuotientFamilial: [
            {"foyer_id": foyer, "valeur_centimes": 100 * (200 + 7 * rang % 1_600), "du": janvier}
            for rang, foyer in zip(rangs, foyers, strict=True)
        ],
        Rattachement: [{"foyer_id": foyer, "enfant_id": enfant} for foyer, _, enfant in familles],
        AutoriteParentale: [{"personne_id": p, "enfant_id": enfant, "du": naissance} for _, p, enfant in familles],
        Inscription: [
            {
                "enfant_id": enfant,
                "activite_id": regles.activite_ids[activite],
                "structure_id": ecole,
                "foyer_id": foyer,
                "du": janvier,
                "au": janvier.replace(year=janvier.year + 1),
            }
            for foyer, _, enfant in familles
            for activite in activites
        ],
        Reservation: [
            {
                "enfant_id": enfant,
                "unite_id": regles.unite_ids[unite],
                "jour": jour,
                "structure_id": ecole,
                "foyer_id": foyer,
                "etat": "presente",
                "modifiee_utc": venu,
            }
            for foyer, _, enfant in familles
            for unite, jour in creneaux
        ],
    }
    for table, lignes in tables.items():
        session.execute(insert(table), lignes)


def _inserer(session: Session, table: Any, lignes: list[dict[str, Any]]) -> list[int]:
    return list(session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), lignes))
