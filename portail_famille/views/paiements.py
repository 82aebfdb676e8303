"""« Payer par carte bancaire »: to PayFiP and back."""

from flask import Blueprint

bp = Blueprint("paiements", __name__, url_prefix="/paiements")
