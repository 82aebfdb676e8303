"""An adult leaves a foyer without another one: shown first, done once confirmed."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.forms.menages import lire_date
from portail_famille.services.departs import Depart, Prevision, prevoir_depart, retirer_adulte
from portail_famille.services.dossiers import jour_de
from portail_famille.services.familles import adulte_du_foyer
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, foyer_ou_404, noter_lecture, perimetre
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, render

bp = Blueprint("agent_departs", __name__, url_prefix="/agent/foyers")


@bp.get("/<int:foyer_id>/adultes/<int:personne_id>/retirer")
@agent(Action.INSTRUIRE)
def retirer(foyer_id: int, personne_id: int) -> Response:
    """« motif » and « date »: what a request for a change of situation said."""
    nom = _adulte(lecture(), foyer_id, personne_id)
    noter_lecture(foyer_id)
    aujourdhui = jour_de(maintenant()).isoformat()
    saisie = {"motif": request.args.get("motif", ""), "le": request.args.get("date") or aujourdhui}
    return _page(foyer_id, personne_id, nom, saisie)


@bp.post("/<int:foyer_id>/adultes/<int:personne_id>/retirer")
@agent(Action.INSTRUIRE)
def confirmer(foyer_id: int, personne_id: int) -> Response:
    """First shows what it would do; done once « Je confirme » is ticked on that page."""
    session = ecriture()
    nom = _adulte(session, foyer_id, personne_id)
    try:
        motif = request.form.get("motif")
        if motif not in ("deces", "depart"):
            raise RegleViolee("motif_absent", "Dites pourquoi cette personne quitte le foyer.", "motif")
        depart = Depart(foyer_id, personne_id, motif == "deces", lire_date(request.form, "le"))
        if request.form.get("confirme") != "oui":
            prevision = prevoir_depart(session, depart, perimetre(Action.INSTRUIRE), maintenant())
            return _page(foyer_id, personne_id, nom, request.form, prevision=prevision)
        retirer_adulte(session, depart, perimetre(Action.INSTRUIRE), auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        return _page(foyer_id, personne_id, nom, request.form, refus=refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id, fait="retire")


def _adulte(session: Session, foyer_id: int, personne_id: int) -> str:
    """Her name. 404 for a foyer of another structure, or somebody of another foyer."""
    foyer_ou_404(session, foyer_id)
    try:
        personne = adulte_du_foyer(session, foyer_id, personne_id)
    except RegleViolee as refus:
        abort(404, description=refus.message)
    return f"{personne.prenom} {personne.nom}"


def _page(
    foyer_id: int,
    personne_id: int,
    nom: str,
    saisie: Mapping[str, str],
    *,
    prevision: Prevision | None = None,
    refus: RegleViolee | None = None,
) -> Response:
    return render(
        "agent/departs/retirer.html",
        statut=422 if refus else 200,
        foyer_id=foyer_id,
        personne_id=personne_id,
        nom=nom,
        saisie=saisie,
        prevision=prevision,
        erreurs={refus.champ or "motif": refus.message} if refus else {},
        retour_href=url_for("agent_foyers.foyer", foyer_id=foyer_id),
        onglet="familles",
    )
