"""Spreadsheets of what is on the screen: at once when short, waited for when long."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, make_response, request

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.coffre import ObjetAbsent
from portail_famille.gateways.tableur import TYPES
from portail_famille.models.extractions import Extraction
from portail_famille.presentation.agent import quand
from portail_famille.services.extractions import (
    exporter as exporter_liste,
)
from portail_famille.services.extractions import (
    lister_extractions,
    noter_telechargement,
    trouver_extraction,
    verifier_portee,
)
from portail_famille.services.listes import LISTES
from portail_famille.services.listes_factures import lire_criteres
from portail_famille.services.perimetres import Perimetre
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import auteur, perimetre
from portail_famille.views.agent.filtres import lire_filtre
from portail_famille.views.fiche_enfant import coffre
from portail_famille.views.pieces import disposition
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, render

bp = Blueprint("agent_extractions", __name__, url_prefix="/agent/exports")


@bp.get("")
@agent(Action.LIRE)
def liste() -> Response:
    lues = lister_extractions(lecture(), qui_agent().compte_id, maintenant())
    return render("agent/extractions/liste.html", extractions=[_vue(e) for e in lues], onglet="demandes")


@bp.post("")
@agent(Action.LIRE)
def exporter() -> Response:
    """A POST: it leaves a line in the journal."""
    genre, format_ = request.form.get("liste", ""), request.form.get("format", "")
    if genre not in LISTES or format_ not in TYPES:
        abort(400)
    ou = _ou(genre)
    try:
        faite = exporter_liste(lecture(), ecriture(), ou, genre, format_, _criteres(genre), auteur(), maintenant())
    except RegleViolee as refus:
        lues = lister_extractions(lecture(), qui_agent().compte_id, maintenant())
        vues = [_vue(e) for e in lues]
        return render("agent/extractions/liste.html", statut=409, extractions=vues, refus=refus.message)
    if isinstance(faite, Extraction):
        return redirect_to(".extraction", extraction_id=faite.id)
    return _fichier(*faite, format_)


@bp.get("/<int:extraction_id>")
@agent(Action.LIRE)
def extraction(extraction_id: int) -> Response:
    """How far it is. The fragment asks for itself again every two seconds, until the file is there."""
    return render(
        "agent/extractions/page.html",
        "agent/extractions/_progres.html",
        e=_vue(_mienne(extraction_id)),
        onglet="demandes",
    )


@bp.post("/<int:extraction_id>/fichier")
@agent(Action.LIRE)
def fichier(extraction_id: int) -> Response:
    demandee = _mienne(extraction_id)
    if demandee.objet is None:
        abort(404)
    verifier_portee(demandee, _ou(demandee.genre))
    try:
        octets = coffre().get(demandee.objet)
    except ObjetAbsent:
        abort(404, description="Cette liste n’est plus conservée\u00a0: demandez-la de nouveau.")
    noter_telechargement(ecriture(), demandee.genre, demandee.total or 0, auteur(), maintenant())
    return _fichier(demandee.nom, octets, demandee.format)


def _ou(genre: str) -> Perimetre:
    """Where this agent may have this list made; 404 when nowhere."""
    ou = perimetre(LISTES[genre].action)
    return ou if LISTES[genre].est_permise(ou) else abort(404)


def _mienne(extraction_id: int) -> Extraction:
    return trouver_extraction(lecture(), extraction_id, qui_agent().compte_id, maintenant()) or abort(404)


def _criteres(genre: str) -> dict[str, Any]:
    """What was on the screen, as the list reads it."""
    if genre == "demarches":
        return asdict(lire_filtre(request.form))
    if LISTES[genre].est_de_toute_la_ville:
        return lire_criteres(request.form)
    return {"recherche": request.form.get("q", "").strip()[:100]}


def _fichier(nom: str, octets: bytes, format_: str) -> Response:
    reponse = make_response(octets)
    reponse.mimetype = TYPES[format_]
    reponse.headers["Content-Disposition"] = disposition(nom, TYPES[format_])
    reponse.headers["Cache-Control"] = "private, no-store"
    return reponse


def _vue(e: Extraction) -> dict[str, Any]:
    return {
        "id": e.id,
        "titre": f"{LISTES[e.genre].titre}, {e.format.upper()}",
        "etat": e.etat,
        "fait": e.fait,
        "total": e.total,
        "quand": quand(e.demandee_utc),
        "expire": quand(e.expire_utc) if e.expire_utc else "",
    }
