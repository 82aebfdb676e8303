"""Conditions générales d’utilisation: read, accepted, asked again when they change."""

from flask import Blueprint, Response, request
from flask_login import current_user

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.markdown import rendre_markdown
from portail_famille.presentation.vues import Avis
from portail_famille.services import conditions as service
from portail_famille.services.comptes import SessionOuverte
from portail_famille.views import web
from portail_famille.views.acces import est_chargement, parent_entrant, porte, public, session_ouverte
from portail_famille.views.connexion import suite_sure

bp = Blueprint("conditions", __name__)


@bp.get("/conditions-generales")
@public
def conditions() -> Response:
    """Readable by everyone; the button is for who is logged in and has not accepted this version."""
    return _page(request.args.get("suite", ""))


@bp.post("/conditions-generales")
@parent_entrant
def accepter() -> Response:
    suite = request.form.get("suite", "")
    version = request.form.get("version", 0, type=web.numero_de_ligne)
    try:
        service.accepter(web.ecriture(), session_ouverte().compte_id, version, web.maintenant())
    except RegleViolee as refus:
        return _page(suite, statut=409, avis=Avis("attention", refus.message))
    return web.aller_a(suite_sure(suite))


@porte("conditions")
def _porte(ouverte: SessionOuverte) -> Response | None:
    """Never accepted any: nothing goes on without it. A newer version: asked at the next page, so that what is being
    typed is not lost. Families only: an agent of no foyer has her own rules with the town."""
    demandees, acceptees = ouverte.conditions_en_vigueur, ouverte.conditions_acceptees
    if not ouverte.foyers or demandees is None:
        return None
    if acceptees is not None and (acceptees >= demandees or not est_chargement()):
        return None
    suite = request.script_root + request.full_path.removesuffix("?") if est_chargement() else None
    return web.redirect_to("conditions.conditions", suite=suite)


def _page(suite: str, *, statut: int = 200, avis: Avis | None = None) -> Response:
    actuelles = service.en_vigueur(web.lecture(), web.maintenant().astimezone(PARIS).date())
    ouverte = current_user.ouverte if current_user.is_authenticated else None
    acceptee = None
    if ouverte is not None and actuelles is not None:
        acceptee = service.acceptee_le(web.lecture(), ouverte.compte_id, actuelles.version)
    return web.render(
        "conditions/page.html",
        statut=statut,
        conditions=actuelles,
        html=rendre_markdown(actuelles.texte) if actuelles else "",
        acceptee=acceptee,
        est_nouvelle=ouverte is not None and ouverte.conditions_acceptees is not None,
        a_accepter=ouverte is not None and bool(ouverte.foyers) and actuelles is not None and acceptee is None,
        suite=suite_sure(suite) if suite else "",
        avis=avis,
    )
