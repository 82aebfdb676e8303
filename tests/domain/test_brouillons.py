"""Drafts: absolute states posted by screens that may be late, doubled, or in another room."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.brouillons import (
    Brouillon,
    Envoi,
    EtatAffiche,
    Part,
    ajouter,
    depuis_document,
    empreinte_reserves,
    en_document,
    poser,
    recevoir,
    retirer,
)

LUNDI = date(2026, 12, 7)
CANTINE, ETUDE = 1, 2
REPAS = (CANTINE, LUNDI)

creneaux = st.frozensets(
    st.tuples(st.integers(1, 4), st.integers(0, 20).map(lambda n: LUNDI + timedelta(days=n))), max_size=12
)


@st.composite
def parts(draw: st.DrawFn) -> tuple[Part, frozenset[tuple[int, date]]]:
    """A draft part and the bookings it differs from: additions are not booked, removals are."""
    reserves = draw(creneaux)
    ajouts = draw(creneaux) - reserves
    retraits = frozenset(c for c in reserves if draw(st.booleans()))
    return Part(draw(st.integers(0, 9)), "ecran", draw(st.integers(0, 9)), ajouts, retraits), reserves


def etat(page: str = "autre", version: int = 0, seq: int = 1, **champs: object) -> EtatAffiche:
    base = EtatAffiche(page, version, seq, frozenset({REPAS}), frozenset({REPAS}))
    return replace(base, **champs)  # type: ignore[arg-type]


@given(parts(), creneaux)
def test_adding_then_removing_what_was_not_ticked_is_identity(
    base: tuple[Part, frozenset[tuple[int, date]]], choix: frozenset[tuple[int, date]]
) -> None:
    part, reserves = base
    nouveaux = frozenset(c for c in choix if not part.est_coche(c, c in reserves))
    apres = retirer(ajouter(part, nouveaux, reserves), nouveaux, reserves)
    assert (apres.ajouts, apres.retraits) == (part.ajouts, part.retraits)


@given(parts(), creneaux, creneaux)
def test_what_was_posted_is_what_is_shown_and_the_rest_is_untouched(
    base: tuple[Part, frozenset[tuple[int, date]]], vus: frozenset[tuple[int, date]], choix: frozenset[tuple[int, date]]
) -> None:
    part, reserves = base
    apres = poser(part, vus, vus & choix, reserves)
    for creneau in vus | part.ajouts | reserves:
        attendu = creneau in choix if creneau in vus else part.est_coche(creneau, creneau in reserves)
        assert apres.est_coche(creneau, creneau in reserves) is attendu
    assert not apres.ajouts & reserves
    assert apres.retraits <= reserves | part.retraits


@given(parts())
def test_a_draft_reads_back_as_it_was_written(base: tuple[Part, frozenset[tuple[int, date]]]) -> None:
    brouillon = Brouillon(3, {7: base[0], 8: Part(1, "x", 0, frozenset({REPAS}))})
    assert depuis_document(3, en_document(brouillon)) == brouillon


def test_a_first_tick_is_applied_and_moves_the_version() -> None:
    envoi, part = recevoir(Part(), etat(), ())
    assert envoi is Envoi.APPLIQUE
    assert part == Part(1, "autre", 1, frozenset({REPAS}))


def test_a_repeated_post_changes_nothing() -> None:
    _, part = recevoir(Part(), etat(), ())
    assert recevoir(part, etat(), ()) == (Envoi.DEJA_RECU, part)


def test_an_overtaken_post_never_undoes_a_later_one() -> None:
    _, part = recevoir(Part(), etat(seq=2, coches=frozenset()), ())
    assert recevoir(part, etat(seq=1), ()) == (Envoi.DEJA_RECU, part)


def test_a_screen_is_never_stale_against_itself() -> None:
    """The answer that carried the new version was lost: the next tick still counts."""
    _, part = recevoir(Part(), etat(version=0, seq=1), ())
    envoi, part = recevoir(part, etat(version=0, seq=2, coches=frozenset()), ())
    assert envoi is Envoi.APPLIQUE
    assert part.est_vide


def test_another_screen_with_an_old_version_is_a_conflict_and_changes_nothing() -> None:
    _, part = recevoir(Part(), etat(page="telephone"), ())
    stale = etat(page="tablette", version=0, coches=frozenset())
    assert recevoir(part, stale, ()) == (Envoi.CONFLIT, part)


def test_a_screen_drawn_before_bookings_changed_is_a_conflict_even_against_itself() -> None:
    _, part = recevoir(Part(), etat(page="telephone"), ())
    stale = etat(page="telephone", seq=2, coches=frozenset(), est_perime=True)
    assert recevoir(part, stale, ()) == (Envoi.CONFLIT, part)
    assert recevoir(part, replace(stale, coches=frozenset({REPAS})), ())[0] is Envoi.APPLIQUE


def test_the_bookings_digest_moves_with_each_of_them() -> None:
    assert empreinte_reserves([REPAS]) == empreinte_reserves({REPAS}) != empreinte_reserves([])
    assert len(empreinte_reserves([])) == 8


def test_two_screens_that_say_the_same_do_not_conflict() -> None:
    _, part = recevoir(Part(), etat(page="telephone"), ())
    envoi, apres = recevoir(part, etat(page="tablette", version=0), ())
    assert envoi is Envoi.APPLIQUE
    assert apres.version == part.version


def test_another_screen_with_the_current_version_takes_over() -> None:
    _, part = recevoir(Part(), etat(page="telephone"), ())
    envoi, part = recevoir(part, etat(page="tablette", version=1, coches=frozenset()), ())
    assert envoi is Envoi.APPLIQUE
    assert (part.page, part.version, part.est_vide) == ("tablette", 2, True)


def test_a_real_submit_is_the_last_word_of_its_screen() -> None:
    _, part = recevoir(Part(), etat(seq=5), ())
    envoi, part = recevoir(part, etat(seq=5, coches=frozenset(), est_dernier_mot=True), ())
    assert envoi is Envoi.APPLIQUE
    assert part.est_vide
    assert part.seq == 5


def test_a_real_submit_from_a_stale_screen_is_still_a_conflict() -> None:
    _, part = recevoir(Part(), etat(page="telephone"), ())
    stale = etat(page="tablette", version=0, seq=0, coches=frozenset(), est_dernier_mot=True)
    assert recevoir(part, stale, ())[0] is Envoi.CONFLIT


def test_unticking_what_is_booked_is_a_removal_and_ticking_it_again_nothing() -> None:
    _, part = recevoir(Part(), etat(coches=frozenset()), {REPAS})
    assert part.retraits == {REPAS}
    _, part = recevoir(part, etat(seq=2), {REPAS})
    assert part.est_vide


def test_an_emptied_draft_makes_every_open_screen_stale() -> None:
    brouillon = Brouillon(4, {7: Part(2, "ecran", 1, frozenset({REPAS}))}).vide()
    assert brouillon.version == 5
    assert brouillon.est_vide
    assert recevoir(brouillon.part(7), etat(page="autre", version=2), ())[0] is Envoi.CONFLIT


def test_a_post_that_moves_no_box_leaves_the_draft_s_version() -> None:
    """A summary open beside it is still what « Valider » would do."""
    _, part = recevoir(Part(), etat(), ())
    brouillon = Brouillon().avec(7, part)
    assert brouillon.version == 1
    assert brouillon.avec(7, replace(part, page="autre", seq=9)).version == 1
    assert brouillon.avec(7, poser(part, {REPAS}, (), ())).version == 2
