"""« Ma famille », and which foyer one acts for."""

from flask import Blueprint, Response, abort, request

from portail_famille.presentation.accueil import composer_famille
from portail_famille.services.editions import foyer_en_lecture
from portail_famille.services.enfants import ajouts_en_attente
from portail_famille.services.foyers import lire_foyer
from portail_famille.views.acces import choisir_foyer, parent, qui
from portail_famille.views.connexion import suite_sure
from portail_famille.views.foyer import dossier, hrefs_agenda, mes_foyers
from portail_famille.views.web import aller_a, lecture, numero_de_ligne, redirect_to, reglages, render

bp = Blueprint("famille", __name__)


@bp.get("/famille")
@parent
def famille() -> Response:
    lu = dossier(lecture())
    compose = composer_famille(lu, lire_foyer(lecture(), lu.foyer_id), hrefs_agenda(lu))
    choix = tuple((str(foyer.id), foyer.texte) for foyer in mes_foyers())
    return render(
        "famille/page.html",
        famille=compose,
        choix_foyers=choix,
        ajouts=ajouts_en_attente(lecture(), lu.foyer_id),
        compte_id=qui().compte_id,
        peut_ajouter=reglages().demarches["enfant"].est_ouverte and not foyer_en_lecture(lu),
        onglet="accueil",
    )


@bp.post("/foyer")
@parent
def changer_foyer() -> Response:
    """A person of two foyers says for which one she acts from now on; another family's is 404."""
    choisir_foyer(request.form.get("foyer", type=numero_de_ligne) or abort(404))
    suite = request.form.get("suite", "")
    return aller_a(suite_sure(suite)) if suite else redirect_to("famille.famille")
