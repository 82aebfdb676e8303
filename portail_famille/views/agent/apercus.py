"""« Voir comme la famille »: the portal as an adult of this foyer reads it, and only reads."""

from flask import Blueprint, Response, abort, request

from portail_famille.domain.droits import Action
from portail_famille.services.apercus import commencer_apercu, quitter_apercu
from portail_famille.services.perimetres import est_dans_le_perimetre
from portail_famille.views.acces import agent, session_ouverte
from portail_famille.views.agent.bureau import auteur, introuvable, perimetre
from portail_famille.views.web import ecriture, maintenant, numero_de_ligne, redirect_to

bp = Blueprint("agent_apercus", __name__, url_prefix="/agent/foyers")


@bp.post("/<int:foyer_id>/apercu")
@agent(Action.LIRE)
def commencer(foyer_id: int) -> Response:
    session = ecriture()
    if not est_dans_le_perimetre(session, perimetre(), foyer_id):
        introuvable(foyer_id)
    try:
        personne_id = numero_de_ligne(request.form.get("personne", ""))
    except ValueError:
        abort(400)
    commencer_apercu(session, session_ouverte().id, foyer_id, personne_id, perimetre(), auteur(), maintenant())
    return redirect_to("accueil.accueil")


@bp.post("/apercu/quitter")
@agent(Action.LIRE)
def quitter() -> Response:
    """Back to the file of the family."""
    foyer_id = session_ouverte().comme_foyer_id
    quitter_apercu(ecriture(), session_ouverte().id)
    if foyer_id is None:
        return redirect_to("agent_foyers.liste")
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id)
