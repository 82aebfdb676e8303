"""« Mes factures »: the list, an invoice, why it costs what it costs, « Adhésion à la facture en ligne »."""

from flask import Blueprint

bp = Blueprint("factures", __name__, url_prefix="/factures")
