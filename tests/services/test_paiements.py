"""Attempts to pay by card: the ledger is what PayFiP says, whatever comes twice, early, late or never."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.payfip import PayfipIndisponible
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.presentation.papiers_factures import papier_du_recu
from portail_famille.services import guichet_payfip, paiements
from portail_famille.services.bureau_comptes import essais_a_voir
from portail_famille.services.bureau_factures import bilans_par_mois
from portail_famille.services.caisse import journal_du_jour, totaux_par_jour
from portail_famille.services.debits import PAIEMENTS
from portail_famille.services.guichet_payfip import Demandee
from portail_famille.services.journal import SYSTEME
from portail_famille.services.paiements import PaiementEnCours
from portail_famille.services.papiers_factures import lire_recu_imprimable
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.reglements import annuler_reglement, encaisser
from tests.support.factures import creer_facture
from tests.support.paiements import Caisse

VINGT_MINUTES = timedelta(minutes=20)


def test_the_ledger_is_what_payfip_says(caisse: Caisse) -> None:
    issues = (
        ("P", "paye", "carte"),
        ("V", "paye", "prelevement"),
        ("A", "annule", ""),
        ("R", "refuse", ""),
        ("Z", "refuse", ""),
    )
    for rang, (lettre, etat, moyen) in enumerate(issues, 2):
        facture_id = caisse.facturer(f"2026-EE-00000{rang}")
        paiement = caisse.ouvrir(facture_id=facture_id)
        assert (paiement.etat, paiement.montant_centimes) == ("en_attente", 4200)
        caisse.payer(paiement, lettre)
        caisse.horloge.avancer(minutes=3)
        assert caisse.interroger(paiement.id) is Demandee.REPONDUE
        lu = caisse.paiement(paiement.id)
        assert (lu.etat, lu.resultat, lu.est_bloquant) == (etat, lettre, False)
        assert lu.fini_utc == caisse.horloge.maintenant
        ecrits = [(r.numero, r.moyen, r.montant_centimes, r.reference) for r in caisse.reglements(paiement.id)]
        recu = f"R2026-ENFANCE-00000{rang - 1}"
        assert ecrits == ([(recu, moyen, 4200, lu.numauto)] if moyen else [])
        assert caisse.facture(facture_id).reste_centimes == (0 if moyen else 4200)
        objets = [c.objet for c in caisse.courriels() if f"/factures/{facture_id}\n" in c.corps_texte]
        assert objets == ([f"Votre paiement de 42,00\u00a0€ (reçu n° {recu})"] if moyen else [])
    assert {c.destinataire for c in caisse.courriels()} == {"camille@courriel.example"}


def test_a_trial_is_no_money_says_so_and_is_taken_back(caisse: Caisse) -> None:
    enfance = replace(caisse.reglages.regies["enfance"], saisie="T")
    essai = replace(caisse, reglages=replace(caisse.reglages, regies={"enfance": enfance}))
    paiement = essai.ouvrir()
    essai.payer(paiement)
    essai.interroger(paiement.id)
    (ecrit,) = essai.reglements()
    assert (ecrit.moyen, ecrit.numero, ecrit.montant_centimes) == ("essai", "E2026-ENFANCE-000001", 4200)
    assert essai.facture().reste_centimes == 0, "whole: the trial shows what a payment does"
    (courriel,) = essai.courriels()
    assert "aucun argent n’a circulé" in courriel.corps_texte
    assert "aucun argent n’a circulé" in courriel.corps_html
    jour, partout = ecrit.recu_le, Perimetre(None, ecrit.recu_le)
    with essai.bd.session_lecture() as session:
        journee = journal_du_jour(session, "enfance", jour)
        assert ([e.reglement.id for e in journee.essais], journee.recues, journee.apres_coup) == ([ecrit.id], (), ())
        assert totaux_par_jour(session, "enfance", jour, jour) == []
        assert [lu.essai.id for lu in essais_a_voir(session, partout)] == [paiement.id]
        (bilan,) = bilans_par_mois(session, essai.facture().mois).values()
        assert (bilan.reste_centimes, bilan.regle_centimes) == (0, 0)
        recu = lire_recu_imprimable(session, session.get_one(Reglement, ecrit.id), essai.reglages)
        assert "Aucun argent n’a circulé" in str(papier_du_recu(recu, "#0b5563")["parties"])
    with essai.bd.session_ecriture() as session:
        annuler_reglement(session, ecrit.id, "Fin des essais", SYSTEME, essai.horloge())
    assert essai.facture().reste_centimes == 4200
    with essai.bd.session_lecture() as session:
        assert essais_a_voir(session, partout) == []
    # In service again, its first receipt is number one: the series of receipts has no hole.
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    caisse.interroger(paiement.id)
    assert [(r.numero, r.moyen) for r in caisse.reglements(paiement.id)] == [("R2026-ENFANCE-000001", "carte")]


def test_nobody_writes_a_trial_by_hand(caisse: Caisse) -> None:
    with caisse.bd.session_ecriture() as session, pytest.raises(RegleViolee, match="moyen de paiement"):
        encaisser(
            session,
            foyer_id=caisse.village.foyers["morel"],
            regie="enfance",
            moyen="essai",
            montant_centimes=100,
            recu_le=caisse.horloge().date(),
            auteur=SYSTEME,
            maintenant=caisse.horloge(),
        )


def test_a_direct_debit_that_bounced_is_reversed_by_an_agent_and_owed_again(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement, "V")
    caisse.interroger(paiement.id)
    assert "Demandé le 2 décembre 2026 par prélèvement, sur PayFiP" in caisse.courriels()[0].corps_texte
    with caisse.bd.session_ecriture() as session:
        annuler_reglement(session, caisse.reglements()[0].id, "Rejet de la banque", SYSTEME, caisse.horloge())
    assert caisse.facture().reste_centimes == 4200
    # PayFiP told again of the same payment: nothing is booked twice.
    assert caisse.interroger(paiement.id) is Demandee.TROP_TOT
    assert [r.montant_centimes for r in caisse.reglements()] == [4200, -4200]
    assert caisse.ouvrir().refdet == "2026EE000001E02"


def test_the_receipt_by_mail_says_what_was_paid_and_names_no_child(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    caisse.interroger(paiement.id)
    (courriel,) = caisse.courriels()
    recu = caisse.reglements()[0].numero
    for brut in (courriel.corps_texte, courriel.corps_html):
        corps = brut.replace("&nbsp;", " ").replace("\u00a0", " ")
        assert f"Reçu n° {recu}" in corps
        assert "article L1617-5" in corps, "the remedies, as on the invoice"
        assert "Facture n° 2026-EE-000001 : il ne reste rien à régler" in corps
        assert "Payé le 2 décembre 2026 par carte bancaire, sur PayFiP" in corps
        assert "Enfance et éducation" in corps
        assert f"/saint-rivage/factures/{caisse.facture_id}" in corps
        assert not {"Léa", "Noé", "Mia"} & set(corps.split())
    assert "\n\n\n" not in courriel.corps_texte


def test_two_notifications_and_the_worker_at_once_book_once(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    assert paiement.idop is not None
    detail = caisse.payfip.lire(paiement.idop)

    def constater() -> None:
        with caisse.bd.session_ecriture() as session:
            paiements.constater(session, caisse.reglages, paiement.id, detail, caisse.horloge())

    fils = [threading.Thread(target=constater) for _ in range(4)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert [r.montant_centimes for r in caisse.reglements()] == [4200]
    assert len(caisse.courriels()) == 1
    assert caisse.interroger(paiement.id) is Demandee.TROP_TOT


def test_what_is_not_what_was_asked_is_never_booked_and_an_agent_is_told(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    assert paiement.idop is not None
    detail = caisse.payfip.lire(paiement.idop)
    ecarts: tuple[dict[str, Any], ...] = (
        {"montant": 4100},
        {"refdet": "2026EE000002E01"},
        {"numcli": "900009"},
        {"saisie": "X"},
        {"saisie": "X"},
    )
    for ecart in ecarts:
        with caisse.bd.session_ecriture() as session:
            paiements.constater(session, caisse.reglages, paiement.id, replace(detail, **ecart), caisse.horloge())
        lu = caisse.paiement(paiement.id)
        assert lu.etat == "echec"
        assert ("41,00\u00a0€ au lieu de 42,00\u00a0€" if "montant" in ecart else str(*ecart.values())) in lu.anomalie
    assert caisse.reglements() == []
    assert caisse.facture().reste_centimes == 4200
    with caisse.bd.session_lecture() as session:
        actes = session.scalar(select(func.count()).where(ActeJournal.action == "paiement_a_verifier"))
        assert paiements.est_a_verifier(session, caisse.facture_id)
    # The same one twice is told once.
    assert actes == len(ecarts) - 1
    # PayFiP, asked again, says the truth: it is booked after all.
    caisse.horloge.avancer(minutes=3)
    assert caisse.travailler() == 1
    assert [r.montant_centimes for r in caisse.reglements()] == [4200]
    assert caisse.paiement(paiement.id).anomalie == ""
    with caisse.bd.session_lecture() as session:
        assert not paiements.est_a_verifier(session, caisse.facture_id)


def test_an_invoice_paid_meanwhile_leaves_a_credit(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    with caisse.bd.session_ecriture() as session:
        encaisser(
            session,
            foyer_id=caisse.village.foyers["morel"],
            regie="enfance",
            moyen="cheque",
            montant_centimes=4000,
            recu_le=caisse.horloge().date(),
            auteur=SYSTEME,
            maintenant=caisse.horloge(),
            factures=(caisse.facture_id,),
        )
    caisse.payer(paiement)
    caisse.interroger(paiement.id)
    assert caisse.facture().reste_centimes == 0
    assert [(r.montant_centimes, r.reste_centimes) for r in caisse.reglements()] == [(4000, 0), (4200, 4000)]
    assert "En votre faveur\u00a0: 40,00\u00a0€" in caisse.courriels()[0].corps_texte


def test_one_attempt_at_a_time_for_twenty_minutes(caisse: Caisse) -> None:
    premier = caisse.ouvrir()
    caisse.horloge.avancer(minutes=19, seconds=59)
    with pytest.raises(PaiementEnCours) as refus:
        caisse.ouvrir()
    assert refus.value.paiement.id == premier.id
    caisse.horloge.avancer(seconds=1)
    second = caisse.ouvrir()
    assert second.refdet != premier.refdet
    # Both are paid after all: both are booked, the second as a credit.
    caisse.payer(premier)
    caisse.payer(second)
    caisse.interroger(second.id)
    caisse.interroger(premier.id)
    assert [(r.paiement_id, r.reste_centimes) for r in caisse.reglements()] == [(second.id, 0), (premier.id, 4200)]
    with pytest.raises(RegleViolee, match="ne reste rien"):
        caisse.ouvrir()


def test_two_tabs_at_once_begin_one_attempt(caisse: Caisse) -> None:
    issues: list[str] = []

    def essayer() -> None:
        try:
            caisse.ouvrir()
            issues.append("ouvert")
        except PaiementEnCours:
            issues.append("en cours")

    fils = [threading.Thread(target=essayer) for _ in range(4)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert sorted(issues) == ["en cours", "en cours", "en cours", "ouvert"]
    assert len(caisse.serveur.etat.recentes()) == 1


def test_an_attempt_dated_by_a_clock_since_put_right_forbids_nothing(caisse: Caisse) -> None:
    caisse.horloge.avancer(hours=5)
    caisse.ouvrir()
    caisse.horloge.avancer(hours=-5)
    assert caisse.ouvrir().etat == "en_attente"


def test_a_cancelled_attempt_lets_another_begin_at_once(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    caisse.payer(paiement, "R")
    caisse.interroger(paiement.id)
    assert caisse.ouvrir().refdet == "2026EE000001E02"


def test_what_cannot_be_paid_here_is_refused_before_payfip_is_called(caisse: Caisse) -> None:
    jour = caisse.horloge().date()
    refus: tuple[tuple[dict[str, Any], str], ...] = (
        ({"reste_centimes": 0}, "non_payable"),
        ({"reste_centimes": 99}, "non_payable"),
        ({"transmise_le": jour}, "non_payable"),
        ({"prelevement_le": jour}, "non_payable"),
        ({"reste_centimes": 4199}, "montant_change"),
    )
    for rang, (colonnes, code) in enumerate(refus, 2):
        with pytest.raises(RegleViolee) as dit:
            caisse.ouvrir(facture_id=caisse.facturer(f"2026-EE-00000{rang}", **colonnes))
        assert dit.value.code == code, colonnes
    caisse.reglages = replace(caisse.reglages, regies={})
    with pytest.raises(RegleViolee, match="n’accepte pas le paiement par carte"):
        caisse.ouvrir()
    assert caisse.serveur.etat.appels == 0


def test_another_foyer_s_invoice_a_draft_and_an_avoir_are_nobody_s_to_pay(caisse: Caisse) -> None:
    with caisse.bd.session_ecriture() as session:
        autre = creer_facture(session, caisse.village.foyers["haddad"], numero="2026-EE-000002").id
        brouillon = creer_facture(session, caisse.village.foyers["morel"], numero=None).id
        avoir = creer_facture(
            session, caisse.village.foyers["morel"], numero="2026-EE-000003", avoir_de=caisse.facture_id
        ).id
    for facture_id in (autre, brouillon, avoir):
        with pytest.raises(RegleViolee) as refus:
            caisse.ouvrir(facture_id=facture_id)
        assert refus.value.code == "facture_inconnue"


def test_payfip_away_leaves_nothing_behind_and_one_may_try_again(caisse: Caisse) -> None:
    for panne in ("panne", "technique", "charabia"):
        caisse.serveur.interrupteurs.panne = panne
        with pytest.raises(RegleViolee) as refus:
            caisse.ouvrir()
        assert refus.value.code == "payfip_indisponible"
    caisse.serveur.interrupteurs.panne = ""
    paiement = caisse.ouvrir()
    caisse.payer(paiement)
    caisse.serveur.interrupteurs.panne = panne
    assert caisse.interroger(paiement.id) is Demandee.INDISPONIBLE
    assert caisse.paiement(paiement.id).etat == "en_attente"
    caisse.horloge.avancer(minutes=3)
    with pytest.raises(PayfipIndisponible):
        caisse.travailler()
    caisse.serveur.interrupteurs.panne = ""
    caisse.horloge.avancer(minutes=3)
    assert caisse.travailler() == 1
    assert [r.montant_centimes for r in caisse.reglements()] == [4200]


def test_payfip_is_not_called_for_ever_by_one_parent(caisse: Caisse) -> None:
    for _ in range(PAIEMENTS.maximum):
        paiement = caisse.ouvrir()
        with caisse.bd.session_ecriture() as session:
            session.execute(update(Paiement).where(Paiement.id == paiement.id).values(est_bloquant=False))
    with pytest.raises(RegleViolee) as refus:
        caisse.ouvrir()
    assert refus.value.code == "trop_de_paiements"
    caisse.horloge.avancer(hours=1)
    assert caisse.ouvrir().etat == "en_attente"


def test_a_number_that_payfip_does_not_know_is_told_to_the_agent(caisse: Caisse) -> None:
    enfance = replace(caisse.reglages.regies["enfance"], numero_client="000000")
    caisse.reglages = replace(caisse.reglages, regies={"enfance": enfance})
    with pytest.raises(RegleViolee, match="La mairie doit vérifier"):
        caisse.ouvrir()
    with caisse.bd.session_lecture() as session:
        (echec,) = session.scalars(select(Paiement))
    assert (echec.etat, echec.est_bloquant, echec.anomalie[:2]) == ("echec", False, "T2")


def test_the_worker_asks_at_2_5_15_30_minutes_then_hourly_for_a_day(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    debut = caisse.horloge.maintenant
    assert [caisse.suivre(debut + timedelta(minutes=m)) for m in (1, 2, 4, 5, 14, 15, 29, 30, 59, 60, 119, 120)] == [
        *(0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1)
    ]
    assert caisse.paiement(paiement.id).est_bloquant is False
    assert caisse.suivre(debut + timedelta(hours=30), timedelta(minutes=20)) == 22
    lu = caisse.paiement(paiement.id)
    assert (lu.etat, lu.prochaine_utc) == ("expire", None)
    # Paid on the very last minute, told a day later: booked.
    caisse.payer(paiement)
    assert caisse.interroger(paiement.id) is Demandee.REPONDUE
    assert [r.montant_centimes for r in caisse.reglements()] == [4200]


def test_what_payfip_forgot_in_the_night_has_expired(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    caisse.serveur.etat.passer_la_nuit()
    caisse.horloge.avancer(minutes=2)
    caisse.travailler()
    # Minutes after it was made, PayFiP's page may still be open, whatever it says.
    assert caisse.paiement(paiement.id).est_bloquant
    with pytest.raises(PaiementEnCours):
        caisse.ouvrir()
    caisse.horloge.avancer(minutes=28)
    caisse.travailler()
    lu = caisse.paiement(paiement.id)
    assert (lu.etat, lu.est_bloquant) == ("expire", False)


def test_a_flood_of_notifications_is_one_question(caisse: Caisse) -> None:
    paiement = caisse.ouvrir()
    avant = caisse.serveur.etat.appels
    for _ in range(30):
        caisse.interroger(paiement.id)
    assert caisse.serveur.etat.appels == avant + 1
    # The last one may be the true one: the worker asks as soon as it may.
    caisse.payer(paiement)
    assert caisse.travailler() == 0
    caisse.horloge.avancer(seconds=10)
    assert caisse.travailler() == 1
    assert len(caisse.reglements()) == 1


def test_two_workers_never_ask_about_the_same_attempt(caisse: Caisse) -> None:
    caisse.ouvrir()
    caisse.horloge.avancer(minutes=2)
    prises: list[object] = []
    du = guichet_payfip._est_du(caisse.horloge())
    fils = [
        threading.Thread(target=lambda: prises.append(guichet_payfip._reclamer(caisse.bd, caisse.horloge(), du)))
        for _ in range(4)
    ]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert [prise is not None for prise in prises].count(True) == 1


def test_numbers_that_read_alike_get_references_of_their_own(caisse: Caisse) -> None:
    with caisse.bd.session_ecriture() as session:
        session.execute(update(Paiement).values(est_bloquant=False))
        ids = [
            creer_facture(session, caisse.village.foyers["morel"], numero=numero).id
            for numero in ("CR-2026-7", "CR2026-7")
        ]
    references = [caisse.ouvrir(facture_id=facture_id).refdet for facture_id in ids]
    assert references == ["CR20267E01", "CR20267E02"]
