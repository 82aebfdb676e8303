"""Amounts typed by parents, QF of an avis d'imposition, dates of a QF: nothing overlaps, nothing is retroactive."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.quotients import (
    FormuleAvis,
    Periode,
    Pose,
    Validite,
    en_vigueur,
    lire_allocataire,
    lire_montant,
    lire_part_isole,
    lire_parts,
    mois_acceptes,
    poser,
)

NOEL = date(2026, 12, 25)
JOURS = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@pytest.mark.parametrize(
    ("texte", "centimes"),
    [
        ("639,99", 63_999),
        ("1 250", 125_000),
        ("1250.5 €", 125_050),
        ("1\u202f250,50\u00a0€", 125_050),
        (" 0 ", 0),
        ("842 euros", 84_200),
        ("100000", 10_000_000),
    ],
)
def test_an_amount_is_read_as_parents_write_it(texte: str, centimes: int) -> None:
    assert lire_montant(texte, "valeur") == centimes


@pytest.mark.parametrize(
    "texte", ["", "abc", "-12", "1.250", "12 50", "12,345", "1,2,3", "100000,01", "٣", "1e3", "9" * 30]
)
def test_an_amount_that_could_mean_two_things_is_asked_again(texte: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        lire_montant(texte, "valeur")
    assert refus.value.champ == "valeur"


@given(st.integers(0, 10_000_000))
def test_every_amount_comes_back_from_its_french_writing(centimes: int) -> None:
    milliers = f"{centimes // 100:,}".replace(",", "\u202f")
    assert lire_montant(f"{milliers},{centimes % 100:02d} €", "valeur") == centimes


@pytest.mark.parametrize(("texte", "parts"), [("2,5", "5/2"), ("1", "1"), ("2.25", "9/4"), ("3,50", "7/2")])
def test_parts_are_read_by_quarters(texte: str, parts: str) -> None:
    assert lire_parts(texte, "parts") == Fraction(parts)


@pytest.mark.parametrize("texte", ["", "0", "0,5", "2,3", "31", "deux", "-1", "2,123"])
def test_parts_that_no_avis_shows_are_refused(texte: str) -> None:
    with pytest.raises(RegleViolee):
        lire_parts(texte, "parts")


@pytest.mark.parametrize(
    ("texte", "organisme", "lu"),
    [
        ("1234567", "caf", "1234567"),
        ("123 4567 b", "caf", "1234567B"),
        ("", "caf", ""),
        ("2 85 05 78 006 084", "msa", "2850578006084"),
        ("285057800608491", "msa", "285057800608491"),
    ],
)
def test_an_allocataire_number_loses_its_spaces(texte: str, organisme: str, lu: str) -> None:
    assert lire_allocataire(texte, organisme, "allocataire") == lu


@pytest.mark.parametrize(("texte", "organisme"), [("12345", "caf"), ("12345678", "caf"), ("1234567", "msa")])
def test_an_allocataire_number_of_another_shape_is_said(texte: str, organisme: str) -> None:
    with pytest.raises(RegleViolee):
        lire_allocataire(texte, organisme, "allocataire")


def test_the_quotient_of_an_avis_is_exact_then_rounded_half_up() -> None:
    # 20 000 / 12 / 2.5 = 666.666…; 27,09 / 12 / 1.5 = 1.505 → 1,51.
    assert FormuleAvis().quotient(2_000_000, Fraction(5, 2)) == 66_667
    assert FormuleAvis().quotient(2_709, Fraction(3, 2)) == 151
    assert FormuleAvis(12, Fraction(1, 2)).quotient(2_000_000, Fraction(2), est_parent_isole=True) == 66_667
    assert FormuleAvis(12, Fraction(1, 2)).quotient(2_000_000, Fraction(2)) == 83_333


@given(st.integers(0, 1_000_000_000), st.integers(4, 120), st.integers(0, 4))
def test_more_parts_never_make_a_higher_quotient(revenu: int, quarts: int, isole: int) -> None:
    formule = FormuleAvis(12, Fraction(isole, 4))
    seul = formule.quotient(revenu, Fraction(quarts, 4), est_parent_isole=True)
    assert seul <= formule.quotient(revenu, Fraction(quarts, 4))
    assert abs(Fraction(seul) * 12 * Fraction(quarts + isole, 4) - revenu) <= 6 * Fraction(quarts + isole, 4)


@pytest.mark.parametrize(("texte", "part"), [("0.5", "1/2"), ("0,5", "1/2"), ("", "0"), ("x", "0"), ("-1", "0")])
def test_the_part_of_a_lone_parent_is_a_setting(texte: str, part: str) -> None:
    assert lire_part_isole(texte) == Fraction(part)


@pytest.mark.parametrize(
    ("effet", "du"),
    [("jour", NOEL), ("mois", date(2026, 12, 1)), ("mois_suivant", date(2027, 1, 1))],
)
def test_a_declaration_counts_from_the_day_the_town_says(effet: str, du: date) -> None:
    assert Validite(effet=effet).debut(NOEL) == du


@pytest.mark.parametrize(
    ("validite", "du", "au"),
    [
        (Validite(), date(2026, 3, 2), date(2026, 12, 31)),
        # The reminder of December asks for the QF of the coming year.
        (Validite(), date(2026, 12, 2), date(2027, 12, 31)),
        (Validite(), date(2026, 12, 1), date(2027, 12, 31)),
        (Validite(), date(2026, 11, 30), date(2026, 12, 31)),
        (Validite("annee_scolaire"), date(2026, 9, 1), date(2027, 8, 31)),
        (Validite("annee_scolaire"), date(2026, 8, 20), date(2027, 8, 31)),
        (Validite("annee_scolaire", renouvellement_jours=0), date(2026, 8, 20), date(2026, 8, 31)),
        (Validite("mois", 6), date(2026, 12, 2), date(2027, 5, 31)),
        (Validite("mois", 1), date(2026, 12, 2), date(2026, 12, 31)),
    ],
)
def test_a_quotient_holds_until_the_end_the_town_says(validite: Validite, du: date, au: date) -> None:
    assert validite.fin(du) == au


def test_months_of_validity_count_from_the_month_of_the_document() -> None:
    assert Validite("mois", 12).fin(date(2026, 12, 2), date(2026, 10, 1)) == date(2027, 9, 30)
    assert Validite("mois", 1).fin(date(2026, 12, 2), date(2026, 10, 1)) == date(2026, 12, 31)


@given(
    st.sampled_from(["annee_civile", "annee_scolaire", "mois"]),
    st.integers(1, 36),
    st.sampled_from(["jour", "mois", "mois_suivant"]),
    st.integers(0, 120),
    JOURS,
)
def test_a_declaration_never_ends_before_it_counts_nor_counts_before_its_month(
    genre: str, mois: int, effet: str, jours: int, declaree: date
) -> None:
    validite = Validite(genre, mois, effet, jours)
    du = validite.debut(declaree)
    assert du >= declaree.replace(day=1)
    assert du >= declaree or effet == "mois"
    assert validite.fin(du) >= du
    assert genre == "mois" or (validite.fin(du) - du).days >= jours - 1 or jours > 365


def test_an_attestation_is_of_this_month_or_the_three_before() -> None:
    assert [mois.isoformat() for mois in mois_acceptes(date(2026, 2, 28))] == [
        "2026-02-01", "2026-01-01", "2025-12-01", "2025-11-01",
    ]  # fmt: skip


_BORNES = st.tuples(JOURS, st.none() | st.integers(0, 500)).map(
    lambda t: (t[0], None if t[1] is None else t[0] + timedelta(days=t[1]))
)


def appliquer(periodes: list[Periode], pose: Pose, du: date, valeur: int) -> list[Periode]:
    """What the service writes."""
    veille = du - timedelta(days=1)
    gardees = [
        Periode(p.id, p.du, veille if p.id in pose.coupees else p.au, p.valeur_centimes)
        for p in periodes
        if p.id not in pose.remplacees
    ]
    return [*gardees, Periode(1000, du, pose.au, valeur)]


@given(st.lists(_BORNES, max_size=6), _BORNES)
def test_a_new_quotient_leaves_no_overlap_and_changes_no_day_before_it(
    connues: list[tuple[date, date | None]], nouvelle: tuple[date, date | None]
) -> None:
    periodes: list[Periode] = []
    for rang, (du, au) in enumerate(connues):
        pose = poser(periodes, du, au)
        periodes = [Periode(rang, p.du, p.au, rang) if p.id == 1000 else p for p in appliquer(periodes, pose, du, rang)]
    du, au = nouvelle
    pose = poser(periodes, du, au)
    apres = appliquer(periodes, pose, du, -1)
    for jour in (date(2025, 1, 1) + timedelta(days=n) for n in range(0, 1900, 9)):
        assert sum(p.couvre(jour) for p in apres) <= 1
        avant, lue = en_vigueur(periodes, jour), en_vigueur(apres, jour)
        if jour < du:
            assert lue == avant or (lue is not None and avant is not None and lue.id == avant.id)
        elif pose.au is None or jour <= pose.au:
            assert lue is not None
            assert lue.valeur_centimes == -1
    assert pose.au == au or pose.suivante is not None


def test_of_two_quotients_of_a_day_the_latest_start_wins() -> None:
    ancien, recent = Periode(1, date(2026, 1, 1), None, 84_200), Periode(2, date(2026, 6, 1), None, 50_000)
    assert en_vigueur([recent, ancien], NOEL) == recent
    assert en_vigueur([recent, ancien], date(2026, 5, 31)) == ancien
    assert en_vigueur([recent, ancien], date(2025, 12, 31)) is None


def test_a_later_quotient_already_accepted_keeps_its_days() -> None:
    janvier = Periode(7, date(2027, 1, 1), None, 50_000)
    pose = poser([janvier], NOEL, date(2027, 12, 31))
    assert (pose.au, pose.suivante, pose.coupees) == (date(2026, 12, 31), janvier, ())


def test_a_quotient_whose_last_day_is_the_new_ones_first_gives_it_up() -> None:
    """Both days are included."""
    ancien = Periode(1, date(2026, 1, 1), NOEL, 84_200)
    assert poser([ancien], NOEL, None).coupees == (1,)
    assert poser([ancien], NOEL + timedelta(days=1), None).coupees == ()


def test_an_end_before_the_beginning_is_refused() -> None:
    with pytest.raises(RegleViolee) as refus:
        poser([], NOEL, NOEL - timedelta(days=1))
    assert refus.value.champ == "au"
