"""« Créer mon espace », for a family unknown to the town."""

from flask import Blueprint

bp = Blueprint("creation", __name__)
