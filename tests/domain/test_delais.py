"""Deadlines: each form of the grammar as a town writes it, then what holds for all of them."""

from datetime import UTC, date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portail_famille.domain.delais import JAMAIS
from portail_famille.domain.horloge import fin_du_jour
from tests.support.calendriers import calendrier_de
from tests.support.documents import document_de_cantine, limite, lire

# 30/11/2026 is a Monday. Zone A: Toussaint 17/10-01/11, Noël 19/12-03/01. Public holidays 11/11, 25/12, 01/01.
CAS = [
    ('{ jours = 0, avant = "8h30" }', "2026-11-30", "2026-11-30T08:30+01:00"),
    ('{ jours = 1, avant = "10:00" }', "2026-11-30", "2026-11-29T10:00+01:00"),
    ('{ jours = 8, avant = "24:00" }', "2026-11-30", "2026-11-23T00:00+01:00"),
    ('{ jours = 8, avant = "23h59" }', "2026-11-30", "2026-11-23T00:00+01:00"),
    ('{ jours = 8, avant = "minuit" }', "2026-11-30", "2026-11-23T00:00+01:00"),
    ('{ jours = 8, avant = "fin de journée" }', "2026-11-30", "2026-11-23T00:00+01:00"),
    ('{ jours = 8, avant = "00:00" }', "2026-11-30", "2026-11-22T00:00+01:00"),
    ('{ jours = 2, avant = "midi" }', "2026-11-30", "2026-11-28T12:00+01:00"),
    ("{ jours = 2, avant = 12:00:00 }", "2026-11-30", "2026-11-28T12:00+01:00"),
    ("{ jours = 2, avant = 23:59:59 }", "2026-11-30", "2026-11-29T00:00+01:00"),
    ('{ jours = 2, avant = "12h", sauf = ["samedi", "dimanche"] }', "2026-12-01", "2026-11-27T12:00+01:00"),
    ('{ jours = 1, avant = "12h", sauf = ["feries"] }', "2026-11-12", "2026-11-10T12:00+01:00"),
    ('{ jours = 1, avant = "12h", sauf = ["vacances"] }', "2026-11-02", "2026-10-16T12:00+02:00"),
    ('{ jours = 1, avant = "12h", sauf = ["sans_ecole"] }', "2026-12-03", "2026-12-01T12:00+01:00"),
    ('{ jours_ouvres = 2, avant = "12h" }', "2026-11-12", "2026-11-09T12:00+01:00"),
    ('{ jours_ouvres = 2, avant = "12h", sauf = ["mercredi"] }', "2026-12-04", "2026-12-01T12:00+01:00"),
    ('{ jours_ouvres = 2, avant = "12h", sauf = ["vacances"] }', "2027-01-04", "2026-12-17T12:00+01:00"),
    ('{ jours_ouvrables = 2, avant = "12h" }', "2026-11-30", "2026-11-27T12:00+01:00"),
    ('{ jours_ecole = 1, avant = "11h" }', "2027-01-04", "2026-12-18T11:00+01:00"),
    ('{ jours_ouverture = 2, avant = "11h" }', "2026-12-03", "2026-11-30T11:00+01:00"),
    ('{ dernier = "vendredi", avant = "9h" }', "2026-11-30", "2026-11-27T09:00+01:00"),
    ('{ dernier = "lundi", avant = "9h" }', "2026-11-30", "2026-11-23T09:00+01:00"),
    ('{ jour = "jeudi", semaines_avant = 1, avant = "minuit" }', "2026-12-04", "2026-11-27T00:00+01:00"),
    ('{ jour = "mardi", semaines_avant = 2, avant = "18h" }', "2026-12-04", "2026-11-17T18:00+01:00"),
    ('{ jour = "lundi", semaines_avant = 0, avant = "9h" }', "2026-12-04", "2026-11-30T09:00+01:00"),
    ('{ jour_du_mois = 20, mois_avant = 1, avant = "24:00" }', "2027-01-04", "2026-12-21T00:00+01:00"),
    ('{ jour_du_mois = 31, mois_avant = 1, avant = "12h" }', "2026-12-03", "2026-11-30T12:00+01:00"),
    ('{ jour_du_mois = "dernier jour", mois_avant = 2, avant = "12h" }', "2027-04-05", "2027-02-28T12:00+01:00"),
    ('{ jour_du_mois = "dernier vendredi", mois_avant = 1, avant = "12h" }', "2026-12-03", "2026-11-27T12:00+01:00"),
    ('{ jour_du_mois = "1er lundi", mois_avant = 1, avant = "12h" }', "2026-12-03", "2026-11-02T12:00+01:00"),
    ('{ jour_du_mois = "3e jeudi", mois_avant = 1, avant = "12h" }', "2026-12-03", "2026-11-19T12:00+01:00"),
    ('{ jour_du_mois = 1, mois_avant = 0, avant = "12h" }', "2026-12-03", "2026-12-01T12:00+01:00"),
    ('{ jours = 15, depuis = "debut_vacances", avant = "24:00" }', "2026-12-22", "2026-12-05T00:00+01:00"),
    ('{ jours_ouvres = 5, depuis = "debut_mois", avant = "12h" }', "2026-12-03", "2026-11-24T12:00+01:00"),
    ('{ jours = 3, depuis = "debut_semaine", avant = "12h" }', "2026-12-03", "2026-11-27T12:00+01:00"),
    ('{ jours = 7, depuis = "debut_periode", avant = "12h" }', "2026-12-03", "2026-10-26T12:00+01:00"),
    ('{ jours = 15, depuis = "rentree", avant = "12h" }', "2027-12-02", "2027-08-17T12:00+02:00"),
    ('{ jour_du_mois = 15, mois_avant = 1, depuis = "debut_vacances", avant = "0h" }', "2027-01-01",
     "2026-11-15T00:00+01:00"),
    ('{ jour_du_mois = 11, mois_avant = 1, avant = "12h", report = "ouvre_precedent" }', "2026-12-03",
     "2026-11-10T12:00+01:00"),
    ('{ jour_du_mois = 11, mois_avant = 1, avant = "12h", report = "ouvre_suivant" }', "2026-12-03",
     "2026-11-12T12:00+01:00"),
    ('{ jour_du_mois = 11, mois_avant = 1, avant = "12h", report = "ouvre_suivant", sauf = ["jeudi"] }', "2026-12-03",
     "2026-11-13T12:00+01:00"),
    ('{ jours = 1, avant = "12h", report = "ecole_precedent" }', "2026-12-03", "2026-12-01T12:00+01:00"),
    ('{ jours = 3, avant = "12h", report = "ecole_suivant" }', "2026-12-03", "2026-11-30T12:00+01:00"),
    ("{ heures = 48 }", "2026-12-03", "2026-12-01T11:45+01:00"),
    ('{ heures = 48, sauf = ["week-end", "feries"] }', "2026-11-30", "2026-11-26T11:45+01:00"),
    ('{ heures = 12, sauf = ["week-end"] }', "2026-11-30", "2026-11-27T23:45+01:00"),
    ('{ heures = 2, debut = "07:30" }', "2026-12-03", "2026-12-03T05:30+01:00"),
    ('{ dates_par_mois = { 2026-12 = 2026-11-20, 2027-01 = 2026-12-11 }, avant = "18h" }', "2026-12-03",
     "2026-11-20T18:00+01:00"),
    ('{ dates_par_vacances = { "Noël 2026" = 2026-11-27 }, avant = "18h" }', "2026-12-22", "2026-11-27T18:00+01:00"),
    ('{ dates_par_vacances = { "Noël" = 2026-11-20, "Noël 2026" = 2026-11-27 }, avant = "18h" }', "2026-12-22",
     "2026-11-27T18:00+01:00"),
    ('{ dates = [{ du = 2026-12-01, au = 2026-12-10, limite = 2026-11-15 }], avant = "24:00" }', "2026-12-10",
     "2026-11-16T00:00+01:00"),
    ('[{ pour = ["lundi"], dernier = "vendredi", avant = "10h" }, { jours = 1, avant = "10h" }]', "2026-11-30",
     "2026-11-27T10:00+01:00"),
    ('[{ pour = ["lundi"], dernier = "vendredi", avant = "10h" }, { jours = 1, avant = "10h" }]', "2026-12-03",
     "2026-12-02T10:00+01:00"),
    ('[{ pour_periode = "vacances", jours = 15, depuis = "debut_vacances", avant = "0h" }, { jours = 1, avant = "9h" }]',  # noqa: E501
     "2026-12-22", "2026-12-04T00:00+01:00"),
    ('[{ pour_periode = "ecole", jours = 1, avant = "0h" }, { jours = 9, avant = "0h" }]', "2026-12-22",
     "2026-12-13T00:00+01:00"),
    ('[{ pour = ["jeudi"], regle = "aucun" }, { jours = 1, avant = "0h" }]', "2026-12-04", "2026-12-03T00:00+01:00"),
]  # fmt: skip


