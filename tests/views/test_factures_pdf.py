"""Invoices and receipts as PDF: who may have them, and that nothing of another home is ever given."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portail_famille.domain.factures import PrixFacture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Reglement
from portail_famille.services.documents import coffre_de
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import annoncer_prelevement, annuler_reglement, encaisser
from tests.conftest import CompterRequetes
from tests.support.client import connecter
from tests.support.ecran import phrases
from tests.support.factures import creer_facture
from tests.support.pdf import texte_du_pdf
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

DU_7_DECEMBRE = date(2026, 12, 7)


@pytest.fixture
def facture(village: Village) -> int:
    """Of the Morels: a day of Léa, whose father lives elsewhere, and one of Noé."""
    with village.bd.session_ecriture() as session:
        unite = village.unite("repas")
        lignes = [
            (village.enfants["lea"], unite, DU_7_DECEMBRE, 342, ""),
            (village.enfants["noe"], unite, DU_7_DECEMBRE, 308, ""),
        ]
        return creer_facture(session, village.foyers["morel"], lignes).id


def payer(village: Village, foyer: str = "morel", annule_de: int | None = None, centimes: int = 650) -> int:
    with village.bd.session_ecriture() as session:
        reglement = Reglement(
            numero=f"R2026-{foyer}-{annule_de or 0}",
            foyer_id=village.foyers[foyer],
            regie="enfance",
            moyen="cheque",
            montant_centimes=centimes,
            recu_le=date(2026, 12, 2),
            saisi_utc=datetime(2026, 12, 2, 9, tzinfo=UTC),
            annule_de=annule_de,
        )
        session.add(reglement)
        session.flush()
        return reglement.id


def test_the_payer_downloads_her_invoice(client: FlaskClient, facture: int) -> None:
    connecter(client, "camille.morel")
    reponse = client.get(f"/factures/{facture}.pdf")
    assert reponse.status_code == 200
    assert reponse.mimetype == "application/pdf"
    assert reponse.headers["Cache-Control"] == "private, no-store"
    assert 'filename="facture-2026-EE-000001.pdf"' in reponse.headers["Content-Disposition"]
    texte = texte_du_pdf(reponse.data)
    assert "6,50\u00a0€" in texte
    assert "2026-EE-000001" in texte


def test_the_step_parent_has_no_paper_with_the_days_of_a_child_who_is_not_his(
    client: FlaskClient, facture: int
) -> None:
    connecter(client, "thomas.legall")
    assert client.get(f"/factures/{facture}").status_code == 200
    assert client.get(f"/factures/{facture}.pdf").status_code == 404


def test_he_has_that_of_the_children_who_are(client: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        lignes = [(village.enfants["noe"], village.unite("repas"), DU_7_DECEMBRE, 308, "")]
        facture = creer_facture(session, village.foyers["morel"], lignes).id
    connecter(client, "thomas.legall")
    assert client.get(f"/factures/{facture}.pdf").status_code == 200


@pytest.mark.parametrize("qui", ["julien.ferrand", "karim.haddad"])
def test_another_home_finds_nothing_not_even_that_of_the_same_child(
    client: FlaskClient, village: Village, facture: int, qui: str
) -> None:
    reglement = payer(village)
    connecter(client, qui)
    assert client.get(f"/factures/{facture}.pdf").status_code == 404
    assert client.get(f"/factures/reglements/{reglement}.pdf").status_code == 404


def test_a_draft_has_no_paper(client: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        brouillon = creer_facture(session, village.foyers["morel"], numero=None).id
    connecter(client, "camille.morel")
    assert client.get(f"/factures/{brouillon}.pdf").status_code == 404


def test_an_imported_invoice_comes_as_the_other_software_printed_it(
    client: FlaskClient, app: Flask, village: Village
) -> None:
    reglages = app.extensions["reglages"]
    objet = coffre_de(reglages.dossier, reglages.cle_coffre).put(b"%PDF-1.4 celui du logiciel")
    with village.bd.session_ecriture() as session:
        importee = creer_facture(
            session, village.foyers["morel"], regie="creche", numero="MA 45/1", origine="importee", objet=objet
        ).id
        perdue = creer_facture(
            session, village.foyers["morel"], regie="creche", numero="MA 46", origine="importee", objet="0" * 40
        ).id
    connecter(client, "camille.morel")
    reponse = client.get(f"/factures/{importee}.pdf")
    assert reponse.data == b"%PDF-1.4 celui du logiciel"
    assert 'filename="facture-MA-45-1.pdf"' in reponse.headers["Content-Disposition"]
    # The coffre has lost it: what the portal knows of this invoice is better than nothing.
    assert "MA 46" in texte_du_pdf(client.get(f"/factures/{perdue}.pdf").data)


def test_each_adult_of_the_foyer_has_the_receipts(client: FlaskClient, village: Village) -> None:
    reglement = payer(village)
    connecter(client, "thomas.legall")
    reponse = client.get(f"/factures/reglements/{reglement}.pdf")
    assert reponse.status_code == 200
    assert "6,50\u00a0€" in texte_du_pdf(reponse.data)


def test_a_reversed_payment_says_so_and_the_reversal_is_no_receipt(client: FlaskClient, village: Village) -> None:
    reglement = payer(village)
    annulation = payer(village, annule_de=reglement, centimes=-650)
    connecter(client, "camille.morel")
    assert "ne vaut plus reçu" in texte_du_pdf(client.get(f"/factures/reglements/{reglement}.pdf").data)
    assert client.get(f"/factures/reglements/{annulation}.pdf").status_code == 404


def test_an_invoice_is_read_in_few_queries(
    client: FlaskClient, facture: int, compter_requetes: CompterRequetes
) -> None:
    connecter(client, "camille.morel")
    client.get(f"/factures/{facture}.pdf")
    with compter_requetes() as requetes:
        client.get(f"/factures/{facture}.pdf")
    assert len(requetes) <= 14


def test_a_payer_without_authority_over_the_child_and_the_paper_are_not_told_of_her_pai(
    client: FlaskClient, village: Village
) -> None:
    lea, repas = village.enfants["lea"], village.unite("repas")
    moitie = "50\u202f% du prix, soit 1,71\u00a0€."
    etapes = ("Tarif «\u00a0Repas\u00a0».", f"Projet d’accueil individualisé\u00a0: {moitie}")
    prix = PrixFacture(lea, repas, "", 171, 171, 0, None, True, 1, 1, None, True, 0, 1, "repas", None, etapes)
    contenu_fige = {"payeur": {}, "enfants": {str(lea): "Léa"}, "unites": {}, "prix": [prix.en_document()]}
    with village.bd.session_ecriture() as session:
        lignes = [(lea, repas, DU_7_DECEMBRE, 171, "")]
        facture = creer_facture(session, village.foyers["morel"], lignes, contenu=contenu_fige, prix=0).id
        session.get_one(Foyer, village.foyers["morel"]).payeur_id = village.personnes["thomas"]
    connecter(client, "thomas.legall")
    dit = phrases(client.get(f"/factures/{facture}"))
    assert f"Tarif particulier\u00a0: {moitie}" in dit
    assert "accueil individualisé" not in dit
    papier = texte_du_pdf(client.get(f"/factures/{facture}.pdf").data)
    connecter(client, "camille.morel")
    dit = phrases(client.get(f"/factures/{facture}"))
    assert f"Léa a un projet d’accueil individualisé\u00a0: {moitie}" in dit
    papier += texte_du_pdf(client.get(f"/factures/{facture}.pdf").data)
    assert papier.count("Tarif particulier") == 2
    assert "individualisé" not in papier


def test_a_debit_that_the_bank_rejected_is_said_with_its_reason_and_its_paper_asks_for_the_money(
    client: FlaskClient, facture: int, village: Village
) -> None:
    jour, morel = date(2026, 12, 2), village.foyers["morel"]
    with village.bd.session_ecriture() as session:
        annoncer_prelevement(session, [facture], jour, SYSTEME, MERCREDI_SOIR)
        preleve = encaisser(
            session, foyer_id=morel, regie="enfance", moyen="prelevement", montant_centimes=650,
            recu_le=jour, auteur=SYSTEME, maintenant=MERCREDI_SOIR, factures=[facture],
        )  # fmt: skip
        annuler_reglement(session, preleve.id, "Rejeté par la banque.", SYSTEME, MERCREDI_SOIR)
    connecter(client, "camille.morel")
    dit = phrases(client.get(f"/factures/{facture}"))
    assert "Le prélèvement du 2 décembre 2026 a été annulé\u00a0: Rejeté par la banque." in dit
    assert "à régler avant le" in dit
    assert "rien à faire" not in dit
    papier = texte_du_pdf(client.get(f"/factures/{facture}.pdf").data).replace("\n", " ")
    assert "À régler" in papier
    assert "Prélèvement\u00a0le" not in papier
