"""Passkeys on the screen: made after a password, used to log in, and everything a copied or foreign one is refused."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from portail_famille.models.bd import BD
from portail_famille.models.comptes import CleAcces, Compte, SessionCompte
from portail_famille.models.suivi import EvenementSecurite
from tests.support.agents import agent
from tests.support.authentificateur import Authentificateur
from tests.support.client import connecter, jeton_de_session, poster
from tests.support.connexion import saisie_par
from tests.support.personnes import MOT_DE_PASSE, creer_parent
from tests.support.temps import HorlogeReglable


@pytest.fixture(autouse=True)
def _parents(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
        creer_parent(session, "julien.morel", courriel=None)


@pytest.fixture
def telephone() -> Authentificateur:
    return Authentificateur()


def envoyer(client: FlaskClient, adresse: str, corps: Any) -> TestResponse:
    return client.post(adresse, json=corps, headers={"X-CSRFToken": jeton_de_session(client)})


def ajouter(client: FlaskClient, telephone: Authentificateur, nom: str = "Mon téléphone") -> TestResponse:
    options = envoyer(client, "/mon-espace/cles/defi", {}).json
    assert options is not None
    return envoyer(client, "/mon-espace/cles", {"reponse": telephone.creer(options), "nom": nom})


def se_connecter(client: FlaskClient, telephone: Authentificateur, **corps: Any) -> TestResponse:
    options = envoyer(client, "/connexion/cle/defi", {}).json
    assert options is not None
    return envoyer(client, "/connexion/cle", {"reponse": telephone.signer(options), **corps})


@pytest.fixture
def cle(client: FlaskClient, telephone: Authentificateur) -> Authentificateur:
    """Camille's telephone, with its key; she is logged out."""
    connecter(client, "camille.morel")
    assert ajouter(client, telephone).status_code == 200
    poster(client, "/deconnexion")
    return telephone


def test_a_key_is_made_after_a_login_then_opens_the_portal(client: FlaskClient, cle: Authentificateur, bd: BD) -> None:
    reponse = se_connecter(client, cle, suite="/saint-rivage/plus")
    assert (reponse.status_code, reponse.json) == (200, {"vers": "/saint-rivage/plus"})
    assert client.get("/plus").status_code == 200
    page = client.get("/mon-espace/cles").text
    assert "Mon téléphone" in page
    assert "Utilisée le" in page
    with bd.session_lecture() as session:
        assert "connexion_cle" in session.scalars(select(EvenementSecurite.genre)).all()


def test_what_the_browser_is_asked_says_nobody_s_name(client: FlaskClient, cle: Authentificateur) -> None:
    options = envoyer(client, "/connexion/cle/defi", {}).json
    assert options is not None
    assert options["rpId"] == "localhost"
    assert options["userVerification"] == "required"
    assert not options["allowCredentials"]
    assert b"camille" not in cle.poignee
    assert len(cle.poignee) == 32


def test_a_key_can_stay_connected(client: FlaskClient, cle: Authentificateur, bd: BD) -> None:
    se_connecter(client, cle, durable=True)
    with bd.session_lecture() as session:
        assert session.scalars(select(SessionCompte.est_durable).order_by(SessionCompte.id.desc())).first() is True


def test_the_login_with_a_key_leads_nowhere_else(client: FlaskClient, cle: Authentificateur) -> None:
    assert se_connecter(client, cle, suite="https://voleur.example/").json == {"vers": "/saint-rivage/"}


@pytest.mark.parametrize(
    "changement",
    [
        {"origine": "http://localhost.voleur.example"},
        {"origine": "https://localhost"},
        {"hote": "voleur.example"},
        {"est_verifie": False},
        {"identifiant": b"une autre"},
    ],
    ids=["origin", "scheme", "host", "no finger", "unknown key"],
)
def test_an_answer_made_elsewhere_is_refused(
    client: FlaskClient, cle: Authentificateur, changement: dict[str, Any]
) -> None:
    for nom, valeur in changement.items():
        setattr(cle, nom, valeur)
    assert se_connecter(client, cle).status_code == 422
    assert client.get("/plus").status_code == 303


