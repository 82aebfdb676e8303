"""What PayFiP answers that cannot be: money is booked all the same, and one odd answer holds nobody else back."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portail_famille.domain.payfip import Demande, Detail
from portail_famille.gateways.payfip import PayfipRefus
from portail_famille.models.journal import ActeJournal
from portail_famille.services import guichet_payfip, paiements
from portail_famille.services.guichet_payfip import Demandee
from tests.support.paiements import Caisse


@dataclass
class Menteuse:
    """A PayFiP that dates what it knows as it likes."""

    vrai: guichet_payfip.Caisse
    instant: datetime

    def creer(self, demande: Demande) -> str:
        return self.vrai.creer(demande)

    def lire(self, idop: str) -> Detail:
        return replace(self.vrai.lire(idop), instant=self.instant)

    def adresse(self, idop: str) -> str:
        return self.vrai.adresse(idop)

    def empechement(self) -> None:
        return None


@pytest.mark.parametrize("annee", [1, 1990, 1999, 2090, 9998])
def test_money_received_is_booked_whatever_the_date_that_payfip_gives(caisse: Caisse, annee: int) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    vrai = caisse.payfip
    caisse.payfip = Menteuse(vrai, instant=datetime(annee, 6, 1, tzinfo=UTC))
    assert caisse.interroger(paiement.id) is Demandee.REPONDUE
    assert caisse.facture().reste_centimes == 0
    assert [r.recu_le for r in caisse.reglements()] == [caisse.horloge().date()]
    assert (caisse.paiement(paiement.id).transaction_utc, caisse.paiement(paiement.id).anomalie) == (None, "")


def test_the_day_of_a_payment_told_late_is_the_day_it_was_made(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    jour = caisse.horloge().date()
    caisse.horloge.avancer(hours=20)
    caisse.travailler()
    assert [r.recu_le for r in caisse.reglements()] == [jour]


def test_an_answer_that_cannot_be_written_stops_nobody_else_s_and_is_asked_again_later(
    caisse: Caisse, monkeypatch: pytest.MonkeyPatch
) -> None:
    autre = caisse.facturer("2026-EE-000002")
    malade, sain = caisse.ouvrir(), caisse.ouvrir(facture_id=autre)
    for paiement in (malade, sain):
        caisse.payer(paiement)
    vrai = paiements.constater

    def constater(session: Any, reglages: Any, paiement_id: int, *reste: Any) -> None:
        vrai(session, reglages, paiement_id, *reste)
        if paiement_id == malade.id:
            raise OverflowError("camille@courriel.example")

    monkeypatch.setattr(paiements, "constater", constater)
    debut = caisse.horloge.maintenant
    assert caisse.suivre(debut + timedelta(hours=3)) == 4 + 3 + 1
    assert caisse.facture(autre).reste_centimes == 0
    lu = caisse.paiement(malade.id)
    assert (lu.etat, lu.resultat, lu.anomalie) == (
        "echec",
        "P",
        "Le portail n’a pas pu enregistrer ce que PayFiP répond (P).",
    )
    assert caisse.facture().reste_centimes == 4200
    with caisse.bd.session_lecture() as session:
        assert paiements.est_a_verifier(session, caisse.facture_id)
        actes = session.scalar(select(func.count()).where(ActeJournal.action == "paiement_a_verifier"))
    assert actes == 1
    # Asked for as long as it takes: once the fault is mended, it is booked, once.
    assert caisse.suivre(debut + timedelta(days=4), timedelta(minutes=30)) == 21 + 3
    monkeypatch.setattr(paiements, "constater", vrai)
    caisse.suivre(debut + timedelta(days=5), timedelta(hours=2))
    assert caisse.facture().reste_centimes == 0
    assert (caisse.paiement(malade.id).etat, caisse.paiement(malade.id).anomalie) == ("paye", "")
    assert len(caisse.reglements()) == 2


def test_a_question_that_payfip_refuses_holds_nobody_else_back(caisse: Caisse, monkeypatch: pytest.MonkeyPatch) -> None:
    autre = caisse.facturer("2026-EE-000002")
    refuse, sain = caisse.ouvrir(), caisse.ouvrir(facture_id=autre)
    caisse.payer(sain)
    vrai = caisse.payfip.lire

    def lire(idop: str) -> Detail:
        if idop == refuse.idop:
            raise PayfipRefus("T2")
        return vrai(idop)

    monkeypatch.setattr(caisse.payfip, "lire", lire)
    caisse.suivre(caisse.horloge.maintenant + timedelta(minutes=10))
    assert caisse.facture(autre).reste_centimes == 0
    assert (caisse.paiement(refuse.id).etat, caisse.facture().reste_centimes) == ("en_attente", 4200)
