"""Direct debits: announced on a day, called off, rejected."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Paiement
from portail_famille.services.reglements import annoncer_prelevement, annuler_reglement, utiliser_credits
from tests.services.test_reglements import AGENT, JOUR, facturer, payer, restes
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


def test_a_debit_is_announced_over_no_payment_under_way_nor_for_ever(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        for jours in (93, 9000):
            with pytest.raises(RegleViolee, match="trois mois"):
                annoncer_prelevement(session, [facture.id], JOUR + timedelta(days=jours), AGENT, MERCREDI_SOIR)
        paiement = Paiement(
            facture_id=facture.id, regie="enfance", numero_client="900001", montant_centimes=1000, refdet="2",
            exer=2026, saisie="T", courriel="", objet="", cree_utc=MERCREDI_SOIR,
        )  # fmt: skip
        session.add(paiement)
        session.flush()
        with pytest.raises(RegleViolee, match="est en cours"):
            annoncer_prelevement(session, [facture.id], JOUR, AGENT, MERCREDI_SOIR)
        annoncer_prelevement(session, [facture.id], None, AGENT, MERCREDI_SOIR)
        paiement.est_bloquant = False
        annoncer_prelevement(session, [facture.id], JOUR, AGENT, MERCREDI_SOIR)
        annoncer_prelevement(session, [facture.id], None, AGENT, MERCREDI_SOIR)
        actes = session.scalars(select(ActeJournal.action).where(ActeJournal.action.startswith("prelevement")))
        assert list(actes) == ["prelevement_annonce", "prelevement_retire"]


def test_a_credit_pays_an_invoice_whose_debit_bounced_in_silence(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        annoncer_prelevement(session, [facture.id], JOUR, AGENT, MERCREDI_SOIR)
        payer(session, village, 300)
        morel = village.foyers["morel"]
        for jours, employes in ((7, 0), (8, 300)):
            assert utiliser_credits(session, morel, "enfance", MERCREDI_SOIR + timedelta(days=jours)) == employes
        assert restes(session, facture) == [700]
        verifier_comptes(session)


def test_a_debit_announced_keeps_credits_away_until_it_is_called_off(village: Village) -> None:
    demain = JOUR + timedelta(days=1)
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        with pytest.raises(RegleViolee, match="avant son jour"):
            annoncer_prelevement(session, [facture.id], JOUR - timedelta(days=1), AGENT, MERCREDI_SOIR)
        annoncer_prelevement(session, [facture.id], demain, AGENT, MERCREDI_SOIR)
        payer(session, village, 300)
        assert (restes(session, facture), facture.prelevement_le) == ([1000], demain)
        annoncer_prelevement(session, [facture.id], None, AGENT, MERCREDI_SOIR)
        assert (restes(session, facture), facture.prelevement_le) == ([700], None)
        assert utiliser_credits(session, village.foyers["morel"], "enfance", MERCREDI_SOIR) == 0
        payer(session, village, 700)
        with pytest.raises(RegleViolee, match="est réglée"):
            annoncer_prelevement(session, [facture.id], demain, AGENT, MERCREDI_SOIR)
        verifier_comptes(session)


def test_a_debit_taken_back_by_the_bank_is_announced_no_more(village: Village) -> None:
    """Its day has come: nobody has « nothing to do ». One that is still to come stays."""
    demain = JOUR + timedelta(days=1)
    with village.bd.session_ecriture() as session:
        facture, future = facturer(session, village, 1000, 500)
        annoncer_prelevement(session, [facture.id], JOUR, AGENT, MERCREDI_SOIR)
        annoncer_prelevement(session, [future.id], demain, AGENT, MERCREDI_SOIR)
        preleve = payer(session, village, 1500, moyen="prelevement", factures=[facture.id, future.id])
        payer(session, village, 300)
        annuler_reglement(session, preleve.id, "Rejeté par la banque", AGENT, MERCREDI_SOIR)
        # What the family had in advance pays the one that is owed again.
        assert restes(session, facture, future) == [700, 500]
        assert (facture.prelevement_le, future.prelevement_le) == (None, demain)
        cheque = payer(session, village, 500, factures=[future.id])
        annuler_reglement(session, cheque.id, "Sans provision", AGENT, MERCREDI_SOIR + timedelta(days=1))
        session.refresh(future)
        assert future.prelevement_le == demain, "a cheque says nothing of a debit"
        actes = session.scalars(select(ActeJournal.action).where(ActeJournal.action.startswith("prelevement")))
        assert list(actes) == ["prelevement_annonce", "prelevement_annonce", "prelevement_retire"]
        verifier_comptes(session)
