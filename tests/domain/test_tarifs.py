"""Prices: each form as a town writes it, the order of the steps, and what holds for all of them."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.montants import arrondir
from portail_famille.domain.tarifs import Circonstance, Etat
from tests.support.documents import document_de_cantine, document_de_tarif, lire, prix

QF = st.decimals(0, 20_000, places=2)
TAUX = "taux = 0.36\nminimum = 2.60\nmaximum = 4.50"
TRANCHES = "tranches = [{ moins_de = 400, prix = 0.50 }, { jusqu_a = 900, prix = 2.10 }, { prix = 4.00 }]"
PSU = "sur = 'ressources'\ntaux = { 1 = 0.0619, 2 = 0.0516, 3 = 0.0413, 4 = 0.0310, 8 = 0.0206 }\nplancher = 814.62\nplafond = 8500\naeeh_taux_suivant = true"  # noqa: E501


@pytest.mark.parametrize(
    ("regle", "circonstance", "centimes"),
    [
        ("prix = 3.05", {}, 305),
        ("prix = 3.05", {"qf": None}, 305),
        (TRANCHES, {"qf": "0"}, 50),
        (TRANCHES, {"qf": "399.99"}, 50),
        (TRANCHES, {"qf": "400"}, 210),
        (TRANCHES, {"qf": "900"}, 210),
        (TRANCHES, {"qf": "900.01"}, 400),
        (TRANCHES, {"qf": None}, 400),
        (TRANCHES + "\nsans_qf = 5", {"qf": None}, 500),
        (TRANCHES, {"qf": "-12"}, 50),
        ("tranches = [{ moins_de = 500, taux = 0.2 }, { moins_de = 1000, taux = 0.3, constante = 1 }, { prix = 4 }]",
         {"qf": "600"}, 280),
        ("sur = 'ressources'\ntranches = [{ jusqu_a = 2000, prix = 1 }, { prix = 2 }]",
         {"ressources": Decimal("2000.01")}, 200),
        (TAUX, {"qf": "1000"}, 360),
        (TAUX, {"qf": "100"}, 260),
        (TAUX, {"qf": "9000"}, 450),
        (TAUX, {"qf": None}, 450),
        ("taux = 0.30\nconstante = 0.50\nplancher = 500\nplafond = 1000", {"qf": "0"}, 200),
        ("taux = 0.30\nconstante = 0.50\nplancher = 500\nplafond = 1000", {"qf": "5000"}, 350),
        ("taux = 0.30\nconstante = 0.50\nplancher = 500\nplafond = 1000", {"qf": None}, 350),
        (PSU, {"ressources": Decimal(4000), "personnes_a_charge": 2}, 206),
        (PSU, {"ressources": Decimal(4000), "personnes_a_charge": 2, "aeeh": True}, 165),
        (PSU, {"ressources": Decimal(4000), "personnes_a_charge": 5}, 124),
        (PSU, {"ressources": Decimal(4000), "personnes_a_charge": 5, "aeeh": True}, 82),
        (PSU, {"ressources": Decimal(4000), "personnes_a_charge": 9, "aeeh": True}, 82),
        (PSU, {"ressources": None, "personnes_a_charge": 1}, 526),
    ],
)  # fmt: skip
def test_a_base_gives_its_price(regle: str, circonstance: dict[str, object], centimes: int) -> None:
    assert prix(regle, **circonstance).centimes == centimes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ligne", "circonstance", "centimes"),
    [
        ("rangs = { 2 = { pourcent = 90 }, 3 = { pourcent = 50 } }", {"rang": 1}, 1000),
        ("rangs = { 2 = { pourcent = 90 }, 3 = { pourcent = 50 } }", {"rang": 2}, 900),
        ("rangs = { 2 = { pourcent = 90 }, 3 = { pourcent = 50 } }", {"rang": 5}, 500),
        ("rangs = { 2 = { reduction = 20 } }", {"rang": 2}, 800),
        ("rangs = { 2 = { remise = 1.50 } }", {"rang": 2}, 850),
        ("rangs = { 2 = { remise = 50 } }", {"rang": 2}, 0),
        ("rangs = { 2 = { prix = 7 } }", {"rang": 2}, 700),
        ("rangs = { 2 = { taux = 0.5, maximum = 4 } }", {"rang": 2}, 400),
        ("non_resident = { prix = 12.50 }", {"resident": False}, 1250),
        ("non_resident = { prix = 12.50 }", {"resident": True}, 1000),
        ("non_resident = { pourcent = 130 }", {"resident": False}, 1300),
        ("non_resident = { supplement = 0.55 }", {"resident": False}, 1055),
        ("non_resident = { tranches = [{ moins_de = 500, prix = 5 }, { prix = 6 }] }", {"resident": False}, 600),
        ("pai = { prix = 1.75 }", {"pai": True}, 175),
        ("pai = { pourcent = 0 }", {"pai": True}, 0),
        ("pai = { prix = 1.75 }", {"pai": False}, 1000),
    ],
)
def test_rank_residence_and_pai_change_the_price(ligne: str, circonstance: dict[str, object], centimes: int) -> None:
    assert prix(f"prix = 10\n{ligne}", **circonstance).centimes == centimes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ligne", "etat", "centimes"),
    [
        ("", Etat.RESERVEE, 1000),
        ("", Etat.DEMANDEE, 1000),
        ("", Etat.PRESENTE, 1000),
        ("", Etat.HORS_DELAI, 1000),
        ("", Etat.PRESENTE_NON_RESERVEE, 1000),
        ("", Etat.ABSENTE_INJUSTIFIEE, 1000),
        ("", Etat.ABSENTE_JUSTIFIEE, 0),
        ("", Etat.ANNULEE, 0),
        ("", Etat.EN_ATTENTE, 0),
        ("absente_justifiee = { pourcent = 25 }", Etat.ABSENTE_JUSTIFIEE, 250),
        ("absente_injustifiee = { pourcent = 150 }", Etat.ABSENTE_INJUSTIFIEE, 1500),
        ("presente_non_reservee = { pourcent = 200 }", Etat.PRESENTE_NON_RESERVEE, 2000),
        ("presente_non_reservee = { supplement = 2.50 }", Etat.PRESENTE_NON_RESERVEE, 1250),
        ("hors_delai = { supplement = 1 }", Etat.HORS_DELAI, 1100),
        ("hors_delai = { supplement = 1 }", Etat.RESERVEE, 1000),
        ("hors_delai = { prix = 4 }", Etat.HORS_DELAI, 400),
    ],
)
def test_a_state_has_one_modifier_or_its_usual_meaning(ligne: str, etat: Etat, centimes: int) -> None:
    etats = f"[tarif.etats]\n{ligne}" if ligne else ""
    assert prix(f"prix = 10\n{etats}", etat=etat).centimes == centimes


def test_the_first_oversights_are_forgiven_then_they_count() -> None:
    regle = "prix = 10\n[tarif.etats]\npresente_non_reservee = { pourcent = 200, oublis_pardonnes = 2 }"
    payes = [prix(regle, etat=Etat.PRESENTE_NON_RESERVEE, oublis=n).centimes for n in range(4)]
    assert payes == [1000, 1000, 2000, 2000]
    derniers = [prix(regle, etat=Etat.PRESENTE_NON_RESERVEE, oublis=n).explication[-1] for n in (0, 1)]
    suite = "oubli, pardonné (2 le sont), prix inchangé\u202f; ensuite\u00a0: 200\u202f% du prix."
    assert derniers == [f"Présent sans réservation\u00a0: {rang} {suite}" for rang in ("1er", "2e")]


@pytest.mark.parametrize(
    ("ajustement", "ensuite"),
    [("prix = 9", "un autre tarif"), ("supplement = 1.5", "supplément de 1,50"), ("remise = 1", "remise de 1,00")],
)
def test_the_one_forgiven_oversight_says_what_comes_after(ajustement: str, ensuite: str) -> None:
    regle = f"prix = 10\netats = {{ presente_non_reservee = {{ {ajustement}, oublis_pardonnes = 1 }} }}"
    phrase = prix(regle, etat=Etat.PRESENTE_NON_RESERVEE).explication[-1]
    assert f"1er oubli, pardonné, prix inchangé\u202f; ensuite\u00a0: {ensuite}" in phrase


def test_an_amount_is_never_rounded_before_the_price_is() -> None:
    calcule = prix("taux = 0.1658\nmaximum = 9", qf="600.12")
    assert calcule.centimes == 99
    assert "= 0,99499896\u00a0€." in calcule.explication[1]
    assert "… %" not in calcule.explication[1]
    plus_long = prix("taux = 0.1658\nmaximum = 9\npai = { pourcent = 33.33 }", qf="600.12", pai=True)
    assert plus_long.explication[-2].endswith("soit 0,33163315…\u00a0€.")


@pytest.mark.parametrize(
    ("cle", "circonstance"),
    [
        ("rangs = { 2 = { prix = 2 } }", {"rang": 2}),
        ("non_resident = { prix = 2 }", {"resident": False}),
        ("pai = { prix = 2 }", {"pai": True}),
        ("etats = { hors_delai = { prix = 2 } }", {"etat": Etat.HORS_DELAI}),
        ("", {"etat": Etat.ANNULEE}),
    ],
)
def test_a_step_that_replaces_the_price_takes_back_what_the_unknown_qf_had_said(
    cle: str, circonstance: dict[str, Any]
) -> None:
    regle = f"tranches = [{{ moins_de = 500, prix = 1 }}, {{ prix = 4 }}]\n{cle}"
    assert "régularisation" in " ".join(prix(regle, qf=None).explication)
    phrases = prix(regle, qf=None, **circonstance).explication
    assert "régularisation" not in " ".join(phrases)
    assert len(phrases) == (3 if cle else 2)


def test_a_modifier_may_look_at_residence_and_pai() -> None:
    regle = (
        'prix = 10\n[tarif.etats]\nhors_delai = [{ si = "non_resident", prix = 15 }, '
        '{ si = "pai", supplement = 0 }, { supplement = 1 }]'
    )
    assert prix(regle, etat=Etat.HORS_DELAI, resident=False).centimes == 1500
    assert prix(regle, etat=Etat.HORS_DELAI, pai=True).centimes == 1000
    assert prix(regle, etat=Etat.HORS_DELAI).centimes == 1100


TOUT = """prix = 10.05
maximum = 10
rangs = { 2 = { pourcent = 50 } }
non_resident = { supplement = 1 }
pai = { pourcent = 50 }
etats = { hors_delai = { supplement = 0.25 } }"""


def test_steps_come_in_order_bounds_rank_residence_pai_state() -> None:
    # ((10.05 → 10) × 50 % + 1) × 50 % + 0.25
    obtenu = prix(TOUT, rang=2, resident=False, pai=True, etat=Etat.HORS_DELAI)
    assert obtenu.centimes == 325
    debuts = [etape.split("\u00a0:")[0] for etape in obtenu.explication]
    assert debuts == [
        "Tarif «\u00a0Repas\u00a0».",
        "Prix fixe",
        "Jamais plus que le maximum",
        "2e enfant",
        "Hors commune",
        "Projet d’accueil individualisé",
        "Demande hors délai",
    ]


def test_rounding_comes_once_at_the_very_end() -> None:
    # 3,05 × 50 % × 50 % = 0,7625: rounding at each step would give 0,77.
    obtenu = prix("prix = 3.05\nrangs = { 2 = { pourcent = 50 } }\npai = { pourcent = 50 }", rang=2, pai=True)
    assert obtenu.centimes == 76
    assert obtenu.explication[-1] == "Arrondi au centime\u00a0: 0,76\u00a0€."


def test_no_qf_says_so_and_pays_the_maximum_until_it_is_known() -> None:
    obtenu = prix(TAUX, qf=None)
    assert obtenu.explication[1:] == (
        "Quotient familial inconnu.",
        "Tarif maximum\u00a0: 4,50\u00a0€, jusqu’à régularisation.",
    )


def test_a_bracket_is_named_in_the_explanation() -> None:
    assert "tranche «\u00a0à partir de 400, jusqu’à 900\u00a0»" in prix(TRANCHES, qf="400").explication[1]
    assert "tranche «\u00a0moins de 400\u00a0»" in prix(TRANCHES, qf="0").explication[1]
    assert "tranche «\u00a0au-delà de 900\u00a0»" in prix(TRANCHES, qf="1000").explication[1]


VERSIONS = """
[[tarif.version]]
du = 2026-09-01
prix = 3
[[tarif.version]]
du = 2027-01-01
prix = 3.20
"""


def test_the_version_of_the_booked_day_applies() -> None:
    assert prix(VERSIONS, jour=date(2026, 9, 1)).centimes == 300
    assert prix(VERSIONS, jour=date(2026, 12, 31)).centimes == 300
    assert prix(VERSIONS, jour=date(2027, 1, 1)).centimes == 320
    assert "en vigueur depuis le 1er janvier 2027" in prix(VERSIONS, jour=date(2027, 6, 1)).explication[0]


def test_a_day_before_every_version_has_no_price_and_says_so() -> None:
    with pytest.raises(RegleViolee) as refus:
        prix(VERSIONS, jour=date(2026, 8, 31))
    assert refus.value.code == "tarif_absent"
    assert refus.value.message == "Aucun tarif «\u00a0Repas\u00a0» n’est connu pour le 31 août 2026."


def test_a_unit_without_tarif_is_free() -> None:
    gratuit = lire(document_de_cantine()).prix("repas", Circonstance(date(2026, 11, 30), Decimal(900)))
    assert (gratuit.centimes, gratuit.explication) == (0, ("Gratuit.",))


def test_a_meal_dearer_than_its_cost_is_warned_about_and_not_refused() -> None:
    def alertes(regle: str) -> tuple[str, ...]:
        return lire(document_de_tarif(regle)).avertissements

    assert alertes("prix = 9\ncout = 9") == ()
    assert len(alertes("prix = 9.01\ncout = 9")) == 2
    assert alertes("prix = 8\nnon_resident = { supplement = 2 }\ncout = 9")[0].startswith(
        "Tarif «\u00a0Repas\u00a0»\u00a0: le prix des familles hors commune peut atteindre 10,00\u00a0€"
    )
    assert len(alertes(TRANCHES + "\nsans_qf = 1\ncout = 3")) == 2


@settings(deadline=None)
@given(QF, QF)
def test_a_taux_d_effort_is_monotone_and_bounded(un: Decimal, autre: Decimal) -> None:
    bas, haut = (prix(TAUX, qf=str(qf)).centimes for qf in sorted((un, autre)))
    assert 260 <= bas <= haut <= 450


@settings(deadline=None)
@given(QF)
def test_any_qf_gets_the_price_of_exactly_one_bracket(qf: Decimal) -> None:
    tarif = lire(document_de_tarif(TRANCHES)).tarifs["repas"]
    base = tarif.versions[0].bareme.base
    assert sum(tranche.contient(Fraction(qf)) for tranche in base.tranches) == 1  # type: ignore[union-attr]
    assert tarif.prix(Circonstance(date(2026, 11, 30), qf)).centimes in (50, 210, 400)


@settings(deadline=None)
@given(QF, st.integers(1, 6), st.booleans(), st.booleans(), st.sampled_from(Etat), st.integers(0, 4))
def test_a_price_is_never_negative_nor_silent(
    qf: Decimal, rang: int, resident: bool, pai: bool, etat: Etat, oublis: int
) -> None:
    regle = f"{TAUX}\nrangs = {{ 2 = {{ remise = 3 }} }}\nnon_resident = {{ pourcent = 130 }}\npai = {{ remise = 9 }}"
    obtenu = prix(regle, qf=str(qf), rang=rang, resident=resident, pai=pai, etat=etat, oublis=oublis)
    assert obtenu.centimes >= 0
    assert all(etape.endswith(".") for etape in obtenu.explication)


@settings(deadline=None)
@given(QF)
def test_a_price_is_the_exact_computation_rounded_once(qf: Decimal) -> None:
    exact = min(max(Fraction("0.0036") * Fraction(qf), Fraction("2.6")), Fraction("4.5")) * Fraction(9, 10)
    assert prix(TAUX + "\nrangs = { 2 = { pourcent = 90 } }", qf=str(qf), rang=2).centimes == arrondir(exact)


def test_which_children_make_the_rank_is_the_town_s_choice() -> None:
    assert lire(document_de_tarif("prix = 3")).tarifs["repas"].rang_selon == "inscrits"
    assert lire(document_de_tarif('prix = 3\nrang_selon = "presents"')).tarifs["repas"].rang_selon == "presents"
