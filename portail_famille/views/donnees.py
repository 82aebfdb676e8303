"""« Mes données »: export, request for deletion."""

from flask import Blueprint

bp = Blueprint("donnees", __name__)
