"""Doubles that have invoices: accounts become one and part again, and no money is left between two foyers."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.factures import AdhesionFacture, Facture, FactureLigne
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.fusions import annuler_fusion, fusionner
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import annuler_reglement, encaisser, rembourser, utiliser_credits
from portail_famille.services.soldes import solde
from tests.conftest import CLE_SECRETE
from tests.support.factures import avancer_compteur, creer_facture
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village

AGENT = Auteur(Cote.AGENT)
CHIFFRE = Chiffre(CLE_SECRETE)
LE_2 = date(2026, 12, 2)
SAUF = ("session_compte", "fusion", "acte_journal", "courriel")


@pytest.fixture
def comptes(village: Village) -> dict[str, int]:
    """Ferrand has 10,00 € in advance and wants no paper; Haddad owes 42,00 €, an attempt is under way, and wanted no
    paper before."""
    repas = village.unite("repas")
    ferrand, haddad = village.foyers["ferrand"], village.foyers["haddad"]
    with village.bd.session_ecriture() as session:
        payee = creer_facture(session, ferrand, [(village.enfants["lea"], repas, LUNDI, 500, "")])
        facture = creer_facture(
            session, haddad, [(village.enfants["yanis"], repas, LUNDI, 4200, "")], numero="2026-EE-000002"
        )
        avancer_compteur(session, 2)
        avance = payer(session, ferrand, 1500)
        session.add_all(
            [
                AdhesionFacture(foyer_id=ferrand, personne_id=village.personnes["julien"], a_utc=MERCREDI_SOIR),
                AdhesionFacture(
                    foyer_id=haddad, personne_id=village.personnes["karim"], a_utc=MERCREDI_SOIR - timedelta(days=9)
                ),
                Paiement(
                    facture_id=facture.id, compte_id=village.comptes["karim"], regie="enfance",
                    numero_client="900001", montant_centimes=4200, refdet="1", exer=2026, saisie="T", courriel="",
                    objet="", cree_utc=MERCREDI_SOIR,
                ),
            ]
        )  # fmt: skip
        return {"payee": payee.id, "facture": facture.id, "avance": avance.id}


def payer(session: Session, foyer_id: int, centimes: int) -> Reglement:
    return encaisser(
        session, foyer_id=foyer_id, regie="enfance", moyen="cheque", montant_centimes=centimes, recu_le=LE_2,
        auteur=AGENT, maintenant=MERCREDI_SOIR,
    )  # fmt: skip


def reunir(village: Village, reglages: ReglagesCommune, genre: str, garde: int, fondu: int) -> int:
    with village.bd.session_ecriture() as session:
        return fusionner(session, genre, garde, fondu, {}, AGENT, MERCREDI_SOIR, reglages, CHIFFRE).id


def defaire(village: Village, fusion: int) -> None:
    with village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)


def test_two_accounts_become_one_and_part_again_row_for_row(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int]
) -> None:
    ferrand, haddad = village.foyers["ferrand"], village.foyers["haddad"]
    avant = village.photographier(SAUF)
    fusion = reunir(village, reglages, "foyer", ferrand, haddad)
    with village.bd.session_lecture() as session:
        reuni = solde(session, ferrand)
        assert (reuni.a_regler_centimes, reuni.credit_centimes, reuni.centimes) == (4200, 1000, 3200)
        assert solde(session, haddad).factures_centimes == 0
        vigueur = session.scalars(select(AdhesionFacture).where(AdhesionFacture.fin_utc.is_(None))).all()
        assert [(a.foyer_id, a.personne_id) for a in vigueur] == [(ferrand, village.personnes["karim"])]
        assert session.scalars(select(AdhesionFacture.foyer_id)).all() == [ferrand, ferrand]
        verifier_comptes(session)
    defaire(village, fusion)
    assert village.photographier(SAUF) == avant


def test_the_adhesion_of_the_row_that_stays_is_kept_when_it_is_the_older(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int]
) -> None:
    avant = village.photographier(SAUF)
    fusion = reunir(village, reglages, "foyer", village.foyers["haddad"], village.foyers["ferrand"])
    with village.bd.session_lecture() as session:
        vigueur = session.scalars(select(AdhesionFacture).where(AdhesionFacture.fin_utc.is_(None))).all()
        assert [(a.foyer_id, a.personne_id) for a in vigueur] == [
            (village.foyers["haddad"], village.personnes["karim"])
        ]
    defaire(village, fusion)
    assert village.photographier(SAUF) == avant


def _credit(session: Session, village: Village, reglages: ReglagesCommune, comptes: dict[str, int]) -> Any:
    assert utiliser_credits(session, village.foyers["ferrand"], "enfance", MERCREDI_SOIR) == 1000


def _paiement(session: Session, village: Village, reglages: ReglagesCommune, comptes: dict[str, int]) -> Any:
    payer(session, village.foyers["haddad"], 3200)


def _avoir(session: Session, village: Village, reglages: ReglagesCommune, comptes: dict[str, int]) -> Any:
    creer_avoir(session, reglages, comptes["facture"], None, None, "Erreur", False, AGENT, MERCREDI_SOIR)


@pytest.mark.parametrize("acte", [_credit, _paiement, _avoir])
def test_a_merge_is_not_undone_once_money_of_the_one_went_to_the_other(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int], acte: Any
) -> None:
    fusion = reunir(village, reglages, "foyer", village.foyers["ferrand"], village.foyers["haddad"])
    with village.bd.session_ecriture() as session:
        acte(session, village, reglages, comptes)
        verifier_comptes(session)
    avant = village.photographier(SAUF)
    with pytest.raises(RegleViolee) as refus:
        defaire(village, fusion)
    assert refus.value.code == "change_depuis"
    assert village.photographier(SAUF) == avant


def test_an_avoir_written_since_on_an_invoice_of_the_other_one_keeps_them_together(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int]
) -> None:
    """Even when it pays nothing yet: the invoice was paid, it is a credit of the foyer that stayed."""
    with village.bd.session_ecriture() as session:
        payer(session, village.foyers["haddad"], 4200)
    fusion = reunir(village, reglages, "foyer", village.foyers["ferrand"], village.foyers["haddad"])
    with village.bd.session_ecriture() as session:
        _avoir(session, village, reglages, comptes)
        assert solde(session, village.foyers["ferrand"]).credit_centimes == 5200
    with pytest.raises(RegleViolee) as refus:
        defaire(village, fusion)
    assert refus.value.code == "change_depuis"


def test_an_entry_of_the_other_one_reversed_since_keeps_them_together(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int]
) -> None:
    """The reversal is of the foyer that stayed, the entry would go back to the other one."""
    fusion = reunir(village, reglages, "foyer", village.foyers["haddad"], village.foyers["ferrand"])
    with village.bd.session_ecriture() as session:
        annuler_reglement(session, comptes["avance"], "Erreur", AGENT, MERCREDI_SOIR)
    with pytest.raises(RegleViolee) as refus:
        defaire(village, fusion)
    assert refus.value.code == "change_depuis"


def test_what_a_cut_account_cannot_take_back_says_what_to_do_and_then_can(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int]
) -> None:
    """Rows that a hand moved: the payment is of one foyer, what it paid of the other."""
    ferrand, haddad = village.foyers["ferrand"], village.foyers["haddad"]
    with village.bd.session_ecriture() as session:
        recu = payer(session, haddad, 4200).id
        session.execute(update(Facture).where(Facture.id == comptes["facture"]).values(foyer_id=ferrand))
    with pytest.raises(RegleViolee) as refus, village.bd.session_ecriture() as session:
        annuler_reglement(session, recu, "Erreur", AGENT, MERCREDI_SOIR)
    assert refus.value.code == "compte_separe"
    reunir(village, reglages, "foyer", ferrand, haddad)
    with village.bd.session_ecriture() as session:
        annuler_reglement(session, recu, "Erreur", AGENT, MERCREDI_SOIR)
        assert solde(session, ferrand).centimes == 3200
        verifier_comptes(session)


def test_a_refund_of_what_was_of_the_row_that_stayed_lets_them_part(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int]
) -> None:
    fusion = reunir(village, reglages, "foyer", village.foyers["ferrand"], village.foyers["haddad"])
    with village.bd.session_ecriture() as session:
        rembourser(
            session, foyer_id=village.foyers["ferrand"], regie="enfance", montant_centimes=1000, rendu_le=LE_2,
            auteur=AGENT, maintenant=MERCREDI_SOIR,
        )  # fmt: skip
    defaire(village, fusion)
    with village.bd.session_lecture() as session:
        soldes = [solde(session, village.foyers[nom]).centimes for nom in ("ferrand", "haddad")]
        assert soldes == [0, 4200]
        verifier_comptes(session)


def test_the_lines_of_a_child_follow_it_and_come_back_unless_an_avoir_named_the_one_that_stayed(
    village: Village, reglages: ReglagesCommune, comptes: dict[str, int]
) -> None:
    yanis, repas = village.enfants["yanis"], village.unite("repas")
    with village.bd.session_ecriture() as session:
        figurant = village.enfants["figurant-1"]
        creer_facture(session, village.foyers["haddad"], [(figurant, repas, MARDI, 300, "")], numero="2026-EE-000003")
        avancer_compteur(session)
    avant = village.photographier(SAUF)
    fusion = reunir(village, reglages, "enfant", yanis, figurant)
    with village.bd.session_lecture() as session:
        assert session.scalars(select(FactureLigne.enfant_id).where(FactureLigne.jour == MARDI)).all() == [yanis]
    defaire(village, fusion)
    assert village.photographier(SAUF) == avant
    fusion = reunir(village, reglages, "enfant", yanis, figurant)
    with village.bd.session_ecriture() as session:
        facture_id = session.scalars(select(Facture.id).where(Facture.rang == 3)).one()
        creer_avoir(session, reglages, facture_id, None, None, "Erreur", True, AGENT, MERCREDI_SOIR)
    with pytest.raises(RegleViolee) as refus:
        defaire(village, fusion)
    assert refus.value.code == "change_depuis"
