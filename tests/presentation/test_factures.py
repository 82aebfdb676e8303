"""Invoices in words."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.catalogue import lire_catalogue
from portail_famille.domain.circonstances import Circonstance, Etat
from portail_famille.domain.factures import PrixFacture
from portail_famille.domain.tarifs import Ajustement
from portail_famille.presentation.factures import dire_echeance, grouper, jours_factures, phrase_a_regler
from portail_famille.presentation.pourquoi import Pourquoi, dire_prix
from portail_famille.presentation.vues import Pastille
from portail_famille.services.factures import EnfantFacture, LigneVue
from tests.support.village import document

NOVEMBRE = date(2026, 11, 1)
LEA, NOE = EnfantFacture(1, "Léa", 1, voit_sante=True), EnfantFacture(2, "Noé", 2, voit_sante=True)
CONTENU = {
    "enfants": {"1": "Léa", "2": "Noé"},
    "unites": {"4": {"nom": "Cantine"}, "5": {"nom": "Soir"}},
    "prix": [],
}


def jours(*quantiemes: int, mois: date = NOVEMBRE) -> list[date]:
    return [mois.replace(day=n) for n in quantiemes]


@pytest.mark.parametrize(
    ("liste", "dits"),
    [
        (jours(9), "9"),
        (jours(9, 10, 12), "9, 10 et 12"),
        (jours(2, 3, 4, 5, 9, 12), "2 au 5, 9 et 12"),
        (jours(30, 1), "1er et 30"),
        (jours(14, 16, mois=date(2026, 10, 1)), "14 et 16 octobre"),
        ([*jours(14, mois=date(2026, 10, 1)), *jours(2, 5)], "14 octobre, 2 et 5"),
        (jours(14, mois=date(2025, 12, 1)), "14 décembre 2025"),
        ([date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 1)], "30 et 31 octobre, 1er"),
    ],
)
def test_days_are_all_said_in_few_words(liste: list[date], dits: str) -> None:
    assert jours_factures(liste, NOVEMBRE) == dits


def ligne(enfant: int | None, unite: int | None, jour: int, centimes: int = 342, **reste: Any) -> LigneVue:
    champs: dict[str, Any] = {"etat": "presente", "libelle": "", "quantite": "", "prix": None} | reste
    quand = None if champs["libelle"] else NOVEMBRE.replace(day=jour)
    return LigneVue(enfant, unite, quand, montant_centimes=centimes, **champs)


LIGNES = st.lists(
    st.builds(
        ligne,
        st.sampled_from([None, 1, 2]),
        st.sampled_from([4, 5]),
        st.integers(1, 30),
        st.integers(-500, 500),
        etat=st.sampled_from(["presente", "reservee", "hors_delai", "absente_injustifiee"]),
        libelle=st.sampled_from(["", "", "Carte perdue"]),
        est_detaillee=st.booleans(),
    )
)


@given(LIGNES)
def test_however_it_is_grouped_it_adds_up_to_the_centime(lignes: list[LigneVue]) -> None:
    groupes = grouper(lignes, CONTENU, NOVEMBRE, {1: LEA, 2: NOE})
    assert sum(groupe.centimes for groupe in groupes) == sum(ligne.montant_centimes for ligne in lignes)
    assert len(groupes) == len({ligne.enfant_id for ligne in lignes})


def test_what_was_billed_alike_is_one_line_and_the_rest_says_why_not() -> None:
    lignes = [
        ligne(1, 4, 9),
        ligne(1, 4, 10, etat="reservee"),
        ligne(1, 4, 12, 442, etat="hors_delai"),
        ligne(1, 5, 9, 211),
        ligne(1, None, 1, 500, libelle="Carte perdue"),
        ligne(1, None, 1, 500, libelle="Carte perdue", quantite="1"),
    ]
    (groupe,) = grouper(lignes, CONTENU, NOVEMBRE, {1: LEA})
    assert [(g.nom, g.precision, g.jours, g.calcul, g.centimes) for g in groupe.lignes] == [
        ("Cantine", "", "9 et 10", "2\u00a0×\u00a03,42\u00a0€", 684),
        ("Cantine", "demandé après la date limite", "12", "1\u00a0×\u00a04,42\u00a0€", 442),
        ("Soir", "", "9", "1\u00a0×\u00a02,11\u00a0€", 211),
        ("Carte perdue", "", "", "", 500),
        ("Carte perdue", "", "", "1", 500),
    ]
    assert groupe.pastille == Pastille("L", "Léa", 1)


def test_days_billed_again_stand_apart_with_the_avoir_that_had_taken_them_off() -> None:
    lignes = [ligne(1, 4, 9), ligne(1, 4, 10, apres_avoir="2026-EE-000901"), ligne(1, 4, 12)]
    (groupe,) = grouper(lignes, CONTENU, NOVEMBRE, {1: LEA})
    assert [(une.jours, une.note) for une in groupe.lignes] == [
        ("9 et 12", ""),
        ("10", "Facturé de nouveau après l’avoir n°\u00a02026-EE-000901"),
    ]


def test_without_the_days_an_activity_is_one_amount() -> None:
    vues = [
        LigneVue(1, unite, None, "", "", "", centimes, None, est_detaillee=False)
        for unite, centimes in ((4, 342), (4, 442), (5, 211))
    ]
    (groupe,) = grouper(vues, CONTENU, NOVEMBRE, {1: LEA})
    assert [(g.nom, g.jours, g.calcul, g.centimes) for g in groupe.lignes] == [
        ("Cantine", "", "", 784),
        ("Soir", "", "", 211),
    ]
    assert not groupe.est_detaille


VERSION = {
    "du": date(2026, 9, 1),
    "taux": Decimal("0.45"),
    "minimum": Decimal("1"),
    "maximum": Decimal("5"),
    "rangs": {"2": {"pourcent": 90}},
    "non_resident": {"supplement": Decimal("1.5")},
    "pai": {"prix": Decimal("1.1")},
    "etats": {"presente_non_reservee": {"pourcent": 200, "oublis_pardonnes": 1}},
}
TARIFS = lire_catalogue(
    document() | {"tarif": [*document()["tarif"], {"code": "essai", "nom": "Essai", "version": [VERSION]}]}
).tarifs


def pourquoi(tarif: str, *, jours: int = 2, voit_sante: bool = True, **circonstance: Any) -> Pourquoi:
    """As the engine keeps the price of this tarif."""
    prix = TARIFS[tarif].prix(Circonstance(date(2026, 11, 9), **({"qf": None} | circonstance)))
    garde = PrixFacture(
        1,
        4,
        circonstance.get("etat", ""),
        prix.centimes,
        0,
        0,
        None,
        True,
        1,
        1,
        None,
        False,
        0,
        1,
        tarif,
        None,
        prix.explication,
    )
    return dire_prix(garde, "Cantine", "Léa", jours, voit_sante=voit_sante)


def test_a_price_is_told_step_by_step_in_the_parent_s_words() -> None:
    assert pourquoi("repas", qf=Decimal(842), jours=1).etapes == (
        "Votre quotient familial était de 842 ce jour-là.",
        "C’est la tranche «\u00a0de 600 à moins de 1\u202f000\u00a0».",
        "Le prix est de 3,42\u00a0€ dans cette tranche.",
    )
    assert pourquoi("soir").etapes == ("Le prix est de 2,40\u00a0€, le même pour toutes les familles.",)
    dit = pourquoi("essai", qf=Decimal(842), rang=2, resident=False)
    assert dit.etapes == (
        "Le prix est de 0,45\u202f% de votre quotient familial (842), soit environ 3,79\u00a0€.",
        "Léa compte comme 2e enfant\u00a0: 90\u202f% du prix, soit environ 3,41\u00a0€.",
        "Vous habitez hors de la commune\u00a0: supplément de 1,50\u00a0€, soit environ 4,91\u00a0€.",
    )
    assert dit.regle == "Règle appliquée\u00a0: tarif «\u00a0Essai\u00a0», en vigueur depuis le 1er septembre 2026."
    assert not dit.est_sans_quotient


def test_an_unknown_quotient_is_said_with_what_it_costs() -> None:
    dit = pourquoi("repas")
    assert dit.etapes == (
        "Nous ne connaissions pas votre quotient familial ces jours-là.",
        "Le prix le plus haut s’applique donc\u00a0: 5,10\u00a0€.",
    )
    assert dit.est_sans_quotient


def test_states_and_other_tarifs_are_told_too() -> None:
    oubli = pourquoi("essai", qf=Decimal(800), etat=Etat.PRESENTE_NON_RESERVEE, oublis=1)
    assert oubli.etapes[-1] == "Léa était là sans réservation\u00a0: 200\u202f% du prix, soit 7,20\u00a0€."
    assert pourquoi("atelier", etat=Etat.HORS_DELAI).etapes[-1] == (
        "La demande est arrivée après la date limite\u00a0: supplément de 1,50\u00a0€, soit 5,50\u00a0€."
    )
    assert pourquoi("essai", qf=Decimal(800), pai=True).etapes == (
        "Léa a un projet d’accueil individualisé\u00a0: un autre tarif s’applique.",
        "Le prix est de 1,10\u00a0€ avec ce tarif.",
    )
    # An absence billed whole has no step of its own, and says so; one that has is told once.
    assert pourquoi("soir", etat=Etat.ABSENTE_INJUSTIFIEE).etapes[1:] == (
        "Absence sans justificatif accepté\u00a0: le prix entier.",
    )
    assert len([e for e in pourquoi("soir", etat=Etat.PRESENTE).etapes if "Absence" in e]) == 0
    # « Soit environ 3,79 € » said the rounding: it is not said again before the absence.
    taux = pourquoi("essai", qf=Decimal(842), etat=Etat.ABSENTE_INJUSTIFIEE).etapes
    assert "environ" in taux[0]
    assert taux[1:] == ("Absence sans justificatif accepté\u00a0: le prix entier.",)
    # What nobody foresaw is shown as it was reckoned.
    assert pourquoi("essai", qf=Decimal(100)).etapes[-1] == "Jamais moins que le minimum\u00a0: 1,00\u00a0€."


AJUSTEMENTS = (
    (None, ("Un tarif particulier s’applique.", "Le prix est de 1,10\u00a0€ avec ce tarif.")),
    (Ajustement(pourcent=Fraction(50)), ("Tarif particulier\u00a0: 50\u202f% du prix, soit 1,80\u00a0€.",)),
    (Ajustement(supplement=Fraction(-1)), ("Tarif particulier\u00a0: remise de 1,00\u00a0€, soit 2,60\u00a0€.",)),
    (Ajustement(pourcent=Fraction(0)), ("Tarif particulier\u00a0: gratuit.",)),
)


@pytest.mark.parametrize(("ajustement", "fin"), AJUSTEMENTS)
def test_who_has_no_authority_over_the_child_is_not_told_of_a_pai(
    ajustement: Ajustement | None, fin: tuple[str, ...]
) -> None:
    """Whatever a tarif does of it: its own price, a part, a discount, nothing."""
    tarif = TARIFS["essai"]
    if ajustement is not None:
        tarif = replace(tarif, versions=(replace(tarif.versions[0], pai=ajustement),))
    prix = tarif.prix(Circonstance(date(2026, 11, 9), qf=Decimal(800), pai=True))
    assert "Projet d’accueil individualisé" in " ".join(prix.explication)
    garde = PrixFacture(
        1,
        4,
        "",
        prix.centimes,
        0,
        0,
        None,
        True,
        1,
        1,
        None,
        True,
        0,
        1,
        "essai",
        None,
        prix.explication,
    )
    assert dire_prix(garde, "Cantine", "Léa", 1, voit_sante=False).etapes[-len(fin) :] == fin
    assert pourquoi("repas", qf=Decimal(842), voit_sante=False) == pourquoi("repas", qf=Decimal(842))


def test_no_step_of_a_price_is_left_out() -> None:
    for tarif in TARIFS.values():
        for etat in Etat:
            for qf in (None, Decimal(100), Decimal(842), Decimal(5000)):
                circonstance = Circonstance(date(2026, 11, 9), qf=qf, resident=False, rang=3, pai=True, etat=etat)
                explication = tarif.prix(circonstance).explication
                dit = pourquoi(tarif.code, qf=qf, resident=False, rang=3, pai=True, etat=etat)
                etapes = [etape for etape in explication[1:] if not etape.startswith("Arrondi")]
                assert len(dit.etapes) >= len(etapes)
                assert dit.regle


def test_a_difference_with_what_was_billed_already_is_said() -> None:
    prix = TARIFS["repas"].prix(Circonstance(date(2026, 11, 9), qf=None))
    garde = PrixFacture(1, 4, "", 510, 510, 0, None, True, 1, 1, None, False, 0, 1, "repas", None, prix.explication)
    contenu = CONTENU | {"prix": [garde.en_document()]}
    for centimes, fin in ((510, "s’applique donc"), (168, "seule la différence"), (-168, "vous est rendue")):
        (groupe,) = grouper([ligne(1, 4, 9, centimes, prix=0)], contenu, NOVEMBRE, {1: LEA})
        assert fin in groupe.pourquoi[0].etapes[-1]
    # Present or booked, priced alike: explained once.
    memes = [ligne(1, 4, 9, 510, prix=0), ligne(1, 4, 10, 510, prix=1)]
    (groupe,) = grouper(memes, contenu | {"prix": [garde.en_document()] * 2}, NOVEMBRE, {1: LEA})
    assert [p.etapes[0] for p in groupe.pourquoi] == ["Nous ne connaissions pas votre quotient familial ces jours-là."]


def test_each_explanation_is_named_as_the_line_that_it_explains() -> None:
    prix = [
        PrixFacture(
            1, 4, etat, 510, 510, 0, None, True, 1, 1, None, False, 0, 1, "repas", None, ("Gratuit.",)
        ).en_document()
        for etat in ("presente", "absente_injustifiee")
    ]
    lignes = [ligne(1, 4, 9, 510, prix=0), ligne(1, 4, 10, 510, prix=1, etat="absente_injustifiee")]
    (groupe,) = grouper(lignes, CONTENU | {"prix": prix}, NOVEMBRE, {1: LEA})
    assert [p.nom for p in groupe.pourquoi] == ["Cantine", "Cantine, absence non justifiée"]
    # Reckoned alike, they are two explanations all the same.
    assert [len(p.etapes) for p in groupe.pourquoi] == [1, 2]


def test_a_due_date_is_said_without_blame() -> None:
    jour = date(2026, 12, 20)
    assert dire_echeance(jour, jour - timedelta(days=1)) == "à régler avant le 20 décembre"
    assert dire_echeance(jour, jour) == "à régler aujourd’hui"
    assert dire_echeance(jour, jour + timedelta(days=1)) == "était à régler avant le 20 décembre"
    assert dire_echeance(date(2027, 1, 20), jour) == "à régler avant le 20 janvier 2027"


def test_the_guide_s_sentence_counts_unpaid_invoices() -> None:
    assert [phrase_a_regler(n) for n in (0, 1, 2)] == [
        "Vous n’avez aucune facture à régler.",
        "Vous avez 1\u00a0facture non réglée.",
        "Vous avez 2\u00a0factures non réglées.",
    ]
