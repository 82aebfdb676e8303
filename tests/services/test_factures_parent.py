"""What an adult of a foyer reads of its invoices, and the choice of paperless ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.demarches import Cote
from portail_famille.domain.factures import EtatFacture, est_a_payer
from portail_famille.models.factures import AdhesionFacture
from portail_famille.models.foyers import AutoriteParentale, Foyer
from portail_famille.models.journal import ActeJournal
from portail_famille.services import adhesions, factures, mes_factures
from portail_famille.services.avoirs import creer_avoir
from portail_famille.services.comptes import Acteur, FoyerActeur
from portail_famille.services.journal import SYSTEME, Auteur
from portail_famille.services.mes_factures import Curseur, Filtre
from portail_famille.services.reglements import annuler_reglement, encaisser
from tests.support.factures import creer_facture
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import JEUDI, LUNDI, Village

AUJOURDHUI = date(2026, 12, 2)
AGENT = Auteur(Cote.AGENT)


def acteur(village: Village, qui: str = "camille", *foyers: str) -> Acteur:
    siens = tuple(FoyerActeur(village.foyers[nom], nom) for nom in foyers or ("morel",))
    return Acteur(village.comptes[qui], village.personnes[qui], qui, "", None, siens[0].id, siens)


def lire(village: Village, facture_id: int, qui: str = "camille", *foyers: str) -> factures.FactureVue | None:
    with village.bd.session_lecture() as session:
        return factures.trouver(session, acteur(village, qui, *foyers), AUJOURDHUI, facture_id)


def lire_la(village: Village, facture_id: int, qui: str = "camille", *foyers: str) -> factures.FactureVue:
    vue = lire(village, facture_id, qui, *foyers)
    assert vue is not None
    return vue


@pytest.fixture
def ecrire(village: Village) -> Callable[..., int]:
    def creer(*lignes: Any, foyer: str = "morel", **colonnes: Any) -> int:
        with village.bd.session_ecriture() as session:
            return creer_facture(session, village.foyers[foyer], lignes, **colonnes).id

    return creer


def lister(village: Village, **filtre: Any) -> list[str]:
    with village.bd.session_lecture() as session:
        page = mes_factures.lister(session, acteur(village), AUJOURDHUI, Filtre(**filtre))
        return [facture.numero for facture in page.factures]


def encaisser_un(session: Session, village: Village, facture_id: int, centimes: int, moyen: str = "cheque") -> int:
    return encaisser(
        session, foyer_id=village.foyers["morel"], regie="enfance", moyen=moyen, montant_centimes=centimes,
        recu_le=AUJOURDHUI, auteur=AGENT, maintenant=MERCREDI_SOIR, factures=[facture_id],
    ).id  # fmt: skip


def test_the_list_is_filtered_by_state_kind_and_year(village: Village, ecrire: Callable[..., int]) -> None:
    ecrire(numero="2025-EE-000001", mois=date(2025, 12, 1), emise_le=date(2026, 1, 4), reste_centimes=0)
    ecrire(numero="2026-EE-000001", emise_le=date(2026, 11, 1))
    ecrire(numero="2026-EE-000002", emise_le=date(2026, 11, 1), reste_centimes=1200)
    annulee = ecrire(numero="2026-EE-000003", emise_le=date(2026, 11, 2), reste_centimes=0)
    ecrire(numero="2026-EE-000004", emise_le=date(2026, 11, 3), avoir_de=annulee, reste_centimes=0)
    ecrire(numero="2026-EE-000005", emise_le=date(2026, 11, 4), transmise_le=AUJOURDHUI)
    ecrire(numero="2026-EE-000006", emise_le=date(2026, 11, 5), prelevement_le=date(2026, 11, 25))
    ecrire(numero="CR-77", regie="creche", emise_le=date(2026, 11, 6), origine="importee")
    ecrire(numero="2026-EE-000007", foyer="haddad")
    ecrire(numero=None)
    tout = ["CR-77", *(f"2026-EE-00000{n}" for n in (6, 5, 4, 3, 2, 1)), "2025-EE-000001"]
    assert lister(village) == tout
    attendus = {
        "a_regler": {"CR-77", "2026-EE-000001", "2026-EE-000002"},
        "reglees": {"2025-EE-000001"},
        "annulees": {"2026-EE-000003"},
        "avoirs": {"2026-EE-000004"},
        "transmises": {"2026-EE-000005"},
        "prelevement": {"2026-EE-000006"},
    }
    assert {groupe: set(lister(village, groupe=groupe)) for groupe in mes_factures.GROUPES} == attendus
    # A week after its day, a debit that has not paid is the family's again to pay.
    with village.bd.session_lecture() as session:
        for jours, nombre in ((7, 3), (8, 4)):
            jour = date(2026, 11, 25) + timedelta(days=jours)
            assert mes_factures.a_regler(session, village.foyers["morel"], jour)[0] == nombre
            page = mes_factures.lister(session, acteur(village), jour, Filtre(groupe="prelevement"))
            assert len(page.factures) == 4 - nombre
    assert sorted(numero for numeros in attendus.values() for numero in numeros) == sorted(tout)
    assert lister(village, regie="creche") == ["CR-77"]
    # December's invoice of 2025, issued in January, is of 2025 to the family.
    assert lister(village, annee=2025) == ["2025-EE-000001"]
    with village.bd.session_lecture() as session:
        foyer_id = village.foyers["morel"]
        assert mes_factures.presents(session, foyer_id) == (("creche", "enfance"), (2026, 2025))
        assert mes_factures.a_regler_par_regie(session, foyer_id, AUJOURDHUI) == {
            "creche": (1, 4200),
            "enfance": (2, 5400),
        }
        assert mes_factures.a_regler(session, foyer_id, AUJOURDHUI) == (3, 9600)
        assert {f.numero for f in mes_factures.a_payer(session, foyer_id, AUJOURDHUI)} == attendus["a_regler"]
        etats = {f.numero: f.etat for f in mes_factures.lister(session, acteur(village), AUJOURDHUI).factures}
        assert {numero for numero, etat in etats.items() if etat and est_a_payer(etat)} == attendus["a_regler"]
        assert etats["2026-EE-000002"] is EtatFacture.PARTIELLE


def test_pages_follow_each_other_without_losing_nor_repeating_a_row(
    village: Village, ecrire: Callable[..., int]
) -> None:
    for n in range(1, 8):
        ecrire(numero=f"2026-EE-00000{n}", emise_le=date(2026, 11, 1) + timedelta(days=n // 3))
    vues, apres = list[str](), Curseur()
    for attendu in (3, 3, 1):
        with village.bd.session_lecture() as session:
            page = mes_factures.lister(session, acteur(village), AUJOURDHUI, apres=apres, taille=3)
        assert len(page.factures) == attendu
        vues += [facture.numero for facture in page.factures]
        if page.suite:
            apres = Curseur.lire(page.suite.ecrire())
            assert apres == page.suite
    assert page.suite is None
    assert vues == [f"2026-EE-00000{n}" for n in range(7, 0, -1)]
    assert [Curseur.lire(texte) for texte in ("", "x", "2026-13-40-1", "2026-11-01-")] == [Curseur()] * 4


def test_an_invoice_is_of_its_foyer_alone(village: Village, ecrire: Callable[..., int]) -> None:
    une = ecrire((village.enfants["lea"], village.unite("repas"), LUNDI, 342, ""), foyer="ferrand")
    assert lire(village, une) is None
    assert lire(village, une, "julien", "petit", "ferrand") is None
    assert lire(village, une, "julien", "ferrand") is not None
    brouillon = ecrire(numero=None)
    assert lire(village, brouillon) is None
    with village.bd.session_lecture() as session:
        julien = acteur(village, "julien", "petit", "ferrand")
        assert factures.foyer_de(session, julien, une) == village.foyers["ferrand"]
        assert factures.foyer_de(session, acteur(village), une) is None
        assert factures.foyer_de(session, acteur(village), brouillon) is None


def test_days_and_reasons_are_for_who_has_authority_and_for_who_pays(
    village: Village, ecrire: Callable[..., int]
) -> None:
    lea, noe, repas = village.enfants["lea"], village.enfants["noe"], village.unite("repas")
    facture = ecrire(
        (lea, repas, LUNDI, 342, ""), (noe, repas, JEUDI, 342, ""), (None, None, None, 500, "Carte perdue")
    )
    camille, thomas = lire_la(village, facture), lire_la(village, facture, "thomas")
    assert camille.voit_tout
    assert [ligne.jour for ligne in camille.lignes] == [LUNDI, JEUDI, None]
    # Thomas has no authority over Léa: what it costs, not when.
    assert not thomas.voit_tout
    assert [ligne.jour for ligne in thomas.lignes] == [None, JEUDI, None]
    assert [ligne.est_detaillee for ligne in thomas.lignes] == [False, True, False]
    # Free words may name anybody: the amount alone.
    assert thomas.lignes[2].libelle == ""
    assert [ligne.montant_centimes for ligne in thomas.lignes] == [342, 342, 500]
    assert (thomas.lignes[0].etat, thomas.lignes[0].prix) == ("", None)
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Foyer).where(Foyer.id == village.foyers["morel"]).values(payeur_id=village.personnes["thomas"])
        )
        session.execute(
            update(AutoriteParentale)
            .where(AutoriteParentale.enfant_id == lea, AutoriteParentale.personne_id == village.personnes["camille"])
            .values(au=AUJOURDHUI - timedelta(days=1))
        )
    # He pays: he sees all. Her authority ended yesterday: she no longer does.
    assert lire_la(village, facture, "thomas").voit_tout
    apres = lire_la(village, facture)
    assert not apres.voit_tout
    assert [ligne.jour for ligne in apres.lignes] == [None, JEUDI, None]


def test_the_words_of_another_software_are_the_payer_s_when_a_line_names_no_child(
    village: Village, ecrire: Callable[..., int]
) -> None:
    lea, noe = village.enfants["lea"], village.enfants["noe"]
    importee = {"regie": "creche", "origine": "importee", "contenu": {"enfants": {}}}
    muette = ecrire((None, None, None, 9000, "Accueil de Léa"), numero="CR-1", **importee)
    melee = ecrire(
        (noe, None, None, 4000, "Accueil"), (None, None, None, 500, "Léa, retard"), numero="CR-2", **importee
    )
    nommee = ecrire((noe, None, None, 4000, "Accueil régulier"), numero="CR-3", **importee)
    for facture in (muette, melee):
        assert lire_la(village, facture).voit_tout
        thomas = lire_la(village, facture, "thomas")
        assert not thomas.voit_tout
        dites = {(ligne.enfant_id, ligne.libelle, ligne.est_detaillee) for ligne in thomas.lignes}
        assert dites == {(None, "", False)}
        assert sum(ligne.montant_centimes for ligne in thomas.lignes) == thomas.facture.total_centimes
        assert thomas.etat is EtatFacture.A_REGLER
    thomas = lire_la(village, nommee, "thomas")
    assert (thomas.voit_tout, thomas.lignes[0].libelle) == (True, "Accueil régulier")
    # Hers, all of them, and authority over Léa: it is still nobody's child that the line names.
    with village.bd.session_ecriture() as session:
        session.execute(
            update(Foyer).where(Foyer.id == village.foyers["morel"]).values(payeur_id=village.personnes["thomas"])
        )
    camille = lire_la(village, muette)
    assert (camille.voit_tout, camille.lignes[0].libelle) == (False, "")
    assert lea not in lire_la(village, melee).enfants


def test_the_reason_of_an_avoir_is_for_who_answers_for_all_it_may_be_about(
    village: Village, ecrire: Callable[..., int]
) -> None:
    lea, noe, repas = village.enfants["lea"], village.enfants["noe"], village.unite("repas")
    deux = ecrire((lea, repas, LUNDI, 342, ""), (noe, repas, JEUDI, 342, ""))
    une = ecrire((noe, repas, JEUDI, 342, ""), numero="2026-EE-000002")
    motif = {"motif": "Certificat médical de Léa"}
    geste = ecrire((None, None, None, -100, "Repas de Léa"), numero="2026-EE-000003", avoir_de=deux, **motif)
    de_noe = ecrire((noe, repas, JEUDI, -342, ""), numero="2026-EE-000004", avoir_de=deux, **motif)
    sien = ecrire((None, None, None, -100, "Repas froid"), numero="2026-EE-000005", avoir_de=une, motif="Geste")
    assert all(lire_la(village, avoir).voit_tout for avoir in (geste, de_noe, sien))
    assert [lire_la(village, avoir, "thomas").voit_tout for avoir in (geste, de_noe, sien)] == [False, False, True]
    assert lire_la(village, geste, "thomas").lignes[0].libelle == ""
    # The day of his own child, he reads.
    assert lire_la(village, de_noe, "thomas").lignes[0].jour == JEUDI
    assert lire_la(village, sien, "thomas").lignes[0].libelle == "Repas froid"


def test_a_child_who_left_the_foyer_is_still_named(village: Village, ecrire: Callable[..., int]) -> None:
    repas = village.unite("repas")
    facture = ecrire((village.enfants["noe"], repas, LUNDI, 342, ""), (village.enfants["yanis"], repas, LUNDI, 342, ""))
    vue = lire_la(village, facture)
    assert [(e.prenom, e.rang_foyer) for e in vue.enfants.values()] == [("Yanis", 0), ("Noé", 2)]
    assert vue.voit_tout


def test_payments_and_avoirs_are_told_net_of_what_was_taken_back(
    village: Village, ecrire: Callable[..., int], reglages: ReglagesCommune
) -> None:
    facture = ecrire((None, None, None, 3000, "Repas"), (None, None, None, 1200, "Goûters"), numero="2026-EE-000900")
    with village.bd.session_ecriture() as session:
        faux = encaisser_un(session, village, facture, 1000)
        annuler_reglement(session, faux, "Chèque d’une autre famille", AGENT, MERCREDI_SOIR)
        encaisser_un(session, village, facture, 4000, "especes")
        avoir = creer_avoir(
            session, reglages, facture, None, ("Goûters du 3", 1200), "Absence justifiée", False, AGENT, MERCREDI_SOIR
        ).id
    vue = lire_la(village, facture)
    assert vue.etat is EtatFacture.REGLEE
    assert [(e.moyen, e.centimes) for e in vue.emplois] == [("especes", 4000), ("", 200)]
    assert vue.emplois[0].reglement_id
    assert (vue.emplois[1].facture_id, vue.emplois[1].numero) == (avoir, vue.avoirs[0].numero)
    # The avoir is bigger than what was left: the rest of it is a credit.
    credit = lire_la(village, avoir)
    assert (credit.etat, credit.facture.reste_centimes) == (None, 1000)
    assert credit.origine is not None
    assert credit.origine.id == facture
    assert [(e.facture_id, e.centimes) for e in credit.emplois] == [(facture, 200)]
    with village.bd.session_ecriture() as session:
        creer_avoir(
            session, reglages, facture, None, ("Le reste", 3000), "Facture faite deux fois", True, AGENT, MERCREDI_SOIR
        )
    assert lire_la(village, facture).etat is EtatFacture.ANNULEE


def test_a_day_billed_again_names_the_avoir_that_had_taken_it_off(village: Village, ecrire: Callable[..., int]) -> None:
    noe, repas, lundi = village.enfants["noe"], village.unite("repas"), date(2026, 11, 9)
    une = ecrire((noe, repas, lundi, 342, ""), numero="2026-EE-000900")
    ecrire((noe, repas, lundi, -342, ""), numero="2026-EE-000901", avoir_de=une, est_refacturable=True)
    autre = ecrire((noe, repas, lundi, 342, ""), (noe, repas, date(2026, 11, 10), 342, ""), numero="2026-EE-000902")
    assert [ligne.apres_avoir for ligne in lire_la(village, autre).lignes] == ["2026-EE-000901", ""]
    assert [ligne.apres_avoir for ligne in lire_la(village, une).lignes] == [""], "it had been billed first"


def test_joining_twice_or_by_both_parents_is_once_and_leaves_a_history(village: Village) -> None:
    camille, thomas = acteur(village), acteur(village, "thomas")
    auteurs = {qui.personne_id: Auteur(Cote.FAMILLE, qui.compte_id) for qui in (camille, thomas)}
    plus_tard = MERCREDI_SOIR + timedelta(days=3)
    with village.bd.session_ecriture() as session:
        assert adhesions.adherer(session, camille, auteurs[camille.personne_id], MERCREDI_SOIR)
    with village.bd.session_ecriture() as session:
        assert not adhesions.adherer(session, thomas, auteurs[thomas.personne_id], MERCREDI_SOIR)
        assert adhesions.est_adherent(session, village.foyers["morel"])
        assert not adhesions.est_adherent(session, village.foyers["haddad"])
    with village.bd.session_ecriture() as session:
        assert adhesions.quitter(session, thomas, auteurs[thomas.personne_id], plus_tard)
        assert not adhesions.quitter(session, thomas, auteurs[thomas.personne_id], plus_tard)
    with village.bd.session_lecture() as session:
        une = adhesions.AdhesionLue(MERCREDI_SOIR, "Camille Morel", plus_tard, "Thomas Le Gall")
        assert adhesions.historique(session, village.foyers["morel"]) == [une]
        actes = session.scalars(select(ActeJournal.action).order_by(ActeJournal.id)).all()
        assert actes == ["facture_en_ligne_choisie", "facture_en_ligne_quittee"]
    with village.bd.session_ecriture() as session:
        assert adhesions.adherer(session, camille, auteurs[camille.personne_id], plus_tard)
    with village.bd.session_lecture() as session:
        nouvelle = replace(une, a_utc=plus_tard, fin_utc=None, finie_par="")
        assert adhesions.historique(session, village.foyers["morel"]) == [nouvelle, une]


def test_the_unique_index_has_the_last_word_on_an_adhesion(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the other parent's row is written between the look and the insertion."""
    monkeypatch.setattr(adhesions, "est_adherent", lambda _session, _foyer_id: False)
    with village.bd.session_ecriture() as session:
        assert adhesions.adherer(session, acteur(village), SYSTEME, MERCREDI_SOIR)
        assert not adhesions.adherer(session, acteur(village, "thomas"), SYSTEME, MERCREDI_SOIR)
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(AdhesionFacture.id)).all()) == 1
        assert len(session.scalars(select(ActeJournal.id)).all()) == 1


def test_invoices_of_the_last_two_years_can_be_contested_avoirs_cannot(
    village: Village, ecrire: Callable[..., int]
) -> None:
    ancienne = AUJOURDHUI - timedelta(days=732)
    ecrire(numero="2024-EE-000001", emise_le=ancienne)
    ecrire(numero="2024-EE-000002", emise_le=ancienne + timedelta(days=1))
    une = ecrire(numero="2026-EE-000001", reste_centimes=0)
    ecrire(numero="2026-EE-000002", avoir_de=une)
    with village.bd.session_lecture() as session:
        recentes = mes_factures.recentes(session, village.foyers["morel"], AUJOURDHUI)
    assert [facture.numero for facture in recentes] == ["2026-EE-000001", "2024-EE-000002"]
