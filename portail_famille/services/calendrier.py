"""The calendar of a commune: seeded from the two packages, then the editable tables are the truth (domain.md §2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from jours_feries_france import JoursFeries
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from vacances_scolaires_france import SchoolHolidayDates

from portail_famille.domain.calendrier import Calendrier, PeriodeVacances
from portail_famille.models.calendrier import JourFerie, PeriodeScolaire, VersionRegles

ZONES = ("A", "B", "C")
ALSACE_MOSELLE = "Alsace-Moselle"
# Weekdays of class unless a school says otherwise (four-day week, the rule since 2017 in nine communes out of ten).
JOURS_ECOLE = frozenset({0, 1, 3, 4})

# Missing from vacances-scolaires-france 0.12: « les classes vaqueront » those two days (calendar 2025-2026, all zones).
_CORRECTIONS = (PeriodeVacances("Pont de l’Ascension", date(2026, 5, 15), date(2026, 5, 16)),)
_NOMS_FERIES = {
    "1er janvier": "Jour de l’An",
    "1er mai": "Fête du Travail",
    "8 mai": "Victoire de 1945",
    "14 juillet": "Fête nationale",
    "11 novembre": "Armistice de 1918",
    "Jour de Noël": "Noël",
    "2ème jour de Noël": "Saint-Étienne",
}


@dataclass(frozen=True, slots=True)
class RapportSemis:
    """What a seeding added and took away. Zeros: everything was there."""

    periodes: int
    feries: int
    retires: int = 0


@dataclass(frozen=True, slots=True)
class Ecart:
    """Rows that were published, but not for this commune; `manquants`: its own public holidays that are not there."""

    periodes: tuple[PeriodeScolaire, ...]
    feries: tuple[JourFerie, ...]
    manquants: tuple[date, ...]

    def __bool__(self) -> bool:
        return bool(self.periodes or self.feries or self.manquants)


def periodes_publiees(zone: str) -> tuple[PeriodeVacances, ...]:
    """School holidays of a zone as the packages publish them, corrected, in order."""
    if zone not in ZONES:
        raise ValueError(f"zone {zone!r}: A, B or C")
    source = SchoolHolidayDates()
    colonne = source.zone_key(zone)
    periodes: list[PeriodeVacances] = []
    for jour in sorted(source.data):
        ligne = source.data[jour]
        if not ligne[colonne]:
            continue
        nom = str(ligne["nom_vacances"]).replace("'", "’")
        precedente = periodes[-1] if periodes else None
        if precedente and precedente.nom == nom and jour - precedente.au == timedelta(days=1):
            periodes[-1] = PeriodeVacances(nom, precedente.du, jour)
        else:
            periodes.append(PeriodeVacances(nom, jour, jour))
    absentes = [c for c in _CORRECTIONS if not any(_se_touchent(c, periode) for periode in periodes)]
    return tuple(sorted([*periodes, *absentes], key=lambda periode: periode.du))


def feries_publies(annee: int, alsace_moselle: bool = False) -> dict[date, str]:
    """Public holidays of a year. Two on the same day (Ascension on 1 May) share it."""
    feries: dict[date, str] = {}
    for nom, jour in JoursFeries.for_year(annee, ALSACE_MOSELLE if alsace_moselle else None).items():
        propre = _NOMS_FERIES.get(nom, nom)
        feries[jour] = f"{feries[jour]} et {propre}" if jour in feries else propre
    return feries


def ecart_du_calendrier(session: Session, zone: str, alsace_moselle: bool) -> Ecart:
    """What the tables hold of another zone, or of the other list of public holidays.

    Told from the publications themselves, so that nothing has to be kept in step with the tables: a row equal to a
    published one was seeded, any other is an agent's own.
    """
    siennes = set(periodes_publiees(zone))
    autres = {periode for z in ZONES for periode in periodes_publiees(z)} - siennes
    connues = session.scalars(select(PeriodeScolaire).order_by(PeriodeScolaire.du))
    etrangeres = tuple(p for p in connues if PeriodeVacances(p.nom, p.du, p.au) in autres)
    feries = {ferie.jour: ferie for ferie in session.scalars(select(JourFerie).order_by(JourFerie.jour))}
    en_trop: list[JourFerie] = []
    manquants: list[date] = []
    for annee in sorted({jour.year for jour in feries}):
        for jour, nom in feries_publies(annee, True).items() - feries_publies(annee).items():
            if not alsace_moselle and jour in feries and feries[jour].nom == nom:
                en_trop.append(feries[jour])
            elif alsace_moselle and jour not in feries:
                manquants.append(jour)
    return Ecart(etrangeres, tuple(en_trop), tuple(sorted(manquants)))


def remplacer_calendrier(
    session: Session, zone: str, annees: Iterable[int], alsace_moselle: bool, aujourd_hui: date
) -> RapportSemis:
    """Take away what is to come and was published for others, then seed. Past rows and agents' own stay."""
    nouvelle_version(session, "calendrier", increment=0)
    ecart = ecart_du_calendrier(session, zone, alsace_moselle)
    retirees = [p for p in ecart.periodes if p.du > aujourd_hui]
    retires = [f for f in ecart.feries if f.jour > aujourd_hui]
    for ligne in (*retirees, *retires):
        session.delete(ligne)
    if retirees or retires:
        nouvelle_version(session, "calendrier")
    session.flush()
    semis = semer_calendrier(session, zone, annees, alsace_moselle)
    return RapportSemis(semis.periodes, semis.feries, len(retirees) + len(retires))


