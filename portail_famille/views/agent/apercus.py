"""« Voir comme la famille »: the portal as an adult of this foyer reads it, and only reads."""

from flask import Blueprint

bp = Blueprint("agent_apercus", __name__, url_prefix="/agent/foyers")
