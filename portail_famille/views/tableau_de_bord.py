"""« Mon tableau de bord »: last requests, documents about to expire, next deadlines."""

from flask import Blueprint

bp = Blueprint("tableau_de_bord", __name__, url_prefix="/tableau-de-bord")
