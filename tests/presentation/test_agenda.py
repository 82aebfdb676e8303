"""The agenda in words: the state of each chip, the limits, the weeks that are off or somebody else's."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portail_famille.domain.calendrier import PeriodeVacances
from portail_famille.domain.gardes import IMPAIRES, PAIRES, Garde
from portail_famille.presentation.semaines import Composition
from tests.support.papier import Papier, unite
from tests.support.village import JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI

QUATORZE = date(2026, 12, 14)


def etat(papier: Papier, code: str, jour: date) -> tuple[str, bool, bool] | None:
    puce = papier.puce(code, jour)
    return None if puce is None else (puce.etat, puce.coche, puce.modifiable)


def test_each_state_of_a_chip() -> None:
    repas = ("repas", LUNDI)
    assert etat(Papier(), *repas) == ("libre", False, True)
    assert etat(Papier(ajouts=[repas]), *repas) == ("libre", True, True)
    assert etat(Papier(reserves=[repas]), *repas) == ("reserve", True, True)
    assert etat(Papier(reserves=[repas], retraits=[repas]), *repas) == ("reserve", False, True)
    assert etat(Papier(chez_lautre=[repas]), *repas) == ("autre", True, False)


def test_past_the_deadline_what_is_booked_is_locked_and_the_rest_says_why() -> None:
    demain = date(2026, 12, 4)
    assert etat(Papier(reserves=[("repas", demain)]), "repas", demain) == ("verrou", True, False)
    assert etat(Papier(), "repas", demain) == ("passe", False, False)
    puce = Papier().puce("repas", demain)
    assert puce is not None
    assert "délai passé" in f"{puce.note} {puce.aide}"


def test_a_past_day_shows_only_what_was_booked() -> None:
    hier = date(2026, 12, 1)
    assert Papier().puce("repas", hier) is None
    puce = Papier(pointes={("repas", hier): "presente"}).puce("repas", hier)
    assert puce is not None
    assert (puce.etat, puce.note) == ("verrou", "présent")


@pytest.mark.parametrize("marque", ["presente", "absente_justifiee", "absente_injustifiee"])
def test_a_marked_day_is_locked_even_before_its_deadline(marque: str) -> None:
    papier = Papier(("atelier",), pointes={("atelier", MARDI): marque})
    assert etat(papier, "atelier", MARDI) == ("verrou", True, False)


def test_a_full_day_has_no_box_unless_the_draft_holds_it() -> None:
    plein = {("soir", MARDI): 3}
    assert etat(Papier(("periscolaire",), occupees=plein), "soir", MARDI) == ("complet", False, False)
    tenu = Papier(("periscolaire",), occupees=plein, ajouts=[("soir", MARDI)])
    assert etat(tenu, "soir", MARDI) == ("complet", True, True)


def test_a_day_that_closed_after_it_was_ticked_can_be_taken_off() -> None:
    travaux = date(2026, 12, 17)
    assert Papier().puce("repas", travaux) is None
    assert etat(Papier(ajouts=[("repas", travaux)]), "repas", travaux) == ("complet", True, True)


@pytest.mark.parametrize(("prises", "note"), [(0, "3\u00a0places"), (1, "2\u00a0places"), (2, "1\u00a0place")])
def test_few_places_are_counted_in_the_singular_and_the_plural(prises: int, note: str) -> None:
    puce = Papier(("periscolaire",), occupees={("soir", MARDI): prises}).puce("soir", MARDI)
    assert puce is not None
    assert puce.note == note


def test_a_late_request_shows_its_supplement_before_it_is_ticked() -> None:
    puce = Papier(("atelier",)).puce("atelier", MARDI)
    assert puce is not None
    assert (puce.prix_centimes, puce.note, puce.modifiable) == (550, "hors délai", True)


def test_without_a_quotient_the_chip_shows_the_highest_price() -> None:
    prix = [puce.prix_centimes for qf in ("842", None) if (puce := Papier(qf=qf).puce("repas", LUNDI))]
    assert prix == [342, 510]


def test_the_form_says_which_slots_it_showed_with_a_box() -> None:
    agenda = Papier(("cantine",), reserves=[("repas", date(2026, 12, 3))], mois=(2026, 12)).agenda()
    jours = agenda.vus.partition("*")[2].split("-")
    assert agenda.vus.startswith(f"{unite('repas')}*7-8-10-11-14-15-18")
    assert "3" not in jours  # booked, past its deadline
    assert "17" not in jours  # closed
    assert "9" not in jours  # a Wednesday


def test_a_closed_day_says_why_and_has_no_chip() -> None:
    jour = Papier().jour(date(2026, 12, 17))
    assert jour.puces == ()
    assert "Travaux dans la cuisine" in jour.phrase


def test_a_closed_unit_beside_an_open_one_is_named() -> None:
    jour = Papier(("cantine", "periscolaire")).jour(date(2026, 12, 17))
    assert len(jour.puces) == 3
    assert jour.phrase.startswith("Cantine")


def test_a_week_of_holidays_is_one_sentence() -> None:
    semaine = Papier().semaines()["s1221"]
    assert semaine.jours == () or all(not jour.puces for jour in semaine.jours)
    assert "Noël" in semaine.phrase + " ".join(jour.phrase for jour in semaine.jours)


def test_holidays_are_bookable_days_for_who_is_enrolled_in_them() -> None:
    assert etat(Papier(("vacances",)), "vacances-journee", date(2026, 12, 22)) == ("libre", False, True)
    assert Papier(("vacances",)).puce("vacances-journee", date(2026, 12, 25)) is None


def test_a_child_with_a_single_unit_has_compact_weeks() -> None:
    assert Papier(("cantine",)).semaines()["s1207"].est_compacte
    assert not Papier(("cantine", "periscolaire")).semaines()["s1207"].est_compacte


def test_weeks_that_are_over_are_folded() -> None:
    papier = Papier(pointes={("repas", date(2026, 11, 24)): "presente"}, mois=(2026, 11))
    semaine = papier.semaines()["s1123"]
    assert semaine.est_passee
    assert not Papier().semaines()["s1207"].est_passee


def test_the_first_of_the_month_is_an_ordinal() -> None:
    premier = Papier(mois=(2027, 2)).semaines()["s0201"]
    assert premier.titre.startswith("Du 1er au")
    assert "1er février 2027" in premier.jours[0].legende
    assert (
        Papier(mois=(2026, 12), reserves=[("repas", date(2026, 12, 1))])
        .semaines()["s1130"]
        .titre.startswith(("Du 1er", "Le 1er"))
    )


def test_a_week_cut_by_the_month_shows_its_own_days_only() -> None:
    jours = Papier(mois=(2027, 1)).semaines()["s0125"].jours
    assert [jour.jour.day for jour in jours] == [25, 26, 28, 29]
    assert Papier(mois=(2027, 4)).semaines()["s0329"].jours[0].jour == date(2027, 4, 1)


def test_a_deadline_shared_by_the_week_is_said_once() -> None:
    mercredi = Papier(("mercredi",)).semaines()["s1207"]
    assert "jusqu’" in mercredi.limite
    assert all(jour.limite == "" for jour in mercredi.jours)


@pytest.mark.parametrize(("jour", "urgente"), [(1, False), (3, True)])
def test_a_deadline_within_a_day_is_urgent(jour: int, urgente: bool) -> None:
    """Wednesday 9 closes on Thursday 3 at midnight."""
    papier = Papier(("mercredi",), maintenant=datetime(2026, 12, jour, 10, tzinfo=UTC))
    assert papier.semaines()["s1207"].est_urgente is urgente


def test_every_day_that_can_be_changed_says_until_when() -> None:
    for semaine in Papier(("cantine", "periscolaire")).semaines().values():
        for jour in semaine.jours:
            if any(puce.modifiable for puce in jour.puces):
                assert "modifiable" in jour.legende
                assert "jusqu’" in jour.legende


def test_a_week_at_the_other_parents_says_so() -> None:
    papier = Papier(garde=Garde(LUNDI, 2))
    assert papier.semaines()["s1207"].bandeau == ""
    bandeau = papier.semaines()["s1214"].bandeau
    assert "Julien" in bandeau
    assert "confirmer" in bandeau


def test_halves_of_holidays_say_whose_weeks_they_are() -> None:
    bandeaux = {
        cle: semaine.bandeau
        for cle, semaine in Papier(("vacances",), garde=Garde(LUNDI, 2, IMPAIRES)).semaines().items()
    }
    assert bandeaux["s1221"].startswith("Semaine chez Julien.")
    assert bandeaux["s1228"] == ""


def test_a_week_cut_by_halves_of_holidays_says_which_days_are_the_other_parents() -> None:
    """Nine days off from a Saturday: the second half begins on a Thursday."""
    dossier = Papier(("vacances",), garde=Garde(LUNDI, 2, PAIRES)).dossier()
    neuf_jours = PeriodeVacances("Neuf jours", date(2026, 12, 19), date(2026, 12, 27))
    calendrier = replace(dossier.regles.calendrier, vacances=(neuf_jours,))
    dossier.regles = replace(dossier.regles, calendrier=calendrier, _memoire={})
    semaines = {s.id: s for s in Composition(dossier, dossier.enfants[1], (2026, 12)).semaines()}
    assert semaines["s1221"].bandeau.startswith("Chez Julien le 24. Julien réserve et paie ces jours.")


def test_the_other_parents_booking_carries_his_first_name() -> None:
    puce = Papier(chez_lautre=[("repas", QUATORZE)], garde=Garde(LUNDI, 2)).puce("repas", QUATORZE)
    assert puce is not None
    assert (puce.note, puce.prix_centimes) == ("Julien", None)


def test_a_read_only_booking_shows_its_hours_and_nothing_can_be_ticked() -> None:
    papier = Papier(("accueil-regulier",), reserves=[("creche", LUNDI)])
    puce = papier.puce("creche", LUNDI)
    assert puce is not None
    assert (puce.etat, puce.modifiable) == ("lecture", False)
    assert "17" in puce.note
    assert papier.puce("creche", MARDI) is None
    agenda = papier.agenda()
    assert agenda.est_lecture_seule
    assert agenda.vus == ""
    assert agenda.lecture[0].courriel == "coccinelles@village.example"
    assert agenda.lecture[0].href.startswith("mailto:coccinelles@village.example?subject=")


def test_a_child_of_both_kinds_of_structures_keeps_boxes_where_families_book() -> None:
    agenda = Papier(("accueil-regulier", "cantine"), reserves=[("creche", LUNDI)]).agenda()
    assert not agenda.est_lecture_seule
    assert len(agenda.lecture) == 1
    assert str(unite("creche")) not in agenda.vus.split("*")[0].split(".")


def test_months_lead_no_further_than_the_enrolments() -> None:
    assert (Papier(mois=(2026, 9)).agenda().precedent, Papier(mois=(2026, 9)).agenda().suivant) == (None, "2026-10")
    assert (Papier(mois=(2027, 7)).agenda().precedent, Papier(mois=(2027, 7)).agenda().suivant) == ("2027-06", None)
    assert Papier(mois=(2027, 1)).agenda().precedent == "2026-12"


def test_outside_the_enrolment_no_day_is_shown() -> None:
    papier = Papier(du=MARDI, au=JEUDI)
    assert papier.puce("repas", LUNDI) is None
    assert papier.puce("repas", VENDREDI) is None
    assert etat(papier, "repas", MARDI) == ("libre", False, True)


def test_quick_ticks_are_for_units_open_two_days_of_the_week() -> None:
    choix = {c.valeur for c in Papier(("cantine", "mercredi")).semaines()["s1207"].choix}
    assert choix == {f"s:2026-12-07:{unite('repas')}"}


def test_units_of_the_same_short_name_are_told_apart_in_a_rhythm() -> None:
    noms = [choix.nom for choix in Papier(("mercredi", "vacances", "cantine")).agenda().unites]
    assert len(noms) == len(set(noms))
    assert "Cantine" in noms
    assert MERCREDI.weekday() == 2
