"""Days a unit is open, and what a parent reads on the others."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portail_famille.domain.ouvertures import Ouverture
from tests.support.calendriers import calendrier_de
from tests.support.documents import document_de_cantine, lire


def ouverture(jour: str | date, *, activite: str = "", suite: str = "", unite: str = "", zone: str = "A") -> Ouverture:
    jour = jour if isinstance(jour, date) else date.fromisoformat(jour)
    catalogue = lire(document_de_cantine(activite=activite, suite=suite, unite=unite))
    return catalogue.ouverture("repas", "ecole", jour, calendrier_de(zone))


@pytest.mark.parametrize(
    ("activite", "jour", "code", "motif"),
    [
        ("", "2026-12-02", "hors_jours", "Pas d’accueil le mercredi."),
        ("", "2026-12-22", "vacances", "Vacances de Noël."),
        ("", "2027-05-07", "vacances", "Pont de l’Ascension."),
        ("", "2026-12-25", "ferie", "Férié\u00a0: Noël."),
        ("", "2026-11-11", "ferie", "Férié\u00a0: Armistice 1918."),
        ("du = 2026-12-01", "2026-11-30", "hors_saison", "Commence le 1er décembre 2026."),
        ("au = 2026-11-27", "2026-11-30", "hors_saison", "Terminé depuis le 27 novembre 2026."),
        ('periode = "vacances"', "2026-11-30", "periode_scolaire", "Ouvert pendant les vacances scolaires seulement."),
        ('periode = "vacances"', "2026-12-26", "hors_jours", "Pas d’accueil le samedi."),
        ('periode = "vacances"\nvacances = ["Toussaint"]', "2026-12-22", "vacances", "Vacances de Noël."),
    ],
)
def test_a_closed_day_says_why(activite: str, jour: str, code: str, motif: str) -> None:
    assert ouverture(jour, activite=activite) == Ouverture(False, code, motif)


@pytest.mark.parametrize(
    ("activite", "jour", "code"),
    [
        ("", "2028-08-31", "vacances"),
        ("", "2028-09-04", "calendrier_inconnu"),
        ("", "2028-09-06", "calendrier_inconnu"),
        ('periode = "vacances"', "2028-09-04", "calendrier_inconnu"),
        ('periode = "toutes"', "2028-09-04", None),
        ('periode = "toutes"', "2028-09-03", "hors_jours"),
        ('ouverture = [{ periode = "toutes", jours = ["mercredi"] }, {}]', "2028-09-06", None),
        ('ouverture = [{ periode = "toutes", jours = ["mercredi"] }, {}]', "2028-09-04", "calendrier_inconnu"),
    ],
)
def test_past_the_known_calendar_what_depends_on_it_is_closed_and_says_so(
    activite: str, jour: str, code: str | None
) -> None:
    obtenue = ouverture(jour, activite=activite)
    assert obtenue.code == code
    if code == "calendrier_inconnu":
        assert obtenue.motif == "Le calendrier scolaire de cette date n’est pas encore connu."


@pytest.mark.parametrize(
    ("activite", "jour"),
    [
        ("", "2026-11-30"),
        ("du = 2026-11-30\nau = 2026-11-30", "2026-11-30"),
        ('jours = ["mercredi"]', "2026-12-02"),
        ('periode = "vacances"', "2026-12-22"),
        ('periode = "vacances"\nvacances = ["Toussaint", "Noël"]', "2026-12-22"),
        ('periode = "toutes"', "2026-12-22"),
        ('periode = "toutes"', "2026-12-02"),
        ('ouverture = [{ jours = ["mercredi"] }, { periode = "vacances" }]', "2026-12-02"),
        ('ouverture = [{ jours = ["mercredi"] }, { periode = "vacances" }]', "2026-12-22"),
    ],
)
def test_an_open_day_is_open(activite: str, jour: str) -> None:
    assert ouverture(jour, activite=activite) == Ouverture(True, None, None)


def test_without_weekdays_a_unit_follows_those_of_class_in_its_school() -> None:
    catalogue = lire(document_de_cantine().replace('"lundi", "mardi"', '"mercredi", "mardi"'))
    assert catalogue.ouverture("repas", "ecole", date(2026, 12, 2), calendrier_de()).ouvert
    assert not catalogue.ouverture("repas", "ecole", date(2026, 11, 30), calendrier_de()).ouvert


FERMETURE = '[[fermeture]]\ndu = 2026-11-30\nau = 2026-12-01\nmotif = "Grève : pas de cantine."\n'


def test_a_closure_is_said_in_the_words_of_the_town_on_its_days_only() -> None:
    for jour in ("2026-11-30", "2026-12-01"):
        assert ouverture(jour, suite=FERMETURE) == Ouverture(False, "fermeture", "Grève\u00a0: pas de cantine.")
    for jour in ("2026-11-27", "2026-12-03"):
        assert ouverture(jour, suite=FERMETURE).ouvert


AUTRE_ECOLE = '[[structure]]\ncode = "autre"\nnom = "Autre"\ngenre = "ecole"\n'
AUTRE_UNITE = '[[activite.unite]]\ncode = "gouter"\nnom = "Goûter"\n'


@pytest.mark.parametrize(
    ("cible", "ouvert"),
    [
        ('structures = ["ecole"]', False),
        ('structures = ["autre"]', True),
        ('activites = ["cantine"]', False),
        ('unites = ["repas"]', False),
        ('unites = ["gouter"]', True),
        ('structures = ["autre"]\nunites = ["repas"]', True),
    ],
)
def test_a_closure_touches_only_what_it_names(cible: str, ouvert: bool) -> None:
    suite = f"{AUTRE_UNITE}{AUTRE_ECOLE}{FERMETURE}{cible}"
    assert ouverture("2026-11-30", suite=suite).ouvert is ouvert


@pytest.mark.parametrize("jour", ["2026-12-02", "2026-12-22", "2026-11-11", "2026-11-28"])
def test_an_exceptional_opening_wins_over_every_rule(jour: str) -> None:
    ouvert = f'[[ouverture_exceptionnelle]]\ndu = {jour}\nmotif = "Rattrapage."\n'
    assert not ouverture(jour).ouvert
    assert ouverture(jour, suite=ouvert).ouvert
    fermeture = f'[[fermeture]]\ndu = {jour}\nmotif = "Fermé."\n'
    assert ouverture(jour, suite=ouvert + fermeture).ouvert


def test_an_exceptional_opening_does_not_reach_outside_the_season() -> None:
    ouvert = '[[ouverture_exceptionnelle]]\ndu = 2026-12-02\nmotif = "Rattrapage."\n'
    assert ouverture("2026-12-02", suite=ouvert, activite="au = 2026-12-01").code == "hors_saison"


def test_an_activity_is_closed_where_it_is_not_held() -> None:
    catalogue = lire(document_de_cantine(suite=AUTRE_ECOLE))
    assert catalogue.ouverture("repas", "autre", date(2026, 11, 30), calendrier_de()).code == "hors_structure"


def test_closures_of_a_whole_structure_are_listed_with_it() -> None:
    catalogue = lire(document_de_cantine(suite=FERMETURE + '[[fermeture]]\ndu = 2026-12-03\nmotif = "Sortie."\n'
                                         'unites = ["repas"]\n'))  # fmt: skip
    assert [fermeture.motif for fermeture in catalogue.structures["ecole"].fermetures] == [
        "Grève\u00a0: pas de cantine."
    ]


@settings(deadline=None)
@given(st.dates(date(2026, 9, 1), date(2028, 8, 31)), st.sampled_from("ABC"))
def test_school_and_holiday_units_never_open_on_the_same_day(jour: date, zone: str) -> None:
    ecole, vacances = ouverture(jour, zone=zone), ouverture(jour, activite='periode = "vacances"', zone=zone)
    assert not (ecole.ouvert and vacances.ouvert)
    for verdict in (ecole, vacances):
        assert verdict.ouvert == (verdict.motif is None) == (verdict.code is None)
    if calendrier_de(zone).ferie(jour):
        assert not ecole.ouvert
        assert not vacances.ouvert


def test_a_week_of_class_has_four_days_of_cantine() -> None:
    lundi = date(2026, 11, 30)
    assert [ouverture(lundi + timedelta(days=n)).ouvert for n in range(7)] == [
        True,
        True,
        False,
        True,
        True,
        False,
        False,
    ]
