"""Two copies of a demonstration town, with few and with many children, and a draft of 560 slots ready to validate."""

import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from banc.factures import ajouter_regie, facturer_la_famille
from portail_famille.config import charger_reglages
from portail_famille.creation import Fiche, creer_commune
from portail_famille.demonstration.demandes_en_nombre import inventer_demarches
from portail_famille.demonstration.installation import peupler
from portail_famille.demonstration.multitude import inventer_foyers
from portail_famille.demonstration.places import Places
from portail_famille.demonstration.saint_rivage import SAINT_RIVAGE
from portail_famille.domain.brouillons import Brouillon as Demande
from portail_famille.domain.brouillons import Creneau, Part, en_document
from portail_famille.domain.horloge import PARIS
from portail_famille.models.activites import Inscription
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.models.courriels import Courriel
from portail_famille.models.foyers import Enfant, Responsable
from portail_famille.models.reservations import Brouillon, Recu, Reservation
from portail_famille.services.regles import Regles, charger_regles

PETITE, GRANDE = "petite", "grande"
ENFANTS = {PETITE: 50, GRANDE: 5_000}
DEMARCHES = {PETITE: 0, GRANDE: 10_000}
HISTORIQUE = 1_000
ARCHIVISTE = "camille.morel"
"""So many démarches of one family; not of the one whose agenda is compared between the two towns."""
CRENEAUX = 560
# Four activities; the main account's six activities one week in two; a child for the rhythms.
PARENTS = {"awa.diallo": "Inès", "camille.morel": "Léa", "sophie.lambert": "Hugo"}
VALIDEUR = "karim.haddad"
FACTURE = "sophie.lambert"
"""So many invoices of one family; not of the one whose home page is measured."""
_FIGURANTS_MINIMUM = 20
_HORIZON_JOURS = 400


@dataclass(frozen=True, slots=True)
class Lieux:
    """What was built: number of children by town, id of each measured child (the same in both)."""

    instance: Path
    enfants: dict[str, int]
    ids: dict[str, int]
    mois: str
    """The coming month with the most days of school."""
    facture: int
    """The latest invoice of the family that has many."""


def construire(dossier: Path, maintenant: datetime) -> Lieux:
    instance, enfants = dossier / "instance", {}
    for slug, nombre in ENFANTS.items():
        fiche = Fiche(nom=SAINT_RIVAGE.nom, zone=SAINT_RIVAGE.zone, est_exemple=True)
        reglages = creer_commune(instance, slug, fiche, maintenant)
        bd = BD(reglages.base_de_donnees, connexions=1)
        peupler(bd, reglages, SAINT_RIVAGE, maintenant, figurants=_FIGURANTS_MINIMUM)
        enfants[slug] = _completer(bd, maintenant, nombre, DEMARCHES[slug])
        with bd.session_lecture() as session:
            regles = charger_regles(session, {}, SAINT_RIVAGE.zone)
            ids = {prenom: _enfant(session, prenom) for prenom in PARENTS.values()}
        bd.fermer()
    ajouter_regie(instance / PETITE)
    facture = facturer_la_famille(instance / PETITE, ids[PARENTS[FACTURE]], maintenant)
    return Lieux(instance, enfants, ids, _mois_plein(regles, maintenant.astimezone(PARIS).date()), facture)


