"""Démarches: old and new values side by side, accept, refuse."""

from flask import Blueprint

bp = Blueprint("agent_demarches", __name__, url_prefix="/agent/demarches")
