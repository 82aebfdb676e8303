"""kill -9 between any two steps of a payment, for real: after the next poll the ledger is what PayFiP says."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from portail_famille.domain.payfip import Demande, Detail
from portail_famille.gateways import payfip as passerelle_payfip
from portail_famille.models.bd import BD
from portail_famille.services.paiements import PaiementEnCours
from tests.support.paiements import Caisse


def mourir(*_args: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class _Fatale:
    """PayFiP, called by a process that dies before or after the call."""

    payfip: Any
    avant_creer: bool = False
    apres_creer: bool = False
    avant_lire: bool = False
    apres_lire: bool = False

    def creer(self, demande: Demande) -> str:
        if self.avant_creer:
            mourir()
        idop: str = self.payfip.creer(demande)
        if self.apres_creer:
            mourir()
        return idop

    def lire(self, idop: str) -> Detail:
        if self.avant_lire:
            mourir()
        detail: Detail = self.payfip.lire(idop)
        if self.apres_lire:
            mourir()
        return detail

    def adresse(self, idop: str) -> str:
        return str(self.payfip.adresse(idop))

    def empechement(self) -> None:
        return None


def dans_un_processus(caisse: Caisse, faire: Callable[[Caisse], object]) -> None:
    """`faire` in a process of its own, with its own connections; it must die by SIGKILL, and by nothing else."""
    pid = os.fork()
    if pid == 0:
        try:
            passerelle_payfip._services.clear()
            bd = BD(caisse.bd.url)
            faire(replace(caisse, bd=bd))
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def mourir_au_commit(rang: int) -> None:
    """In the child: dies when the rang-th transaction that wrote is about to be committed."""
    vus = []

    def compter(session: Session) -> None:
        if not session.info.get("lit_seulement") and not session.in_nested_transaction():
            vus.append(1)
            if len(vus) == rang:
                mourir()

    event.listen(Session, "before_commit", compter)


def ouvrir_et_mourir(**ou: bool) -> Callable[[Caisse], object]:
    return lambda enfant: replace(enfant, payfip=_Fatale(enfant.payfip, **ou)).ouvrir()


def au_commit(rang: int, faire: Callable[[Caisse], object]) -> Callable[[Caisse], object]:
    def agir(enfant: Caisse) -> None:
        mourir_au_commit(rang)
        faire(enfant)

    return agir


@pytest.mark.parametrize(
    ("mort", "est_gardee"),
    [
        (au_commit(1, Caisse.ouvrir), False),
        (ouvrir_et_mourir(avant_creer=True), True),
        (ouvrir_et_mourir(apres_creer=True), True),
        (au_commit(2, Caisse.ouvrir), True),
    ],
    ids=["before the row", "before PayFiP", "after PayFiP", "before its operation is written"],
)
@pytest.mark.parametrize("travaille", [True, False], ids=["worker", "no worker"])
def test_killed_while_it_opens_nobody_paid_and_the_invoice_can_be_paid(
    caisse: Caisse, mort: Callable[[Caisse], object], est_gardee: bool, travaille: bool
) -> None:
    dans_un_processus(caisse, mort)
    if est_gardee:
        with pytest.raises(PaiementEnCours):
            caisse.ouvrir()
        caisse.horloge.avancer(minutes=20)
        if travaille:
            caisse.travailler()
    paiement = caisse.ouvrir()
    if est_gardee:
        perdue = caisse.paiement(1)
        assert (perdue.etat, perdue.idop, perdue.est_bloquant) == ("expire", None, False)
    caisse.payer(paiement)
    caisse.interroger(paiement.id)
    assert [(r.paiement_id, r.montant_centimes) for r in caisse.reglements()] == [(paiement.id, 4200)]
    assert caisse.facture().reste_centimes == 0


@pytest.mark.parametrize("qui", [lambda c: c.interroger(1), Caisse.travailler], ids=["page", "worker"])
@pytest.mark.parametrize(
    "ou", [{"avant_lire": True}, {"apres_lire": True}, {}, None], ids=["before", "after", "before commit", "claim"]
)
def test_killed_while_it_asks_the_next_poll_books_it_once(
    caisse: Caisse, qui: Callable[[Caisse], object], ou: dict[str, bool] | None
) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    caisse.horloge.avancer(minutes=2)
    if ou:
        dans_un_processus(caisse, lambda enfant: qui(replace(enfant, payfip=_Fatale(enfant.payfip, **ou))))
    else:
        # The first transaction claims, the second one books.
        dans_un_processus(caisse, au_commit(1 if ou is None else 2, qui))
    assert caisse.reglements() == []
    assert caisse.courriels() == []
    caisse.suivre(caisse.horloge.maintenant + timedelta(minutes=3))
    assert [(r.paiement_id, r.montant_centimes) for r in caisse.reglements()] == [(paiement.id, 4200)]
    assert caisse.paiement(paiement.id).etat == "paye"
    assert caisse.facture().reste_centimes == 0
    assert len(caisse.courriels()) == 1
    assert caisse.suivre(caisse.horloge.maintenant + timedelta(hours=2), timedelta(minutes=30)) == 0
