"""A crowd, or a PayFiP that does not answer: requests do not wait, nothing is left behind, the worker goes on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
from sqlalchemy import func, select

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.disjoncteur import PLACES, REPOS, PayfipDuWeb
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Paiement
from portail_famille.services.guichet_payfip import ECART, Demandee, caisse_de, caisse_du_web
from portail_famille.services.paiements import PaiementEnCours
from tests.support.paiements import Caisse
from tests.support.payfip import Garde, garder


@pytest.fixture
def garde(caisse: Caisse) -> Iterator[Garde]:
    """The caisse pays as a request does."""
    with garder(caisse.serveur) as garde:
        caisse.payfip = caisse_du_web(caisse.reglages)
        yield garde


@contextmanager
def foule(garde: Garde) -> Iterator[None]:
    """As many others as may be wait for PayFiP."""
    with ExitStack() as autres:
        for _ in range(PLACES):
            autres.enter_context(garde.disjoncteur.passage())
        yield


@contextmanager
def silence(garde: Garde) -> Iterator[None]:
    """PayFiP has not answered for a while, then it does."""
    garde.echouer()
    yield
    garde.heure += REPOS


Empecher = Callable[[Garde], AbstractContextManager[None]]
EMPECHEMENTS = pytest.mark.parametrize(
    ("empecher", "dit"),
    [(foule, "très demandé. Rien n’a été prélevé\u00a0: réessayez dans une minute."), (silence, "ne répond pas")],
    ids=["crowd", "silence"],
)


def ecrits(caisse: Caisse) -> tuple[int, int]:
    with caisse.bd.session_lecture() as session:
        return (
            session.scalar(select(func.count()).select_from(Paiement)) or 0,
            session.scalar(select(func.count()).select_from(ActeJournal)) or 0,
        )


@EMPECHEMENTS
def test_who_comes_to_pay_is_told_at_once_and_leaves_nothing_behind(
    caisse: Caisse, garde: Garde, empecher: Empecher, dit: str
) -> None:
    avant = ecrits(caisse)
    with empecher(garde):
        # More often than one may begin a payment in an hour: these are no payments.
        for _ in range(25):
            with pytest.raises(RegleViolee) as refus:
                caisse.ouvrir()
            assert (refus.value.code, dit in refus.value.message) == ("payfip_indisponible", True)
        assert (ecrits(caisse), caisse.serveur.etat.appels) == (avant, 0)
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    assert caisse.interroger(paiement.id) is Demandee.REPONDUE
    assert [r.montant_centimes for r in caisse.reglements()] == [4200]


@EMPECHEMENTS
def test_a_second_tap_is_led_to_the_first_one_s_payment(
    caisse: Caisse, garde: Garde, empecher: Empecher, dit: str
) -> None:
    """What holds the place may be her own first tap: its answer is lost, this one's is what she reads."""
    premier = caisse.ouvrir()
    with empecher(garde), pytest.raises(PaiementEnCours) as en_cours:
        caisse.ouvrir()
    assert (en_cours.value.paiement.id, en_cours.value.paiement.idop) == (premier.id, premier.idop)
    caisse.horloge.avancer(minutes=20)
    with empecher(garde), pytest.raises(RegleViolee, match=dit):
        caisse.ouvrir()


@EMPECHEMENTS
def test_a_look_up_that_was_stopped_is_the_worker_s_seconds_later(
    caisse: Caisse, garde: Garde, empecher: Empecher, dit: str
) -> None:
    paiement = caisse.ouvrir()
    caisse.horloge.avancer(minutes=40)
    # Its appointments of 2, 5, 15 and 30 minutes are over: the next one is in an hour.
    assert caisse.interroger(paiement.id) is Demandee.REPONDUE
    caisse.payer(paiement)
    caisse.horloge.avancer(minutes=1)
    appels = caisse.serveur.etat.appels
    with empecher(garde):
        for _ in range(3):
            assert caisse.interroger(paiement.id) is Demandee.INDISPONIBLE
        vu = caisse.paiement(paiement.id)
        assert (vu.etat, caisse.serveur.etat.appels) == ("en_attente", appels)
        assert vu.prochaine_utc == caisse.horloge() + ECART
        # The worker, in a process of its own, asks all the same.
        caisse.payfip = caisse_de(caisse.reglages)
        assert caisse.travailler() == 0
        caisse.horloge.avancer(seconds=ECART.seconds)
        assert caisse.travailler() == 1
    assert [r.montant_centimes for r in caisse.reglements()] == [4200]


class _PlacePrise(PayfipDuWeb):
    """The last place is taken between the look and the call."""

    def empechement(self) -> None:
        return None


def test_a_place_lost_at_the_last_moment_closes_the_attempt_and_keeps_the_appointment(
    caisse: Caisse, garde: Garde
) -> None:
    caisse.payfip = _PlacePrise(caisse.serveur.service, caisse.serveur.paiement)
    with foule(garde), pytest.raises(RegleViolee, match="très demandé") as refus:
        caisse.ouvrir()
    assert refus.value.code == "payfip_indisponible"
    perdue = caisse.paiement(1)
    assert (perdue.etat, perdue.est_bloquant, perdue.idop) == ("echec", False, None)
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    appels = caisse.serveur.etat.appels
    with foule(garde):
        assert caisse.interroger(paiement.id) is Demandee.INDISPONIBLE
    vu = caisse.paiement(paiement.id)
    assert (vu.etat, vu.prochaine_utc, caisse.serveur.etat.appels) == ("en_attente", caisse.horloge() + ECART, appels)
    caisse.horloge.avancer(seconds=ECART.seconds)
    assert caisse.travailler() == 1
    assert [r.montant_centimes for r in caisse.reglements()] == [4200]
