"""The rules in force: the last imported document and the calendar, with the ids that bookings refer to.

Reading them again at each request would cost more than the page: a process keeps one `Regles` per commune and asks the
database, in one query, whether its versions still stand.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.catalogue import Catalogue, lire_catalogue
from portail_famille.domain.evenements import EvenementEnVigueur, portee_de
from portail_famille.domain.ouvertures import Ouverture
from portail_famille.domain.tarifs import Circonstance, Prix
from portail_famille.models.activites import Activite, Jauge, Structure, Unite, VersionCatalogue
from portail_famille.models.calendrier import VersionRegles
from portail_famille.models.evenements import Evenement
from portail_famille.services.calendrier import JOURS_ECOLE, lire_calendrier, nouvelle_version
from portail_famille.services.importation import RapportImport, importer_catalogue

__all__ = ["RapportImport", "Regles", "charger_regles", "importer_catalogue", "lire_regles", "lire_versions"]

# A whole town over a school year, twice; beyond, somebody is leafing through centuries and the memory starts afresh.
_PLAFOND_MEMOIRE = 50_000

# A commune that has imported nothing yet: its portal opens, with nothing to book.
_CATALOGUE_VIDE = Catalogue({}, {}, {}, {}, {})
_SANS_LE_JOUR = attrgetter(*(champ.name for champ in fields(Circonstance) if champ.name != "jour"))

_T = TypeVar("_T")

CLE_EVENEMENTS = "evenements"


@dataclass(frozen=True, slots=True, eq=False)
class Regles:
    """What is in force now. The id tables leave out what the town has withdrawn: `.get(id)` is None for it."""

    versions: tuple[int, int, int]
    """Of the catalogue, of the calendar and of the événements."""
    catalogue: Catalogue
    calendrier: Calendrier
    unites: dict[int, str]
    structures: dict[int, str]
    activites: dict[int, str]
    jauges: dict[int, str]
    unite_ids: dict[str, int]
    structure_ids: dict[str, int]
    activite_ids: dict[str, int]
    jauge_ids: dict[str, int]
    evenements: tuple[EvenementEnVigueur, ...] = ()
    """Those not undone; the closed days are in `catalogue` already."""
    _memoire: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def ouverture(self, unite: str, structure: str, jour: date) -> Ouverture:
        return self._retenir(self.catalogue.ouverture, unite, structure, jour)

    def limite_ajout(self, unite: str, structure: str, jour: date) -> datetime | None:
        """First refused instant, None when there is no deadline."""
        return self._retenir(self.catalogue.limite_ajout, unite, structure, jour)

    def limite_annulation(self, unite: str, structure: str, jour: date) -> datetime | None:
        return self._retenir(self.catalogue.limite_annulation, unite, structure, jour)

    def limite_hors_delai(self, unite: str, structure: str, jour: date) -> datetime | None:
        """First instant at which even a late request is refused; None when late requests are."""
        return self._retenir(self.catalogue.limite_hors_delai, unite, structure, jour)

    def est_a_valider(self, unite: str) -> bool:
        """Whether booking it waits for an agent's word."""
        return self.catalogue.activites[self.catalogue.unites[unite].activite].a_valider

    def evenement(self, unite: str, structure: str, classe: str, jour: date) -> EvenementEnVigueur | None:
        """The one that cancelled this slot for this class, if any."""
        return next((e for e in self.evenements if e.portee.touche(unite, structure, classe, jour)), None)

    def jours_de_semaine(self, unite: str) -> frozenset[int]:
        """Weekdays (0 = Monday) on which the unit may be open in one of its structures, exceptions left out."""
        cle = ("jours", unite)
        connus: frozenset[int] | None = self._memoire.get(cle)
        if connus is not None:
            return connus
        fiche = self.catalogue.unites[unite]
        ecoles = [self.catalogue.structures[s].jours_ecole for s in self.catalogue.activites[fiche.activite].structures]
        jours = {
            jour
            for plage in fiche.plages
            for ecole in ecoles
            for jour in plage.jours_de(self.calendrier.jours_ecole if ecole is None else ecole)
        }
        return self._garder(cle, frozenset(jours))

    def prix(self, unite: str, circonstance: Circonstance) -> Prix:
        """The day counts only by the dated version it falls under, so a month of identical days is priced once."""
        code = self.catalogue.unites[unite].tarif
        version = None if code is None else self.catalogue.tarifs[code].version_du(circonstance.jour)
        if version is None:
            return self.catalogue.prix(unite, circonstance)
        cle = ("prix", unite, version.du, _SANS_LE_JOUR(circonstance))
        connu = self._memoire.get(cle)
        if connu is None:
            connu = self._garder(cle, self.catalogue.prix(unite, circonstance))
        prix: Prix = connu
        return prix

    def _retenir(self, regle: Callable[[str, str, date, Calendrier], _T], unite: str, structure: str, jour: date) -> _T:
        cle = (regle.__name__, unite, structure, jour)
        memoire = self._memoire
        if cle in memoire:
            connu: _T = memoire[cle]
            return connu
        return self._garder(cle, regle(unite, structure, jour, self.calendrier))

    def _garder(self, cle: Hashable, valeur: _T) -> _T:
        if len(self._memoire) >= _PLAFOND_MEMOIRE:
            self._memoire.clear()
        self._memoire[cle] = valeur
        return valeur


