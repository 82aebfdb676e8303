"""What a draft would do: each slot judged, relations between units, places, amounts before and after."""

from datetime import date

import pytest

from portail_famille.domain.creneaux import Refus
from portail_famille.services.bilans import (
    Ailleurs,
    Bilan,
    bornes,
    compter_ailleurs,
    examiner,
    mois_du_brouillon,
)
from portail_famille.services.dossiers import charger_reservations
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI, Village

Jugement = tuple[str, str, date, bool, Refus | None]


def juges(bilan: Bilan) -> list[Jugement]:
    return [(c.enfant.prenom, c.unite, c.jour, c.ajout, c.refus) for c in bilan.changements]


def test_changes_come_child_by_child_then_day_by_day(village: Village) -> None:
    village.cocher("noe", [("soir", JEUDI), ("matin", JEUDI)], [("repas", MARDI)])
    village.cocher("lea", [("repas", VENDREDI)])
    assert juges(village.bilan()) == [
        ("Léa", "repas", VENDREDI, True, None),
        ("Noé", "repas", MARDI, False, None),
        ("Noé", "matin", JEUDI, True, None),
        ("Noé", "soir", JEUDI, True, None),
    ]


def test_what_is_already_so_is_no_change(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)], [("repas", LUNDI)])
    village.cocher("noe", [("repas", JEUDI)], [("repas", LUNDI)], qui="thomas")
    village.valider(qui="thomas")
    assert village.bilan().changements == ()


def test_each_month_says_before_and_after(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI), ("matin", date(2027, 1, 7))], [("repas", LUNDI)])
    village.cocher("lea", [("soir", MARDI)])
    assert [(m.mois, m.avant_centimes, m.apres_centimes) for m in village.bilan().mois] == [
        ((2026, 12), 4 * 342, 4 * 342 + 240),
        ((2027, 1), 0, 180),
    ]


def test_a_refused_change_costs_nothing(village: Village) -> None:
    village.remplir("soir", MARDI)
    village.cocher("noe", [("soir", MARDI)])
    (mois,) = village.bilan().mois
    assert mois.avant_centimes == mois.apres_centimes == 4 * 342


def test_each_parent_pays_for_what_she_booked(village: Village) -> None:
    """Léa's meals of the 3rd and the 14th are on Julien's bill, not on Camille's."""
    village.cocher("lea", [("matin", VENDREDI)])
    village.cocher("lea", [("matin", date(2026, 12, 17))], qui="julien", foyer="ferrand")
    (camille,), (julien,) = village.bilan().mois, village.bilan("julien", "ferrand").mois
    assert (camille.avant_centimes, camille.apres_centimes) == (4 * 342, 4 * 342 + 180)
    assert (julien.avant_centimes, julien.apres_centimes) == (2 * 510, 2 * 510 + 180)


def test_an_older_childs_day_makes_the_younger_ones_cheaper(village: Village) -> None:
    village.reserver("noe", "mercredi-journee", MERCREDI)
    village.cocher("lea", [("mercredi-journee", MERCREDI)])
    (mois,) = village.bilan().mois
    assert mois.avant_centimes == 4 * 342 + 1200
    assert mois.apres_centimes == 4 * 342 + 600 + 1200


def test_giving_back_the_older_childs_day_makes_the_younger_ones_dearer(village: Village) -> None:
    village.reserver("lea", "mercredi-journee", MERCREDI)
    village.reserver("noe", "mercredi-journee", MERCREDI)
    village.cocher("lea", [], [("mercredi-journee", MERCREDI)])
    (mois,) = village.bilan().mois
    assert (mois.avant_centimes, mois.apres_centimes) == (4 * 342 + 1800, 4 * 342 + 1200)


def test_an_absence_with_a_reason_is_not_counted(village: Village) -> None:
    village.reserver("noe", "matin", date(2026, 12, 1), etat="absente_justifiee")
    village.reserver("noe", "soir", date(2026, 12, 1), etat="en_attente")
    village.cocher("noe", [("matin", JEUDI)])
    (mois,) = village.bilan().mois
    assert mois.avant_centimes == 4 * 342


def test_the_requiring_unit_keeps_the_required_one(village: Village) -> None:
    village.reserver("noe", "soir", MARDI)
    village.reserver("noe", "etude", MARDI)
    village.cocher("noe", [], [("soir", MARDI)])
    (seul,) = village.bilan().changements
    assert (seul.refus, seul.avec, seul.est_manquante) == (Refus.INCOMPATIBLE, "etude", False)
    village.cocher("noe", [], [("etude", MARDI)])
    assert [c.refus for c in village.bilan().changements] == [None, None]