def semer_calendrier(session: Session, zone: str, annees: Iterable[int], alsace_moselle: bool = False) -> RapportSemis:
    """Add the holidays that touch the given calendar years and are not in the tables yet.

    What an agent has edited stays: a published period is left out as soon as a row overlaps it or is the same
    holiday of the same year under other dates; a public holiday is left out when its day has a row.
    """
    voulues = frozenset(annees)
    nouvelle_version(session, "calendrier", increment=0)
    connues = [PeriodeVacances(p.nom, p.du, p.au) for p in session.scalars(select(PeriodeScolaire))]
    periodes = [
        periode
        for periode in periodes_publiees(zone)
        if voulues & {periode.du.year, periode.au.year} and not any(_est_deja(periode, connue) for connue in connues)
    ]
    session.add_all(PeriodeScolaire(nom=p.nom, du=p.du, au=p.au) for p in periodes)

    jours_connus = set(session.scalars(select(JourFerie.jour)))
    feries = [
        JourFerie(jour=jour, nom=nom)
        for annee in sorted(voulues)
        for jour, nom in feries_publies(annee, alsace_moselle).items()
        if jour not in jours_connus
    ]
    session.add_all(feries)
    if periodes or feries:
        nouvelle_version(session, "calendrier")
    session.flush()
    return RapportSemis(len(periodes), len(feries))


def lire_calendrier(session: Session, zone: str, jours_ecole: frozenset[int]) -> Calendrier:
    """The calendar as the tables stand."""
    vacances = tuple(
        PeriodeVacances(ligne.nom, ligne.du, ligne.au)
        for ligne in session.scalars(select(PeriodeScolaire).order_by(PeriodeScolaire.du))
    )
    feries = {ferie.jour: ferie.nom for ferie in session.scalars(select(JourFerie))}
    return Calendrier(zone, vacances, feries, jours_ecole)


def nouvelle_version(session: Session, cle: str, increment: int = 1) -> int:
    """Raise the counter that tells every process to read its rules again, and lock its row until the commit.

    `increment=0` only takes the lock: two imports, or two seedings, follow each other. On SQLite the writing
    transaction is already alone.
    """
    session.execute(
        text("INSERT INTO version_regles (cle, version) VALUES (:cle, 0) ON CONFLICT (cle) DO NOTHING"), {"cle": cle}
    )
    ligne = session.scalars(
        select(VersionRegles).where(VersionRegles.cle == cle).with_for_update(),
        execution_options={"populate_existing": True},
    ).one()
    ligne.version += increment
    session.flush()
    return ligne.version


def _est_deja(publiee: PeriodeVacances, connue: PeriodeVacances) -> bool:
    return _se_touchent(publiee, connue) or (connue.s_appelle(publiee.nom) and connue.du.year == publiee.du.year)


def _se_touchent(une: PeriodeVacances, autre: PeriodeVacances) -> bool:
    return une.du <= autre.au and autre.du <= une.au
