"""A public form sent with a token too old comes back as it was, and serves."""

import dataclasses

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, DemandeLien
from tests.support.client import HTMX, connecter, poster
from tests.support.entree import NOUVEAU, dernier_lien, inviter, relever
from tests.support.formulaires import lire_formulaire
from tests.support.personnes import MOT_DE_PASSE, creer_parent

TROP_VIEILLE = "Cette page était ouverte depuis trop longtemps"
# Logging out asks for nothing to be typed; the script of passkeys loads its page again; a look-up of a payment takes no
# token, since it can only cause a question to PayFiP.
SANS_FORMULAIRE = {
    "connexion.deconnexion",
    "cles.preparer_connexion",
    "cles.se_connecter",
    "paiements.notification",
    "paiements.verifier",
}


@pytest.fixture(autouse=True)
def camille(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)


def test_every_public_form_can_come_back(app: Flask) -> None:
    publics = {
        regle.endpoint
        for regle in app.url_map.iter_rules()
        if "POST" in (regle.methods or ()) and getattr(app.view_functions[regle.endpoint], "acces", "") == "public"
    }
    assert {nom for nom in publics if not hasattr(app.view_functions[nom], "reprise")} == SANS_FORMULAIRE


@pytest.mark.parametrize("est_connectee", [False, True])
def test_the_login_keeps_the_name_the_choice_and_the_way_back_never_the_password(
    client: FlaskClient, est_connectee: bool
) -> None:
    if est_connectee:
        connecter(client, "camille.morel")
    saisie = {
        "identifiant": "camille.morel",
        "mot_de_passe": MOT_DE_PASSE,
        "durable": "oui",
        "suite": "/saint-rivage/plus",
    }
    reponse = client.post("/connexion", data=saisie)
    assert reponse.status_code == 400
    assert TROP_VIEILLE in reponse.text
    assert MOT_DE_PASSE not in reponse.text
    formulaire = lire_formulaire(reponse.text, "formulaire")
    assert formulaire.champs["identifiant"] == ["camille.morel"]
    assert formulaire.champs["durable"] == ["oui"]
    formulaire.champs["mot_de_passe"] = [MOT_DE_PASSE]
    assert formulaire.envoyer(client).location == "/saint-rivage/plus"


def test_a_forgotten_password_is_asked_again_without_typing(client: FlaskClient, bd: BD) -> None:
    page = client.post("/mot-de-passe/oublie", data={"identifiant": "camille.morel"})
    assert TROP_VIEILLE in page.text
    with bd.session_lecture() as session:
        assert session.scalars(select(DemandeLien.id)).all() == []
    assert 'value="camille.morel"' in page.text


@pytest.mark.parametrize("adresse", ["/activation", "/mot-de-passe/code"])
def test_a_code_is_typed_again_on_the_same_page(client: FlaskClient, adresse: str) -> None:
    page = client.post(adresse, data={"identifiant": "camille.morel", "code": "123456"})
    assert TROP_VIEILLE in page.text
    assert lire_formulaire(page.text, "code-recu").champs["identifiant"] == ["camille.morel"]


def test_an_activation_goes_on_where_it_was(client: FlaskClient, bd: BD, reglages: ReglagesCommune) -> None:
    lien, _ = inviter(bd, reglages)
    bouton = client.post(lien)
    assert TROP_VIEILLE in bouton.text
    assert "Activer mon espace" in bouton.text
    page = client.post(lien, data={"nouveau": NOUVEAU, "durable": "oui"})
    assert TROP_VIEILLE in page.text
    assert NOUVEAU not in page.text
    with bd.session_lecture() as session:
        compte = session.scalars(select(Compte).where(Compte.identifiant == "durand.simon")).one()
        assert compte.active_utc is None
    assert poster(client, lien, {"nouveau": NOUVEAU}).status_code == 303


def test_a_new_password_goes_on_where_it_was(client: FlaskClient, bd: BD, reglages: ReglagesCommune) -> None:
    poster(client, "/mot-de-passe/oublie", {"identifiant": "camille.morel"})
    relever(bd, reglages)
    lien = dernier_lien(bd)
    page = client.post(lien, data={"nouveau": NOUVEAU})
    assert TROP_VIEILLE in page.text
    assert NOUVEAU not in page.text
    assert poster(client, lien, {"nouveau": NOUVEAU}).status_code == 303


def test_the_strength_does_not_interrupt_who_types(client: FlaskClient) -> None:
    reponse = client.post("/mot-de-passe/force", data={"nouveau": NOUVEAU}, headers=HTMX)
    assert "HX-Redirect" not in reponse.headers
    assert NOUVEAU not in reponse.text


def test_a_dead_link_stays_dead(client: FlaskClient) -> None:
    assert client.post("/activation/faux", data={"nouveau": NOUVEAU}).status_code == 404
    assert client.post("/mot-de-passe/renvoyer", data={"jeton": "faux", "genre": "activation"}).status_code == 404


def test_a_request_for_a_space_keeps_every_field(client: FlaskClient) -> None:
    page = client.post("/creer-mon-espace", data={"prenom": "Inès", "message": "Nous arrivons\nen janvier."})
    assert TROP_VIEILLE in page.text
    champs = lire_formulaire(page.text, "formulaire").champs
    assert champs["prenom"] == ["Inès"]
    assert "en janvier." in champs["message"][0]
    # The cookie that said which request the code is of is lost: the form, with the address.
    page = client.post("/creer-mon-espace/code", data={"courriel": "ines@courriel.example", "code": "123456"})
    assert lire_formulaire(page.text, "formulaire").champs["courriel"] == ["ines@courriel.example"]


def test_a_door_that_the_town_keeps_shut_stays_shut(
    client: FlaskClient, app: Flask, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    fermes = dataclasses.replace(reglages.comptes, creation_ouverte=False)
    monkeypatch.setitem(app.extensions, "reglages", dataclasses.replace(reglages, comptes=fermes))
    assert client.post("/creer-mon-espace", data={"prenom": "Inès"}).status_code == 404
    assert client.post("/creer-mon-espace/code", data={}).status_code == 404
