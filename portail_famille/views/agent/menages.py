"""A household that separates: its adults, its children, who pays."""

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.forms.menages import NOUVEAU, lire_separation
from portail_famille.services.dossiers import jour_de
from portail_famille.services.familles import enfant_a_changer, enfants_du_foyer
from portail_famille.services.menages import Prevision, Separation, prevoir_separation, separer_menage
from portail_famille.services.perimetres import est_dans_le_perimetre
from portail_famille.services.recherches import adultes_de, chercher_foyers
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, foyer_ou_404, noter_lecture, perimetre, regles
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("agent_menages", __name__, url_prefix="/agent/foyers")


@bp.get("/<int:foyer_id>/separer")
@agent(Action.INSTRUIRE)
def separer(foyer_id: int) -> Response:
    """« adulte » and « date »: what a request for a change of situation said."""
    foyer_ou_404(lecture(), foyer_id)
    noter_lecture(foyer_id)
    aujourdhui = jour_de(maintenant()).isoformat()
    saisie: MultiDict[str, str] = MultiDict(
        {"vers": NOUVEAU, "resident": "oui", "du": max(request.args.get("date", ""), aujourdhui)}
    )
    if "adulte" in request.args:
        saisie.add("adultes", request.args["adulte"])
    return _page(foyer_id, saisie)


@bp.post("/<int:foyer_id>/separer")
@agent(Action.INSTRUIRE)
def confirmer(foyer_id: int) -> Response:
    """First shows what it would do; done once « Je confirme » is ticked on that page."""
    session = ecriture()
    foyer_ou_404(session, foyer_id)
    try:
        separation = lire_separation(foyer_id, request.form, dict(enfants_du_foyer(session, foyer_id)))
        _verifier_perimetre(session, separation)
        prevision = prevoir_separation(session, separation, maintenant(), regles().calendrier)
        if request.form.get("confirme") != "oui":
            return _page(foyer_id, request.form, prevision=prevision)
        la = separer_menage(session, separation, auteur(), maintenant(), regles().calendrier, reglages())
    except RegleViolee as refus:
        session.rollback()
        return _page(foyer_id, request.form, refus=refus)
    return redirect_to("agent_foyers.foyer", foyer_id=la.id, fait="separe")


def _verifier_perimetre(session: Session, separation: Separation) -> None:
    """Where they go, and each child that moves, is this agent's business too."""
    ou = perimetre(Action.INSTRUIRE)
    if separation.vers is not None and not est_dans_le_perimetre(session, ou, separation.vers):
        raise RegleViolee("foyer_absent", "Ce foyer n’est pas de ceux dont vous vous occupez.", "vers")
    for enfant_id, sort in separation.enfants.items():
        if sort != "reste":
            enfant_a_changer(session, ou, separation.foyer_id, enfant_id)


def _page(
    foyer_id: int,
    saisie: MultiDict[str, str],
    *,
    prevision: Prevision | None = None,
    refus: RegleViolee | None = None,
) -> Response:
    recherche = request.values.get("q", "").strip()[:100]
    trouves = chercher_foyers(lecture(), perimetre(Action.INSTRUIRE), recherche)[0] if recherche else []
    return render(
        "agent/menages/separer.html",
        statut=422 if refus else 200,
        foyer_id=foyer_id,
        adultes=adultes_de(lecture(), [foyer_id])[foyer_id],
        enfants=enfants_du_foyer(lecture(), foyer_id),
        foyers=[f for f in trouves if f.id != foyer_id],
        recherche=recherche,
        saisie=saisie,
        partants=saisie.getlist("adultes"),
        prevision=prevision,
        erreurs={refus.champ or "": refus.message} if refus else {},
        nouveau=NOUVEAU,
        retour_href=url_for("agent_foyers.foyer", foyer_id=foyer_id),
        onglet="familles",
    )