def charger_regles(session: Session, cache: dict[str, Any], zone: str = "") -> Regles:
    """The rules in force: one query as long as nothing changed since `cache` was filled.

    The versions are read before what they number: a change that slips in between is read too early, never missed.
    Not to be called with the application's cache in a transaction that is changing the rules.
    """
    versions = _versions_lues(session)
    connues: Regles | None = cache.get("regles")
    if connues is not None and connues.versions == versions:
        return connues
    regles = lire_regles(session, versions, zone)
    cache["regles"] = regles
    return regles


def regles_connues(session: Session) -> Regles:
    """The rules in force, kept from one session of this database to the next as long as nothing changes."""
    return charger_regles(session, session.info.setdefault("memoire", {}))


def _versions_lues(session: Session) -> tuple[int, int, int]:
    """Asked once by a session that reads: one page is told by one version of the rules."""
    if not session.info.get("lit_seulement"):
        return lire_versions(session)
    if "versions" not in session.info:
        session.info["versions"] = lire_versions(session)
    versions: tuple[int, int, int] = session.info["versions"]
    return versions


# Built once: it runs at every request.
_VERSIONS = select(VersionRegles.__table__.c.cle, VersionRegles.__table__.c.version)


def lire_versions(session: Session) -> tuple[int, int, int]:
    lues = {ligne.cle: ligne.version for ligne in session.execute(select(VersionRegles.cle, VersionRegles.version))}
    return lues.get("catalogue", 0), lues.get("calendrier", 0), lues.get(CLE_EVENEMENTS, 0)


def figer_evenements(session: Session) -> None:
    """Until the end of this transaction, nobody closes a day nor gives one back. For who writes bookings, before the
    rules and the bookings are read, and before children and jauges are locked: who declares then waits, and sees what
    was written. SQLite already has a single writer."""
    if session.get_bind().dialect.name != "postgresql":
        return
    requete = select(VersionRegles.cle).where(VersionRegles.cle == CLE_EVENEMENTS).with_for_update(read=True)
    if session.scalar(requete) is None:
        nouvelle_version(session, CLE_EVENEMENTS, increment=0)


def lire_regles(session: Session, versions: tuple[int, int, int], zone: str = "") -> Regles:
    document = session.scalar(select(VersionCatalogue.document).order_by(VersionCatalogue.version.desc()).limit(1))
    structures, activites, unites, jauges = (
        {ligne.id: ligne.code for ligne in session.execute(select(table.id, table.code).where(~table.est_retire))}
        for table in (Structure, Activite, Unite, Jauge)
    )
    evenements = lire_evenements(session)
    catalogue = lire_catalogue(document) if document is not None else _CATALOGUE_VIDE
    fermetures = [f for e in evenements if e.ferme for f in e.portee.fermetures(e.motif)]
    return Regles(
        versions=versions,
        catalogue=catalogue.avec_fermetures(fermetures) if fermetures else catalogue,
        calendrier=lire_calendrier(session, zone, JOURS_ECOLE),
        unites=unites,
        structures=structures,
        activites=activites,
        jauges=jauges,
        unite_ids=_inverser(unites),
        structure_ids=_inverser(structures),
        activite_ids=_inverser(activites),
        jauge_ids=_inverser(jauges),
        evenements=evenements,
    )


def lire_evenements(session: Session) -> tuple[EvenementEnVigueur, ...]:
    """Latest first: the last word about a day is the one said. One query."""
    lignes = session.execute(
        select(Evenement.motif, Evenement.contenu, Evenement.ferme)
        .where(Evenement.annule_utc.is_(None))
        .order_by(Evenement.id.desc())
    )
    return tuple(EvenementEnVigueur(motif, portee_de(contenu), ferme) for motif, contenu, ferme in lignes)


def _inverser(codes: dict[int, str]) -> dict[str, int]:
    return {code: id_ for id_, code in codes.items()}
