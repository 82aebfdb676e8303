"""Killed after any write, or two at once: the accounts add up and numbers follow each other, on both engines."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.bd import BD
from portail_famille.models.factures import Facturation, Facture, FactureLigne
from portail_famille.models.foyers import Foyer
from portail_famille.models.journal import ActeJournal
from portail_famille.models.paiements import Affectation, Reglement
from portail_famille.models.reservations import Compteur, Reservation
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.emissions import emettre
from portail_famille.services.facturation import relancer
from portail_famille.services.fusions import annuler_fusion, fusionner
from portail_famille.services.journal import Auteur
from portail_famille.services.livres import verrouiller_foyers
from portail_famille.services.reglements import annuler_reglement, encaisser
from portail_famille.services.soldes import solde
from tests.conftest import CLE_SECRETE, reglages_de
from tests.support.facturations import preparer_mois
from tests.support.factures import avancer_compteur, creer_facturation, creer_facture
from tests.support.livres import verifier_comptes
from tests.support.temps import MERCREDI_SOIR
from tests.support.tueries import APRES_COMMIT, AVANT_COMMIT, tuer_partout
from tests.support.village import JEUDI, VENDREDI, Village

AGENT = Auteur(Cote.AGENT)
LE_2 = date(2026, 12, 2)
REPAS = "Repas"
CHIFFRE = Chiffre(CLE_SECRETE)


def payer(session: Session, foyer_id: int, centimes: int, **options: Any) -> Reglement:
    return encaisser(
        session, foyer_id=foyer_id, regie="enfance", moyen="cheque", montant_centimes=centimes, recu_le=LE_2,
        auteur=AGENT, maintenant=MERCREDI_SOIR, **options,
    )  # fmt: skip


def photo(session: Session) -> tuple[Any, ...]:
    """All that an act on money may write."""
    return (
        session.execute(select(Facturation.etat)).all(),
        session.execute(select(Facture.numero, Facture.reste_centimes).order_by(Facture.id)).all(),
        session.execute(select(Reglement.numero, Reglement.reste_centimes).order_by(Reglement.id)).all(),
        session.scalar(select(func.count(FactureLigne.id))),
        session.execute(select(Affectation.montant_centimes).order_by(Affectation.id)).all(),
        session.execute(select(Compteur.serie, Compteur.valeur).order_by(Compteur.serie)).all(),
        session.scalar(select(func.count(ActeJournal.id))),
    )


def emettre_tout(session: Session, dossier: Path, facturation_id: int) -> None:
    bd: Any = BD(session.get_bind().engine.url)
    emettre(session, reglages_de(bd, dossier), facturation_id, LE_2, AGENT, MERCREDI_SOIR)


def payer_tout(session: Session, _dossier: Path, foyer_id: int) -> None:
    payer(session, foyer_id, 5000)


def annuler_tout(session: Session, _dossier: Path, reglement_id: int) -> None:
    annuler_reglement(session, reglement_id, "Erreur", AGENT, MERCREDI_SOIR)


def avoirer_tout(session: Session, dossier: Path, facture_id: int) -> None:
    bd: Any = BD(session.get_bind().engine.url)
    creer_avoir(session, reglages_de(bd, dossier), facture_id, None, None, "Erreur", False, AGENT, MERCREDI_SOIR)


def test_a_program_killed_after_any_write_leaves_all_or_nothing(village: Village, reglages: ReglagesCommune) -> None:
    morel, petit = village.foyers["morel"], village.foyers["petit"]
    with village.bd.session_ecriture() as session:
        une = creer_facture(session, petit)
        creer_facture(session, petit, numero="2026-EE-000002")
        avancer_compteur(session, 2)
        faux = payer(session, petit, 5000)
        payer(session, morel, 1000)
        facturation = creer_facturation(session, reglages)
        for foyer in ("morel", "ferrand", "haddad"):
            creer_facture(session, village.foyers[foyer], numero=None, facturation_id=facturation.id)
        actes = [
            (emettre_tout, facturation.id),
            (payer_tout, village.foyers["haddad"]),
            (annuler_tout, faux.id),
            (avoirer_tout, une.id),
        ]
    with village.bd.session_lecture() as session:
        avant = photo(session)
    for morts in tuer_partout(village.bd, reglages.dossier, actes, photo):
        assert [point for point, _ in morts][-2:] == [AVANT_COMMIT, APRES_COMMIT]
        assert len(morts) >= 6
        assert [point for point, vue in morts[:-1] if vue != avant] == []
        assert morts[-1][1] != avant
        avant = morts[-1][1]
    with village.bd.session_lecture() as session:
        assert photo(session) == avant
        verifier_comptes(session)


def ensemble(bd: BD, *gestes: Callable[[Session], Any]) -> list[Any]:
    """Each in its own thread and transaction, at the same instant. What each returned, or the rule that refused it."""
    depart = threading.Barrier(len(gestes))
    rendus: list[Any] = [None] * len(gestes)

    def faire(rang: int, geste: Callable[[Session], Any]) -> None:
        depart.wait(10)
        try:
            with bd.session_ecriture() as session:
                rendus[rang] = geste(session)
        except Exception as refus:
            rendus[rang] = refus

    fils = [threading.Thread(target=faire, args=(rang, geste)) for rang, geste in enumerate(gestes)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(60)
    inattendues = [rendu for rendu in rendus if isinstance(rendu, Exception) and not isinstance(rendu, RegleViolee)]
    assert inattendues == []
    return rendus


def test_an_invoice_paid_by_two_at_once_makes_one_credit(village: Village) -> None:
    morel = village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        facture_id = creer_facture(session, morel).id
    ensemble(village.bd, *[lambda session: payer(session, morel, 4200, factures=[facture_id])] * 4)
    with village.bd.session_lecture() as session:
        compte = solde(session, morel)
        assert (compte.a_regler_centimes, compte.credit_centimes) == (0, 3 * 4200)
        assert len(session.scalars(select(Affectation.id)).all()) == 1
        verifier_comptes(session)


def test_one_form_sent_four_times_at_once_is_one_payment_and_one_reversal(village: Village) -> None:
    morel = village.foyers["morel"]
    rendus = ensemble(village.bd, *[lambda session: payer(session, morel, 4200, cle_envoi="une").id] * 4)
    assert len(set(rendus)) == 1
    annules = ensemble(
        village.bd, *[lambda session: annuler_reglement(session, rendus[0], "Faux", AGENT, MERCREDI_SOIR).id] * 4
    )
    assert len(set(annules)) == 1
    with village.bd.session_lecture() as session:
        assert solde(session, morel).centimes == 0
        verifier_comptes(session)


def test_a_payment_and_an_avoir_of_one_invoice_meet(village: Village, reglages: ReglagesCommune) -> None:
    morel = village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        facture_id = creer_facture(session, morel).id
        avancer_compteur(session)

    def avoirer(session: Session) -> Any:
        return creer_avoir(session, reglages, facture_id, None, None, "Erreur", False, AGENT, MERCREDI_SOIR).numero

    def regler(session: Session) -> Any:
        return payer(session, morel, 4200, factures=[facture_id]).numero

    rendus = ensemble(village.bd, avoirer, regler, avoirer)
    assert sum(isinstance(rendu, RegleViolee) for rendu in rendus) == 1
    with village.bd.session_lecture() as session:
        compte = solde(session, morel)
        assert (compte.a_regler_centimes, compte.credit_centimes) == (0, 4200)
        verifier_comptes(session)


def test_runs_issued_at_once_give_one_each_and_numbers_without_gap(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_ecriture() as session:
        runs = []
        for mois in (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)):
            facturation = creer_facturation(session, reglages, mois)
            for foyer in village.foyers.values():
                creer_facture(session, foyer, mois=mois, numero=None, facturation_id=facturation.id)
            runs.append(facturation.id)
        # The digest covers what is issued: here the three were prepared to follow each other.
        empreintes = dict.fromkeys(runs, "la même")
        for run in runs:
            session.get_one(Facturation, run).empreinte = empreintes[run]

    def lancer(run: int) -> Callable[[Session], Any]:
        return lambda session: emettre(session, reglages, run, LE_2, AGENT, MERCREDI_SOIR)

    with pytest.MonkeyPatch.context() as rustine:
        rustine.setattr("portail_famille.services.emissions.empreinte", lambda *_: "la même")
        rendus = ensemble(village.bd, *[lancer(run) for run in (*runs, *runs)])
    assert rendus[:3] == rendus[3:]
    combien = len(village.foyers)
    assert {rendu.nombre_factures for rendu in rendus} == {combien}
    with village.bd.session_lecture() as session:
        assert session.scalar(select(func.max(Facture.rang))) == 3 * combien
        verifier_comptes(session)


def test_what_is_paid_in_advance_while_a_run_is_issued_pays_it(village: Village, reglages: ReglagesCommune) -> None:
    foyers = list(village.foyers.values())
    with village.bd.session_ecriture() as session:
        facturation = creer_facturation(session, reglages)
        for foyer in foyers:
            creer_facture(session, foyer, numero=None, facturation_id=facturation.id)
        run = facturation.id

    def avancer(foyer: int) -> Callable[[Session], Any]:
        return lambda session: payer(session, foyer, 5000).numero

    ensemble(
        village.bd,
        *[avancer(foyer) for foyer in foyers],
        lambda session: emettre(session, reglages, run, LE_2, AGENT, MERCREDI_SOIR),
    )
    with village.bd.session_lecture() as session:
        comptes = [solde(session, foyer) for foyer in foyers]
        assert {(c.a_regler_centimes, c.credit_centimes) for c in comptes} == {(0, 800)}
        verifier_comptes(session)


@contextmanager
def pendant(bd: BD, geste: Callable[[Session], Any]) -> Iterator[list[Any]]:
    """Another program does this while the block holds what it has written: it waits, or is done too soon."""
    rendus: list[Any] = []
    fil = threading.Thread(target=lambda: rendus.append(ensemble(bd, geste)[0]))
    fil.start()
    fil.join(0.7)
    try:
        yield rendus
    finally:
        fil.join(30)


def test_an_issue_waits_for_a_payment_being_written_and_uses_it(village: Village, reglages: ReglagesCommune) -> None:
    morel = village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        facturation = creer_facturation(session, reglages)
        creer_facture(session, morel, numero=None, facturation_id=facturation.id)
        run = facturation.id
    with ExitStack() as fin, village.bd.session_ecriture() as session:
        payer(session, morel, 5000)
        rendus = fin.enter_context(
            pendant(village.bd, lambda autre: emettre(autre, reglages, run, LE_2, AGENT, MERCREDI_SOIR))
        )
        assert rendus == []
    with village.bd.session_lecture() as session:
        compte = solde(session, morel)
        assert (compte.a_regler_centimes, compte.credit_centimes) == (0, 800)
        verifier_comptes(session)


def test_an_avoir_that_waited_for_a_merge_goes_where_its_invoice_went(
    village: Village, reglages: ReglagesCommune
) -> None:
    ferrand, haddad = village.foyers["ferrand"], village.foyers["haddad"]
    with village.bd.session_ecriture() as session:
        facture_id = creer_facture(session, haddad).id
        avancer_compteur(session)

    def avoirer(session: Session) -> Any:
        avoir = creer_avoir(session, reglages, facture_id, None, None, "Erreur", False, AGENT, MERCREDI_SOIR)
        return avoir.foyer_id

    with ExitStack() as fin, village.bd.session_ecriture() as session:
        fusionner(session, "foyer", ferrand, haddad, {}, AGENT, MERCREDI_SOIR, reglages, CHIFFRE)
        rendus = fin.enter_context(pendant(village.bd, avoirer))
        assert rendus == []
    assert rendus == [ferrand]
    with village.bd.session_lecture() as session:
        assert solde(session, ferrand).centimes == 0
        verifier_comptes(session)


def test_what_waited_for_a_merge_to_be_undone_finds_each_in_its_own_account(
    village: Village, reglages: ReglagesCommune
) -> None:
    ferrand, haddad = village.foyers["ferrand"], village.foyers["haddad"]
    with village.bd.session_ecriture() as session:
        facture_id, sienne = (
            creer_facture(session, haddad).id,
            creer_facture(session, haddad, numero="2026-EE-000002").id,
        )
        avancer_compteur(session, 2)
        recu = payer(session, haddad, 100, factures=[sienne]).id
        fusion = fusionner(session, "foyer", ferrand, haddad, {}, AGENT, MERCREDI_SOIR, reglages, CHIFFRE).id

    def payer_du_mauvais_compte(session: Session) -> Any:
        payer(session, ferrand, 4200, factures=[facture_id])

    def avoirer(session: Session) -> Any:
        return creer_avoir(
            session, reglages, sienne, None, ("Geste", 50), "Geste", False, AGENT, MERCREDI_SOIR
        ).foyer_id

    actes: list[Callable[[Session], Any]] = [
        payer_du_mauvais_compte,
        avoirer,
        lambda session: annuler_reglement(session, recu, "Erreur", AGENT, MERCREDI_SOIR).foyer_id,
        lambda session: payer(session, haddad, 4200, factures=[facture_id]).foyer_id,
    ]
    with ExitStack() as fin, village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
        attentes = [fin.enter_context(pendant(village.bd, acte)) for acte in actes]
        assert attentes == [[]] * len(actes)
    (refus,), *faits = attentes
    assert isinstance(refus, RegleViolee)
    assert refus.code == "facture_inconnue"
    assert faits == [[haddad], [haddad], [haddad]]
    with village.bd.session_lecture() as session:
        assert (solde(session, ferrand).centimes, solde(session, haddad).centimes) == (0, 4150)
        verifier_comptes(session)


def test_who_waited_for_a_merge_to_be_undone_holds_the_account_that_is_left_and_no_other(
    village: Village, reglages: ReglagesCommune
) -> None:
    """A draft of Haddad's: who issues it locked the foyer that it was of when she asked."""
    ferrand, haddad = village.foyers["ferrand"], village.foyers["haddad"]
    with village.bd.session_ecriture() as session:
        projet = creer_facture(session, haddad, numero=None).id
        fusion = fusionner(session, "foyer", ferrand, haddad, {}, AGENT, MERCREDI_SOIR, reglages, CHIFFRE).id

    def est_tenu(foyer_id: int) -> bool:
        try:
            with village.bd.session_ecriture_breve() as autre:
                autre.execute(select(Foyer.id).where(Foyer.id == foyer_id).with_for_update())
        except OperationalError:
            return True
        return False

    def verrouiller(session: Session) -> Any:
        siens = verrouiller_foyers(session, select(Facture.foyer_id).where(Facture.id == projet))
        return siens, est_tenu(haddad), est_tenu(ferrand)

    with ExitStack() as fin, village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
        attente = fin.enter_context(pendant(village.bd, verrouiller))
        assert attente == []
    # SQLite has one writer: it holds everything.
    assert attente == [({haddad}, True, village.bd.est_sqlite)]