@pytest.mark.parametrize(("regle", "jour", "attendu"), CAS, ids=lambda valeur: str(valeur))
def test_a_rule_written_by_a_town_gives_the_first_refused_instant(regle: str, jour: str, attendu: str) -> None:
    obtenu = limite(regle, date.fromisoformat(jour))
    assert obtenu is not None
    assert obtenu.isoformat(timespec="minutes") == attendu


def test_no_deadline_is_no_instant() -> None:
    assert limite('"aucun"', date(2026, 11, 30)) is None
    assert limite('[{ pour = ["lundi"], regle = "aucun" }, { jours = 1, avant = "0h" }]', date(2026, 11, 30)) is None


def test_never_is_an_instant_long_past_and_said_as_such() -> None:
    catalogue = lire(document_de_cantine(delai='"jamais"'))
    assert not catalogue.ajout_possible("repas")
    assert not catalogue.annulation_possible("repas")
    assert limite('"jamais"', date(2026, 11, 30)) == JAMAIS
    assert lire(document_de_cantine()).ajout_possible("repas")


@pytest.mark.parametrize(
    "regle",
    [
        '{ dates_par_mois = { 2026-12 = 2026-11-20 }, avant = "18h" }',
        '{ dates_par_vacances = { "Hiver" = 2026-11-20 }, avant = "18h" }',
        '{ jours = 15, depuis = "debut_vacances", avant = "18h" }',
        '[{ pour = ["mardi"], jours = 1, avant = "18h" }]',
    ],
)
def test_a_day_that_no_line_concerns_is_closed_to_families(regle: str) -> None:
    assert limite(regle, date(2026, 11, 30)) == JAMAIS


