"""Régies: whose money an activity is, when it is due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.regies import Regie, conflits, est_echeance, fin_du_mois, premier_du_mois, regie_de

ECHEANCES = ("jour 1", "jour 20", "jour 31", "1 jour", "30 jours", "fin de mois")


def regie(code: str = "une", **reglages: object) -> Regie:
    return Regie(code=code, nom=code, serie=str(reglages.pop("serie", code.upper())), **reglages)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("regle", "emise_le", "attendue"),
    [
        ("jour 20", date(2026, 12, 1), date(2026, 12, 20)),
        ("jour 20", date(2026, 12, 6), date(2026, 12, 20)),
        ("jour 20", date(2026, 12, 7), date(2027, 1, 20)),  # less than two weeks to pay
        ("jour 31", date(2027, 2, 1), date(2027, 2, 28)),
        ("jour 31", date(2028, 2, 1), date(2028, 2, 29)),
        ("jour 31", date(2026, 12, 20), date(2027, 1, 31)),
        ("30 jours", date(2026, 12, 1), date(2026, 12, 31)),
        ("1 jour", date(2026, 12, 31), date(2027, 1, 1)),
        ("fin de mois", date(2026, 12, 1), date(2027, 1, 31)),
        ("fin de mois", date(2027, 1, 31), date(2027, 2, 28)),
    ],
)
def test_the_day_to_pay_before(regle: str, emise_le: date, attendue: date) -> None:
    assert regie(echeance=regle).a_regler_avant(emise_le) == attendue


def test_dated_back_it_still_leaves_two_weeks_from_the_day_it_is_known() -> None:
    le_22 = date(2026, 11, 22)
    assert regie(echeance="jour 20").a_regler_avant(date(2026, 9, 1), le_22) == date(2026, 12, 20)
    assert regie(echeance="jour 6").a_regler_avant(date(2026, 9, 1), le_22) == date(2026, 12, 6)
    assert regie(echeance="jour 5").a_regler_avant(date(2026, 9, 1), le_22) == date(2027, 1, 5)
    # The others count from the date that is printed.
    assert regie(echeance="30 jours").a_regler_avant(date(2026, 9, 1), le_22) == date(2026, 10, 1)
    assert regie(echeance="fin de mois").a_regler_avant(date(2026, 9, 1), le_22) == date(2026, 10, 31)


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.sampled_from(ECHEANCES))
def test_an_invoice_is_never_due_the_day_it_is_issued(emise_le: date, regle: str) -> None:
    echeance = regie(echeance=regle).a_regler_avant(emise_le)
    assert echeance > emise_le
    if regle.startswith("jour "):
        assert echeance >= emise_le + timedelta(days=14)
        assert echeance <= emise_le + timedelta(days=62)


@pytest.mark.parametrize("regle", ECHEANCES)
def test_these_are_due_day_rules(regle: str) -> None:
    assert est_echeance(regle)


@pytest.mark.parametrize("regle", ["", "jour 0", "jour 32", "0 jours", "1000 jours", "20", "jour vingt", "fin du mois"])
def test_these_are_not(regle: str) -> None:
    assert not est_echeance(regle)


def test_who_names_the_activity_comes_before_who_names_the_place_and_who_takes_the_rest() -> None:
    reste = regie("reste")
    lieu = regie("lieu", structures=("centre",))
    activite = regie("activite", activites=("cantine",))
    les_deux = regie("les-deux", activites=("cantine",), structures=("centre",))
    regies = {r.code: r for r in (reste, lieu, activite, les_deux)}
    assert regie_de(regies, "cantine", "centre") is les_deux
    assert regie_de(regies, "cantine", "ecole") is activite
    assert regie_de(regies, "mercredi", "centre") is lieu
    assert regie_de(regies, "mercredi", "ecole") is reste
    assert regie_de({"activite": activite}, "mercredi", "ecole") is None
    assert regie_de({"lieu": lieu, "activite": activite}, "cantine", "centre") is activite


def test_a_day_claimed_by_two_regies_is_refused() -> None:
    une, autre = regie("une", activites=("cantine",)), regie("autre", activites=("cantine", "etude"))
    assert conflits([une, autre]) == [("une", "autre", "l’activité « cantine »")]
    ici, la = (regie(s, activites=("cantine",), structures=(s,)) for s in ("ecole-a", "ecole-b"))
    assert conflits([ici, la]) == []
    assert conflits([regie("r1"), regie("r2")]) == [
        ("r1", "r2", "toutes les activités que personne d’autre ne facture")
    ]
    assert conflits([regie("r1"), regie("r2", structures=("centre",))]) == []


def test_two_regies_do_not_number_in_one_series() -> None:
    une, autre = regie("une", serie="PE", activites=("a",)), regie("autre", serie="PE", activites=("b",))
    assert conflits([une, autre]) == [("une", "autre", "la série « PE »")]
    importee = regie("autre", serie="PE", activites=("b",), est_importee=True)
    assert conflits([une, importee]) == []


def test_a_month_is_written_in_figures_and_said_in_words() -> None:
    assert premier_du_mois("2026-11") == date(2026, 11, 1)
    assert fin_du_mois(date(2028, 2, 1)) == date(2028, 2, 29)
    assert regie(libelle="Périscolaire, {mois}").titre(date(2026, 11, 1)) == "Périscolaire, novembre 2026"


@pytest.mark.parametrize("texte", ["", "2026", "2026-13", "2026-00", "11-2026", "2026-11-01", "1999-12", "novembre"])
def test_what_is_not_a_month_is_refused(texte: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        premier_du_mois(texte)
    assert (refus.value.code, refus.value.champ) == ("mois", "mois")


def test_a_regie_without_a_client_number_is_not_paid_online() -> None:
    assert not regie().est_payable_en_ligne
    assert regie(numero_client="000042").est_payable_en_ligne
