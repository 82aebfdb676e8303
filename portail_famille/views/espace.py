"""« Mon espace »: profile, foyer, entourage, and the changes waiting for an agent."""

from flask import Blueprint

bp = Blueprint("espace", __name__)
