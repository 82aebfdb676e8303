"""Billing is a difference: what is due less what was billed, whatever happened in between."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.anomalies import MAXIMUM_PAR_CODE, PHRASES, SANS_QF, SANS_TARIF, Collecte, Releve
from portail_famille.domain.circonstances import Etat
from portail_famille.domain.facturation import (
    LigneDue,
    LigneEmise,
    Projet,
    debut_des_oublis,
    derniere_chance,
    etat_a_facturer,
    mois_couverts,
    projeter,
)
from portail_famille.domain.factures import Creneau

LUNDI = date(2026, 11, 2)
LEA, NOE, REPAS, SOIR = 1, 2, 10, 11


def creneau(enfant: int = LEA, unite: int = REPAS, jour: date = LUNDI) -> Creneau:
    return Creneau(enfant, unite, jour)


def due(centimes: int, ou: Creneau | None = None, garde: int = 0, prix: int | None = 0) -> LigneDue:
    return LigneDue(ou or creneau(), "presente", centimes, garde, prix)


creneaux = st.builds(
    Creneau, st.integers(1, 2), st.integers(10, 11), st.integers(0, 4).map(lambda n: LUNDI + timedelta(days=n))
)
dues = st.dictionaries(creneaux, st.integers(1, 900), max_size=12).map(
    lambda prix: [LigneDue(ou, "presente", centimes, centimes // 2, 0) for ou, centimes in prix.items()]
)


@dataclass
class Grand:
    """A foyer's issued invoices, as the database would hold them."""

    emises: list[LigneEmise] = field(default_factory=list)
    totaux: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def projeter(self, lignes: list[LigneDue], minimum: int = 1) -> Projet:
        return projeter(lignes, self.emises, self.totaux, minimum)

    def emettre(self, projet: Projet) -> None:
        numero = len(self.totaux) + 1
        if projet.lignes:
            for ligne in projet.lignes:
                self._ajouter(numero, ligne.creneau, ligne.montant_centimes, ligne.garde_centimes)
        for avoir in projet.avoirs:
            for ligne in avoir.lignes:
                self._ajouter(avoir.facture_id, ligne.creneau, ligne.montant_centimes, ligne.garde_centimes)

    def offrir(self, ligne: LigneEmise) -> None:
        """A gesture: all that is left of a line."""
        reste = sum(e.centimes for e in self.emises if (e.facture_id, e.creneau) == (ligne.facture_id, ligne.creneau))
        if reste > 0:
            self._ajouter(ligne.facture_id, ligne.creneau, -reste, 0, est_geste=True)

    def facture(self) -> dict[Creneau, int]:
        nets: dict[Creneau, int] = defaultdict(int)
        for ligne in self.emises:
            nets[ligne.creneau] += ligne.centimes
        return {ou: net for ou, net in nets.items() if net}

    def _ajouter(self, numero: int, ou: Creneau, centimes: int, garde: int, *, est_geste: bool = False) -> None:
        self.emises.append(LigneEmise(numero, ou, centimes, garde, est_geste))
        self.totaux[numero] += centimes


@given(st.lists(dues, min_size=1, max_size=4))
def test_after_each_run_the_family_was_billed_what_it_owes_and_the_same_run_again_gives_nothing(
    mois: list[list[LigneDue]],
) -> None:
    grand = Grand()
    for lignes in mois:
        projet = grand.projeter(lignes)
        assert all(ligne.montant_centimes > 0 for ligne in projet.lignes)
        assert projet.total_centimes == sum(ligne.montant_centimes for ligne in projet.lignes)
        grand.emettre(projet)
        assert grand.facture() == {ligne.creneau: ligne.centimes for ligne in lignes}
        assert sum(e.garde_centimes for e in grand.emises) == sum(ligne.garde_centimes for ligne in lignes)
        assert grand.projeter(lignes) == Projet()


@given(st.lists(dues, min_size=2, max_size=4), st.sets(st.integers(0, 30), max_size=6))
def test_nothing_is_taken_off_an_invoice_that_it_no_longer_holds(mois: list[list[LigneDue]], offerts: set[int]) -> None:
    grand = Grand()
    for lignes in mois:
        projet = grand.projeter(lignes)
        for avoir in projet.avoirs:
            assert avoir.total_centimes < 0
            assert all(ligne.montant_centimes < 0 for ligne in avoir.lignes)
            assert all(abs(ligne.garde_centimes) <= abs(ligne.montant_centimes) for ligne in avoir.lignes)
        grand.emettre(projet)
        for rang in sorted(offerts):
            if rang < len(grand.emises):
                grand.offrir(grand.emises[rang])
        assert all(total >= 0 for total in grand.totaux.values())
        par_ligne: dict[tuple[int, Creneau], int] = defaultdict(int)
        for emise in grand.emises:
            par_ligne[emise.facture_id, emise.creneau] += emise.centimes
        assert all(reste >= 0 for reste in par_ligne.values())


