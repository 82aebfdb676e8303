"""The calendar tables: seeded from the packages, checked against the Ministry's printed dates, never overwritten."""

from datetime import date

import pytest
from sqlalchemy import delete, func, select, update

from portail_famille.domain.calendrier import Calendrier, PeriodeVacances
from portail_famille.domain.libelles import mots_de_periode
from portail_famille.models.bd import BD
from portail_famille.models.calendrier import JourFerie, PeriodeScolaire
from portail_famille.services.calendrier import feries_publies, lire_calendrier, periodes_publiees, semer_calendrier
from portail_famille.services.regles import lire_versions
from tests.support.calendriers import FERIES, LMJV, lignes_du_calendrier

ANNEES = (2026, 2027, 2028)


def semer(bd: BD, zone: str = "A", annees: tuple[int, ...] = ANNEES, alsace_moselle: bool = False) -> tuple[int, int]:
    with bd.session_ecriture() as session:
        semis = semer_calendrier(session, zone, annees, alsace_moselle)
    return semis.periodes, semis.feries


def lire(bd: BD) -> Calendrier:
    with bd.session_lecture() as session:
        return lire_calendrier(session, "A", LMJV)


def version(bd: BD) -> int:
    with bd.session_lecture() as session:
        return lire_versions(session)[1]


@pytest.mark.parametrize("zone", ["A", "B", "C"])
def test_published_periods_are_those_the_ministry_printed(zone: str) -> None:
    publiees = {(mots_de_periode(p.nom)[0], p.du, p.au) for p in periodes_publiees(zone) if p.du >= date(2026, 9, 1)}
    imprimees = {
        (
            mots_de_periode(ligne["period"])[0],
            date.fromisoformat(ligne["first_day_off"]),
            date.fromisoformat(ligne["last_day_off"]),
        )
        for ligne in lignes_du_calendrier()
        if zone in ligne["zone"]
    }
    assert publiees == imprimees


@pytest.mark.parametrize("zone", ["A", "B", "C"])
def test_the_bridge_of_the_ascension_that_the_package_lacks_is_there(zone: str) -> None:
    assert PeriodeVacances("Pont de l’Ascension", date(2026, 5, 15), date(2026, 5, 16)) in periodes_publiees(zone)
    ponts = [periode for periode in periodes_publiees(zone) if "Ascension" in periode.nom and periode.du.year >= 2026]
    assert [pont.du.year for pont in ponts] == [2026, 2027, 2028]


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="zone"):
        periodes_publiees("D")


def test_published_holidays_are_the_legal_ones() -> None:
    publies = {jour for annee in ANNEES for jour in feries_publies(annee)}
    assert publies == set(FERIES)


def test_two_holidays_on_one_day_share_it() -> None:
    assert feries_publies(2008)[date(2008, 5, 1)] == "Fête du Travail et Ascension"


def test_alsace_and_moselle_have_two_more_holidays() -> None:
    de_plus = feries_publies(2027, alsace_moselle=True).keys() - feries_publies(2027).keys()
    assert de_plus == {date(2027, 3, 26), date(2027, 12, 26)}


def test_seeding_twice_adds_nothing_and_raises_no_version(bd: BD) -> None:
    assert semer(bd) == (17, 33)
    assert version(bd) == 1
    assert semer(bd) == (0, 0)
    assert version(bd) == 1


def test_a_later_year_is_added_to_what_is_there(bd: BD) -> None:
    semer(bd, annees=(2026,))
    connues = lire(bd).vacances
    periodes, feries = semer(bd, annees=(2026, 2027))
    assert periodes > 0
    assert feries == 11
    assert set(connues) < set(lire(bd).vacances)
    assert version(bd) == 2


def test_seeding_keeps_the_dates_an_agent_has_moved(bd: BD) -> None:
    semer(bd)
    with bd.session_ecriture() as session:
        session.execute(
            update(PeriodeScolaire)
            .where(PeriodeScolaire.du == date(2026, 12, 19))
            .values(nom="Noël 2026 (dates de la mairie)", du=date(2026, 12, 17), au=date(2026, 12, 18))
        )
        session.execute(update(JourFerie).where(JourFerie.jour == date(2026, 12, 25)).values(nom="Jour de Noël"))
    assert semer(bd) == (1, 0), "moved apart and renamed, it is another period: the published one is missing"
    with bd.session_ecriture() as session:
        session.execute(delete(PeriodeScolaire).where(PeriodeScolaire.du == date(2026, 12, 19)))
        session.execute(update(PeriodeScolaire).where(PeriodeScolaire.du == date(2026, 12, 17)).values(nom="Noël 2026"))
    assert semer(bd) == (0, 0), "under its own name it is the same holiday, with the agent's dates"
    with bd.session_ecriture() as session:
        session.execute(
            update(PeriodeScolaire)
            .where(PeriodeScolaire.du == date(2026, 10, 17))
            .values(nom="Automne", du=date(2026, 10, 20), au=date(2026, 11, 3))
        )
    assert semer(bd) == (0, 0), "a period that overlaps it is that holiday, whatever its name"
    assert lire(bd).ferie(date(2026, 12, 25)) == "Jour de Noël"


def test_seeding_puts_back_what_is_missing(bd: BD) -> None:
    semer(bd)
    with bd.session_ecriture() as session:
        session.execute(delete(JourFerie).where(JourFerie.jour == date(2026, 12, 25)))
        session.execute(delete(PeriodeScolaire).where(PeriodeScolaire.du == date(2027, 2, 13)))
    assert semer(bd) == (1, 1)


def test_the_calendar_read_back_knows_holidays_school_days_and_the_end_of_the_year(bd: BD) -> None:
    semer(bd)
    calendrier = lire(bd)
    noel = calendrier.vacances_du(date(2026, 12, 21))
    assert noel == PeriodeVacances("Vacances de Noël", date(2026, 12, 19), date(2027, 1, 3))
    assert calendrier.ferie(date(2027, 5, 17)) == "Lundi de Pentecôte"
    assert calendrier.est_jour_ecole(date(2026, 11, 30))
    assert not calendrier.est_jour_ecole(date(2027, 5, 7))
    assert calendrier.fin_annee_scolaire(date(2026, 11, 21)) == date(2027, 7, 2)


def test_a_calendar_belongs_to_a_zone(bd: BD) -> None:
    semer(bd, zone="C")
    hiver = lire(bd).vacances_du(date(2027, 2, 8))
    assert hiver is not None
    assert hiver.au == date(2027, 2, 21)
    with bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(PeriodeScolaire)) == 17