@pytest.mark.parametrize(
    "regle",
    [
        '{ dates_par_mois = { 2026-12 = 2026-11-20 }, avant = "18h", sinon = { jours = 2, avant = "9h" } }',
        '{ jours = 15, depuis = "debut_vacances", avant = "18h", sinon = { jours = 2, avant = "9h" } }',
    ],
)
def test_such_a_day_follows_its_own_rule_when_the_town_gives_one(regle: str) -> None:
    obtenu = limite(regle, date(2026, 11, 30))
    assert obtenu is not None
    assert obtenu.isoformat() == "2026-11-28T09:00:00+01:00"


def test_cancelling_has_its_own_rule_or_that_of_adding() -> None:
    def annulation(ligne: str) -> str:
        catalogue = lire(document_de_cantine(delai='{ jours = 2, avant = "9h" }', activite=ligne))
        return str(catalogue.limite_annulation("repas", "ecole", date(2026, 12, 3), calendrier_de()))

    assert annulation('delai_annulation = { jours = 7, avant = "12h" }') == "2026-11-26 12:00:00+01:00"
    assert annulation('delai_annulation = "comme_ajout"') == annulation("") == "2026-12-01 09:00:00+01:00"


def test_a_unit_has_its_own_rule_or_that_of_its_activity() -> None:
    jour = date(2026, 12, 3)
    assert limite('{ jours = 2, avant = "9h" }', jour, unite='delai_ajout = { jours = 1, avant = "9h" }') == limite(
        '{ jours = 1, avant = "9h" }', jour
    )


def test_late_requests_are_refused_unless_the_town_accepts_them() -> None:
    def hors_delai(ligne: str, delai: str = '{ jours = 2, avant = "9h" }') -> str | None:
        catalogue = lire(document_de_cantine(delai=delai, activite=ligne))
        tardive = catalogue.limite_hors_delai("repas", "ecole", date(2026, 12, 3), calendrier_de())
        return None if tardive is None else tardive.isoformat(timespec="minutes")

    assert hors_delai("") is None
    assert hors_delai('hors_delai = "refuse"') is None
    assert hors_delai('hors_delai = "accepte"') == "2026-12-03T11:45+01:00"
    assert hors_delai('hors_delai = { jours = 0, avant = "8h30" }') == "2026-12-03T08:30+01:00"
    assert hors_delai('hors_delai = { jours_ouvres = 5, avant = "8h30" }') is None
    assert hors_delai('hors_delai = "accepte"', delai='"aucun"') is None
    jeudi_jamais = '[{ pour = ["jeudi"], regle = "jamais" }, { jours = 1, avant = "9h" }]'
    assert hors_delai('hors_delai = "accepte"', delai=jeudi_jamais) is None


