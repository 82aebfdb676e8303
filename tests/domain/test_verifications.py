"""What an import says without refusing: days a deadline forgets, holidays nobody has published, late before time."""

from datetime import date

import pytest

from portail_famille.domain.verifications import avertissements_du_calendrier
from tests.support.calendriers import calendrier_de
from tests.support.documents import document_de_cantine, lire

SAISON = "du = 2026-09-01\nau = 2027-07-02"
AUJOURD_HUI = date(2026, 11, 21)
LUNDI_MARDI = '[{ pour = ["lundi", "mardi", "jeudi"], jours = 1, avant = "9h" }]'


def avertir(delai: str = '"aucun"', *, activite: str = SAISON, unite: str = "", suite: str = "") -> list[str]:
    catalogue = lire(document_de_cantine(delai=delai, activite=activite, unite=unite, suite=suite))
    alertes = avertissements_du_calendrier(catalogue, calendrier_de(), AUJOURD_HUI)
    return [alerte.replace("\u00a0", " ").replace("\u202f", " ") for alerte in alertes]


def test_a_deadline_that_forgets_a_weekday_names_the_unit_and_the_day() -> None:
    (alerte,) = avertir(LUNDI_MARDI)
    assert alerte.startswith(
        "Unité « repas », delai_ajout ne prévoit pas vendredi en période scolaire "
        "(25 jours, du 27 novembre 2026 au 2 juillet 2027) : ouvert, mais pas de réservation en ligne."
    )


def test_a_deadline_that_forgets_a_kind_of_period_or_an_exceptional_opening_says_so() -> None:
    ecole = '[{ pour_periode = "ecole", jours = 1, avant = "9h" }]'
    (alerte,) = avertir(ecole, activite=f'{SAISON}\nperiode = "toutes"')
    assert "lundi, mardi, mercredi, jeudi, vendredi pendant les vacances (" in alerte
    assert "période scolaire" not in alerte
    quatre = '[{ pour = ["lundi", "mardi", "jeudi", "vendredi"], jours = 1, avant = "9h" }]'
    ouverture = '[[ouverture_exceptionnelle]]\ndu = 2027-01-06\nmotif = "Mercredi travaillé."'
    (alerte,) = avertir(quatre, suite=ouverture)
    assert "ne prévoit pas l’ouverture exceptionnelle du 6 janvier 2027 :" in alerte


@pytest.mark.parametrize(
    ("delai", "jours"),
    [
        ('{ jours = 8, depuis = "debut_vacances", avant = "24:00" }', "lundi, mardi, jeudi, vendredi"),
        ('{ avant = "9h", dates_par_mois = { 2026-12 = 2026-11-27 } }', "lundi, mardi, jeudi, vendredi"),
        ('[{ jours = 8, depuis = "debut_vacances", avant = "24:00" }]', "lundi, mardi, jeudi, vendredi"),
        (
            '{ avant = "9h", dates = [{ du = 2026-09-01, au = 2027-07-01, limite = 2026-08-01 }] }',
            "le vendredi 2 juillet 2027",
        ),
    ],
)
def test_dates_and_reference_days_may_forget_days_too(delai: str, jours: str) -> None:
    (alerte,) = avertir(delai)
    assert f"ne prévoit pas {jours}" in alerte


@pytest.mark.parametrize(
    "delai",
    [
        '"jamais"',
        '{ jours = 1, avant = "9h" }',
        '[{ pour = ["lundi"], regle = "jamais" }, { jours = 1, avant = "9h" }]',
        '{ jours = 8, depuis = "debut_vacances", avant = "24:00", sinon = "jamais" }',
        '{ avant = "9h", dates_par_mois = { 2026-12 = 2026-11-27 }, sinon = "jamais" }',
    ],
)
def test_a_day_that_the_town_closes_in_so_many_words_is_no_oversight(delai: str) -> None:
    assert avertir(delai) == []


def test_days_gone_by_closed_or_out_of_season_are_not_forgotten() -> None:
    sans_vendredi = '[{ pour = ["lundi", "mardi", "jeudi"], jours = 1, avant = "9h" }]'
    assert avertir(sans_vendredi, activite="du = 2026-11-16\nau = 2026-11-26") == []
    assert avertir(sans_vendredi, activite=f'{SAISON}\njours = ["lundi", "jeudi"]') == []
    fermeture = '[[fermeture]]\ndu = 2026-11-27\nmotif = "Travaux."'
    assert avertir(sans_vendredi, activite="du = 2026-11-23\nau = 2026-11-29", suite=fermeture) == []


def test_an_activity_without_season_is_tried_over_one_year_and_never_past_the_calendar() -> None:
    (alerte,) = avertir(LUNDI_MARDI, activite="")
    assert "du 27 novembre 2026 au 19 novembre 2027" in alerte
    assert avertir(LUNDI_MARDI, activite='du = 2028-09-01\nperiode = "toutes"') == []


def test_a_cancellation_deadline_is_tried_on_its_own() -> None:
    (alerte,) = avertir(unite=f"delai_annulation = {LUNDI_MARDI}")
    assert "delai_annulation ne prévoit pas vendredi" in alerte
    assert "pas d’annulation en ligne" in alerte
    assert len(avertir(LUNDI_MARDI)) == 1


def test_holidays_of_a_year_that_nobody_has_published_are_told() -> None:
    activite = f'{SAISON}\nperiode = "vacances"\nvacances = ["Noël 2031", "Noël 2026", "Hiver"]'
    assert avertir(activite=activite) == [
        "Unité « repas », vacances : « Noël 2031 » n’est pas au calendrier de la commune."
    ]
    dates = '{ avant = "9h", dates_par_vacances = { "Noël 2031" = 2031-11-20 }, sinon = "aucun" }'
    attendu = ["Unité « repas », delai_ajout : « Noël 2031 » n’est pas au calendrier de la commune."]
    assert avertir(dates) == attendu
    mois = "dates_par_mois = { 2026-12 = 2026-11-27 }"
    for repere in (mois, 'jours = 8, depuis = "debut_vacances"'):
        assert avertir(f'{{ avant = "9h", {repere}, sinon = {dates} }}') == attendu
    assert avertir(f'[{{ pour = ["lundi"], avant = "9h", {dates[15:-1]} }}, {{ regle = "aucun" }}]') == attendu


def test_a_late_deadline_that_comes_first_on_some_days_is_told() -> None:
    hors_delai = 'hors_delai = { dernier = "vendredi", avant = "12:00" }'
    (alerte,) = avertir('{ jours = 1, avant = "9h" }', unite=hors_delai)
    assert "hors_delai tombe avant delai_ajout pour lundi, mardi, jeudi, vendredi en période scolaire" in alerte
    assert avertir('{ jours = 30, avant = "9h" }', unite=hors_delai) == []
    assert avertir('"jamais"', unite=hors_delai) == []