def test_an_avoir_that_waited_for_a_child_s_merge_to_be_undone_takes_off_the_child_s_own_day(
    village: Village, reglages: ReglagesCommune
) -> None:
    figurant = village.enfants["figurant-1"]
    with village.bd.session_ecriture() as session:
        lignes = [(figurant, village.unite("repas"), JEUDI, 4200, "")]
        facture_id = creer_facture(session, village.foyers["haddad"], lignes).id
        avancer_compteur(session)
        fusion = fusionner(
            session, "enfant", village.enfants["yanis"], figurant, {}, AGENT, MERCREDI_SOIR, reglages, CHIFFRE
        ).id

    def avoirer(session: Session) -> Any:
        avoir = creer_avoir(session, reglages, facture_id, None, None, "Erreur", True, AGENT, MERCREDI_SOIR)
        return session.scalars(select(FactureLigne.enfant_id).where(FactureLigne.facture_id == avoir.id)).all()

    with ExitStack() as fin, village.bd.session_ecriture() as session:
        annuler_fusion(session, fusion, AGENT, MERCREDI_SOIR)
        attente = fin.enter_context(pendant(village.bd, avoirer))
        assert attente == []
    assert attente == [[figurant]]


def test_a_merge_is_not_undone_while_money_crosses_it(village: Village, reglages: ReglagesCommune) -> None:
    """The payment, or the avoir of a child's day, was there first."""
    ferrand, haddad = village.foyers["ferrand"], village.foyers["haddad"]
    yanis, figurant = village.enfants["yanis"], village.enfants["figurant-1"]
    with village.bd.session_ecriture() as session:
        facture_id = creer_facture(session, haddad, [(figurant, village.unite("repas"), JEUDI, 4200, "")]).id
        avancer_compteur(session)
    for genre, garde, fondu in (("foyer", ferrand, haddad), ("enfant", yanis, figurant)):
        with village.bd.session_ecriture() as session:
            fusion = fusionner(session, genre, garde, fondu, {}, AGENT, MERCREDI_SOIR, reglages, CHIFFRE).id

        def annuler(session: Session, laquelle: int = fusion) -> Any:
            annuler_fusion(session, laquelle, AGENT, MERCREDI_SOIR)

        with ExitStack() as fin, village.bd.session_ecriture() as session:
            if genre == "foyer":
                payer(session, ferrand, 100)
            else:
                lignes = select(FactureLigne.id).where(FactureLigne.facture_id == facture_id)
                avoir = [*session.scalars(lignes)], None, "Erreur"
                creer_avoir(session, reglages, facture_id, *avoir, True, AGENT, MERCREDI_SOIR)
            attente = fin.enter_context(pendant(village.bd, annuler))
            assert attente == []
        (refus,) = attente
        assert isinstance(refus, RegleViolee)
        assert refus.code == "change_depuis"
    with village.bd.session_lecture() as session:
        verifier_comptes(session)


