"""« J’ai oublié mon mot de passe »: asking for a link, choosing another password."""

from flask import Blueprint

bp = Blueprint("mot_de_passe", __name__)
