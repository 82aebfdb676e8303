"""« Ajouter un adulte », « Ajouter un enfant » in a foyer that exists."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import CIVILITES
from portail_famille.forms.ajouts import AUTRE, lire_adulte, lire_autorites, lire_choix, lire_enfant
from portail_famille.services.ajouts import DejaConnu, ajouter_adulte_ou_connu, ajouter_enfant
from portail_famille.services.familles import enfants_du_foyer
from portail_famille.services.foyers_saisis import SaisieRefusee
from portail_famille.services.recherches import adultes_de
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, choix_de_structures, foyer_ou_404, noter_lecture, perimetre
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("agent_ajouts", __name__, url_prefix="/agent/foyers")


@bp.get("/<int:foyer_id>/adultes/nouveau")
@agent(Action.INSTRUIRE)
def adulte(foyer_id: int) -> Response:
    foyer_ou_404(lecture(), foyer_id)
    noter_lecture(foyer_id)
    return _page_adulte(foyer_id)


@bp.post("/<int:foyer_id>/adultes/nouveau")
@agent(Action.INSTRUIRE)
def ajouter_un_adulte(foyer_id: int) -> Response:
    session, saisie, choix = ecriture(), lire_adulte(request.form), lire_choix(request.form)
    foyer_ou_404(session, foyer_id)
    try:
        ajouter_adulte_ou_connu(
            session,
            foyer_id,
            saisie,
            lire_autorites(request.form),
            auteur(),
            maintenant(),
            reglages(),
            perimetre(Action.INSTRUIRE),
            est_confirme=choix.est_autre,
        )
    except RegleViolee as refus:
        session.rollback()
        return _page_adulte(foyer_id, refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id, fait="adulte")


@bp.get("/<int:foyer_id>/enfants/nouveau")
@agent(Action.INSTRUIRE)
def enfant(foyer_id: int) -> Response:
    foyer_ou_404(lecture(), foyer_id)
    noter_lecture(foyer_id)
    return _page_enfant(foyer_id)


@bp.post("/<int:foyer_id>/enfants/nouveau")
@agent(Action.INSTRUIRE)
def ajouter_un_enfant(foyer_id: int) -> Response:
    session, saisie, choix = ecriture(), lire_enfant(request.form), lire_choix(request.form)
    foyer_ou_404(session, foyer_id)
    try:
        ajouter_enfant(
            session,
            foyer_id,
            saisie,
            lire_autorites(request.form),
            auteur(),
            maintenant(),
            perimetre(Action.INSTRUIRE),
            connu_id=choix.connu_id,
            est_confirme=choix.est_autre,
        )
    except RegleViolee as refus:
        session.rollback()
        return _page_enfant(foyer_id, refus)
    return redirect_to("agent_foyers.foyer", foyer_id=foyer_id, fait="enfant")


def _page_adulte(foyer_id: int, refus: RegleViolee | None = None) -> Response:
    return _page(
        "agent/nouvel_adulte.html",
        foyer_id,
        refus,
        civilites=CIVILITES,
        autorites=enfants_du_foyer(lecture(), foyer_id),
    )


def _page_enfant(foyer_id: int, refus: RegleViolee | None = None) -> Response:
    return _page(
        "agent/nouvel_enfant.html",
        foyer_id,
        refus,
        structures=choix_de_structures(),
        autorites=adultes_de(lecture(), [foyer_id])[foyer_id],
    )


def _page(gabarit: str, foyer_id: int, refus: RegleViolee | None, **donnees: Any) -> Response:
    """The form, empty or as it was typed, each fault beside its field."""
    return render(
        gabarit,
        statut=422 if refus else 200,
        saisie=request.form,
        coches=lire_autorites(request.form),
        a_choisir=isinstance(refus, DejaConnu),
        connus=refus.connus if isinstance(refus, DejaConnu) else (),
        autre=AUTRE,
        erreurs=_erreurs(refus),
        action=request.script_root + request.path,
        retour=url_for("agent_foyers.foyer", foyer_id=foyer_id),
        onglet="familles",
        **donnees,
    )


def _erreurs(refus: RegleViolee | None) -> dict[str, str]:
    if isinstance(refus, SaisieRefusee):
        return {champ: faute.message for champ, faute in refus.refus.items()}
    return {refus.champ or "": refus.message} if refus else {}
