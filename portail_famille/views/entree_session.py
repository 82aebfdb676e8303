"""Opens a session in the browser: after a password, a passkey, or a link of a mail."""

import secrets
from datetime import timedelta

from flask import Response, g, request, session, url_for
from flask_login import current_user, login_user
from itsdangerous import BadData, URLSafeSerializer

from portail_famille.presentation.appareils import nommer_appareil
from portail_famille.services import comptes
from portail_famille.views import web
from portail_famille.views.acces import Connecte
from portail_famille.views.cookie import CLE_DURABLE

_UN_AN = timedelta(days=365)


def ouvrir_session_web(compte_id: int, durable: bool = False, second_facteur: bool = False) -> None:
    """A new session under a new token, whatever the browser came with: nothing can be fixed beforehand."""
    if current_user.is_authenticated:
        comptes.fermer_session(web.ecriture(), current_user.get_id(), web.maintenant())
    durable = durable and web.reglages().session.durable_jours > 0
    jeton = comptes.ouvrir_session(
        web.ecriture(),
        compte_id,
        web.maintenant(),
        appareil=nommer_appareil(request.user_agent.string),
        est_durable=durable,
        second_facteur=second_facteur,
    )
    session.clear()
    g.jeton_precedent = False
    session.permanent = True
    if durable:
        session[CLE_DURABLE] = 1
    # Flask-WTF would draw 40 characters. 72 bits cannot be guessed over a network, and go out twice with each tick.
    session["csrf_token"] = secrets.token_urlsafe(9)
    login_user(Connecte(jeton))
    # Flask-Login's description of the browser and its freshness: unused here, and sent with every request.
    for superflu in ("_id", "_fresh"):
        session.pop(superflu, None)


def appareil_connu(compte_id: int | None) -> str:
    """This device's name when this compte already logged in from it, else empty."""
    try:
        connu, appareil = _signature().loads(request.cookies.get(_cookie_appareil(), ""))
    except (BadData, TypeError, ValueError):
        return ""
    return str(appareil) if compte_id is not None and connu == compte_id else ""


def reconnaitre(reponse: Response, compte_id: int) -> Response:
    """Remember the device. Its cookie opens nothing, and goes to the login alone: no other request carries it."""
    reponse.set_cookie(
        _cookie_appareil(),
        _signature().dumps([compte_id, appareil_connu(compte_id) or secrets.token_urlsafe(9)]),
        max_age=_UN_AN,
        path=url_for("connexion.connexion"),
        secure=web.reglages().est_https,
        httponly=True,
        samesite="Lax",
    )
    return reponse


def _cookie_appareil() -> str:
    return f"pfa_{web.reglages().slug}"


def _signature() -> URLSafeSerializer:
    return URLSafeSerializer(web.reglages().cle_secrete, salt="appareil")
