"""The test client: every HTML answer is proofread, and a login is one call."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.services.comptes import ouvrir_session
from tests.support.pages import analyser, relire

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


class ClientStrict(FlaskClient):
    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        reponse = super().open(*args, **kwargs)
        est_lisible = reponse.mimetype == "text/html" and "Content-Encoding" not in reponse.headers
        if est_lisible and reponse.data and not 300 <= reponse.status_code < 400:
            fautes = relire(reponse.text)
            assert not fautes, f"{reponse.request.path}: {fautes}"
        return reponse


def connecter(client: FlaskClient, identifiant: str) -> None:
    """Open a session as the login does, without the 30 ms of a password. A settled foyer choice is dropped."""
    app: Flask = client.application
    bd: BD = app.extensions["bd"]
    with bd.session_ecriture() as session:
        compte_id = session.scalars(select(Compte.id).where(Compte.identifiant == identifiant)).one()
        jeton = ouvrir_session(session, compte_id, app.config["HORLOGE"]())
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = jeton
        cookie.permanent = True


def jeton_csrf(client: FlaskClient, page: str = "/connexion") -> str:
    """The CSRF token of a page that has a form."""
    champs = analyser(client.get(page).text.lstrip(), est_page=True).iter("input")
    return next(champ.get("value") or "" for champ in champs if champ.get("name") == "csrf_token")


def poster(client: FlaskClient, adresse: str, donnees: dict[str, Any] | None = None, **kwargs: Any) -> TestResponse:
    """POST a form with a good CSRF token."""
    return client.post(adresse, data={"csrf_token": jeton_de_session(client), **(donnees or {})}, **kwargs)


def jeton_de_session(client: FlaskClient) -> str:
    """A token good for the client's session, without asking for a page."""
    from flask_wtf.csrf import generate_csrf

    with client.session_transaction() as cookie:
        brut = cookie.get("csrf_token")
        with client.application.test_request_context():
            from flask import session

            if brut:
                session["csrf_token"] = brut
            jeton: str = generate_csrf()
            cookie["csrf_token"] = session["csrf_token"]
    return jeton
