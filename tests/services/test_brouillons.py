"""Ticking, rhythms, quick ticks: what they write to the draft, and what they refuse."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portail_famille.domain.brouillons import Envoi, EtatAffiche
from portail_famille.domain.creneaux import Refus
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.rythmes import TOUS_LES_JOURS, TROIS_JOURS, Rythme, Semaines
from portail_famille.models.reservations import Brouillon
from portail_famille.services.bilans import bornes
from portail_famille.services.brouillons import (
    BilanRythme,
    BrouillonDepasse,
    Coche,
    appliquer_rythme,
    cocher,
    cocher_vite,
    deployer_rythme,
    effacer,
    purger_brouillons,
)
from portail_famille.services.dossiers import Dossier, Introuvable, charger_places, charger_reservations
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import FIN_D_ANNEE, JEUDI, LUNDI, MARDI, MERCREDI, VENDREDI, Village

DECEMBRE = (2026, 12)
Nomme = tuple[str, date]


def poster(
    village: Village,
    enfant: str,
    vus: Iterable[Nomme],
    coches: Iterable[Nomme],
    *,
    page: str = "page",
    version: int = 0,
    seq: int = 1,
    qui: str = "camille",
    foyer: str = "morel",
    maintenant: datetime = MERCREDI_SOIR,
) -> Coche:
    """One post of a screen of December."""
    montres, voulus = (frozenset((village.unite(code), jour) for code, jour in liste) for liste in (vus, coches))
    with village.bd.session_ecriture() as session:
        dossier = village.dossier(session, qui, foyer, maintenant)
        charger_reservations(session, dossier, [bornes(DECEMBRE)])
        return cocher(session, dossier, village.enfants[enfant], EtatAffiche(page, version, seq, montres, voulus))


def part(village: Village, enfant: str, qui: str = "camille", foyer: str = "morel") -> tuple[set[Nomme], set[Nomme]]:
    """Slots added and removed in the draft, as kept by the database."""
    with village.bd.session_lecture() as session:
        lue = village.dossier(session, qui, foyer).part(village.enfants[enfant])
    ajouts, retraits = (
        {(village.regles.unites[unite], jour) for unite, jour in creneaux} for creneaux in (lue.ajouts, lue.retraits)
    )
    return ajouts, retraits


def deployer(village: Village, enfant: str, rythme: Rythme, *, appliquer: bool = False) -> BilanRythme:
    with village.bd.session_ecriture() as session:
        dossier = village.dossier(session)
        charger_reservations(session, dossier, [(rythme.du, rythme.au)])
        charger_places(session, dossier, {village.unite(code) for code in rythme.unites}, rythme.dates())
        bilan = deployer_rythme(dossier, village.enfants[enfant], rythme)
        if appliquer:
            appliquer_rythme(session, dossier, village.enfants[enfant], bilan)
    return bilan


def rythme(
    *unites: str,
    jours: frozenset[int] = TOUS_LES_JOURS,
    semaines: Semaines = Semaines.TOUTES,
    du: date = LUNDI,
    au: date = FIN_D_ANNEE,
    ajouter: bool = True,
) -> Rythme:
    return Rythme(jours, semaines, du, au, ajouter, unites)


def test_ticking_writes_the_draft_and_books_nothing(village: Village) -> None:
    avant = village.reservations()
    vus = [("repas", LUNDI), ("repas", JEUDI), ("matin", JEUDI)]
    poster(village, "noe", vus, [("repas", JEUDI)])
    assert part(village, "noe") == ({("repas", JEUDI)}, {("repas", LUNDI)})
    assert village.reservations() == avant


def test_a_slot_that_was_not_shown_keeps_its_difference(village: Village) -> None:
    poster(village, "noe", [("repas", JEUDI)], [("repas", JEUDI)])
    poster(village, "noe", [("matin", JEUDI)], [("matin", JEUDI)], seq=2)
    assert part(village, "noe")[0] == {("repas", JEUDI), ("matin", JEUDI)}


def test_reading_a_draft_never_creates_one(village: Village) -> None:
    assert village.bilan().changements == ()
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(Brouillon)) == 0


def test_a_slot_that_closed_meanwhile_keeps_its_state_and_is_told(village: Village) -> None:
    vus = [("repas", LUNDI), ("repas", JEUDI)]
    apres_limite = datetime(2026, 12, 3, 11, tzinfo=UTC)
    coche = poster(village, "noe", vus, [("repas", JEUDI)], maintenant=apres_limite)
    assert coche.refuses == (((village.unite("repas"), LUNDI), Refus.DELAI),)
    assert not coche.est_sans_effet
    assert part(village, "noe") == ({("repas", JEUDI)}, set())


def test_unticking_what_the_draft_holds_is_always_possible(village: Village) -> None:
    vus = [("repas", JEUDI)]
    poster(village, "noe", vus, vus)
    trop_tard = datetime(2026, 12, 9, 12, tzinfo=UTC)
    assert poster(village, "noe", vus, [], seq=2, maintenant=trop_tard).refuses == ()
    assert part(village, "noe") == (set(), set())


@pytest.mark.parametrize(
    ("enfant", "creneau"),
    [
        ("noe", ("creche", LUNDI)),
        ("mia", ("creche", MARDI)),
        ("mia", ("repas", LUNDI)),
        ("zoe", ("matin", LUNDI)),
        ("zoe", ("repas", date(2026, 12, 4))),
    ],
)
def test_a_slot_never_open_to_this_child_refuses_the_whole_post(village: Village, enfant: str, creneau: Nomme) -> None:
    qui = {"qui": "nadia", "foyer": "petit"} if enfant == "zoe" else {"qui": "camille", "foyer": "morel"}
    avant = village.photographier()
    with pytest.raises(RegleViolee):
        poster(village, enfant, [creneau, ("repas", MARDI)], [creneau, ("repas", MARDI)], **qui)  # type: ignore[arg-type]
    assert village.photographier() == avant


def test_a_ticked_box_that_was_not_shown_is_refused(village: Village) -> None:
    with pytest.raises(RegleViolee):
        poster(village, "noe", [("repas", JEUDI)], [("repas", VENDREDI)])


def test_another_familys_child_cannot_be_ticked(village: Village) -> None:
    with pytest.raises(Introuvable):
        poster(village, "yanis", [("repas", JEUDI)], [("repas", JEUDI)])


def test_two_screens_that_disagree_are_told_apart(village: Village) -> None:
    vus = [("repas", JEUDI), ("repas", VENDREDI)]
    poster(village, "noe", vus, [("repas", JEUDI)], page="telephone")
    coche = poster(village, "noe", vus, [("repas", VENDREDI)], page="ordinateur")
    assert coche.envoi is Envoi.CONFLIT
    assert coche.ici is not None
    assert {jour for _, jour in coche.ici.ajouts} == {VENDREDI}
    assert part(village, "noe")[0] == {("repas", JEUDI)}


def test_two_children_on_two_screens_do_not_disturb_each_other(village: Village) -> None:
    poster(village, "noe", [("repas", JEUDI)], [("repas", JEUDI)], page="telephone")
    assert poster(village, "lea", [("repas", JEUDI)], [("repas", JEUDI)], page="ordinateur").envoi is Envoi.APPLIQUE


def test_two_parents_of_a_foyer_have_two_drafts(village: Village) -> None:
    poster(village, "noe", [("repas", JEUDI)], [("repas", JEUDI)])
    poster(village, "noe", [("repas", JEUDI), ("matin", JEUDI)], [("matin", JEUDI)], qui="thomas")
    assert part(village, "noe")[0] == {("repas", JEUDI)}
    assert part(village, "noe", "thomas")[0] == {("matin", JEUDI)}


def test_a_draft_written_by_another_request_meanwhile_is_not_overwritten(village: Village) -> None:
    """Both orders: the row that did not exist yet, then the row at another version."""
    for jour in (JEUDI, VENDREDI):
        with village.bd.session_lecture() as session:
            ancien = village.dossier(session)
            charger_reservations(session, ancien, [bornes(DECEMBRE)])
        village.cocher("noe", [("repas", jour)])
        matin = frozenset({(village.unite("matin"), jour)})
        etat = EtatAffiche("tard", ancien.part(village.enfants["noe"]).version, 1, matin, matin)
        with pytest.raises(BrouillonDepasse), village.bd.session_ecriture() as session:
            cocher(session, ancien, village.enfants["noe"], etat)
    assert part(village, "noe")[0] == {("repas", JEUDI), ("repas", VENDREDI)}


def test_a_rhythm_takes_open_days_only_and_says_what_it_leaves_out(village: Village) -> None:
    bilan = deployer(village, "noe", rythme("repas", du=date(2026, 12, 3), au=date(2027, 1, 8)), appliquer=True)
    jours = {jour for _, jour in bilan.changes}
    assert jours == {date(2026, 12, n) for n in (10, 11, 14, 15, 18)} | {date(2027, 1, n) for n in (4, 5, 7, 8)}
    assert bilan.deja == 3  # Noé already eats on the 3rd, the 7th and the 8th
    raisons = {raison: {jour for (_, jour), r in bilan.laisses if r == raison} for _, raison in bilan.laisses}
    assert raisons["delai"] == {date(2026, 12, 4)}
    assert raisons["fermeture"] == {date(2026, 12, 17)}
    assert date(2026, 12, 22) in raisons["vacances"]
    assert raisons["ferie"] <= {date(2026, 12, 25), date(2027, 1, 1)}
    assert {jour for _, jour in part(village, "noe")[0]} == jours


def test_wednesdays_that_were_never_open_go_without_saying(village: Village) -> None:
    bilan = deployer(village, "noe", rythme("repas", au=date(2026, 12, 16)))
    assert MERCREDI not in {jour for (_, jour), _ in bilan.laisses}


def test_a_rhythm_leaves_out_full_days_and_the_other_parents_weeks(village: Village) -> None:
    village.remplir("soir", JEUDI)
    bilan = deployer(village, "lea", rythme("soir", au=date(2026, 12, 18)))
    assert {jour for _, jour in bilan.changes} == {LUNDI, MARDI, VENDREDI}
    raisons = {jour: raison for (_, jour), raison in bilan.laisses}
    assert raisons[JEUDI] == "complet"
    assert raisons[date(2026, 12, 14)] == "autre_parent"


def test_a_rhythm_never_asks_for_a_late_supplement(village: Village) -> None:
    bilan = deployer(village, "noe", rythme("atelier", au=date(2026, 12, 18)))
    assert {jour for _, jour in bilan.changes} == {JEUDI, date(2026, 12, 15), date(2026, 12, 17)}
    assert {jour: raison for (_, jour), raison in bilan.laisses} == {MARDI: "delai"}


def test_a_rhythm_adds_without_erasing(village: Village) -> None:
    village.cocher("noe", [("matin", LUNDI)], [("repas", MARDI)])
    deployer(village, "noe", rythme("repas", jours=frozenset({3}), au=JEUDI), appliquer=True)
    assert part(village, "noe") == ({("matin", LUNDI), ("repas", JEUDI)}, {("repas", MARDI)})


def test_removing_a_rhythm_undoes_what_the_draft_added_and_gives_back_bookings(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    bilan = deployer(village, "noe", rythme("repas", au=VENDREDI, ajouter=False), appliquer=True)
    assert {jour for _, jour in bilan.changes} == {LUNDI, MARDI, JEUDI}
    assert part(village, "noe") == (set(), {("repas", LUNDI), ("repas", MARDI)})


def test_adding_then_removing_a_rhythm_leaves_the_draft_as_it_was(village: Village) -> None:
    neuf = date(2027, 1, 4)
    for ajouter in (True, False):
        deployer(village, "noe", rythme("repas", "soir", du=neuf, jours=TROIS_JOURS, ajouter=ajouter), appliquer=True)
    assert part(village, "noe") == (set(), set())


@pytest.mark.parametrize(
    ("semaines", "semaines_attendues"),
    [
        (Semaines.UNE_SUR_2, [50, 52, 1, 3, 5]),
        (Semaines.UNE_SUR_3, [50, 53, 3]),
        (Semaines.UNE_SUR_4, [50, 1, 5]),
        (Semaines.PAIRES, [50, 52, 2, 4]),
        (Semaines.IMPAIRES, [51, 53, 1, 3, 5]),
    ],
)
def test_weeks_are_counted_across_christmas_and_week_53(
    village: Village, semaines: Semaines, semaines_attendues: list[int]
) -> None:
    lundis = rythme("repas", jours=frozenset({0}), semaines=semaines, au=date(2027, 2, 6))
    attendus = [jour for jour in lundis.dates() if village.regles.ouverture("repas", "ecole", jour).ouvert]
    bilan = deployer(village, "noe", lundis)
    assert [jour.isocalendar().week for jour in lundis.dates()] == semaines_attendues
    changes = {jour for _, jour in bilan.changes}
    assert changes | ({LUNDI} & set(attendus)) == set(attendus)


def vite(village: Village, enfant: str, unite: str, jours: Iterable[date]) -> tuple[bool, int]:
    with village.bd.session_ecriture() as session:
        dossier = charger_mois(village, village.dossier(session))
        return cocher_vite(session, dossier, village.enfants[enfant], village.unite(unite), jours)


def charger_mois(village: Village, dossier: Dossier) -> Dossier:
    with village.bd.session_lecture() as session:
        charger_reservations(session, dossier, [bornes(DECEMBRE)])
        charger_places(session, dossier, village.regles.unites, bornes(DECEMBRE))
    return dossier


def test_a_quick_tick_fills_the_week_then_empties_it(village: Village) -> None:
    semaine = [LUNDI + timedelta(days=n) for n in range(7)]
    assert vite(village, "noe", "repas", semaine) == (True, 2)
    assert part(village, "noe")[0] == {("repas", JEUDI), ("repas", VENDREDI)}
    assert vite(village, "noe", "repas", semaine) == (False, 4)
    assert part(village, "noe") == (set(), {("repas", LUNDI), ("repas", MARDI)})


def test_a_quick_tick_leaves_full_days_alone(village: Village) -> None:
    village.remplir("soir", MARDI)
    vite(village, "noe", "soir", [LUNDI, MARDI])
    assert part(village, "noe")[0] == {("soir", LUNDI)}


@pytest.mark.parametrize(("enfant", "unite"), [("mia", "creche"), ("mia", "repas"), ("noe", "creche")])
def test_a_quick_tick_on_a_unit_that_is_not_theirs_changes_nothing(village: Village, enfant: str, unite: str) -> None:
    assert vite(village, enfant, unite, [MARDI, JEUDI]) == (False, 0)
    assert part(village, enfant) == (set(), set())


def test_dropping_a_draft_needs_the_version_that_was_shown(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    with village.bd.session_ecriture() as session:
        dossier = village.dossier(session)
        with pytest.raises(RegleViolee):
            effacer(session, dossier, dossier.brouillon.version - 1)
        effacer(session, dossier, dossier.brouillon.version)
    assert part(village, "noe") == (set(), set())
    assert ("noe", "repas", LUNDI, "morel", "reservee") in village.reservations()


def test_drafts_untouched_for_thirty_days_are_emptied(village: Village) -> None:
    village.cocher("noe", [("repas", JEUDI)])
    village.cocher("yanis", [("repas", JEUDI)], qui="karim", foyer="haddad", maintenant=MERCREDI_SOIR + timedelta(1))
    un_mois_plus_tard = MERCREDI_SOIR + timedelta(days=30, seconds=1)
    with village.bd.session_ecriture() as session:
        assert purger_brouillons(session, MERCREDI_SOIR + timedelta(days=30)) == 0
        assert purger_brouillons(session, un_mois_plus_tard) == 1
        assert purger_brouillons(session, un_mois_plus_tard) == 0
    assert part(village, "noe") == (set(), set())
    assert part(village, "yanis", "karim", "haddad")[0] == {("repas", JEUDI)}
