"""Doubles merged into one, after a preview, and back."""

from flask import Blueprint

bp = Blueprint("agent_fusions", __name__, url_prefix="/agent/fusions")
