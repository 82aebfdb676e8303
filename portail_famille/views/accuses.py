"""The accusé de réception as a PDF, to keep or to print."""

from flask import Blueprint, Response, abort, make_response

from portail_famille.gateways.pdf import imprimer
from portail_famille.presentation.accuses import papier_de_l_accuse
from portail_famille.services import echanges
from portail_famille.services.accuses import dire_accuse
from portail_famille.services.dossiers import jour_de
from portail_famille.views.acces import parent, qui
from portail_famille.views.web import fermer_lecture, lecture, maintenant, reglages

bp = Blueprint("accuses", __name__, url_prefix="/demarches")


@bp.get("/<numero>/accuse.pdf")
@parent
def accuse(numero: str) -> Response:
    """As it was issued, whatever the town's settings have become. 404 where this adult may not read the request."""
    demarche = echanges.trouver(lecture(), qui(), jour_de(maintenant()), numero)
    if demarche is None or demarche.accuse is None:
        abort(404)
    papier = papier_de_l_accuse(dire_accuse(demarche.accuse), reglages().apparence.couleur)
    fermer_lecture()
    reponse = make_response(imprimer("accuse", papier))
    reponse.mimetype = "application/pdf"
    reponse.headers["Content-Disposition"] = f'attachment; filename="accuse-de-reception-{numero}.pdf"'
    reponse.headers["Cache-Control"] = "private, no-store"
    return reponse