def test_a_key_made_elsewhere_is_refused(client: FlaskClient, telephone: Authentificateur, bd: BD) -> None:
    connecter(client, "camille.morel")
    for changement in ({"origine": "http://voleur.example"}, {"est_verifie": False}):
        assert ajouter(client, Authentificateur(**changement)).status_code == 422
    with bd.session_lecture() as session:
        assert session.scalars(select(CleAcces)).all() == []


def test_a_signature_by_another_key_is_refused(client: FlaskClient, cle: Authentificateur) -> None:
    faux = Authentificateur(identifiant=cle.identifiant, poignee=cle.poignee)
    assert se_connecter(client, faux).status_code == 422


def test_a_key_that_says_it_is_another_parent_s_is_refused(client: FlaskClient, cle: Authentificateur) -> None:
    cle.poignee = b"x" * 32
    assert se_connecter(client, cle).status_code == 422


def test_a_challenge_serves_once_even_with_the_cookie_it_came_in(
    app: Flask, client: FlaskClient, cle: Authentificateur
) -> None:
    """The cookie is signed, not secret to who holds it: an answer overheard with it must not open twice."""
    options = envoyer(client, "/connexion/cle/defi", {}).json
    assert options is not None
    reponse = cle.signer(options)
    with client.session_transaction() as cookie:
        garde = dict(cookie)
    assert envoyer(client, "/connexion/cle", {"reponse": reponse}).status_code == 200
    voleur = app.test_client()
    with voleur.session_transaction() as cookie:
        cookie.update(garde)
    assert envoyer(voleur, "/connexion/cle", {"reponse": reponse}).status_code == 422


def test_a_challenge_of_another_visitor_is_refused(app: Flask, client: FlaskClient, cle: Authentificateur) -> None:
    options = envoyer(client, "/connexion/cle/defi", {}).json
    autre = app.test_client()
    envoyer(autre, "/connexion/cle/defi", {})
    assert options is not None
    assert envoyer(autre, "/connexion/cle", {"reponse": cle.signer(options)}).status_code == 422
    assert envoyer(app.test_client(), "/connexion/cle", {"reponse": cle.signer(options)}).status_code == 422


def test_a_challenge_is_good_for_five_minutes(
    client: FlaskClient, cle: Authentificateur, horloge: HorlogeReglable
) -> None:
    options = envoyer(client, "/connexion/cle/defi", {}).json
    assert options is not None
    horloge.avancer(minutes=6)
    assert envoyer(client, "/connexion/cle", {"reponse": cle.signer(options)}).status_code == 422


