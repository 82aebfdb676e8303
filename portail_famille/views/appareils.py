"""Devices logged in, each can be logged out from here."""

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from portail_famille.presentation.vues import Avis
from portail_famille.services.appareils import deconnecter_appareil, deconnecter_les_autres, lister_appareils
from portail_famille.views import web
from portail_famille.views.acces import session_ouverte, titulaire

bp = Blueprint("appareils", __name__, url_prefix="/mon-espace/appareils")

_AVIS = {
    "un": Avis("succes", "Appareil déconnecté", "Il faudra un mot de passe pour y revenir."),
    "autres": Avis("succes", "C’est fait", "Votre espace n’est plus ouvert que sur cet appareil."),
}


@bp.get("")
@titulaire
def appareils() -> Response:
    ouverte = session_ouverte()
    return web.render(
        "appareils/page.html",
        appareils=lister_appareils(web.lecture(), ouverte.compte_id, web.maintenant(), web.reglages().session),
        ici=ouverte.id,
        avis=_AVIS.get(request.args.get("fait", "")),
        onglet="plus",
    )


@bp.post("/<int:session_id>/deconnecter")
@titulaire
def deconnecter(session_id: int) -> Response:
    """Somebody else's session is 404, as one that does not exist."""
    if not deconnecter_appareil(web.ecriture(), session_ouverte().compte_id, session_id, web.maintenant()):
        abort(404)
    return web.redirect_to("appareils.appareils", fait="un")


@bp.post("/deconnecter-les-autres")
@titulaire
def deconnecter_autres() -> Response:
    deconnecter_les_autres(web.ecriture(), session_ouverte().compte_id, current_user.get_id(), web.maintenant())
    return web.redirect_to("appareils.appareils", fait="autres")
