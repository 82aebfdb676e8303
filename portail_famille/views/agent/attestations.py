"""Attestations of a family, printed at the desk for who comes to ask: those that it makes by itself."""

from flask import Blueprint, Response, url_for

from portail_famille.domain.droits import Action
from portail_famille.services.attestations import lire_titulaire
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import noter_lecture
from portail_famille.views.agent.regie import compte_lisible
from portail_famille.views.guichet_attestations import Guichet
from portail_famille.views.web import lecture

bp = Blueprint("agent_attestations", __name__, url_prefix="/agent/reglements/foyers/<int:foyer_id>/attestations")


@bp.get("")
@agent(Action.LIRE)
def attestations(foyer_id: int) -> Response:
    return _guichet(foyer_id).page()


@bp.get("/fiscale.pdf")
@agent(Action.LIRE)
def fiscale(foyer_id: int) -> Response:
    return _guichet(foyer_id).fiscale()


@bp.get("/presence.pdf")
@agent(Action.LIRE)
def presence(foyer_id: int) -> Response:
    return _guichet(foyer_id).presence()


@bp.get("/releve.pdf")
@agent(Action.LIRE)
def releve(foyer_id: int) -> Response:
    return _guichet(foyer_id).releve()


def _guichet(foyer_id: int) -> Guichet:
    """404 outside of her perimeter; each reading is in the journal."""
    session = lecture()
    compte_lisible(session, foyer_id)
    noter_lecture(foyer_id)
    return Guichet(
        session,
        foyer_id,
        None,
        "agent/reglements/attestations.html",
        lambda nom: url_for(f"agent_attestations.{nom}", foyer_id=foyer_id),
        {"foyer_id": foyer_id, "nom": lire_titulaire(session, foyer_id).foyer, "onglet": "foyers"},
    )
