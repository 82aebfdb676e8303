"""« Payer par carte bancaire », on the screens: to PayFiP and back, logged in or not, told once, twice or never."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from portail_famille.config import ReglagesCommune
from portail_famille.domain.recours import RECOURS
from portail_famille.models.bd import BD
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.payfip_local import Serveur
from portail_famille.services.journal import SYSTEME
from portail_famille.services.reglements import annuler_reglement, encaisser
from tests.conftest import CompterRequetes, reglages_de
from tests.support.client import connecter, poster
from tests.support.factures import EMISE_LE, creer_facture
from tests.support.formulaires import lire_formulaire
from tests.support.pages import analyser, texte
from tests.support.payfip import ouvrir_payfip, reglages_payfip
from tests.support.temps import HorlogeReglable
from tests.support.village import Village

CAMILLE, KARIM = "camille.morel", "karim.haddad"


@pytest.fixture
def serveur(horloge: HorlogeReglable) -> Iterator[Serveur]:
    with ouvrir_payfip(horloge) as serveur:
        yield serveur


@pytest.fixture
def reglages(bd: BD, tmp_path: Path, serveur: Serveur, horloge: HorlogeReglable) -> ReglagesCommune:
    serveur.interrupteurs.avis = "perdu"
    return replace(reglages_de(bd, tmp_path), payfip=reglages_payfip(serveur))


@pytest.fixture
def facture(village: Village) -> int:
    with village.bd.session_ecriture() as session:
        return creer_facture(session, village.foyers["morel"]).id


def payer(client: FlaskClient, facture_id: int) -> TestResponse:
    return lire_formulaire(client.get(f"/factures/{facture_id}/payer").text, f"/factures/{facture_id}/payer").envoyer(
        client
    )


def paiements(bd: BD) -> list[Paiement]:
    with bd.session_lecture() as session:
        return list(session.scalars(select(Paiement).order_by(Paiement.id)))


def encaisse(bd: BD) -> int:
    with bd.session_lecture() as session:
        return session.scalar(select(func.sum(Reglement.montant_centimes))) or 0


def titre(reponse: TestResponse) -> str:
    return texte(next(analyser(reponse.text.lstrip(), est_page=True).iter("h1")))


def idop_de(reponse: TestResponse) -> str:
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location.partition("?idop=")[2])


def retour(client: FlaskClient, paiement: Paiement) -> TestResponse:
    return client.get(f"/paiements/{paiement.id}?idop={paiement.idop}")


def test_from_the_invoice_to_payfip_and_back_with_a_receipt(
    client: FlaskClient,
    village: Village,
    facture: int,
    serveur: Serveur,
) -> None:
    connecter(client, CAMILLE)
    page = client.get(f"/factures/{facture}/payer")
    assert "42,00\u00a0€" in page.text
    assert 'value="camille@courriel.example"' in page.text
    # Chromium looks at where a form's redirection leads.
    assert f"form-action 'self' {serveur.adresse};" in page.headers["Content-Security-Policy"] + ";"
    assert serveur.adresse not in client.get("/plus").headers["Content-Security-Policy"]
    reponse = payer(client, facture)
    assert reponse.location.startswith(f"{serveur.paiement}?idop=")
    (transaction,) = serveur.etat.recentes()
    (paiement,) = paiements(village.bd)
    assert (transaction.idop, transaction.montant, transaction.numcli) == (idop_de(reponse), 4200, "900001")
    assert transaction.mel == "camille@courriel.example"
    assert transaction.urlnotif == "http://localhost/saint-rivage/paiements/notification"
    assert transaction.urlredirect == f"http://localhost/saint-rivage/paiements/{paiement.id}"
    serveur.payer(transaction.idop, "P", "perdu")
    en_cours = retour(client, paiement)
    assert titre(en_cours) == "Paiement en cours…"
    assert encaisse(village.bd) == 0
    # Its page has served; where she never came back from it, it may still be opened.
    assert "Ouvrir la page de PayFiP" not in en_cours.text
    assert "Ouvrir la page de PayFiP" in client.get(f"/paiements/{paiement.id}").text
    terminee = lire_formulaire(en_cours.text, "verifier").envoyer(client)
    recu = client.get(terminee.location.removeprefix("/saint-rivage"))
    assert titre(recu) == "C’est payé."
    for attendu in ("R2026-ENFANCE-000001", "2026-EE-000001", "42,00\u00a0€", "Enfance et éducation", "0,00\u00a0€"):
        assert attendu in recu.text
    assert "factures/reglements/1.pdf" in recu.text
    assert RECOURS in recu.text
    assert encaisse(village.bd) == 4200


def test_the_return_page_is_anonymous_useful_and_reads_only(
    client: FlaskClient,
    village: Village,
    facture: int,
    serveur: Serveur,
    horloge: HorlogeReglable,
) -> None:
    connecter(client, CAMILLE)
    idop = idop_de(payer(client, facture))
    (paiement,) = paiements(village.bd)
    serveur.payer(idop, "P", "perdu")
    safari = client.application.test_client()
    for _ in range(2):
        page = retour(safari, paiement)
        assert "Retournez dans l’application" in page.text
        assert "votre facture y est à jour" not in page.text, "not known yet"
        assert "factures/reglements" not in page.text
        assert "camille@" not in page.text
    assert encaisse(village.bd) == 0
    terminee = lire_formulaire(page.text, "verifier").envoyer(safari)
    assert terminee.status_code == 303
    page = safari.get(terminee.location.removeprefix("/saint-rivage"))
    assert titre(page) == "C’est payé."
    assert "votre facture y est à jour" in page.text
    assert "camille@" not in page.text
    assert encaisse(village.bd) == 4200
    # Her mail address is for who paid; the receipt, for every adult of the foyer.
    chez_elle = f"/paiements/{paiement.id}"
    assert "Votre reçu part à camille@courriel.example" in client.get(chez_elle).text
    thomas = client.application.test_client()
    connecter(thomas, "thomas.legall")
    recu = thomas.get(chez_elle)
    assert (titre(recu), "camille@" in recu.text) == ("C’est payé.", False)
    # A browser's history keeps the address for years: the next day, it shows nothing.
    horloge.avancer(hours=24)
    ancienne = retour(safari, paiement)
    assert (ancienne.status_code, titre(ancienne)) == (200, "Connectez-vous pour voir ce paiement")
    assert not [dit for dit in ("42,00", "2026-EE", "R2026", "payé.") if dit in ancienne.text]
    connecter(client, CAMILLE)
    assert titre(retour(client, paiement)) == "C’est payé."


@pytest.mark.parametrize("suffixe", ["", "?idop=", "?idop=autre", f"?idop={'x' * 36}"])
def test_an_attempt_is_shown_to_nobody_else(client: FlaskClient, village: Village, facture: int, suffixe: str) -> None:
    connecter(client, CAMILLE)
    payer(client, facture)
    (paiement,) = paiements(village.bd)
    assert client.get(f"/paiements/{paiement.id}").status_code == 200
    anonyme = client.application.test_client()
    assert anonyme.get(f"/paiements/{paiement.id}{suffixe}").status_code == 404
    assert anonyme.post(f"/paiements/{paiement.id}/verifier", data={"idop": suffixe[6:]}).status_code == 404
    connecter(client, KARIM)
    assert client.get(f"/paiements/{paiement.id}{suffixe}").status_code == 404
    assert client.get(f"/factures/{facture}/payer").status_code == 404
    assert (
        poster(client, f"/factures/{facture}/payer", {"montant": "4200", "courriel": "k@x.example"}).status_code == 404
    )
    assert len(paiements(village.bd)) == 1


@pytest.mark.parametrize(
    ("lettre", "dit"),
    [
        ("V", "Prélèvement demandé"),
        ("A", "Paiement annulé"),
        ("R", "Carte refusée"),
        ("Z", "Prélèvement refusé"),
    ],
)
def test_each_outcome_has_its_words(
    client: FlaskClient,
    village: Village,
    facture: int,
    serveur: Serveur,
    horloge: HorlogeReglable,
    lettre: str,
    dit: str,
) -> None:
    connecter(client, CAMILLE)
    serveur.payer(idop_de(payer(client, facture)), lettre, "perdu")
    horloge.avancer(minutes=3)
    (paiement,) = paiements(village.bd)
    assert client.application.test_client().post("/paiements/notification", data={"idop": paiement.idop}).data == b""
    page = client.get(f"/paiements/{paiement.id}")
    assert titre(page) == dit
    assert ("Recommencer le paiement" in page.text) is (lettre != "V")
    assert ("Rien n’a été prélevé" in page.text) is (lettre != "V")
    assert ("Demandé le" in page.text, "Payé le" in page.text) == (lettre == "V", False), "a debit is not paid yet"


def test_a_trial_is_said_before_and_after(
    client: FlaskClient, village: Village, facture: int, serveur: Serveur
) -> None:
    reglages: ReglagesCommune = client.application.extensions["reglages"]
    enfance = replace(reglages.regies["enfance"], saisie="T")
    client.application.extensions["reglages"] = replace(reglages, regies={"enfance": enfance})
    connecter(client, CAMILLE)
    assert "Le paiement en ligne est à l’essai" in client.get(f"/factures/{facture}/payer").text
    idop = idop_de(payer(client, facture))
    serveur.payer(idop, "P", "perdu")
    (paiement,) = paiements(village.bd)
    client.post(f"/paiements/{paiement.id}/verifier", data={"idop": idop})
    page = client.get(f"/paiements/{paiement.id}")
    assert titre(page) == "Paiement d’essai"
    assert "Aucun argent n’a circulé" in page.text
    assert "aucun argent n’a circulé" in client.get(f"/factures/{facture}").text


def test_a_debit_that_bounced_is_told_where_it_was_promised(
    client: FlaskClient,
    village: Village,
    facture: int,
    serveur: Serveur,
    horloge: HorlogeReglable,
) -> None:
    connecter(client, CAMILLE)
    serveur.payer(idop_de(payer(client, facture)), "V", "perdu")
    (paiement,) = paiements(village.bd)
    client.post("/paiements/notification", data={"idop": paiement.idop})
    assert titre(client.get(f"/paiements/{paiement.id}")) == "Prélèvement demandé"
    with village.bd.session_ecriture() as session:
        annuler_reglement(session, 1, "Rejeté par la banque", SYSTEME, horloge())
    page = client.get(f"/paiements/{paiement.id}")
    assert titre(page) == "Prélèvement rejeté"
    assert "le 2 décembre 2026\u00a0: Rejeté par la banque" in page.text
    assert "il reste 42,00\u00a0€." in page.text
    assert "Recommencer le paiement" in page.text
    assert "n°\u00a0R2026" not in page.text, "no receipt on screen any more"


def test_payfip_away_is_said_and_the_page_stays_true(
    client: FlaskClient,
    village: Village,
    facture: int,
    serveur: Serveur,
    horloge: HorlogeReglable,
) -> None:
    connecter(client, CAMILLE)
    serveur.interrupteurs.panne = "panne"
    refus = payer(client, facture)
    assert refus.status_code == 409
    assert "PayFiP ne répond pas en ce moment. Rien n’a été prélevé" in refus.text
    (echec,) = paiements(village.bd)
    assert titre(client.get(f"/paiements/{echec.id}")) == "PayFiP n’a pas ouvert ce paiement"
    serveur.interrupteurs.panne = ""
    idop_de(payer(client, facture))
    paiement = paiements(village.bd)[-1]
    serveur.interrupteurs.panne = "charabia"
    terminee = lire_formulaire(retour(client, paiement).text, "verifier").envoyer(client)
    page = client.get(terminee.location.removeprefix("/saint-rivage"))
    assert titre(page) == "Paiement en cours…"
    assert "PayFiP ne répond pas en ce moment" in page.text


def test_a_payment_that_stays_unknown_says_when_another_may_be_begun(
    client: FlaskClient,
    village: Village,
    facture: int,
    serveur: Serveur,
    horloge: HorlogeReglable,
) -> None:
    connecter(client, CAMILLE)
    idop_de(payer(client, facture))
    (paiement,) = paiements(village.bd)
    page = retour(client, paiement)
    assert "Vous avez annulé sur PayFiP\u202f? Nous le saurons dans 2\u00a0minutes" in page.text
    assert "quitté PayFiP sans finir\u202f? Vous pourrez commencer un autre paiement à 18\u202fh\u202f20." in page.text
    assert "Recommencer le paiement" not in page.text
    # A press that changes nothing says so.
    terminee = lire_formulaire(page.text, "verifier").envoyer(client)
    assert "PayFiP ne le sait pas encore." in client.get(terminee.location.removeprefix("/saint-rivage")).text
    horloge.avancer(minutes=20)
    assert "Recommencer le paiement" in retour(client, paiement).text
    # Once it is known, what was said of the press is no more.
    serveur.payer(paiement.idop or "", "P", "perdu")
    lire_formulaire(retour(client, paiement).text, "verifier").envoyer(client)
    assert "ne le sait pas" not in client.get(f"/paiements/{paiement.id}?idop={paiement.idop}&suite=attente").text


def test_a_notification_forged_doubled_or_of_another_town_books_nothing_more(
    client: FlaskClient,
    village: Village,
    facture: int,
    serveur: Serveur,
    horloge: HorlogeReglable,
) -> None:
    connecter(client, CAMILLE)
    idop = idop_de(payer(client, facture))
    anonyme = client.application.test_client()
    appels = serveur.etat.appels
    # Of another town, of nobody, empty, with a result of its own: not even asked about.
    for donnees in (
        {"idop": "a" * 36},
        {},
        {"idop": ""},
        {"idop": "x" * 5000},
        {"autre": idop},
        {"idop": "\0" * 36, "idOp": idop[:-1]},
    ):
        reponse = anonyme.post("/paiements/notification", data=donnees)
        assert (reponse.status_code, reponse.data) == (200, b"")
    assert serveur.etat.appels == appels
    # Forged: it says « paid », PayFiP does not.
    forgee = {"idop": idop, "resultrans": "P", "montant": "4200"}
    assert anonyme.post("/paiements/notification", data=forgee).status_code == 200
    assert (serveur.etat.appels, encaisse(village.bd)) == (appels + 1, 0)
    serveur.payer(idop, "P", "perdu")
    horloge.avancer(seconds=11)
    for donnees in ({"idop": "a" * 36, "idOp": idop}, {"idop": idop}, {"idop": idop}):
        anonyme.post("/paiements/notification", data=donnees)
        horloge.avancer(seconds=11)
    assert encaisse(village.bd) == 4200
    assert serveur.etat.appels == appels + 2


def test_a_double_tap_leads_to_the_same_operation_and_a_second_tab_to_where_it_is(
    client: FlaskClient, village: Village, facture: int, horloge: HorlogeReglable
) -> None:
    connecter(client, CAMILLE)
    formulaire = lire_formulaire(client.get(f"/factures/{facture}/payer").text, f"/factures/{facture}/payer")
    premier, second = formulaire.envoyer(client), formulaire.envoyer(client)
    assert idop_de(premier) == idop_de(second)
    horloge.avancer(minutes=5)
    (paiement,) = paiements(village.bd)
    autre_onglet = formulaire.envoyer(client)
    assert autre_onglet.location.endswith(f"/paiements/{paiement.id}")
    # Back from PayFiP with the browser's button: the page of the invoice says where it is.
    page = client.get(f"/factures/{facture}/payer")
    assert "Un paiement est en cours depuis 18\u202fh" in page.text
    assert "vous pourrez en commencer un autre à 18\u202fh\u202f20" in page.text
    assert not [
        f for f in analyser(page.text.lstrip(), est_page=True).iter("form") if "payer" in (f.get("action") or "")
    ]
    horloge.avancer(minutes=15)
    assert idop_de(formulaire.envoyer(client)) != idop_de(premier)


def test_while_payfip_opens_it_the_page_waits_with_the_parent(
    client: FlaskClient, village: Village, facture: int, horloge: HorlogeReglable
) -> None:
    """A second tap while PayFiP is slow to answer the first one."""
    connecter(client, CAMILLE)
    formulaire = lire_formulaire(client.get(f"/factures/{facture}/payer").text, f"/factures/{facture}/payer")
    formulaire.envoyer(client)
    (paiement,) = paiements(village.bd)
    with village.bd.session_ecriture() as session:
        session.execute(update(Paiement).values(etat="creee", idop=None, idop_utc=None))
    seconde = formulaire.envoyer(client)
    assert seconde.location.endswith(f"/paiements/{paiement.id}")
    page = client.get(f"/paiements/{paiement.id}")
    assert titre(page) == "Paiement en préparation"
    assert "paiement.js" in page.text
    assert 'id="verifier"' not in page.text


def test_the_pages_of_a_payment_cost_few_queries(
    client: FlaskClient, village: Village, facture: int, compter_requetes: CompterRequetes
) -> None:
    connecter(client, CAMILLE)
    with compter_requetes() as avant:
        client.get(f"/factures/{facture}/payer")
    payer(client, facture)
    (paiement,) = paiements(village.bd)
    with compter_requetes() as apres:
        retour(client, paiement)
    assert (len(avant) <= 10, len(apres) <= 10) == (True, True), (avant, apres)


def test_what_was_shown_is_what_is_paid(client: FlaskClient, village: Village, facture: int) -> None:
    connecter(client, CAMILLE)
    formulaire = lire_formulaire(client.get(f"/factures/{facture}/payer").text, f"/factures/{facture}/payer")
    with village.bd.session_ecriture() as session:
        encaisser(
            session,
            foyer_id=village.foyers["morel"],
            regie="enfance",
            moyen="especes",
            montant_centimes=1000,
            recu_le=EMISE_LE,
            auteur=SYSTEME,
            maintenant=client.application.config["HORLOGE"](),
            factures=(facture,),
        )
    change = formulaire.envoyer(client)
    assert change.status_code == 409
    assert "vient de changer" in change.text
    assert "32,00\u00a0€" in change.text
    assert paiements(village.bd) == []


@pytest.mark.parametrize("tape", ["", "pas une adresse", "é@courriel.example", f"{'a' * 64}@{'b' * 30}.example"])
def test_an_address_that_payfip_would_refuse_is_said_beside_its_field(
    client: FlaskClient, village: Village, facture: int, tape: str
) -> None:
    connecter(client, CAMILLE)
    reponse = poster(client, f"/factures/{facture}/payer", {"montant": "4200", "courriel": tape})
    assert reponse.status_code == 422
    assert 'id="courriel-faute"' in reponse.text
    assert paiements(village.bd) == []


def test_an_ended_session_is_told_and_nothing_is_begun(client: FlaskClient, village: Village, facture: int) -> None:
    connecter(client, CAMILLE)
    formulaire = lire_formulaire(client.get(f"/factures/{facture}/payer").text, f"/factures/{facture}/payer")
    with client.session_transaction() as cookie:
        cookie.pop("_user_id")
    assert "/connexion" in formulaire.envoyer(client).location
    assert paiements(village.bd) == []


def test_without_a_token_of_ours_nothing_is_begun(client: FlaskClient, village: Village, facture: int) -> None:
    connecter(client, CAMILLE)
    client.post(f"/factures/{facture}/payer", data={"montant": "4200", "courriel": "c@courriel.example"})
    assert paiements(village.bd) == []


def test_what_is_settled_or_elsewhere_has_no_form(client: FlaskClient, village: Village) -> None:
    connecter(client, CAMILLE)
    with village.bd.session_ecriture() as session:
        jour = client.application.config["HORLOGE"]().date()
        ids = {
            phrase: creer_facture(session, village.foyers["morel"], numero=f"2026-EE-00001{rang}", **colonnes).id
            for rang, (phrase, colonnes) in enumerate(
                {
                    "Il ne reste rien à régler": {"reste_centimes": 0},
                    "transmise au comptable public": {"transmise_le": jour},
                    "Un prélèvement est prévu": {"prelevement_le": jour},
                    "à partir de 1\u00a0€": {"reste_centimes": 99},
                }.items()
            )
        }
    for phrase, facture_id in ids.items():
        page = client.get(f"/factures/{facture_id}/payer")
        assert phrase in page.text
        assert "sur PayFiP</button>" not in page.text