@given(dues, st.randoms())
def test_the_order_of_the_rows_does_not_matter(lignes: list[LigneDue], hasard: st.randoms) -> None:  # type: ignore[valid-type]
    melangees = list(lignes)
    hasard.shuffle(melangees)  # type: ignore[attr-defined]
    projet = projeter(lignes, [], {})
    assert projeter(melangees, [], {}) == projet
    ordre = [(ligne.creneau.enfant_id, ligne.creneau.unite_id, ligne.creneau.jour) for ligne in projet.lignes]
    assert ordre == sorted(ordre)


@given(dues, st.integers(1, 3000))
def test_under_the_minimum_everything_waits_for_the_next_month(lignes: list[LigneDue], minimum: int) -> None:
    total = sum(ligne.centimes for ligne in lignes)
    projet = projeter(lignes, [], {}, minimum)
    if total >= minimum:
        assert (projet.total_centimes, projet.reporte_centimes) == (total, 0)
    else:
        assert (projet.lignes, projet.reporte_centimes) == ((), total)


@given(st.lists(st.lists(st.integers(1, 60), max_size=4), min_size=1, max_size=9), st.integers(1, 400))
def test_what_is_too_little_waits_three_months_at_most_and_is_never_lost(
    prix_par_mois: list[list[int]], minimum: int
) -> None:
    """Each run sees its month and the three before it, as services/facturation reads them."""
    grand, emis, connues = Grand(), list[date](), list[LigneDue]()
    for n, prix in enumerate(prix_par_mois):
        mois = date(2026 + (8 + n) // 12, (8 + n) % 12 + 1, 1)
        connues += [due(centimes, creneau(jour=mois + timedelta(days=rang))) for rang, centimes in enumerate(prix)]
        couverts = mois_couverts(mois, emis)
        vues = [ligne for ligne in connues if ligne.creneau.jour.replace(day=1) in couverts]
        deja = [emise for emise in grand.emises if emise.creneau.jour.replace(day=1) in couverts]
        projet = projeter(vues, deja, grand.totaux, minimum, sans_attendre=derniere_chance(mois))
        grand.emettre(projet)
        emis.append(mois)
        assert sum(grand.facture().values()) + projet.reporte_centimes == sum(ligne.centimes for ligne in connues)
        reportees = [ligne for ligne in connues if ligne.creneau not in grand.facture()]
        assert all(ligne.creneau.jour >= couverts[-3:][0] for ligne in reportees)
        assert projet.reporte_centimes < minimum


def test_a_day_that_costs_nothing_makes_no_line() -> None:
    assert projeter([due(0)], [], {}, 1) == Projet()


def test_a_higher_price_bills_the_difference_alone() -> None:
    projet = projeter([due(510, garde=200)], [LigneEmise(1, creneau(), 342, 150)], {1: 342}, 100)
    assert [(ligne.montant_centimes, ligne.garde_centimes) for ligne in projet.lignes] == [(168, 50)]
    assert projet.avoirs == ()


def test_a_lower_price_gives_back_the_difference_on_its_own_invoice() -> None:
    emises = [LigneEmise(7, creneau(), 510, 200), LigneEmise(8, creneau(NOE), 510, 200)]
    projet = projeter([due(342, garde=150), due(510, creneau(NOE), 200)], emises, {7: 510, 8: 510})
    assert projet.lignes == ()
    ((avoir),) = projet.avoirs
    assert (avoir.facture_id, avoir.total_centimes, avoir.lignes[0].garde_centimes) == (7, -168, -50)


def test_a_cancelled_day_comes_off_the_latest_invoice_first() -> None:
    emises = [LigneEmise(1, creneau(), 342), LigneEmise(2, creneau(), 168)]
    projet = projeter([due(200)], emises, {1: 342, 2: 168})
    assert [(avoir.facture_id, avoir.total_centimes) for avoir in projet.avoirs] == [(1, -142), (2, -168)]
    annule = projeter([], emises, {1: 342, 2: 168})
    assert [(avoir.facture_id, avoir.total_centimes) for avoir in annule.avoirs] == [(1, -342), (2, -168)]
    assert {ligne.etat for avoir in annule.avoirs for ligne in avoir.lignes} == {Etat.ANNULEE}
    assert {ligne.prix for avoir in annule.avoirs for ligne in avoir.lignes} == {None}


def test_a_gesture_is_neither_billed_again_nor_given_back_twice() -> None:
    offert = [LigneEmise(1, creneau(), 342), LigneEmise(1, creneau(), -342, est_geste=True)]
    assert projeter([due(342)], offert, {1: 0}) == Projet()
    assert projeter([], offert, {1: 0}) == Projet()


def test_an_avoir_of_an_error_lets_its_days_be_billed_again() -> None:
    corrige = [LigneEmise(1, creneau(), 342), LigneEmise(1, creneau(), -342)]
    assert projeter([due(342)], corrige, {1: 0}).total_centimes == 342


def test_a_free_amount_given_back_leaves_only_the_rest_to_take_off() -> None:
    projet = projeter([], [LigneEmise(1, creneau(), 342), LigneEmise(1, creneau(NOE), 342)], {1: 500})
    assert [avoir.total_centimes for avoir in projet.avoirs] == [-500]


@pytest.mark.parametrize(
    ("etat", "tardive", "imprevue", "attendu"),
    [
        ("reservee", False, False, Etat.RESERVEE),
        ("reservee", True, False, Etat.HORS_DELAI),
        ("presente", False, False, Etat.PRESENTE),
        ("presente", True, False, Etat.HORS_DELAI),
        ("presente", False, True, Etat.PRESENTE_NON_RESERVEE),
        ("absente_injustifiee", True, False, Etat.ABSENTE_INJUSTIFIEE),
        ("absente_justifiee", False, False, Etat.ABSENTE_JUSTIFIEE),
        ("annulee", False, False, None),
        ("en_attente", False, False, None),
        ("demandee", True, False, None),
    ],
)
def test_each_state_is_billed_as_what_it_is(etat: str, tardive: bool, imprevue: bool, attendu: Etat | None) -> None:
    assert etat_a_facturer(etat, est_hors_delai=tardive, est_non_reservee=imprevue) is attendu


def test_the_month_before_the_two_last_ones_is_seen_for_the_last_time() -> None:
    assert derniere_chance(date(2027, 1, 1)) == date(2026, 11, 1)


def test_a_run_looks_at_the_three_months_before_that_were_billed() -> None:
    mois = [date(2026, n, 1) for n in range(7, 13)]
    assert mois_couverts(date(2027, 1, 1), mois) == [date(2026, n, 1) for n in (10, 11, 12)] + [date(2027, 1, 1)]
    assert mois_couverts(date(2026, 12, 1), [date(2026, 10, 1)]) == [date(2026, 10, 1), date(2026, 12, 1)]
    assert mois_couverts(date(2026, 12, 1), []) == [date(2026, 12, 1)]


def test_oversights_are_counted_from_the_first_of_september() -> None:
    assert debut_des_oublis(date(2026, 9, 1)) == date(2026, 9, 1)
    assert debut_des_oublis(date(2027, 8, 31)) == date(2026, 9, 1)
    assert debut_des_oublis(date(2026, 12, 31)) == date(2026, 9, 1)


def test_what_is_odd_is_told_once_per_child_and_unit_with_its_first_day() -> None:
    collecte = Collecte(4)
    for jour in (LUNDI + timedelta(days=1), LUNDI):
        collecte.noter(SANS_TARIF, LEA, REPAS, jour)
    collecte.noter(SANS_TARIF, NOE, REPAS, LUNDI)
    anomalies = collecte.anomalies()
    assert [(a.enfant, a.jour, a.nombre) for a in anomalies] == [(LEA, LUNDI, 2), (NOE, LUNDI, 1)]
    assert anomalies[0].phrase == PHRASES[SANS_TARIF]


def test_the_list_of_a_whole_town_stays_short_and_says_how_many() -> None:
    releve = Releve()
    for foyer_id in range(MAXIMUM_PAR_CODE + 5):
        collecte = Collecte(foyer_id)
        collecte.noter(SANS_QF, jour=LUNDI)
        releve.ajouter(collecte)
    assert len(releve.en_document()) == MAXIMUM_PAR_CODE
    assert releve.nombres() == {SANS_QF: MAXIMUM_PAR_CODE + 5}
