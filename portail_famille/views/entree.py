"""The server's entrance, outside any town: the list of towns, and what to say of a prefix that leads nowhere."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from portail_famille.views.acces import public

bp = Blueprint("entree", __name__)

SERVICE_ARRETE = "portail_famille.commune_arretee"
"""Key of the WSGI environment: name of a town whose portal cannot start."""


@dataclass(frozen=True, slots=True)
class CommuneListee:
    slug: str
    nom: str


@bp.get("/")
@public
def communes() -> Response:
    return _page(200)


def installer(app: Flask) -> None:
    app.before_request(_dire_l_arret)
    app.register_error_handler(HTTPException, _erreur)


def _dire_l_arret() -> Response | None:
    nom = request.environ.get(SERVICE_ARRETE)
    if nom is None:
        return None
    reponse = _page(
        503,
        titre="Ce portail est momentanément fermé",
        phrase=f"Le portail de {nom} ne peut pas s’ouvrir. La mairie est prévenue\u00a0; réessayez un peu plus tard.",
    )
    reponse.headers["Retry-After"] = "300"
    return reponse


def _erreur(erreur: HTTPException) -> Response:
    if erreur.code == 404:
        return _page(
            404,
            titre="Cette page n’existe pas",
            phrase="Vérifiez l’adresse, ou retrouvez votre commune dans la liste.",
        )
    return _page(
        erreur.code or 500,
        titre="Un problème de notre côté",
        phrase="Réessayez dans quelques minutes, en repartant de la liste.",
    )


def _page(code: int, **phrases: str) -> Response:
    lister: Callable[[], list[CommuneListee]] = current_app.extensions["lister_communes"]
    feuille = url_for("static", filename="css/app.css")
    return make_response(render_template("entree/communes.html", communes=lister(), feuille=feuille, **phrases), code)
