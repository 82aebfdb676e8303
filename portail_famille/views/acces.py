"""Who may: exactly one decorator per endpoint, checked when an app is built.

Another family's child is 404, never 403: the answer must not say that it exists.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Response, abort, g, request, session
from flask_login import UserMixin, current_user
from sqlalchemy.exc import SQLAlchemyError

from portail_famille.extensions import connexion
from portail_famille.services import comptes, suivi
from portail_famille.services.comptes import Acteur, SessionOuverte
from portail_famille.views import web

__all__ = ["Acteur", "acteur_ou_rien", "choisir_foyer", "parent", "public", "qui", "verifier_acces"]

CLE_FOYER = "foyer"
_SANS_FOYER = (
    "Votre compte n’est rattaché à aucun foyer. "
    "Écrivez à la mairie ou appelez-la\u00a0: elle le fera en quelques minutes."
)
P = ParamSpec("P")
R = TypeVar("R")


class Connecte(UserMixin):  # type: ignore[misc]
    """Flask-Login's user: a session of the database. Its id in the cookie is the session's token."""

    def __init__(self, jeton: str, ouverte: SessionOuverte | None = None) -> None:
        self.jeton = jeton
        self.ouverte = ouverte

    def get_id(self) -> str:
        return self.jeton


def public(vue: Callable[P, R]) -> Callable[P, R]:
    """Everyone, logged in or not."""
    return _marquer(vue, "public")


def parent(vue: Callable[P, R]) -> Callable[P, R | Response]:
    """A logged-in parent who belongs to a foyer; the others are sent to the login page, and back."""

    @wraps(vue)
    def protegee(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not current_user.is_authenticated:
            return cast(Response, connexion.unauthorized())
        qui()
        return vue(*args, **kwargs)

    return _marquer(protegee, "parent")


def qui() -> Acteur:
    """Who is logged in and the foyer she acts for. For views behind @parent."""
    acteur = acteur_ou_rien()
    if acteur is None:
        abort(403, description=_SANS_FOYER)
    return acteur


def acteur_ou_rien() -> Acteur | None:
    """The same where being logged in is not required: header of public pages, error pages."""
    if "acteur" not in g:
        ouverte = current_user.ouverte if current_user.is_authenticated else None
        g.acteur = ouverte.acteur_pour(session.get(CLE_FOYER)) if ouverte else None
    return cast("Acteur | None", g.acteur)


def acteur_pour_gabarit() -> Acteur | None:
    """As above, but a page that says the database is away must not ask it who reads."""
    try:
        return acteur_ou_rien()
    except SQLAlchemyError:
        return None


def choisir_foyer(foyer_id: int) -> None:
    """Act for another of one's foyers from the next request on; 404 for somebody else's."""
    if all(foyer.id != foyer_id for foyer in qui().foyers):
        abort(404)
    session[CLE_FOYER] = foyer_id


def verifier_acces(app: Flask) -> None:
    """Refuse to start with an endpoint that nobody decided about."""
    oublies = [nom for nom, vue in app.view_functions.items() if getattr(vue, "acces", None) is None]
    if oublies:
        raise RuntimeError(f"no access decorator on: {', '.join(sorted(oublies))}")


@connexion.user_loader  # type: ignore[untyped-decorator]
def _charger(jeton: str) -> Connecte | None:
    maintenant = web.maintenant()
    ouverte = comptes.identifier(web.lecture(), jeton, maintenant, web.reglages().session)
    if ouverte is None:
        g.session_perdue = True
        web.fermer_lecture()
        suivi.noter_expiration(web.bd(), jeton, maintenant)
        return None
    if maintenant - ouverte.vue_utc >= comptes.PAS_DERNIERE_VISITE:
        suivi.noter_visite(web.bd(), ouverte.id, maintenant)
    return Connecte(jeton, ouverte)


@connexion.unauthorized_handler  # type: ignore[untyped-decorator]
def _vers_connexion() -> Response:
    """To the login page, with where to come back to and why one is there."""
    valeurs: dict[str, Any] = {"suite": _retour()}
    if g.get("session_perdue"):
        valeurs["motif"] = "expiree" if request.method in web.METHODES_SURES else "perdue"
    return web.redirect_to("connexion.connexion", **{cle: valeur for cle, valeur in valeurs.items() if valeur})


def _retour() -> str:
    """The page to come back to: the one asked for, or for a form the one it was on."""
    if request.method in web.METHODES_SURES and not web.est_htmx():
        return request.script_root + request.full_path.removesuffix("?")
    page = request.headers.get("HX-Current-URL") or request.referrer or ""
    return page.removeprefix(request.host_url.rstrip("/")) if page.startswith(request.host_url) else ""


def _marquer(vue: Callable[P, R], acces: str) -> Callable[P, R]:
    if hasattr(vue, "acces"):
        raise RuntimeError(f"{vue.__name__}: one access decorator, not two")
    vue.acces = acces  # type: ignore[attr-defined]
    return vue
