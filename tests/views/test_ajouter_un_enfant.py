"""« Ajouter un enfant »: one request with its document, a number, a mail; the foyer's own."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.domain.demarches import Cote
from portail_famille.domain.entourage import AjoutEnfant
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant
from portail_famille.services.enfants import demander_ajout
from portail_famille.services.journal import Auteur
from tests.support.ajouts import NOUVEL_ENFANT, ajouter_un_enfant, joindre
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.pieces import photo
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


@pytest.fixture
def julien(village: Village, app: Flask) -> FlaskClient:
    autre: FlaskClient = app.test_client()
    connecter(autre, "julien.ferrand")
    return autre


def test_a_child_is_asked_for_with_a_document_a_number_and_a_mail(camille: FlaskClient, village: Village) -> None:
    reponse = ajouter_un_enfant(camille, photo())
    assert reponse.status_code == 303
    recu = camille.get(reponse.location.removeprefix("/saint-rivage"))
    dit = phrases(recu)
    for mot in ("D2026-000001", "Zélie", "4 mars 2022", "joint à la demande", "Accusé de réception", "2 février 2027"):
        assert mot in dit.replace("\u00a0", " ")
    famille = phrases(camille.get("/famille"))
    assert "Zélie Le Gall" in famille
    assert "attend un agent" in famille
    with village.bd.session_lecture() as session:
        (mail,) = session.scalars(select(Courriel))
        assert mail.destinataire == "camille@courriel.example"
        assert "D2026-000001" in mail.objet
        assert "http://localhost/saint-rivage/demarches/D2026-000001" in mail.corps_texte
        assert session.scalar(select(Enfant.id).where(Enfant.prenom == "Zélie")) is None


def test_asked_again_it_is_one_request_and_says_which(camille: FlaskClient, village: Village) -> None:
    ajouter_un_enfant(camille, photo())
    encore = ajouter_un_enfant(camille, photo(), prenom="ZELIE", nom="LE GALL")
    assert encore.status_code == 422
    assert "Vous avez déjà demandé d’ajouter" in phrases(encore)
    assert "D2026-000001" in phrases(encore)
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(Demarche)).all()) == 1
        assert len(session.scalars(select(Courriel)).all()) == 1


def test_the_same_child_sent_from_two_phones_is_one_request(camille: FlaskClient, village: Village) -> None:
    """Both summaries were open: the second « Envoyer » says that the first one made it."""
    assert ajouter_un_enfant(camille, document="livret_famille").location.endswith("/documents")
    joindre(camille, "livret_famille", photo())
    resume = lire_formulaire(camille.get(f"{NOUVEL_ENFANT}/verifier").text, "/verifier")
    with village.bd.session_ecriture() as session:
        demander_ajout(
            session,
            foyer_id=village.foyers["morel"],
            ajout=AjoutEnfant("Zélie", "Le Gall", date(2022, 3, 4), "parent"),
            est_en_mairie=True,
            auteur=Auteur(Cote.FAMILLE, village.comptes["camille"]),
            maintenant=MERCREDI_SOIR,
        )
    refus = resume.envoyer(camille)
    assert refus.status_code == 409
    assert "Vous avez déjà demandé d’ajouter Zélie" in phrases(refus)
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(Demarche)).all()) == 1


def test_the_document_may_be_brought_to_the_town_hall_but_not_forgotten(camille: FlaskClient, village: Village) -> None:
    assert ajouter_un_enfant(camille, document="").status_code == 422
    assert ajouter_un_enfant(camille, document="livret_famille").location.endswith("/documents")
    oubli = joindre(camille, "livret_famille")
    assert oubli.status_code == 422
    assert "Il faut ce document" in phrases(oubli)
    recu = ajouter_un_enfant(camille)
    assert recu.status_code == 303
    assert "sera apporté en mairie" in phrases(camille.get(recu.location.removeprefix("/saint-rivage")))


def test_where_it_was_asked_for_before_leads_to_the_request_that_says_what_to_prepare(
    app: Flask, camille: FlaskClient, village: Village
) -> None:
    assert camille.get("/famille/ajouter-un-enfant").location == f"/saint-rivage{NOUVEL_ENFANT}"
    explication = phrases(camille.get(NOUVEL_ENFANT))
    assert "Préparez le livret de famille" in explication
    assert "2 mois" in explication
    assert NOUVEL_ENFANT in camille.get("/famille").text
    genres = dict(app.extensions["reglages"].demarches)
    genres["enfant"] = replace(genres["enfant"], est_ouverte=False)
    app.extensions["reglages"] = replace(app.extensions["reglages"], demarches=genres)
    for page in ("/famille", "/mon-espace/foyer", "/demarches/nouvelle"):
        assert NOUVEL_ENFANT not in camille.get(page).text


def test_the_number_of_steps_does_not_move(camille: FlaskClient, village: Village) -> None:
    """The page of documents, which the last step asks for, is counted from the first one."""
    assert ajouter_un_enfant(camille, document="livret_famille").status_code == 303
    joindre(camille, "livret_famille", photo())
    pages = ("lien", "identite", "ecole", "document", "documents", "verifier")
    dites = [phrases(camille.get(f"{NOUVEL_ENFANT}/{page}")) for page in pages]
    assert all(f"Étape {rang} sur 6" in dite for rang, dite in enumerate(dites, 1))
    poster(camille, NOUVEL_ENFANT, {"recommencer": "oui"})
    assert "Étape 1 sur 6" in phrases(camille.get(f"{NOUVEL_ENFANT}/lien"))


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"naissance": "2026-12-03"}, "2 décembre 2026"),
        ({"naissance": ""}, "Écrivez la date"),
        ({"prenom": "Z3lie"}, "chiffre"),
        ({"lien": "voisin"}, "Dites ce que vous êtes"),
        ({"structure": "ailleurs"}, "école de la liste"),
        ({"prenom": "Noé", "naissance": "2020-09-03"}, "Noé est déjà dans votre foyer"),
    ],
)
def test_a_wrong_step_comes_back_with_its_sentence(
    camille: FlaskClient, village: Village, champs: dict[str, str], phrase: str
) -> None:
    reponse = ajouter_un_enfant(camille, None, **champs)
    assert reponse.status_code == 422
    assert phrase in phrases(reponse)


def test_a_request_is_the_foyers_own(camille: FlaskClient, julien: FlaskClient, village: Village) -> None:
    page = ajouter_un_enfant(camille).location.removeprefix("/saint-rivage").partition("?")[0]
    recu = page.replace("/demarches/", "/famille/demandes/")
    assert julien.get(page).status_code == 404
    assert julien.get(recu).status_code == 404
    assert poster(julien, recu + "/retirer").status_code == 404
    assert "Zélie" not in phrases(julien.get("/famille"))
    assert poster(camille, recu + "/retirer").status_code == 303
    assert "Zélie" not in phrases(camille.get("/famille"))
    assert "annulée" in phrases(camille.get(page))
    assert camille.get(recu).location == f"/saint-rivage{page}"
    assert poster(camille, recu + "/retirer").status_code == 409


@pytest.mark.parametrize("est_refusee", [False, True])
def test_what_proves_a_child_is_for_whoever_asked_not_for_her_home(
    camille: FlaskClient, app: Flask, village: Village, est_refusee: bool
) -> None:
    """A judgment about Camille's child, joined before the child is there: Thomas of her home reads none of it."""
    numero = ajouter_un_enfant(camille, photo(), document="jugement").location.rsplit("/", 1)[1].partition("?")[0]
    with village.bd.session_ecriture() as session:
        piece_id = session.scalars(select(Piece.id)).one()
        if est_refusee:
            session.execute(update(Demarche).values(etat="refusee", motif="Illisible."))
    thomas: FlaskClient = app.test_client()
    connecter(thomas, "thomas.legall")
    assert ("d’un autre adulte du foyer attend" in phrases(thomas.get("/famille"))) is not est_refusee
    assert "Zélie" not in phrases(thomas.get("/famille"))
    for adresse in (f"/pieces/{piece_id}", f"/famille/demandes/{numero}"):
        assert thomas.get(adresse).status_code == 404
        assert poster(thomas, f"{adresse}/retirer").status_code == 404
    with zipfile.ZipFile(io.BytesIO(poster(thomas, "/mon-espace/donnees/export").data)) as archive:
        assert not [nom for nom in archive.namelist() if nom.startswith("documents/")]
        assert "Zélie" not in archive.read("donnees.json").decode()
    assert camille.get(f"/pieces/{piece_id}").status_code == 200
    assert thomas.get(f"/demarches/{numero}").status_code == 404
    assert camille.get(f"/demarches/{numero}").status_code == 200


def test_two_adults_of_a_home_each_ask_for_themselves(camille: FlaskClient, app: Flask, village: Village) -> None:
    thomas: FlaskClient = app.test_client()
    connecter(thomas, "thomas.legall")
    numeros = {ajouter_un_enfant(client).location for client in (camille, thomas)}
    assert len(numeros) == 2