@pytest.mark.parametrize("_fois", range(3))
def test_a_parent_who_books_while_the_month_is_issued_is_billed_once(
    village: Village, reglages: ReglagesCommune, _fois: int
) -> None:
    run = preparer_mois(village.bd, reglages).id
    village.cocher("noe", [("repas", JEUDI), ("repas", VENDREDI)])
    demande = village.demande(confirme=True)

    def emettre_le_mois(session: Session) -> Any:
        return emettre(session, reglages, run, LE_2, AGENT, MERCREDI_SOIR)

    barriere = threading.Thread(target=lambda: village.valider(demande))
    barriere.start()
    (rendu,) = ensemble(village.bd, emettre_le_mois)
    barriere.join(30)
    if isinstance(rendu, RegleViolee):
        assert rendu.code == "facturation_perimee"
        with village.bd.session_ecriture() as session:
            relancer(session, run, AGENT, MERCREDI_SOIR)
    suite = preparer_mois(village.bd, reglages).id
    with village.bd.session_ecriture() as session:
        emettre(session, reglages, suite, LE_2, AGENT, MERCREDI_SOIR)
    with village.bd.session_lecture() as session:
        noe, repas = village.enfants["noe"], village.unite("repas")
        reservees = set(
            session.scalars(select(Reservation.jour).where(Reservation.enfant_id == noe, Reservation.unite_id == repas))
        )
        facturees = session.scalars(
            select(FactureLigne.jour)
            .join(Facture, Facture.id == FactureLigne.facture_id)
            .where(FactureLigne.enfant_id == noe, FactureLigne.unite_id == repas, Facture.numero.is_not(None))
        ).all()
        assert sorted(facturees, key=str) == sorted(reservees)
        assert {JEUDI, VENDREDI} < reservees
        verifier_comptes(session)
