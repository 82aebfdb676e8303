"""« Mon quotient familial »: what is known, from when to when, and the prices it gives."""

from flask import Blueprint, Response

from portail_famille.presentation.quotients import composer_quotient
from portail_famille.services.quotients import GENRE, declaration_ouverte, lire_quotients
from portail_famille.views.acces import parent
from portail_famille.views.foyer import dossier
from portail_famille.views.web import lecture, reglages, render

bp = Blueprint("quotients", __name__, url_prefix="/quotient-familial")


@bp.get("")
@parent
def quotient() -> Response:
    session = lecture()
    lu, reglage = dossier(session), reglages()
    page = composer_quotient(
        lu,
        lire_quotients(session, lu.foyer_id),
        declaration_ouverte(session, lu.foyer_id),
        reglage.quotient.rappel_jours,
    )
    return render(
        "quotients/page.html",
        q=page,
        est_ouverte=reglage.demarches[GENRE].est_ouverte,
        peut_demander=bool(reglage.quotient.api_particulier_url and reglage.quotient.api_particulier_jeton),
        onglet="accueil",
    )