def _completer(bd: BD, maintenant: datetime, nombre: int, demarches: int) -> int:
    with bd.ouvrir_ecriture() as session:
        regles = charger_regles(session, {}, SAINT_RIVAGE.zone)
        compte = _compter(session)
        while compte < nombre:
            # Two children a foyer, more or less: a little at a time near the end.
            for _ in inventer_foyers(session, regles, maintenant, max(1, (nombre - compte) // 3)):
                session.commit()
            compte = _compter(session)
        if demarches:
            inventer_demarches(session, maintenant, demarches)
            inventer_demarches(session, maintenant, HISTORIQUE, [_foyer(session, ARCHIVISTE)])
            session.commit()
    return compte


def _compter(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Enfant)) or 0


def _enfant(session: Session, prenom: str) -> int:
    """The named child: named people come before invented ones."""
    return session.scalars(select(Enfant.id).where(Enfant.prenom == prenom).order_by(Enfant.id).limit(1)).one()


def _foyer(session: Session, identifiant: str) -> int:
    return session.scalars(
        select(Responsable.foyer_id)
        .join(Compte, Compte.personne_id == Responsable.personne_id)
        .where(Compte.identifiant == identifiant)
        .limit(1)
    ).one()


def _mois_plein(regles: Regles, aujourdhui: date) -> str:
    jours = (aujourdhui + timedelta(days=rang) for rang in range(120))
    par_mois: dict[str, int] = {}
    for jour in jours:
        if regles.calendrier.est_jour_ecole(jour):
            par_mois[f"{jour:%Y-%m}"] = par_mois.get(f"{jour:%Y-%m}", 0) + 1
    return max(par_mois, key=lambda mois: par_mois[mois])


class Atelier:
    """Prepares and undoes validations behind the server's back, between two measures."""

    def __init__(self, lieux: Lieux, identifiant: str) -> None:
        self._bd = BD(charger_reglages(lieux.instance / PETITE).base_de_donnees, connexions=1)
        with self._bd.session_lecture() as session:
            regles = charger_regles(session, {}, SAINT_RIVAGE.zone)
            self._compte_id = session.scalars(select(Compte.id).where(Compte.identifiant == identifiant)).one()
            inscriptions = list(session.scalars(_inscriptions(identifiant)))
            self._foyer_id = inscriptions[0].foyer_id
            creneaux = _creneaux(session, regles, inscriptions)
        self._parts = _parts(creneaux)
        # Late in the year 560 slots reach into the next one.
        with self._bd.session_ecriture() as session:
            fin = max(jour for _, (_, jour) in creneaux)
            session.execute(
                update(Inscription).where(Inscription.foyer_id == self._foyer_id, Inscription.au < fin).values(au=fin)
            )

    def preparer(self) -> None:
        """A draft of 560 slots, nothing else booked by a validation."""
        maintenant = datetime.now(UTC)
        with self._bd.session_ecriture() as session:
            session.execute(delete(Reservation).where(Reservation.recu_id.is_not(None)))
            session.execute(delete(Recu))
            session.execute(delete(Courriel))
            contenu = en_document(Demande(0, self._parts))
            nouvelle = {"version": Brouillon.version + 1, "contenu": contenu, "modifie_utc": maintenant}
            du_compte = (Brouillon.compte_id == self._compte_id) & (Brouillon.foyer_id == self._foyer_id)
            if not session.scalars(update(Brouillon).where(du_compte).values(nouvelle).returning(Brouillon.id)).all():
                session.add(
                    Brouillon(
                        compte_id=self._compte_id,
                        foyer_id=self._foyer_id,
                        version=1,
                        contenu=contenu,
                        modifie_utc=maintenant,
                    )
                )

    def compter(self) -> int:
        with self._bd.session_lecture() as session:
            return session.scalar(select(func.count()).where(Reservation.recu_id.is_not(None))) or 0

    def fermer(self) -> None:
        self.preparer()
        with self._bd.session_ecriture() as session:
            session.execute(delete(Brouillon))
        self._bd.fermer()


def _inscriptions(identifiant: str) -> Select[Inscription]:
    return (
        select(Inscription)
        .join(Responsable, Responsable.foyer_id == Inscription.foyer_id)
        .join(Compte, Compte.personne_id == Responsable.personne_id)
        .where(Compte.identifiant == identifiant)
        .order_by(Inscription.enfant_id, Inscription.id)
    )


def _creneaux(session: Session, regles: Regles, inscriptions: Iterable[Inscription]) -> list[tuple[int, Creneau]]:
    """Free slots that can be booked: every unit of school days, child after child, as a year's rhythm would tick."""
    maintenant = datetime.now(UTC)
    jours = [maintenant.astimezone(PARIS).date() + timedelta(days=rang) for rang in range(1, _HORIZON_JOURS)]
    places = Places(session, regles, jours, marge=1)
    pris = set(session.execute(select(Reservation.enfant_id, Reservation.unite_id, Reservation.jour)).tuples())
    creneaux = []
    for inscription in inscriptions:
        structure = regles.structures[inscription.structure_id]
        for unite in regles.catalogue.activites[regles.activites[inscription.activite_id]].unites:
            if regles.catalogue.unites[unite].exclut:
                continue
            for jour in jours:
                limite = regles.limite_ajout(unite, structure, jour)
                creneau = (regles.unite_ids[unite], jour)
                if (
                    (inscription.enfant_id, *creneau) not in pris
                    and regles.ouverture(unite, structure, jour).ouvert
                    and (limite is None or limite - maintenant > timedelta(days=1))
                    and places.prendre(unite, structure, jour)
                ):
                    pris.add((inscription.enfant_id, *creneau))
                    creneaux.append((inscription.enfant_id, creneau))
    if len(creneaux) < CRENEAUX:
        raise RuntimeError(f"only {len(creneaux)} slots can be booked before the end of the calendar")
    return creneaux[:CRENEAUX]


def _parts(creneaux: Iterable[tuple[int, Creneau]]) -> dict[int, Part]:
    parts: dict[int, set[Creneau]] = {}
    for enfant_id, creneau in creneaux:
        parts.setdefault(enfant_id, set()).add(creneau)
    return {enfant_id: Part(1, "banc", 1, frozenset(ajouts)) for enfant_id, ajouts in parts.items()}


def copier_base(lieux: Lieux, cible: Path) -> None:
    """The small town's database for the reference to insert into."""
    source = lieux.instance / PETITE / "portail.sqlite3"
    with sqlite3.connect(source) as connexion:
        connexion.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(source, cible)
