"""Invoices with the Treasury: taken back, or settled there without a centime in the régie's books."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.factures import Facture
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Reglement
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.bureau_comptes import soldes_par_regie
from portail_famille.services.caisse import journal_du_jour
from portail_famille.services.journal import Auteur
from portail_famille.services.papiers_factures import trouver_recu
from portail_famille.services.reglements import annuler_reglement, encaisser, transmettre
from portail_famille.services.soldes import mouvements, solde
from portail_famille.services.transmissions import reprendre, solder
from tests.support.factures import creer_facture
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AGENT = Auteur(Cote.AGENT)
TARD = MERCREDI_SOIR + timedelta(days=60)
JOUR_TARD = date(2027, 1, 31)


def payer(
    session: Session, village: Village, centimes: int, regie: str = "enfance", factures: tuple[int, ...] = ()
) -> Reglement:
    return encaisser(
        session, foyer_id=village.foyers["morel"], regie=regie, moyen="cheque", montant_centimes=centimes,
        recu_le=JOUR_TARD, auteur=AGENT, maintenant=TARD, factures=factures,
    )  # fmt: skip


def transmise(session: Session, village: Village) -> Facture:
    facture = creer_facture(session, village.foyers["morel"])
    transmettre(session, [facture.id], AGENT, TARD)
    return facture


def test_an_invoice_handed_over_by_mistake_is_payable_again_and_credits_pay_it(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        facture = transmise(session, village)
        payer(session, village, 1000)
        compte = solde(session, village.foyers["morel"])
        assert (compte.a_regler_centimes, compte.transmis_centimes, compte.credit_centimes) == (0, 4200, 1000)
        assert soldes_par_regie(session, village.foyers["morel"]) == {"enfance": compte}
        with pytest.raises(RegleViolee, match="pourquoi"):
            reprendre(session, facture.id, " ", AGENT, TARD)
        reprendre(session, facture.id, "Chèque arrivé la veille", AGENT, TARD)
        session.refresh(facture)
        assert (facture.transmise_le, facture.reste_centimes) == (None, 3200)
        with pytest.raises(RegleViolee, match="pas chez le comptable"):
            reprendre(session, facture.id, "Encore", AGENT, TARD)
        compte = solde(session, village.foyers["morel"])
        assert (compte.a_regler_centimes, compte.transmis_centimes, compte.credit_centimes) == (3200, 0, 0)
        assert "facture_reprise" in session.scalars(select(ActeJournal.action)).all()
        verifier_comptes(session)


def test_what_the_treasury_settles_closes_the_invoice_and_is_no_money_of_the_regie(village: Village) -> None:
    morel = village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        facture = transmise(session, village)
        payer(session, village, 1200, factures=(facture.id,))
        ecriture = solder(session, facture.id, "Admise en non-valeur", AGENT, TARD)
        session.refresh(facture)
        assert (facture.reste_centimes, ecriture.montant_centimes, ecriture.reste_centimes) == (0, 3000, 0)
        assert (ecriture.moyen, ecriture.numero, ecriture.note) == (
            "comptable", "C2027-ENFANCE-000001", "Admise en non-valeur",
        )  # fmt: skip
        # The account adds up, and says so; the régie's journal and receipts know nothing of it.
        assert solde(session, morel).centimes == 0
        assert [m.libelle for m in mouvements(session, morel, JOUR_TARD, JOUR_TARD)] == ["cheque", "comptable"]
        assert [e.reglement.moyen for e in journal_du_jour(session, "enfance", JOUR_TARD).recues] == ["cheque"]
        assert trouver_recu(session, morel, ecriture.id) is None
        assert payer(session, village, 500).numero == "R2027-ENFANCE-000002"
        for acte in (solder, reprendre):
            with pytest.raises(RegleViolee, match="ne reste rien"):
                acte(session, facture.id, "Encore", AGENT, TARD)
        verifier_comptes(session)


def test_a_settling_written_by_mistake_is_undone_and_the_debt_is_with_the_treasury_again(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        facture = transmise(session, village)
        ecriture = solder(session, facture.id, "Recouvrée", AGENT, TARD)
        inverse = annuler_reglement(session, ecriture.id, "Autre famille", AGENT, TARD)
        session.refresh(facture)
        assert (facture.reste_centimes, facture.transmise_le) == (4200, JOUR_TARD)
        assert inverse.numero == "C2027-ENFANCE-000002"
        assert journal_du_jour(session, "enfance", JOUR_TARD).recues == ()
        verifier_comptes(session)


def test_nobody_writes_at_the_cash_desk_that_the_treasury_settled(village: Village) -> None:
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee, match="Choisissez un moyen"):
        encaisser(
            session, foyer_id=village.foyers["morel"], regie="enfance", moyen="comptable", montant_centimes=100,
            recu_le=JOUR_TARD, auteur=AGENT, maintenant=TARD,
        )  # fmt: skip


def test_each_regie_numbers_its_own_receipts(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        numeros = [payer(session, village, 100, regie).numero for regie in ("enfance", "vacances", "enfance")]
    assert numeros == ["R2027-ENFANCE-000001", "R2027-VACANCES-000001", "R2027-ENFANCE-000002"]


def test_what_the_treasury_settled_becomes_no_credit_by_an_avoir(village: Village, reglages: ReglagesCommune) -> None:
    """A debt given up would have been paid out to who never paid it."""

    def avoir(session: Session, facture: Facture) -> Facture:
        return creer_avoir(session, reglages, facture.id, None, None, "Erreur", False, AGENT, TARD)

    with village.bd.session_ecriture() as session:
        facture = transmise(session, village)
        ecriture = solder(session, facture.id, "Admise en non-valeur", AGENT, TARD)
        with pytest.raises(RegleViolee, match="annulez d’abord cette écriture"):
            avoir(session, facture)
        annuler_reglement(session, ecriture.id, "Ce n’était pas elle", AGENT, TARD)
        assert avoir(session, facture).reste_centimes == 0
        assert solde(session, village.foyers["morel"]).credit_centimes == 0
        verifier_comptes(session)
