"""An agent’s second factor: enrolled at the first login, asked at each."""

from flask import Blueprint

bp = Blueprint("second_facteur", __name__)
