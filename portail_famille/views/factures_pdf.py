"""Invoices, avoirs and receipts of payment as PDF, to keep or to print."""

from flask import Blueprint, Response, abort

from portail_famille.services import factures
from portail_famille.services.dossiers import jour_de
from portail_famille.services.papiers_factures import trouver_recu
from portail_famille.views.acces import parent, qui
from portail_famille.views.papiers import pdf_de_la_facture, pdf_du_recu
from portail_famille.views.web import lecture, maintenant

bp = Blueprint("factures_pdf", __name__, url_prefix="/factures")


@bp.get("/<int:facture_id>.pdf")
@parent
def facture(facture_id: int) -> Response:
    """Every line of it is there: for who pays it, or has authority over all its children. 404 to anybody else."""
    session = lecture()
    vue = factures.trouver(session, qui(), jour_de(maintenant()), facture_id)
    if vue is None or not vue.voit_tout:
        abort(404)
    return pdf_de_la_facture(session, vue.facture)


@bp.get("/reglements/<int:reglement_id>.pdf")
@parent
def recu(reglement_id: int) -> Response:
    """Names amounts and invoices, no child: for every adult of the foyer."""
    session = lecture()
    reglement = trouver_recu(session, qui().foyer_id, reglement_id)
    if reglement is None:
        abort(404)
    return pdf_du_recu(session, reglement)
