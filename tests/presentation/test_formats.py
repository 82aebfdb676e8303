"""Amounts, dates and hours as a French reader expects them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.horloge import PARIS
from portail_famille.presentation import formats

MERCREDI_SOIR = datetime(2026, 12, 2, 18, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("centimes", "signe", "attendu"),
    [
        (345, False, "3,45\u00a0€"),
        (0, False, "0,00\u00a0€"),
        (5, False, "0,05\u00a0€"),
        (-342, False, "−3,42\u00a0€"),
        (180, True, "+1,80\u00a0€"),
        (-342, True, "−3,42\u00a0€"),
        (0, True, "0,00\u00a0€"),
        (123_450, False, "1\u202f234,50\u00a0€"),
        (-100_000_000, False, "−1\u202f000\u202f000,00\u00a0€"),
    ],
)
def test_an_amount_is_written_the_french_way(centimes: int, signe: bool, attendu: str) -> None:
    assert formats.euros(centimes, signe) == attendu


@given(st.integers(min_value=-(10**9), max_value=10**9), st.booleans())
def test_no_centime_is_lost_in_writing(centimes: int, signe: bool) -> None:
    chiffres = formats.euros(centimes, signe).translate({0x202F: None, 0xA0: None, ord("€"): None, ord(","): None})
    assert int(chiffres.replace("−", "-")) == centimes


def test_an_amount_carries_its_centimes_for_machines() -> None:
    assert formats.montant(-342, signe=True) == '<data value="-342">−3,42\u00a0€</data>'


@pytest.mark.parametrize(("nombre", "attendu"), [(0, "0\u00a0jour"), (1, "1\u00a0jour"), (2, "2\u00a0jours")])
def test_zero_and_one_are_singular(nombre: int, attendu: str) -> None:
    assert formats.pluriel(nombre, "jour") == attendu


def test_a_word_can_have_its_own_plural() -> None:
    assert formats.pluriel(2, "refus", "refus") == "2\u00a0refus"
    assert formats.pluriel(3, "journal", "journaux") == "3\u00a0journaux"


def test_a_draft_is_counted_without_its_zeros() -> None:
    assert formats.compter(3, 1, 0) == "3\u00a0ajouts, 1\u00a0retrait"
    assert formats.compter(0, 0, 2) == "2\u00a0refus"
    assert formats.compter(0, 0, 0) == ""


def test_only_the_first_of_a_month_is_an_ordinal() -> None:
    assert formats.date_longue(date(2026, 11, 1)) == "dimanche 1er novembre 2026"
    assert formats.date_longue(date(2026, 12, 2), annee=False) == "mercredi 2 décembre"
    assert formats.jour_court(date(2026, 12, 1)) == "mar. 1er"
    assert formats.date_courte(date(2027, 2, 21)) == "21 février"


def test_a_month_is_a_heading() -> None:
    assert formats.mois_annee(date(2026, 8, 9)) == "Août 2026"


@pytest.mark.parametrize(
    ("moment", "attendu"),
    [
        (time(8, 30), "8\u202fh\u202f30"),
        (time(12, 0), "12\u202fh"),
        (time(0, 5), "0\u202fh\u202f05"),
        (MERCREDI_SOIR, "19\u202fh\u202f42"),
    ],
)
def test_an_hour_is_read_on_the_clock_of_paris(moment: time | datetime, attendu: str) -> None:
    assert formats.heure(moment) == attendu


def test_a_date_and_an_instant_are_time_elements() -> None:
    assert formats.balise_date(date(2026, 12, 1)) == '<time datetime="2026-12-01">mardi 1er décembre 2026</time>'
    assert formats.balise_instant(MERCREDI_SOIR) == (
        '<time datetime="2026-12-02T19:42+01:00">mercredi 2 décembre 2026 à 19\u202fh\u202f42</time>'
    )


def test_the_text_of_a_time_element_is_escaped() -> None:
    assert "<b>" not in formats.balise_date(date(2026, 12, 1), "<b>")
    assert "<b>" not in formats.exposant("<b>Du 1er au 4")


def test_an_ordinal_is_raised() -> None:
    assert formats.exposant("Du 1er au 4") == "Du 1<sup>er</sup> au 4"
    assert (
        formats.exposant("1er, 5 et 8, 30 et 31 octobre, 1er")
        == "1<sup>er</sup>, 5 et 8, 30 et 31 octobre, 1<sup>er</sup>"
    )
    assert formats.exposant("Noé compte comme 2e enfant") == "Noé compte comme 2<sup>e</sup> enfant"
    assert formats.exposant("21er") == "21er"


def decembre(*jours: int) -> list[date]:
    return [date(2026, 12, jour) for jour in jours]


@pytest.mark.parametrize(
    ("jours", "attendu"),
    [
        ([], ""),
        (decembre(1), "mardi 1er décembre"),
        (decembre(7, 10), "lundi 7 et jeudi 10 décembre"),
        ([*decembre(8, 10), date(2027, 1, 4)], "mardi 8, jeudi 10 décembre et lundi 4 janvier"),
        (
            [*decembre(8, 15), *(date(2027, 1, n) for n in (5, 12, 19, 26))],
            "6\u00a0mardis du 8 décembre au 26 janvier",
        ),
        (decembre(7, 10, 14, 17), "4\u00a0lundis et jeudis du 7 au 17 décembre"),
        (decembre(7, 8, 9, 10, 11), "5\u00a0jours du 7 au 11 décembre"),
    ],
)
def test_days_are_listed_or_summed_up(jours: list[date], attendu: str) -> None:
    assert formats.liste_de_jours(jours) == attendu
    assert formats.liste_de_jours([*reversed(jours), *jours]) == attendu, "order and repeats do not matter"


def test_every_day_of_a_series_is_told_month_by_month() -> None:
    jours = [*decembre(8, 15), *(date(2027, 1, n) for n in (5, 12, 26)), date(2027, 12, 1)]
    assert formats.detail_de_jours(jours) == ("8 et 15 décembre\u202f; 5, 12 et 26 janvier\u202f; 1er décembre")


@pytest.mark.parametrize(
    ("quand", "attendu"),
    [
        (datetime(2026, 12, 2, 20, 0, tzinfo=PARIS), "aujourd’hui, 20\u202fh"),
        (datetime(2026, 12, 3, 12, 0, tzinfo=PARIS), "demain, jeudi, 12\u202fh"),
        (datetime(2026, 12, 10, 12, 0, tzinfo=PARIS), "jeudi 10, 12\u202fh"),
        (datetime(2027, 1, 7, 8, 30, tzinfo=PARIS), "jeudi 7 janvier, 8\u202fh\u202f30"),
        # The first refused instant is midnight: the last day on which one may still change is the one before.
        (datetime(2026, 12, 3, 0, 0, tzinfo=PARIS), "aujourd’hui, minuit"),
        (datetime(2026, 12, 9, 0, 0, tzinfo=PARIS), "mardi 8, minuit"),
    ],
)
def test_a_deadline_is_said_as_one_speaks(quand: datetime, attendu: str) -> None:
    assert formats.limite(quand, MERCREDI_SOIR) == attendu
    assert formats.limite(quand.astimezone(UTC), MERCREDI_SOIR.astimezone(PARIS)) == attendu


@given(st.integers(min_value=2, max_value=300))
def test_a_far_deadline_always_names_its_day(jours: int) -> None:
    quand = datetime(2026, 12, 2, 12, tzinfo=PARIS) + timedelta(days=jours)
    assert formats.limite(quand, MERCREDI_SOIR).startswith(formats.nom_du_jour(quand.date()))


@pytest.mark.parametrize(
    ("numero", "attendu"), [("02 99 00 12 34", "tel:+33299001234"), ("+33 2 99", "tel:+33299"), ("3939", "tel:3939")]
)
def test_a_telephone_number_can_be_called(numero: str, attendu: str) -> None:
    assert formats.telephone_lien(numero) == attendu


@pytest.mark.parametrize(
    ("garde", "dit"),
    [
        ("+33612345678", "06 12 34 56 78"),
        ("+33639981201", "06 39 98 12 01"),
        ("+262692123456", "0692 12 34 56"),
        ("+41212345678", "+41 21 234 56 78"),
        ("06 12 00 34 56", "06 12 00 34 56"),
        ("", ""),
    ],
)
def test_a_telephone_number_is_shown_the_french_way(garde: str, dit: str) -> None:
    assert formats.telephone(garde) == dit
