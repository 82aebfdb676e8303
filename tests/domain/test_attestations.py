"""What of a price is care: CGI art. 200 quater B and what the administration says of it."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.attestations import (
    FactureSuivie,
    Versement,
    a_moins_de_six_ans,
    arrondir_ensemble,
    garde_payee,
    part_de_garde,
    repas_comptes_en_garde,
)
from portail_famille.domain.circonstances import Etat
from portail_famille.domain.unites import Activite, Unite
from tests.support.documents import document_de_cantine, lire
from tests.support.regies import REGIES


def garderie(activite: str = "", unite: str = "") -> tuple[Activite, Unite]:
    catalogue = lire(document_de_cantine(activite=activite, unite=unite))
    return catalogue.activites["cantine"], catalogue.unites["repas"]


@pytest.mark.parametrize(
    ("activite", "unite", "base", "montant", "etat", "garde"),
    [
        # An after-school care is care; what is added for a late request, or for coming without a booking, is not.
        ("", "", 126, 126, Etat.PRESENTE, 126),
        ("", "", 126, 226, Etat.HORS_DELAI, 126),
        ("", "", 126, 252, Etat.PRESENTE_NON_RESERVEE, 126),
        # Half price by a modifier: never more than what was paid.
        ("", "", 126, 63, Etat.PRESENTE, 63),
        # A canteen is food, unless the town itemises its supervision.
        ("restauration = true", "", 342, 342, Etat.PRESENTE, 0),
        ("restauration = true", "part_garde = 1.20", 342, 342, Etat.PRESENTE, 120),
        ("restauration = true", "part_garde = 1.20", 342, 442, Etat.HORS_DELAI, 120),
        ("restauration = true", "part_garde = 1.20", 100, 100, Etat.PRESENTE, 100),
        # A day of holidays with its meal; a workshop that is not care at all.
        ("", "part_garde = 9.20", 1240, 1240, Etat.RESERVEE, 920),
        ("garde = false", "", 500, 500, Etat.PRESENTE, 0),
        ("restauration = true\ngarde = true", "", 800, 800, Etat.PRESENTE, 800),
        # Nobody kept a child who was absent.
        ("", "", 126, 126, Etat.ABSENTE_INJUSTIFIEE, 0),
        ("", "", 126, 63, Etat.ABSENTE_JUSTIFIEE, 0),
    ],
)
def test_only_care_given_counts(activite: str, unite: str, base: int, montant: int, etat: Etat, garde: int) -> None:
    assert part_de_garde(*garderie(activite, unite), base, montant, etat) == garde


@given(
    base=st.integers(0, 10_000),
    montant=st.integers(0, 20_000),
    etat=st.sampled_from(Etat),
    part=st.none() | st.integers(0, 3_000),
    garde=st.booleans(),
)
def test_care_is_never_more_than_the_price_nor_than_the_base(
    base: int, montant: int, etat: Etat, part: int | None, garde: bool
) -> None:
    activite, unite = garderie()
    trouvee = part_de_garde(
        replace(activite, garde=garde), replace(unite, part_garde_centimes=part), base, montant, etat
    )
    assert 0 <= trouvee <= min(base, montant)


NOEL_2026, FIN_JANVIER = date(2026, 12, 20), date(2027, 1, 28)


def facture(
    *versements: Versement, lignes: int = 10_000, total: int | None = None, gardes: dict[tuple[int, int], int]
) -> FactureSuivie:
    return FactureSuivie(lignes, lignes if total is None else total, gardes, versements)


@pytest.mark.parametrize(
    ("naissance", "compte"),
    [(date(2020, 1, 2), True), (date(2020, 1, 1), True), (date(2019, 12, 31), False), (date(2026, 8, 1), True)],
)
def test_a_child_under_six_on_the_first_of_january_counts(naissance: date, compte: bool) -> None:
    assert a_moins_de_six_ans(naissance, 2026) is compte


def test_a_part_payment_pays_each_line_in_proportion() -> None:
    """100 €, of which 60 € of care for Léa (40) and Noé (20); 50 € paid before the end of the year, 50 € after."""
    une = facture(
        Versement(NOEL_2026, 5_000), Versement(FIN_JANVIER, 5_000), gardes={(1, 2026): 4_000, (2, 2026): 2_000}
    )
    assert garde_payee([une], 2026) == {1: 2_000, 2: 1_000}
    assert garde_payee([une], 2027) == {1: 2_000, 2: 1_000}


def test_what_is_paid_before_the_care_counts_in_the_year_of_the_care() -> None:
    """January's workshop of 40 €, December's of 20 €, all paid at Christmas."""
    une = facture(Versement(NOEL_2026, 10_000), gardes={(1, 2026): 2_000, (1, 2027): 4_000})
    assert garde_payee([une], 2026) == {1: 2_000}
    assert garde_payee([une], 2027) == {1: 4_000}


def test_what_an_employer_paid_in_advance_is_not_the_familys() -> None:
    """CESU of 60 €, 45 € of it from the employer; 40 € by card."""
    cesu, carte = Versement(NOEL_2026, 6_000, Fraction(1, 4)), Versement(NOEL_2026, 4_000)
    assert garde_payee([facture(cesu, carte, gardes={(1, 2026): 5_000})], 2026) == {1: (1_500 + 4_000) / 2}


def test_money_over_the_price_is_a_credit_not_care() -> None:
    """Paid 100 €, then an avoir of 30 € on its lines: 70 € are the price."""
    une = facture(Versement(NOEL_2026, 10_000), lignes=7_000, gardes={(1, 2026): 3_500})
    assert garde_payee([une], 2026) == {1: 3_500}


def test_a_gesture_on_the_whole_takes_off_care_in_proportion() -> None:
    """Lines of 100 €, half of it care; the town gives 20 € back: 80 € paid, 40 € of it care."""
    une = facture(Versement(NOEL_2026, 8_000), total=8_000, gardes={(1, 2026): 5_000})
    assert garde_payee([une], 2026) == {1: 4_000}


def test_an_invoice_taken_back_whole_is_no_care() -> None:
    assert garde_payee([facture(Versement(NOEL_2026, 100), lignes=0, gardes={(1, 2026): 0})], 2026) == {}


_versements = st.lists(
    st.builds(
        Versement,
        st.dates(date(2025, 1, 1), date(2028, 12, 31)),
        st.integers(1, 20_000),
        st.fractions(0, 1, max_denominator=50),
    ),
    max_size=5,
)


@st.composite
def _factures(dessiner: st.DrawFn) -> FactureSuivie:
    lignes = dessiner(st.integers(0, 20_000))
    gardes, reste = {}, lignes
    for enfant in range(dessiner(st.integers(0, 3))):
        garde = dessiner(st.integers(0, reste))
        gardes[enfant, dessiner(st.integers(2025, 2028))] = garde
        reste -= garde
    total = dessiner(st.integers(0, lignes))
    return FactureSuivie(lignes, total, gardes, tuple(dessiner(_versements)))


@given(st.lists(_factures(), max_size=4))
def test_over_the_years_care_paid_is_never_more_than_what_was_paid_nor_than_care(factures: list[FactureSuivie]) -> None:
    par_an = [garde_payee(factures, annee) for annee in range(2025, 2029)]
    assert all(part > 0 for parts in par_an for part in parts.values())
    payee = sum((sum(parts.values(), Fraction(0)) for parts in par_an), Fraction(0))
    assert payee <= sum(sum(facture.gardes.values()) for facture in factures)
    assert payee <= sum(min(f.total_centimes, sum(v.centimes for v in f.versements)) for f in factures)


@given(_factures())
def test_paid_whole_by_the_family_all_its_care_is_told_once(une: FactureSuivie) -> None:
    entiere = replace(
        une, total_centimes=une.lignes_centimes, versements=(Versement(date(2026, 5, 1), une.lignes_centimes),)
    )
    dites = [garde_payee([entiere], annee) for annee in range(2025, 2029)]
    assert sum((sum(parts.values(), Fraction(0)) for parts in dites), Fraction(0)) == sum(une.gardes.values())


@given(st.dictionaries(st.integers(), st.fractions(0, 10_000, max_denominator=97), max_size=8))
def test_rounded_parts_add_up_to_the_rounded_total(parts: dict[int, Fraction]) -> None:
    entiers = arrondir_ensemble(parts)
    assert entiers.keys() == parts.keys()
    total = sum(parts.values(), Fraction(0))
    assert abs(sum(entiers.values()) - total) <= Fraction(1, 2)
    assert all(abs(entiers[cle] - part) < 1 for cle, part in parts.items())


PRIX = 'tarif = "repas"'
UN_PRIX = '[[tarif]]\ncode = "repas"\nnom = "Prix"\nprix = 12.40'


@pytest.mark.parametrize(
    ("nom", "heures", "activite", "unite", "est_suspecte"),
    [
        ("Journée", ("08:00", "18:00"), "", PRIX, True),
        ("Matin et repas", ("08:00", "12:30"), "", PRIX, True),
        ("Matin", ("08:00", "12:30"), "", PRIX, False),
        ("Après-midi", ("13:30", "18:00"), "", PRIX, False),
        ("Journée", ("08:00", "18:00"), "", f"{PRIX}\npart_garde = 9.20", False),
        ("Journée", ("08:00", "18:00"), "", "", False),
        ("Journée", ("08:00", "18:00"), "garde = false", PRIX, False),
        ("Repas", ("11:45", "13:30"), "restauration = true", PRIX, False),
    ],
)
def test_a_meal_that_would_be_counted_as_care_is_told(
    nom: str, heures: tuple[str, str], activite: str, unite: str, est_suspecte: bool
) -> None:
    texte = document_de_cantine(activite=activite, unite=unite, suite=UN_PRIX)
    du, au = heures
    catalogue = lire(texte.replace('nom = "Repas"\ndebut = "11:45"', f'nom = "{nom}"\ndebut = "{du}"\nfin = "{au}"'))
    assert repas_comptes_en_garde(catalogue, REGIES) == (["repas"] if est_suspecte else [])
    # Another software bills it, or nobody does: its share is not ours to say.
    assert repas_comptes_en_garde(catalogue, {}) == []
    importees = {code: replace(regie, est_importee=True) for code, regie in REGIES.items()}
    assert repas_comptes_en_garde(catalogue, importees) == []
