"""« Attestations »: what is offered, what is refused beside its field, what the papers say."""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient

from portail_famille.domain.demarches import Cote
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import encaisser
from tests.support.client import connecter
from tests.support.factures import creer_facture
from tests.support.pdf import balises_du_pdf, texte_du_pdf
from tests.support.village import Village

NOVEMBRE = date(2026, 11, 9)
PRESENCE = {"du": "2026-11-01", "au": "2026-12-31"}


@pytest.fixture
def payee(village: Village) -> Village:
    """The Morels paid half of an invoice of Mia's care."""
    with village.bd.session_ecriture() as session:
        ligne = (village.enfants["mia"], village.unite("matin"), NOVEMBRE, 8_000, "")
        facture = creer_facture(session, village.foyers["morel"], [ligne], gardes=[6_000])
        encaisser(
            session,
            foyer_id=village.foyers["morel"],
            regie="enfance",
            moyen="cheque",
            montant_centimes=4_000,
            recu_le=date(2026, 12, 2),
            auteur=Auteur(Cote.AGENT),
            maintenant=datetime(2026, 12, 2, 17, tzinfo=UTC),
            factures=[facture.id],
        )
    return village


def pdf(client: FlaskClient, nom: str, champs: Mapping[str, object]) -> str:
    reponse = client.get(f"/attestations/{nom}.pdf", query_string=champs)
    assert reponse.status_code == 200, reponse.text
    assert reponse.mimetype == "application/pdf"
    assert reponse.headers["Cache-Control"] == "private, no-store"
    assert {"H1", "Table", "TH"} <= set(balises_du_pdf(reponse.data))
    return serrer(texte_du_pdf(reponse.data))


def serrer(texte: str) -> str:
    """Where a line is broken there is no space to read: without any, a sentence is found whole."""
    return "".join(texte.split())


def test_a_family_that_paid_nothing_is_told_so(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    page = client.get("/attestations")
    assert page.status_code == 200
    assert "Rien n’a encore été payé ici." in page.text
    assert 'name="annee"' not in page.text


def test_the_page_of_invoices_leads_there(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    assert 'href="/saint-rivage/attestations"' in client.get("/factures").text


def test_the_fiscal_attestation_says_for_whom_how_much_and_under_which_article(
    client: FlaskClient, payee: Village
) -> None:
    connecter(client, "camille.morel")
    assert 'name="annee" value="2026"' in client.get("/attestations").text
    texte = pdf(client, "fiscale", {"annee": "2026"})
    for attendu in (
        "Attestation fiscale 2026",
        "Camille Morel",
        "Mia Le Gall",
        "6 mai 2024",
        "30,00\u00a0€",
        "200 quater B",
        "du 1er janvier 2026 au 2 décembre 2026",
        "n’est pas finie",
        "Le régisseur des activités de l’enfance",
    ):
        assert serrer(attendu) in texte, attendu


def test_a_child_one_does_not_answer_for_is_on_no_paper_of_hers(client: FlaskClient, payee: Village) -> None:
    """Léa's step-father: not a choice, nor by her number."""
    connecter(client, "thomas.legall")
    page = client.get("/attestations").text
    assert ">Noé<" in page
    assert ">Léa<" not in page
    demande = {"enfant": payee.enfants["lea"], **PRESENCE}
    assert client.get("/attestations/presence.pdf", query_string=demande).status_code == 422


def test_another_home_reads_nothing_of_it(client: FlaskClient, payee: Village) -> None:
    connecter(client, "julien.ferrand")
    reponse = client.get("/attestations/fiscale.pdf?annee=2026")
    assert reponse.status_code == 422
    assert "Choisissez une des années proposées." in reponse.text


def test_a_year_without_care_is_said_beside_the_year(client: FlaskClient, village: Village) -> None:
    with village.bd.session_ecriture() as session:
        facture = creer_facture(session, village.foyers["morel"])
        encaisser(
            session,
            foyer_id=village.foyers["morel"],
            regie="enfance",
            moyen="especes",
            montant_centimes=4_200,
            recu_le=date(2026, 12, 2),
            auteur=Auteur(Cote.AGENT),
            maintenant=datetime(2026, 12, 2, 17, tzinfo=UTC),
            factures=[facture.id],
        )
    connecter(client, "camille.morel")
    reponse = client.get("/attestations/fiscale.pdf?annee=2026")
    assert reponse.status_code == 422
    assert "En 2026, rien n’a été payé pour la garde d’un enfant" in reponse.text


def test_the_attestation_of_presence_lists_days_by_activity(client: FlaskClient, village: Village) -> None:
    village.reserver("noe", "repas", NOVEMBRE, etat="presente")
    village.reserver("noe", "repas", date(2026, 11, 17), date(2026, 11, 19))
    connecter(client, "camille.morel")
    texte = pdf(client, "presence", {"enfant": village.enfants["noe"], **PRESENCE})
    for attendu in ("Noé Le Gall", "3 septembre 2020", "Cantine", "9 novembre", "17 et 19 novembre", "5\u00a0jours"):
        assert serrer(attendu) in texte, attendu


@pytest.mark.parametrize(
    ("du", "au", "phrase"),
    [
        ("2026-02-30", "2026-12-31", "Écrivez une date comme 07/12/2026."),
        ("", "2026-12-31", "Écrivez une date comme 07/12/2026."),
        ("1026-01-01", "2026-12-31", "Écrivez une date comme 07/12/2026."),
        ("2026-12-31", "2026-01-01", "La fin vient avant le début."),
        ("2025-01-01", "2026-12-31", "Choisissez une période de un an au plus."),
    ],
)
def test_dates_that_make_no_sense_come_back_beside_their_field(
    client: FlaskClient, village: Village, du: str, au: str, phrase: str
) -> None:
    connecter(client, "camille.morel")
    demande = {"enfant": village.enfants["noe"], "du": du, "au": au}
    reponse = client.get("/attestations/presence.pdf", query_string=demande)
    assert reponse.status_code == 422
    assert phrase in reponse.text
    assert f'value="{au}"' in reponse.text


def test_everything_wrong_is_said_at_once(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    reponse = client.get("/attestations/presence.pdf", query_string={"enfant": "x", "du": "<b>", "au": "9" * 500})
    assert reponse.status_code == 422
    assert "3 choses à corriger" in reponse.text
    assert "Choisissez un enfant." in reponse.text


def test_dates_may_be_typed_the_french_way(client: FlaskClient, payee: Village) -> None:
    connecter(client, "camille.morel")
    assert "Facturen°" in pdf(client, "releve", {"du": "1/11/2026", "au": "31/12/2026"})


def test_the_statement_adds_up(client: FlaskClient, payee: Village) -> None:
    connecter(client, "thomas.legall")
    texte = pdf(client, "releve", {"du": "2026-12-01", "au": "2026-12-31"})
    for attendu in (
        "Solde au 1er décembre 2026",
        "2026-EE-000001",
        "80,00\u00a0€",
        "Chèque, reçu n°",
        "40,00\u00a0€, à votre charge",
    ):
        assert serrer(attendu) in texte, attendu
    avant = client.get("/attestations/releve.pdf?du=2026-01-01&au=2026-02-01")
    assert "0,00\u00a0€, rien à régler" in texte_du_pdf(avant.data)
