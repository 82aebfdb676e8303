"""« Ajouter un enfant »: one request with its document, a number, a mail; the foyer's own."""

import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.pieces import photo
from tests.support.village import Village

ZELIE = {"prenom": "Zélie", "nom": "Le Gall", "naissance": "2022-03-04", "lien": "parent"}


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


@pytest.fixture
def julien(village: Village, app: Flask) -> FlaskClient:
    autre: FlaskClient = app.test_client()
    connecter(autre, "julien.ferrand")
    return autre


def ajouter(client: FlaskClient, document: bytes | None = None, **champs: Any) -> TestResponse:
    donnees: dict[str, Any] = ZELIE | {"genre": "livret_famille"} | champs
    if document is not None:
        donnees["document"] = (io.BytesIO(document), "livret.jpg")
    return poster(client, "/famille/ajouter-un-enfant", donnees, content_type="multipart/form-data")


def test_a_child_is_asked_for_with_a_document_a_number_and_a_mail(camille: FlaskClient, village: Village) -> None:
    reponse = ajouter(camille, photo())
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


def test_sent_twice_it_is_asked_once(camille: FlaskClient, village: Village) -> None:
    premiere = ajouter(camille, photo())
    seconde = ajouter(camille, photo(), prenom="ZELIE", nom="LE GALL")
    assert seconde.location == premiere.location
    with village.bd.session_lecture() as session:
        assert len(session.scalars(select(Demarche)).all()) == 1
        assert len(session.scalars(select(Courriel)).all()) == 1


def test_the_document_may_be_brought_to_the_town_hall_but_not_forgotten(camille: FlaskClient, village: Village) -> None:
    oubli = ajouter(camille)
    assert oubli.status_code == 422
    assert "Joignez un document" in phrases(oubli)
    assert lire_formulaire(oubli.text, "formulaire").champs["prenom"] == ["Zélie"]
    assert ajouter(camille, en_mairie="oui").status_code == 303


@pytest.mark.parametrize(
    ("champs", "phrase"),
    [
        ({"naissance": "2026-12-03"}, "futur"),
        ({"naissance": ""}, "Remplissez"),
        ({"prenom": "Z3lie"}, "chiffre"),
        ({"lien": "voisin"}, "Dites ce que vous êtes"),
        ({"structure": "ailleurs"}, "école de la liste"),
        ({"prenom": "Noé", "naissance": "2020-09-03"}, "Noé est déjà dans votre foyer"),
    ],
)
def test_a_wrong_request_comes_back_with_its_sentence(
    camille: FlaskClient, village: Village, champs: dict[str, Any], phrase: str
) -> None:
    reponse = ajouter(camille, en_mairie="oui", **champs)
    assert reponse.status_code == 422
    assert phrase in phrases(reponse)


def test_a_request_is_the_foyers_own(camille: FlaskClient, julien: FlaskClient, village: Village) -> None:
    page = ajouter(camille, en_mairie="oui").location.removeprefix("/saint-rivage").partition("?")[0]
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
    numero = ajouter(camille, photo(), genre="jugement").location.rsplit("/", 1)[1].partition("?")[0]
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
    numeros = {ajouter(client, en_mairie="1").location for client in (camille, thomas, camille)}
    assert len(numeros) == 2
