"""« Changer l’adresse mail » of an adult: mistyped at the counter, or a mailbox she no longer opens."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Personne
from portail_famille.services.adresses import AdresseCorrigee, changer_courriel, compte_de
from portail_famille.services.familles import adulte_du_foyer
from portail_famille.views.acces import agent, qui_agent
from portail_famille.views.agent.bureau import auteur, foyer_ou_404, noter_lecture
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("agent_courriels", __name__, url_prefix="/agent/foyers")

_LONGUEUR = 254


@bp.get("/<int:foyer_id>/adultes/<int:personne_id>/courriel")
@agent(Action.INSTRUIRE)
def courriel(foyer_id: int, personne_id: int) -> Response:
    adulte = _adulte(lecture(), foyer_id, personne_id)
    noter_lecture(foyer_id)
    return _page(lecture(), foyer_id, adulte)


@bp.post("/<int:foyer_id>/adultes/<int:personne_id>/courriel")
@agent(Action.INSTRUIRE)
def changer(foyer_id: int, personne_id: int) -> Response:
    session = ecriture()
    _adulte(session, foyer_id, personne_id)
    saisie = AdresseCorrigee(
        request.form.get("courriel", "")[:_LONGUEUR],
        request.form.get("vue", "")[:_LONGUEUR],
        est_a_reprendre=request.form.get("reprendre") == "oui",
    )
    try:
        parti = changer_courriel(
            session,
            personne_id,
            saisie,
            auteur(),
            maintenant(),
            reglages(),
            foyer_id=foyer_id,
            peut_administrer=qui_agent().peut(Action.ADMINISTRER),
        )
    except RegleViolee as refus:
        session.rollback()
        return _page(session, foyer_id, _adulte(session, foyer_id, personne_id), refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id, fait=f"courriel_{parti}")


def _adulte(session: Session, foyer_id: int, personne_id: int) -> Personne:
    """404 for a foyer of another structure, or an adult of another foyer."""
    foyer_ou_404(session, foyer_id)
    try:
        return adulte_du_foyer(session, foyer_id, personne_id)
    except RegleViolee:
        abort(404)


def _page(session: Session, foyer_id: int, adulte: Personne, refus: RegleViolee | None = None) -> Response:
    compte = compte_de(session, adulte.id)
    erreurs: dict[str, Any] = {refus.champ or "": refus.message} if refus else {}
    return render(
        "agent/courriel.html",
        statut=422 if refus else 200,
        qui=f"{adulte.prenom} {adulte.nom}",
        actuelle=adulte.courriel or "",
        effet=_effet(compte, adulte),
        est_active=compte is not None and compte.est_actif and compte.active_utc is not None,
        saisie=request.form,
        erreurs=erreurs,
        retour=url_for("agent_foyers.foyer", foyer_id=foyer_id),
        action=url_for(".changer", foyer_id=foyer_id, personne_id=adulte.id),
        onglet="familles",
    )


def _effet(compte: Compte | None, adulte: Personne) -> str:
    """What saving does, before it is done."""
    if compte is None:
        return f"{adulte.prenom} n’a pas encore d’espace\u00a0: son lien d’activation part à cette adresse."
    if not compte.est_actif:
        return "Son compte est fermé\u00a0: aucun mail ne part."
    if compte.active_utc is None:
        return (
            "Son compte n’est pas encore activé\u00a0: un nouveau lien d’activation part à cette adresse, "
            "les anciens liens ne fonctionnent plus."
        )
    return (
        "Son compte est actif\u00a0: ses appareils sont déconnectés, un mail prévient l’ancienne adresse et la "
        "nouvelle. Vérifiez d’abord l’identité de la personne."
    )