def test_a_closure_of_the_town_can_be_left_out_of_the_count() -> None:
    fermeture = '[[fermeture]]\ndu = 2026-11-27\nau = 2026-11-29\nmotif = "Travaux."'
    regle = '{ jours = 1, avant = "9h", sauf = ["fermetures"] }'
    assert str(limite(regle, date(2026, 11, 30), suite=fermeture)) == "2026-11-26 09:00:00+01:00"


def test_the_previous_opening_day_of_a_first_day_is_last_seasons() -> None:
    obtenu = limite('{ jours_ouverture = 1, avant = "9h" }', date(2027, 9, 2), activite="du = 2027-09-02")
    assert str(obtenu) == "2027-07-02 09:00:00+02:00"


REGLES = st.sampled_from([regle for regle, _, _ in CAS] + ['"aucun"', '"jamais"'])
JOURS = st.dates(date(2026, 9, 1), date(2028, 8, 31))
CATALOGUES = {
    regle: lire(document_de_cantine(delai=regle)) for regle in [regle for regle, _, _ in CAS] + ['"aucun"', '"jamais"']
}


@settings(max_examples=300, deadline=None)
@given(REGLES, JOURS, st.sampled_from("ABC"))
def test_a_deadline_is_never_after_its_day(regle: str, jour: date, zone: str) -> None:
    obtenu = CATALOGUES[regle].limite_ajout("repas", "ecole", jour, calendrier_de(zone))
    assert obtenu is None or obtenu.astimezone(UTC) <= fin_du_jour(jour).astimezone(UTC)


def test_a_deadline_later_than_its_day_is_brought_back_to_its_end() -> None:
    regle = '{ jour = "vendredi", semaines_avant = 0, avant = "12h" }'
    assert limite(regle, date(2026, 12, 1)) == fin_du_jour(date(2026, 12, 1))
    regle = '{ jours = 0, avant = "12h", report = "ouvre_suivant" }'
    assert limite(regle, date(2026, 11, 28)) == fin_du_jour(date(2026, 11, 28))


@settings(max_examples=100, deadline=None)
@given(JOURS, st.integers(0, 10), st.sampled_from(["jours", "jours_ouvres", "jours_ouvrables", "jours_ecole"]))
def test_one_more_day_of_notice_never_gives_a_later_deadline(jour: date, nombre: int, forme: str) -> None:
    moins = limite(f'{{ {forme} = {nombre}, avant = "12h" }}', jour)
    plus = limite(f'{{ {forme} = {nombre + 1}, avant = "12h" }}', jour)
    assert moins is not None
    assert plus is not None
    assert plus < moins


@settings(max_examples=60, deadline=None)
@given(JOURS, st.integers(1, 200))
def test_real_hours_are_counted_in_real_hours(jour: date, heures: int) -> None:
    obtenu, midi = limite(f"{{ heures = {heures} }}", jour), limite('{ jours = 0, avant = "11h45" }', jour)
    assert obtenu is not None
    assert midi is not None
    assert midi.astimezone(UTC) - obtenu.astimezone(UTC) == timedelta(hours=heures)


@pytest.mark.parametrize(
    ("regle", "jour", "attendu"),
    [
        ('{ jours = 0, avant = "2h30" }', "2027-03-28", "2027-03-28T03:00+02:00"),
        ('{ jours = 1, avant = "2h30" }', "2026-10-26", "2026-10-25T02:30+02:00"),
        ('{ jours = 2, avant = "12h" }', "2027-03-30", "2027-03-28T12:00+02:00"),
        ('{ jours = 1, avant = "24h" }', "2027-03-29", "2027-03-29T00:00+02:00"),
        ("{ heures = 24 }", "2026-10-26", "2026-10-25T11:45+01:00"),
        ("{ heures = 48 }", "2026-10-26", "2026-10-24T12:45+02:00"),
        ('{ heures = 36, sauf = ["samedi"] }', "2026-10-26", "2026-10-25T00:45+02:00"),
    ],
)
def test_a_deadline_holds_through_a_clock_change(regle: str, jour: str, attendu: str) -> None:
    obtenu = limite(regle, date.fromisoformat(jour))
    assert obtenu is not None
    assert obtenu.isoformat(timespec="minutes") == attendu