def test_a_counter_that_goes_back_gives_the_copy_away(client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    telephone = Authentificateur(compteur=5)
    ajouter(client, telephone)
    assert se_connecter(client, telephone).status_code == 200
    telephone.compteur = 3
    assert se_connecter(client, telephone).status_code == 422


def test_a_key_opens_no_closed_compte(client: FlaskClient, cle: Authentificateur, bd: BD) -> None:
    with bd.session_ecriture() as session:
        session.execute(update(Compte).values(est_actif=False))
    assert se_connecter(client, cle).status_code == 422


@pytest.mark.parametrize(
    "corps", [None, [], {}, {"reponse": 3}, {"reponse": {}}, {"reponse": {"id": "é"}}, {"reponse": {"id": [1]}}]
)
def test_nonsense_is_refused_with_a_sentence(client: FlaskClient, cle: Authentificateur, corps: Any) -> None:
    envoyer(client, "/connexion/cle/defi", {})
    reponse = envoyer(client, "/connexion/cle", corps)
    assert reponse.status_code == 422
    assert json.loads(reponse.text)["message"]
    connecter(client, "camille.morel")
    envoyer(client, "/mon-espace/cles/defi", {})
    assert envoyer(client, "/mon-espace/cles", corps).status_code == 422


def test_a_request_from_another_site_is_refused(client: FlaskClient, cle: Authentificateur) -> None:
    for adresse in ("/connexion/cle/defi", "/connexion/cle", "/mon-espace/cles/defi", "/mon-espace/cles"):
        reponse = client.post(adresse, json={})
        assert reponse.status_code in (303, 400), "without our token: sent away, nothing signed"
        assert reponse.mimetype != "application/json"


def test_after_ten_minutes_the_password_is_asked_again(
    client: FlaskClient, telephone: Authentificateur, horloge: HorlogeReglable
) -> None:
    connecter(client, "camille.morel")
    assert "Votre mot de passe" not in client.get("/mon-espace/cles").text
    horloge.avancer(minutes=11)
    assert "Votre mot de passe" in client.get("/mon-espace/cles").text
    for mot in ("", "faux", "x" * 300):
        refus = envoyer(client, "/mon-espace/cles/defi", {"mot_de_passe": mot})
        assert (refus.status_code, json.loads(refus.text)["champ"]) == (422, "mot_de_passe")
    options = envoyer(client, "/mon-espace/cles/defi", {"mot_de_passe": MOT_DE_PASSE}).json
    assert options is not None
    assert envoyer(client, "/mon-espace/cles", {"reponse": telephone.creer(options)}).status_code == 200


def test_passwords_tried_there_are_slowed_too(client: FlaskClient, horloge: HorlogeReglable) -> None:
    connecter(client, "camille.morel")
    horloge.avancer(minutes=11)
    statuts = [envoyer(client, "/mon-espace/cles/defi", {"mot_de_passe": "faux"}).status_code for _ in range(5)]
    assert statuts == [422] * 4 + [429]


def test_a_key_is_renamed_and_removed_by_its_holder_alone(client: FlaskClient, cle: Authentificateur, bd: BD) -> None:
    with bd.session_lecture() as session:
        cle_id = session.scalars(select(CleAcces.id)).one()
    connecter(client, "julien.morel")
    assert poster(client, f"/mon-espace/cles/{cle_id}/nom", {"nom": "À moi"}).status_code == 404
    assert poster(client, f"/mon-espace/cles/{cle_id}/retirer").status_code == 404
    connecter(client, "camille.morel")
    assert poster(client, f"/mon-espace/cles/{cle_id}/nom", {"nom": "  Le   téléphone "}).status_code == 303
    assert '<b class="etire">Le téléphone</b>' in client.get("/mon-espace/cles").text
    assert poster(client, f"/mon-espace/cles/{cle_id}/nom", {"nom": " "}).status_code == 422
    assert poster(client, f"/mon-espace/cles/{cle_id}/nom", {"nom": "x" * 61}).status_code == 422
    assert poster(client, f"/mon-espace/cles/{cle_id}/retirer").status_code == 303
    poster(client, "/deconnexion")
    assert se_connecter(client, cle).status_code == 422, "removed, it opens nothing"


def test_the_same_device_is_told_what_it_already_holds(client: FlaskClient, cle: Authentificateur) -> None:
    connecter(client, "camille.morel")
    options = envoyer(client, "/mon-espace/cles/defi", {}).json
    assert options is not None
    assert len(options["excludeCredentials"]) == 1
    assert envoyer(client, "/mon-espace/cles", {"reponse": cle.creer(options)}).status_code == 422


def test_ten_keys_are_enough(client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    for _ in range(10):
        assert ajouter(client, Authentificateur()).status_code == 200
    assert "déjà 10 clés" in json.loads(envoyer(client, "/mon-espace/cles/defi", {}).text)["message"]


def test_for_an_agent_a_key_counts_as_both_factors(
    app: Flask, client: FlaskClient, telephone: Authentificateur, bd: BD
) -> None:
    with bd.session_ecriture() as session:
        agent(session)
    assert saisie_par(client)("rose").status_code == 303
    assert client.get("/mon-espace/cles").location.startswith("/saint-rivage/second-facteur")
    assert ajouter(client, telephone).status_code == 200
    assert client.get("/mon-espace/cles").status_code == 200, "made in this session, it is given"
    autre = app.test_client()
    assert se_connecter(autre, telephone).status_code == 200
    assert autre.get("/mon-espace/cles").status_code == 200
