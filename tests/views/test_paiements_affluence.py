"""The evening of the invoices, PayFiP slow: the web server's few threads, for real, and what each visitor reads."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portail_famille.cli.demo import _FILS
from portail_famille.config import ReglagesCommune
from portail_famille.gateways import disjoncteur, soap_payfip
from portail_famille.gateways.disjoncteur import ECHECS, PLACES, REPOS
from portail_famille.models.bd import BD
from portail_famille.models.paiements import Paiement
from portail_famille.payfip_local import Serveur
from tests.conftest import reglages_de
from tests.support.client import connecter
from tests.support.factures import creer_facture
from tests.support.formulaires import Formulaire, lire_formulaire
from tests.support.payfip import Garde, garder, ouvrir_payfip, reglages_payfip
from tests.support.temps import HorlogeReglable
from tests.support.village import Village

FILS = 2 * PLACES
"""As many threads as docs/payfip.md asks of gunicorn."""
TRES_DEMANDE = "Le service de paiement est très demandé. Rien n’a été prélevé\u00a0: réessayez dans une minute."
MUET = "PayFiP ne répond pas en ce moment. Rien n’a été prélevé\u00a0: réessayez dans quelques minutes."


class Portail:
    """The town's app, its few threads, and parents who all come at once."""

    def __init__(self, app: Flask, village: Village, serveur: Serveur, fils: ThreadPoolExecutor) -> None:
        self._app, self._village, self.serveur, self._fils = app, village, serveur, fils
        self._factures = 0

    def parent(self) -> tuple[FlaskClient, Formulaire]:
        """With an invoice of her own, its page open."""
        self._factures += 1
        with self._village.bd.session_ecriture() as session:
            numero = f"2026-EE-{self._factures:06d}"
            facture = creer_facture(session, self._village.foyers["morel"], numero=numero).id
        client = self._app.test_client()
        connecter(client, "camille.morel")
        page = client.get(f"/factures/{facture}/payer")
        return client, lire_formulaire(page.text, f"/factures/{facture}/payer")

    def payer(self, parent: tuple[FlaskClient, Formulaire]) -> "Future[TestResponse]":
        client, formulaire = parent
        return self._fils.submit(formulaire.envoyer, client)

    def ouvrir(self, client: FlaskClient, adresse: str) -> "Future[TestResponse]":
        return self._fils.submit(client.get, adresse)

    def paiements(self) -> list[Paiement]:
        with self._village.bd.session_lecture() as session:
            return list(session.scalars(select(Paiement).order_by(Paiement.id)))

    def mene_a_payfip(self, reponse: TestResponse) -> bool:
        return reponse.status_code == 303 and reponse.location.startswith(self.serveur.paiement)


@contextmanager
def lente(serveur: Serveur, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its own switch; it ends with the test's block, not with its 30 seconds."""
    fin = threading.Event()
    monkeypatch.setattr(serveur.facteur, "attendre", fin.wait)
    serveur.interrupteurs.panne = "lente"
    try:
        yield
    finally:
        fin.set()
        serveur.interrupteurs.panne = ""


@pytest.fixture
def serveur(horloge: HorlogeReglable) -> Iterator[Serveur]:
    with ouvrir_payfip(horloge) as serveur:
        serveur.interrupteurs.avis = "perdu"
        yield serveur


@pytest.fixture
def garde(serveur: Serveur) -> Iterator[Garde]:
    with garder(serveur) as garde:
        yield garde


@pytest.fixture
def reglages(bd: BD, tmp_path: Path, serveur: Serveur, garde: Garde) -> ReglagesCommune:
    return replace(reglages_de(bd, tmp_path), payfip=reglages_payfip(serveur))


@pytest.fixture
def portail(app: Flask, village: Village, serveur: Serveur) -> Iterator[Portail]:
    with ThreadPoolExecutor(FILS) as fils:
        yield Portail(app, village, serveur, fils)


def test_the_demonstration_leaves_half_of_its_threads_to_the_other_pages() -> None:
    assert _FILS == FILS


def test_while_payfip_is_slow_a_few_wait_and_the_others_and_the_agenda_are_answered(
    portail: Portail, monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = [portail.parent() for _ in range(PLACES + 3)]
    with lente(portail.serveur, monkeypatch):
        attendent = [portail.payer(parent) for parent in parents[:PLACES]]
        while portail.serveur.etat.appels < PLACES:
            assert not wait(attendent, 0.01).done
        econduits = [portail.payer(parent) for parent in parents[PLACES:]]
        pages = [portail.ouvrir(parents[0][0], "/factures") for _ in range(FILS)]
        assert wait(econduits, 1, FIRST_COMPLETED).done
        # On a loaded machine all of them take longer. Those who wait still do: nobody was answered thanks to their end.
        assert not wait([*econduits, *pages], 10).not_done
        assert not any(attente.done() for attente in attendent)
        for econduit in econduits:
            assert econduit.result().status_code == 409
            assert TRES_DEMANDE in econduit.result().text
        assert [page.result().status_code for page in pages] == [200] * FILS
    assert all(portail.mene_a_payfip(attente.result()) for attente in attendent)
    # Those who were turned away may begin at once, and have one attempt each.
    for parent in parents[PLACES:]:
        assert portail.mene_a_payfip(portail.payer(parent).result())
    assert [(p.etat, p.refdet[-3:]) for p in portail.paiements()] == [("en_attente", "E01")] * (PLACES + 3)
    assert portail.serveur.etat.appels == PLACES + 3


def test_after_a_few_waits_in_vain_nobody_waits_then_one_tries_for_all(
    portail: Portail, garde: Garde, village: Village, horloge: HorlogeReglable, monkeypatch: pytest.MonkeyPatch
) -> None:
    deja, *parents = [portail.parent() for _ in range(ECHECS + 4)]
    assert portail.mene_a_payfip(portail.payer(deja).result())
    (paye,) = portail.paiements()
    portail.serveur.payer(paye.idop or "", "P")
    horloge.avancer(minutes=1)
    monkeypatch.setattr(soap_payfip, "LECTURE", 0.2)
    # The guard's clock stands still while they wait.
    monkeypatch.setattr(disjoncteur, "PATIENCE", 0)
    with lente(portail.serveur, monkeypatch):
        for parent in parents[:ECHECS]:
            portail.payer(parent).result()
    appels = portail.serveur.etat.appels
    # PayFiP is well again, but nobody knows.
    refus = portail.payer(parents[ECHECS]).result()
    assert (refus.status_code, MUET in refus.text) == (409, True)
    client, _ = deja
    assert client.post("/paiements/notification", data={"idop": paye.idop}).status_code == 200
    retour = client.post(f"/paiements/{paye.id}/verifier", data={"idop": paye.idop}, follow_redirects=True)
    assert "PayFiP ne répond pas en ce moment" in retour.text
    assert portail.serveur.etat.appels == appels
    monkeypatch.setattr(soap_payfip, "LECTURE", 15)
    garde.heure += REPOS
    with lente(portail.serveur, monkeypatch):
        premier = portail.payer(parents[ECHECS])
        while portail.serveur.etat.appels == appels:
            assert not wait([premier], 0.01).done
        autres = [portail.payer(parent).result() for parent in parents[ECHECS + 1 :]]
        assert [MUET in autre.text for autre in autres] == [True, True]
        assert portail.serveur.etat.appels == appels + 1
    assert portail.mene_a_payfip(premier.result())
    assert portail.mene_a_payfip(portail.payer(parents[ECHECS + 1]).result())
    client.post("/paiements/notification", data={"idop": paye.idop})
    assert [p.etat for p in portail.paiements()].count("paye") == 1
