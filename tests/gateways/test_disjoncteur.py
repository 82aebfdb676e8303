"""Who may call PayFiP now: the states of the guard, with a clock that the test turns."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from portail_famille.gateways.disjoncteur import (
    ECHECS,
    PATIENCE,
    PLACES,
    REPOS,
    PayfipDuWeb,
    PayfipNonAppele,
    PayfipSature,
    disjoncteur_de,
)
from portail_famille.gateways.payfip import PayfipIndisponible, PayfipRefus
from portail_famille.payfip_local import Serveur
from tests.support.payfip import Garde, demande, garder, ouvrir_payfip


def appeler(garde: Garde, duree: float = 0.0, faute: BaseException | None = None) -> None:
    """One call, from start to end. Raises `PayfipNonAppele` when it does not pass."""
    passage = garde.disjoncteur.passage()
    passage.__enter__()
    garde.heure += duree
    passage.__exit__(type(faute) if faute else None, faute, None)


def etat(garde: Garde) -> str:
    refus = garde.disjoncteur.empechement()
    return {type(None): "passe", PayfipSature: "sature", PayfipNonAppele: "coupe"}[type(refus)]


@pytest.fixture
def garde() -> Garde:
    return Garde()


def test_so_many_call_at_once_and_the_next_one_is_refused_without_waiting(garde: Garde) -> None:
    with ExitStack() as en_cours:
        for _ in range(PLACES):
            assert etat(garde) == "passe"
            en_cours.enter_context(garde.disjoncteur.passage())
        assert etat(garde) == "sature"
        with pytest.raises(PayfipSature):
            appeler(garde)
    assert etat(garde) == "passe"
    # A refusal took no place: all of them are free again.
    with ExitStack() as en_cours:
        for _ in range(PLACES):
            en_cours.enter_context(garde.disjoncteur.passage())


def test_a_call_that_breaks_gives_its_place_back(garde: Garde) -> None:
    for faute in (PayfipIndisponible("x"), PayfipRefus("P5"), KeyError("x"), SystemExit()):
        for _ in range(PLACES + 1):
            appeler(garde, 0.0, faute)
    assert etat(garde) == "passe"


def test_after_so_many_long_failures_in_a_row_nobody_calls(garde: Garde) -> None:
    garde.echouer(ECHECS - 1)
    assert etat(garde) == "passe"
    garde.echouer(1)
    assert etat(garde) == "coupe"
    with pytest.raises(PayfipNonAppele) as refus:
        appeler(garde)
    assert not isinstance(refus.value, PayfipSature)
    garde.heure += REPOS - 0.1
    assert etat(garde) == "coupe"
    garde.heure += 0.1
    assert etat(garde) == "passe"


@pytest.mark.parametrize(
    ("duree", "faute"),
    [
        (PATIENCE, None),
        (PATIENCE, PayfipRefus("P5")),
        (PATIENCE - 0.1, PayfipIndisponible("503")),
    ],
    ids=["a slow answer", "a slow refusal", "a failure that held nobody"],
)
def test_whatever_answers_or_holds_nobody_begins_the_count_again(
    garde: Garde, duree: float, faute: BaseException | None
) -> None:
    for _ in range(3):
        garde.echouer(ECHECS - 1)
        appeler(garde, duree, faute)
    assert etat(garde) == "passe"
    garde.echouer()
    assert etat(garde) == "coupe"


def test_a_failure_of_any_name_that_held_a_thread_counts(garde: Garde) -> None:
    for _ in range(ECHECS):
        appeler(garde, PATIENCE, OSError("name server"))
    assert etat(garde) == "coupe"


def test_then_one_alone_tries_and_its_success_opens_to_all(garde: Garde) -> None:
    garde.echouer()
    garde.heure += REPOS
    with garde.disjoncteur.passage():
        # However long it lasts, nobody joins it.
        garde.heure += 10 * REPOS
        assert etat(garde) == "coupe"
        with pytest.raises(PayfipNonAppele):
            appeler(garde)
    garde.echouer(ECHECS - 1)
    assert etat(garde) == "passe", "the count began again"


def test_one_that_tries_in_vain_closes_for_as_long_again(garde: Garde) -> None:
    garde.echouer()
    for _ in range(2):
        garde.heure += REPOS
        appeler(garde, PATIENCE, PayfipIndisponible("ReadTimeout"))
        assert etat(garde) == "coupe"
        garde.heure += REPOS - 0.1
        assert etat(garde) == "coupe"
        garde.heure += 0.1
        assert etat(garde) == "passe"


def test_an_answer_to_a_question_of_before_lets_nobody_in(garde: Garde) -> None:
    with garde.disjoncteur.passage():
        garde.echouer()
    assert etat(garde) == "coupe"


def test_a_failure_of_before_is_not_counted_after_another_call_succeeded(garde: Garde) -> None:
    ancienne = garde.disjoncteur.passage()
    ancienne.__enter__()
    garde.echouer()
    garde.heure += REPOS
    appeler(garde)
    ancienne.__exit__(PayfipIndisponible, PayfipIndisponible("ReadTimeout"), None)
    garde.echouer(ECHECS - 1)
    assert etat(garde) == "passe"


@pytest.fixture
def serveur() -> Iterator[Serveur]:
    with ouvrir_payfip() as serveur:
        serveur.interrupteurs.avis = "perdu"
        yield serveur


def test_the_towns_of_a_process_share_the_guard_of_an_address_and_no_other(serveur: Serveur) -> None:
    une, autre = PayfipDuWeb(serveur.service, ""), PayfipDuWeb(serveur.service, "")
    ailleurs = PayfipDuWeb(f"{serveur.service}?autre", "")
    with ExitStack() as en_cours:
        for _ in range(PLACES):
            en_cours.enter_context(disjoncteur_de(serveur.service).passage())
        for caisse in (une, autre):
            assert isinstance(caisse.empechement(), PayfipSature)
            with pytest.raises(PayfipSature):
                caisse.creer(demande())
        assert ailleurs.empechement() is None
    assert serveur.etat.appels == 0
    idop = une.creer(demande())
    serveur.payer(idop, "P")
    assert autre.lire(idop).montant == 4250


def test_what_never_leaves_takes_no_place_and_proves_nothing(serveur: Serveur) -> None:
    """A refusal of our own says nothing of PayFiP: it is not the one that tries."""
    with garder(serveur) as garde:
        garde.echouer()
        for attente in (0.0, REPOS):
            garde.heure += attente
            with pytest.raises(PayfipRefus):
                PayfipDuWeb(serveur.service, "").creer(demande(montant=99))
        with garde.disjoncteur.passage():
            assert etat(garde) == "coupe"
