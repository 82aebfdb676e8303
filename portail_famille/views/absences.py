"""« Absences »: what was declared, what became of it, and the way to declare."""

from flask import Blueprint, Response, request, url_for

from portail_famille.presentation.absences import composer_absences
from portail_famille.services.absences import TAILLE_PAGE, lister_absences
from portail_famille.services.dossiers import jour_de
from portail_famille.views.acces import parent, qui
from portail_famille.views.foyer import dossier
from portail_famille.views.web import lecture, maintenant, numero_de_ligne, reglages, render

bp = Blueprint("absences", __name__, url_prefix="/absences")


@bp.get("")
@parent
def absences() -> Response:
    lu, avant = dossier(lecture()), request.args.get("avant", type=numero_de_ligne)
    listees = lister_absences(lecture(), qui(), jour_de(maintenant()), avant)
    page = listees[:TAILLE_PAGE]
    return render(
        "absences/page.html",
        lignes=composer_absences(page, lu),
        est_ouverte=reglages().demarches["absence"].est_ouverte,
        est_suite=avant is not None,
        suite=url_for(".absences", avant=page[-1].id) if len(listees) > len(page) else "",
        onglet="demarches",
    )
