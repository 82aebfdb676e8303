"""« Créer un foyer » by hand, for a family that comes to the counter or asked for a space."""

from collections.abc import Mapping

from flask import Blueprint, Response, abort, request, url_for

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import CIVILITES
from portail_famille.forms.foyers import (
    ENFANTS_MAXIMAUX,
    est_un_ajout,
    lignes_d_enfants,
    lire_foyer,
    rangs_d_enfants,
    saisie_de,
)
from portail_famille.presentation.formats import telephone
from portail_famille.services.bureau import lire_demarche
from portail_famille.services.espaces import accepter_avec_nouveau_foyer, foyer_dit
from portail_famille.services.foyers_saisis import ADULTES_MAXIMAUX, SaisieRefusee, creer_foyer
from portail_famille.services.perimetres import est_dans_le_perimetre, verifier_autrui
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, choix_de_structures, perimetre
from portail_famille.views.web import ecriture, lecture, maintenant, numero_de_ligne, redirect_to, reglages, render

bp = Blueprint("agent_saisie", __name__, url_prefix="/agent/foyers")


@bp.get("/nouveau")
@agent(Action.INSTRUIRE)
def nouveau() -> Response:
    """Empty, or filled with what a family wrote in « Créer mon espace »."""
    numero = request.args.get("demarche", "")
    saisie = {"adultes-0-autorite": "oui", "adultes-1-autorite": "oui", "resident": "oui"}
    if numero:
        lue = lire_demarche(lecture(), perimetre(Action.INSTRUIRE), numero)
        if lue is None or lue.demarche.genre != "espace":
            abort(404)
        saisie |= saisie_de(foyer_dit(lue.demarche.contenu)) | {"version": str(lue.demarche.version)}
        saisie["adultes-0-telephone"] = telephone(saisie["adultes-0-telephone"])
    return _page(saisie | {"demarche": numero})


@bp.post("/nouveau")
@agent(Action.INSTRUIRE)
def creer() -> Response:
    if est_un_ajout(request.form):
        return _page(request.form)
    session, saisie, numero = ecriture(), lire_foyer(request.form), request.form.get("demarche", "")
    try:
        for adulte in saisie.adultes:
            verifier_autrui(session, perimetre(), personne_id=adulte.personne_id, courriel=adulte.courriel)
        foyer = creer_foyer(session, saisie, auteur(), maintenant(), reglages())
        if not est_dans_le_perimetre(session, perimetre(Action.INSTRUIRE), foyer.id):
            # She would not see it a moment later.
            raise RegleViolee("hors_perimetre", "Ajoutez un enfant de votre structure.", "enfants-0-structure")
        if numero:
            lue = lire_demarche(session, perimetre(Action.INSTRUIRE), numero) or abort(404)
            version = request.form.get("version", -1, type=numero_de_ligne)
            accepter_avec_nouveau_foyer(session, lue.demarche, version, foyer, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        return _page(
            request.form,
            statut=422,
            erreurs=_erreurs(refus),
            a_confirmer=refus.code == "famille_connue" or "confirmation" in request.form,
        )
    return redirect_to("agent_foyers.foyer", foyer_id=foyer.id, fait="cree")


def _erreurs(refus: RegleViolee) -> dict[str, str]:
    """By field of the form: children are told by their line, whatever lines above were left empty."""
    fautes = refus.refus if isinstance(refus, SaisieRefusee) else {refus.champ or "": refus}
    rangs = rangs_d_enfants(request.form)
    erreurs = {}
    for champ, faute in fautes.items():
        genre, _, reste = champ.partition("-")
        rang, _, nom = reste.partition("-")
        est_enfant = genre == "enfants" and rang.isdecimal() and int(rang) < len(rangs)
        erreurs[f"enfants-{rangs[int(rang)]}-{nom}" if est_enfant else champ] = faute.message
    return erreurs


def _page(
    saisie: Mapping[str, str], *, statut: int = 200, erreurs: dict[str, str] | None = None, a_confirmer: bool = False
) -> Response:
    enfants = lignes_d_enfants(saisie)
    return render(
        "agent/nouveau_foyer.html",
        statut=statut,
        saisie=saisie,
        erreurs=erreurs or {},
        a_confirmer=a_confirmer,
        adultes=range(ADULTES_MAXIMAUX),
        enfants=range(enfants),
        nouvelle_ligne=enfants - 1 if est_un_ajout(saisie) else None,
        a_place_d_enfant=enfants < ENFANTS_MAXIMAUX,
        civilites=CIVILITES,
        structures=choix_de_structures(),
        retour_href=url_for("agent_foyers.liste"),
        onglet="familles",
    )
