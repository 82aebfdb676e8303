"""What an événement touches, and until when it can be undone."""

from datetime import date, datetime, timedelta

import pytest

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.evenements import (
    Portee,
    portee_de,
    verifier_portee,
    verifier_retablissement,
)
from portail_famille.domain.horloge import PARIS

JEUDI = date(2026, 12, 10)
VENDREDI, LUNDI = JEUDI + timedelta(days=1), JEUDI + timedelta(days=4)
CREE = datetime(2026, 12, 2, 18, tzinfo=PARIS)


def jours(premier: date, nombre: int) -> tuple[date, ...]:
    return tuple(premier + timedelta(days=n) for n in range(nombre))


def test_nothing_chosen_means_everything() -> None:
    assert Portee((JEUDI,)).touche("repas", "ecole", "CE2", JEUDI)
    assert not Portee((JEUDI,)).touche("repas", "ecole", "CE2", VENDREDI)


@pytest.mark.parametrize(
    "portee",
    [
        Portee((JEUDI,), structures=frozenset({"centre"})),
        Portee((JEUDI,), unites=frozenset({"soir"})),
        Portee((JEUDI,), classes=frozenset({"CM1"})),
    ],
)
def test_what_is_chosen_leaves_the_rest_alone(portee: Portee) -> None:
    assert not portee.touche("repas", "ecole", "CE2", JEUDI)


def test_it_is_kept_and_read_back_as_it_was() -> None:
    portee = Portee((JEUDI, VENDREDI), frozenset({"ecole"}), frozenset({"repas", "soir"}), frozenset({"CE2"}))
    assert portee_de(portee.document()) == portee


def test_days_that_follow_each_other_close_as_one() -> None:
    fermetures = Portee((JEUDI, VENDREDI, LUNDI), frozenset({"ecole"}), frozenset({"repas"})).fermetures("Grève")
    assert [(f.du, f.au) for f in fermetures] == [(JEUDI, VENDREDI), (LUNDI, LUNDI)]
    assert fermetures[0].couvre("ecole", VENDREDI)
    assert not fermetures[0].couvre("centre", VENDREDI)
    assert fermetures[0].concerne_unite("repas", "cantine")
    assert not fermetures[0].concerne_unite("soir", "periscolaire")


@pytest.mark.parametrize(
    ("portee", "ferme", "champ"),
    [
        (Portee(()), False, "au"),
        (Portee(jours(JEUDI, 63)), False, "au"),
        (Portee((JEUDI - timedelta(days=40),)), False, "du"),
        (Portee((JEUDI + timedelta(days=400),)), False, "du"),
        (Portee((JEUDI,), classes=frozenset({"CE2"})), True, "ferme"),
    ],
)
def test_what_cannot_be_declared_is_refused_on_its_field(portee: Portee, ferme: bool, champ: str) -> None:
    with pytest.raises(RegleViolee) as refus:
        verifier_portee(portee, ferme=ferme, aujourdhui=date(2026, 12, 2))
    assert refus.value.champ == champ


def test_two_months_a_class_and_a_closure_are_right() -> None:
    verifier_portee(Portee(jours(JEUDI, 62)), ferme=True, aujourdhui=JEUDI)
    verifier_portee(Portee((JEUDI,), classes=frozenset({"CE2"})), ferme=False, aujourdhui=JEUDI)


def test_the_hour_ends_at_its_end() -> None:
    verifier_retablissement(CREE, None, CREE + timedelta(minutes=59, seconds=59))
    for annule, quand in ((None, CREE + timedelta(hours=1)), (CREE, CREE + timedelta(minutes=1))):
        with pytest.raises(RegleViolee):
            verifier_retablissement(CREE, annule, quand)
