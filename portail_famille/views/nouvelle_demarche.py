"""A new démarche: explanation, steps, documents, summary, « Envoyer », whatever its kind."""

from flask import Blueprint

bp = Blueprint("nouvelle_demarche", __name__, url_prefix="/demarches/nouvelle")
