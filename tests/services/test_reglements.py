"""Payments: what they pay, what is left, what is taken back. The account always adds up."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services.caisse import journal_du_jour
from portail_famille.services.journal import Auteur
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.reglements import (
    annoncer_prelevement,
    annuler_reglement,
    encaisser,
    rembourser,
    transmettre,
)
from portail_famille.services.soldes import impayes, mouvements, solde, solde_au
from tests.support.factures import EMISE_LE, creer_facture
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AGENT = Auteur(Cote.AGENT)
JOUR = date(2026, 12, 2)


def payer(session: Session, village: Village, centimes: int, foyer: str = "morel", **options: Any) -> Reglement:
    voulues: dict[str, Any] = {
        "regie": "enfance",
        "moyen": "cheque",
        "recu_le": JOUR,
        "auteur": AGENT,
        "maintenant": MERCREDI_SOIR,
        **options,
    }
    return encaisser(session, foyer_id=village.foyers[foyer], montant_centimes=centimes, **voulues)


def facturer(session: Session, village: Village, *centimes: int, foyer: str = "morel", **options: Any) -> list[Facture]:
    """One invoice each, the first one due first."""
    deja = session.scalar(select(func.count(Facture.id))) or 0
    return [
        creer_facture(
            session,
            village.foyers[foyer],
            [(None, None, None, montant, "Repas")],
            numero=f"2026-EE-{deja + n:06d}",
            echeance=EMISE_LE + timedelta(days=20 + n),
            **options,
        )
        for n, montant in enumerate(centimes, 1)
    ]


def restes(session: Session, *factures: Facture) -> list[int]:
    session.flush()
    for facture in factures:
        session.refresh(facture)
    return [facture.reste_centimes for facture in factures]


def test_a_payment_pays_the_invoice_it_names_then_the_oldest_and_the_rest_waits(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        ancienne, nommee, suivante = facturer(session, village, 1000, 2000, 3000)
        reglement = payer(session, village, 2500, factures=[nommee.id])
        assert restes(session, ancienne, nommee, suivante) == [500, 0, 3000]
        reste = payer(session, village, 5000)
        assert restes(session, ancienne, nommee, suivante) == [0, 0, 0]
        compte = solde(session, village.foyers["morel"], "enfance")
        assert (reglement.reste_centimes, reste.reste_centimes) == (0, 1500)
        assert (compte.a_regler_centimes, compte.credit_centimes, compte.centimes) == (0, 1500, -1500)
        assert [r.numero for r in (reglement, reste)] == ["R2026-ENFANCE-000001", "R2026-ENFANCE-000002"]
        verifier_comptes(session)


def test_a_draft_is_not_paid_and_gives_no_credit(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        projet = creer_facture(session, village.foyers["morel"], numero=None)
        creer_facture(session, village.foyers["morel"], numero=None, avoir_de=facture.id)
        payer(session, village, 1500)
        assert restes(session, facture, projet) == [0, 4200]
        assert solde(session, village.foyers["morel"]).credit_centimes == 500
        with pytest.raises(RegleViolee, match="n’est pas de ce dossier"):
            payer(session, village, 100, factures=[projet.id])
        verifier_comptes(session)


def test_a_payment_is_written_once_per_form_and_per_attempt(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 3000)
        paiement = Paiement(
            facture_id=facture.id, regie="enfance", numero_client="900001", montant_centimes=3000, refdet="1",
            exer=2026, saisie="T", courriel="", objet="", cree_utc=MERCREDI_SOIR,
        )  # fmt: skip
        session.add(paiement)
        session.flush()
        un = payer(session, village, 1000, cle_envoi="a")
        assert payer(session, village, 1000, cle_envoi="a").id == un.id
        autres_choses: tuple[dict[str, Any], ...] = (
            {"centimes": 999}, {"moyen": "especes"}, {"recu_le": JOUR - timedelta(days=1)}, {"foyer": "haddad"},
            {"regie": "vacances"}, {"reference": "12"}, {"note": "Au guichet"},
        )  # fmt: skip
        for autre in autres_choses:
            with pytest.raises(RegleViolee) as refus:
                payer(session, village, **dict({"centimes": 1000, "cle_envoi": "a"}, **autre))
            assert refus.value.code == "deja_servi"
            assert un.numero in refus.value.message
        deux = payer(session, village, 1000, cle_envoi="b", factures=[facture.id])
        assert payer(session, village, 1000, cle_envoi="b", factures=[facture.id]).id == deux.id
        (autre_facture,) = facturer(session, village, 1000)
        with pytest.raises(RegleViolee, match="déjà servi"):
            payer(session, village, 1000, cle_envoi="b", factures=[autre_facture.id])
        annuler_reglement(session, deux.id, "Erreur", AGENT, MERCREDI_SOIR)
        for factures in ([], [facture.id]):
            with pytest.raises(RegleViolee, match="déjà servi"):
                payer(session, village, 1000, cle_envoi="b", factures=factures)
        carte = payer(session, village, 2000, moyen="carte", paiement_id=paiement.id, factures=[facture.id])
        assert payer(session, village, 2000, moyen="carte", paiement_id=paiement.id).id == carte.id
        assert restes(session, facture, autre_facture) == [0, 1000]
        assert session.scalar(select(func.sum(Reglement.montant_centimes))) == 3000
        with pytest.raises(RegleViolee, match="se rembourse"):
            annuler_reglement(session, carte.id, "Erreur", AGENT, MERCREDI_SOIR)
        verifier_comptes(session)


@pytest.mark.parametrize(
    ("centimes", "options", "code"),
    [
        (0, {}, "montant"),
        (10_000_001, {}, "montant"),
        (100, {"moyen": "remboursement"}, "moyen"),
        (100, {"moyen": "troc"}, "moyen"),
        (100, {"recu_le": JOUR + timedelta(days=1)}, "date"),
        (100, {"recu_le": date(1999, 12, 31)}, "date"),
        (100, {"cesu_employeur_centimes": 50}, "cesu"),
        (100, {"moyen": "cesu", "cesu_employeur_centimes": 101}, "cesu"),
        (100, {"factures": [1]}, "facture_inconnue"),
    ],
)
def test_what_cannot_be_is_refused(village: Village, centimes: int, options: dict[str, Any], code: str) -> None:
    with village.bd.session_ecriture() as session:
        facturer(session, village, 1000, foyer="haddad")
        with pytest.raises(RegleViolee) as refus:
            payer(session, village, centimes, **options)
        assert refus.value.code == code
        assert session.scalar(select(func.count(Reglement.id))) == 0


def test_a_credit_is_of_one_foyer_and_one_regie(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        (ailleurs,) = facturer(session, village, 1000, foyer="haddad")
        (sejour,) = facturer(session, village, 1000, regie="vacances")
        payer(session, village, 1500)
        assert restes(session, ailleurs, sejour) == [1000, 1000]
        assert solde(session, village.foyers["morel"]).centimes == -500
        assert solde(session, village.foyers["morel"], "vacances").centimes == 1000


def test_a_wrong_entry_is_reversed_once_and_what_it_paid_is_owed_again(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        premiere, seconde = facturer(session, village, 1000, 2000)
        faux = payer(session, village, 3500)
        inverse = annuler_reglement(session, faux.id, "Chèque d’une autre famille", AGENT, MERCREDI_SOIR)
        assert (inverse.montant_centimes, inverse.moyen, inverse.note) == (
            -3500,
            "cheque",
            "Chèque d’une autre famille",
        )
        assert restes(session, premiere, seconde) == [1000, 2000]
        assert annuler_reglement(session, faux.id, inverse.note, AGENT, MERCREDI_SOIR).id == inverse.id
        with pytest.raises(RegleViolee, match="déjà annulé, pour une autre raison"):
            annuler_reglement(session, faux.id, "Encore", AGENT, MERCREDI_SOIR)
        with pytest.raises(RegleViolee, match="déjà une annulation"):
            annuler_reglement(session, inverse.id, "Non", AGENT, MERCREDI_SOIR)
        with pytest.raises(RegleViolee, match="Dites pourquoi"):
            annuler_reglement(session, payer(session, village, 100).id, " ", AGENT, MERCREDI_SOIR)
        assert solde(session, village.foyers["morel"]).centimes == 2900
        verifier_comptes(session)


def test_another_payment_takes_the_place_of_the_one_that_is_reversed(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        faux, vrai = payer(session, village, 1000), payer(session, village, 1000)
        annuler_reglement(session, faux.id, "Saisi deux fois", AGENT, MERCREDI_SOIR)
        assert restes(session, facture) == [0]
        session.refresh(vrai)
        assert vrai.reste_centimes == 0
        verifier_comptes(session)


def test_a_credit_is_given_back_no_further_than_it_goes_and_a_wrong_refund_is_reversed(village: Village) -> None:
    def rendre(session: Session, centimes: int, **options: Any) -> Reglement:
        return rembourser(
            session, foyer_id=village.foyers["morel"], regie="enfance", montant_centimes=centimes, rendu_le=JOUR,
            auteur=AGENT, maintenant=MERCREDI_SOIR, **options,
        )  # fmt: skip

    with village.bd.session_ecriture() as session:
        verse = payer(session, village, 1000)
        with pytest.raises(RegleViolee, match="plus que"):
            rendre(session, 1001)
        rendu = rendre(session, 800, cle_envoi="r")
        assert rendre(session, 800, cle_envoi="r").id == rendu.id
        with pytest.raises(RegleViolee, match="déjà servi"):
            rendre(session, 100, cle_envoi="r")
        with pytest.raises(RegleViolee, match="déjà servi"):
            payer(session, village, 800, cle_envoi="r")
        assert (rendu.montant_centimes, solde(session, village.foyers["morel"]).centimes) == (-800, -200)
        with pytest.raises(RegleViolee, match="annulez d’abord"):
            annuler_reglement(session, verse.id, "Erreur", AGENT, MERCREDI_SOIR)
        retour = annuler_reglement(session, rendu.id, "Virement revenu", AGENT, MERCREDI_SOIR)
        assert (retour.montant_centimes, solde(session, village.foyers["morel"]).credit_centimes) == (800, 1000)
        annuler_reglement(session, verse.id, "Erreur", AGENT, MERCREDI_SOIR)
        assert solde(session, village.foyers["morel"]).centimes == 0
        verifier_comptes(session)


def test_only_a_late_unpaid_invoice_is_handed_over_and_what_comes_later_is_still_booked(village: Village) -> None:
    tard = MERCREDI_SOIR + timedelta(days=60)
    with village.bd.session_ecriture() as session:
        facture, payee, future = facturer(session, village, 1000, 500, 700)
        payer(session, village, 500, factures=[payee.id])
        session.refresh(future)
        for nommee, quand, code in (
            (facture, MERCREDI_SOIR, "pas_en_retard"),
            (payee, tard, "facture_reglee"),
        ):
            with pytest.raises(RegleViolee) as refus:
                transmettre(session, [nommee.id], AGENT, quand)
            assert refus.value.code == code
        with pytest.raises(RegleViolee, match="n’existe plus"):
            transmettre(session, [facture.id, 999], AGENT, tard)
        assert transmettre(session, [facture.id], AGENT, tard) == 1
        assert transmettre(session, [facture.id], AGENT, tard) == 0
        session.refresh(facture)
        assert facture.transmise_le == date(2027, 1, 31)
        # What comes in unnamed pays what is still to pay here; named, it is booked all the same.
        payer(session, village, 800)
        assert restes(session, facture, future) == [1000, 0]
        payer(session, village, 900, factures=[facture.id])
        assert restes(session, facture) == [100]
        verifier_comptes(session)


def test_an_invoice_being_paid_online_is_not_handed_over(village: Village) -> None:
    tard = MERCREDI_SOIR + timedelta(days=60)
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        session.add(
            Paiement(
                facture_id=facture.id, regie="enfance", numero_client="900001", montant_centimes=1000, refdet="2",
                exer=2026, saisie="T", courriel="", objet="", cree_utc=tard,
            )
        )  # fmt: skip
        session.flush()
        with pytest.raises(RegleViolee, match="est en cours"):
            transmettre(session, [facture.id], AGENT, tard)


def test_what_a_trial_left_in_advance_is_not_paid_out(village: Village) -> None:
    """Paid in mode T while the cheque was at the desk: no money moved."""
    morel = village.foyers["morel"]

    def rendre(session: Session, centimes: int) -> Reglement:
        return rembourser(
            session, foyer_id=morel, regie="enfance", montant_centimes=centimes, rendu_le=JOUR, auteur=AGENT,
            maintenant=MERCREDI_SOIR,
        )  # fmt: skip

    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        payer(session, village, 1000)
        essai = Paiement(
            facture_id=facture.id, regie="enfance", numero_client="900001", montant_centimes=1000, refdet="2",
            exer=2026, saisie="T", courriel="", objet="", cree_utc=MERCREDI_SOIR,
        )  # fmt: skip
        session.add(essai)
        session.flush()
        faux = payer(session, village, 1000, moyen="essai", paiement_id=essai.id, factures=[facture.id])
        payer(session, village, 300)
        with pytest.raises(RegleViolee, match="plus que"):
            rendre(session, 301)
        rendre(session, 300)
        assert (faux.reste_centimes, solde(session, morel).credit_centimes) == (1000, 1000)
        annuler_reglement(session, faux.id, "Essai", AGENT, MERCREDI_SOIR)
        assert solde(session, morel).centimes == 0
        verifier_comptes(session)


def test_an_invoice_whose_debit_is_awaited_is_not_handed_over_too(village: Village) -> None:
    """Late already when the debit was agreed: the bank and the Treasury would both collect it."""
    tard = MERCREDI_SOIR + timedelta(days=60)
    with village.bd.session_ecriture() as session:
        (facture,) = facturer(session, village, 1000)
        annoncer_prelevement(session, [facture.id], tard.date(), AGENT, tard)
        for jours in (0, 7):
            with pytest.raises(RegleViolee, match="retirez-le d’abord"):
                transmettre(session, [facture.id], AGENT, tard + timedelta(days=jours))
        # A week after its day it has not paid.
        assert transmettre(session, [facture.id], AGENT, tard + timedelta(days=8)) == 1


def test_the_account_reads_day_by_day_and_the_takings_of_a_day_name_what_they_paid(village: Village) -> None:
    morel = village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        facture, autre = facturer(session, village, 1000, 500)
        creer_facture(
            session, morel, [(None, None, None, -300, "")], numero="2026-EE-000003", avoir_de=facture.id,
            reste_centimes=0,
        )  # fmt: skip
        faux = payer(session, village, 1200, factures=[facture.id], moyen="especes")
        annuler_reglement(session, faux.id, "Faux", AGENT, MERCREDI_SOIR)
        vrai = payer(session, village, 1500, auteur=Auteur(Cote.AGENT, village.comptes["karim"]))
        lus = mouvements(session, morel, EMISE_LE, JOUR)
        assert [(m.genre, m.centimes, m.solde_centimes) for m in lus] == [
            ("facture", 1000, 1000),
            ("facture", 500, 1500),
            ("avoir", -300, 1200),
            ("reglement", -1200, 0),
            ("annulation", 1200, 1200),
            ("reglement", -1500, -300),
        ]
        assert (solde_au(session, morel, JOUR), solde_au(session, morel, EMISE_LE)) == (1200, 0)
        assert [m.solde_centimes for m in mouvements(session, morel, JOUR, JOUR, "enfance")] == [0, 1200, -300]
        assert mouvements(session, morel, EMISE_LE, JOUR, "vacances") == []
        du_jour = journal_du_jour(session, "enfance", JOUR).recues
        assert [(e.reglement.montant_centimes, e.foyer, e.qui) for e in du_jour] == [
            (1200, "Morel – Le Gall", ""),
            (-1200, "Morel – Le Gall", ""),
            (1500, "Morel – Le Gall", "Karim Haddad"),
        ]
        # The wrong one pays nothing any more.
        assert [e.factures for e in du_jour] == [(), (), (facture.numero, autre.numero)]
        assert (vrai.reste_centimes, journal_du_jour(session, "vacances", JOUR).recues) == (0, ())


def test_the_unpaid_are_those_past_their_day_of_the_agents_foyers(village: Village) -> None:
    echue = JOUR - timedelta(days=1)
    with village.bd.session_ecriture() as session:
        options: dict[str, Any] = {"emise_le": date(2026, 11, 1)}
        morel, haddad = village.foyers["morel"], village.foyers["haddad"]
        vieille = creer_facture(session, morel, echeance=date(2026, 11, 20), **options)
        recente = creer_facture(session, haddad, echeance=echue, numero="2026-EE-000002", **options)
        creer_facture(session, haddad, echeance=JOUR, numero="2026-EE-000003", **options)
        creer_facture(session, haddad, echeance=echue, numero="2026-EE-000004", prelevement_le=JOUR, **options)
        creer_facture(session, haddad, echeance=echue, numero="2026-EE-000005", reste_centimes=0, **options)
        creer_facture(session, haddad, echeance=echue, numero="2026-EE-000006", transmise_le=JOUR, **options)
        partout = Perimetre(None, JOUR)
        lus = impayes(session, partout, "enfance", JOUR)
        assert [(i.facture.id, i.foyer, i.jours) for i in lus] == [
            (vieille.id, "Morel – Le Gall", 12),
            (recente.id, "Haddad", 1),
        ]
        assert vieille.echeance is not None
        suite = impayes(session, partout, None, JOUR, apres=(vieille.echeance, vieille.id), limite=5)
        assert [i.facture.id for i in suite] == [recente.id]
        creche = Perimetre(frozenset({village.regles.structure_ids["creche"]}), JOUR)
        assert [i.facture.id for i in impayes(session, creche, None, JOUR)] == [vieille.id]


def test_each_act_is_in_the_journal_of_its_foyer(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        reglement = payer(session, village, 1000)
        annuler_reglement(session, reglement.id, "Erreur", AGENT, MERCREDI_SOIR)
        actes = session.scalars(select(ActeJournal).order_by(ActeJournal.id)).all()
        assert [(a.action, a.foyer_id, a.details.get("numero")) for a in actes] == [
            ("reglement_ecrit", village.foyers["morel"], "R2026-ENFANCE-000001"),
            ("reglement_annule", village.foyers["morel"], "R2026-ENFANCE-000001"),
        ]


def test_what_comes_for_a_foyer_that_became_part_of_another_is_booked_there(village: Village) -> None:
    with village.bd.session_ecriture() as session:
        session.get_one(Foyer, village.foyers["haddad"]).fondu_dans = village.foyers["morel"]
        session.flush()
        reglement = payer(session, village, 1000, "haddad")
        assert reglement.foyer_id == village.foyers["morel"]
        with pytest.raises(RegleViolee, match="n’existe plus"):
            encaisser(
                session, foyer_id=999, regie="enfance", moyen="cheque", montant_centimes=1, recu_le=JOUR,
                auteur=AGENT, maintenant=MERCREDI_SOIR,
            )  # fmt: skip
