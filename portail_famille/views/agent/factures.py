"""An invoice seen from the desk: its avoirs, its payments, what became of it."""

from flask import Blueprint

bp = Blueprint("agent_factures", __name__, url_prefix="/agent/factures")