def test_an_excluded_unit_says_by_which(village: Village) -> None:
    village.reserver("noe", "mercredi-journee", MERCREDI)
    village.cocher("noe", [("mercredi-apres-midi", MERCREDI)])
    (seul,) = village.bilan().changements
    assert (seul.refus, seul.avec, seul.est_manquante) == (Refus.INCOMPATIBLE, "mercredi-journee", False)


def test_a_unit_of_the_other_foyer_counts_in_the_relations_of_the_day(village: Village) -> None:
    """Julien booked Léa's whole Wednesday: her half-day cannot be added to it."""
    village.reserver("lea", "mercredi-journee", MERCREDI, foyer="ferrand")
    village.cocher("lea", [("mercredi-matin", MERCREDI)])
    (seul,) = village.bilan().changements
    assert (seul.refus, seul.avec) == (Refus.INCOMPATIBLE, "mercredi-journee")


def test_a_place_given_back_goes_to_the_other_child(village: Village) -> None:
    village.remplir("soir", MARDI, 2)
    village.reserver("noe", "soir", MARDI)
    village.cocher("lea", [("soir", MARDI)])
    assert [c.refus for c in village.bilan().changements] == [Refus.COMPLET]
    village.cocher("noe", [], [("soir", MARDI)])
    assert juges(village.bilan()) == [("Léa", "soir", MARDI, True, None), ("Noé", "soir", MARDI, False, None)]


def test_giving_up_a_waiting_place_frees_nothing(village: Village) -> None:
    village.remplir("soir", MARDI)
    village.reserver("noe", "soir", MARDI, etat="en_attente")
    village.cocher("noe", [], [("soir", MARDI)])
    village.cocher("lea", [("soir", MARDI)])
    assert [c.refus for c in village.bilan().changements] == [Refus.COMPLET, None]


def test_without_counting_places_no_slot_is_full(village: Village) -> None:
    village.remplir("soir", MARDI)
    village.cocher("noe", [("soir", MARDI)])
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session)
        charger_reservations(session, dossier, [bornes((2026, 12))])
    assert [c.refus for c in examiner(dossier, [(2026, 12)]).changements] == [None]


def test_one_month_on_screen_counts_the_others_as_they_were_ticked(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI), ("repas", date(2027, 1, 7))], [("repas", LUNDI)])
    village.cocher("lea", [("soir", date(2027, 2, 2))])
    with village.bd.session_lecture() as session:
        dossier = village.dossier(session)
    assert mois_du_brouillon(dossier) == [(2026, 12), (2027, 1), (2027, 2)]
    # January's meal at January's quotient, February's evening.
    assert compter_ailleurs(dossier, (2026, 12)) == Ailleurs(ajouts=2, retraits=0, ecart_centimes=200 + 240)
    assert compter_ailleurs(dossier, (2027, 1)) == Ailleurs(ajouts=2, retraits=1, ecart_centimes=240)


def test_days_in_the_other_parents_weeks_are_to_be_confirmed(village: Village) -> None:
    quinze = date(2026, 12, 15)
    village.cocher("lea", [("repas", MARDI), ("repas", quinze)])
    village.cocher("noe", [("matin", quinze)])
    assert [(c.enfant.prenom, c.jour) for c in village.bilan().a_confirmer] == [("Léa", quinze)]


@pytest.mark.parametrize(
    "change",
    [
        lambda village: village.cocher("noe", [("matin", JEUDI)]),
        lambda village: village.cocher("noe", [], [("repas", JEUDI)]),
        lambda village: village.reserver("noe", "matin", MARDI),
        lambda village: village.remplir("soir", MARDI),
    ],
    ids=["ticked", "unticked", "month_before", "filled"],
)
def test_the_digest_moves_with_anything_that_was_shown(village: Village, change: object) -> None:
    village.cocher("noe", [("repas", JEUDI), ("soir", MARDI)])
    avant = village.bilan().empreinte(1)
    assert avant == village.bilan().empreinte(1)
    assert avant != village.bilan().empreinte(2)
    assert callable(change)
    change(village)
    assert village.bilan().empreinte(1) != avant


def test_what_others_do_elsewhere_does_not_move_the_digest(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI), ("soir", MARDI)])
    avant = village.bilan().empreinte(1)
    village.remplir("soir", MARDI, 2)
    village.reserver("yanis", "repas", JEUDI, foyer="haddad")
    assert village.bilan().empreinte(1) == avant
