"""Words that agents start their answers from, written by the town."""

from flask import Blueprint

bp = Blueprint("agent_modeles", __name__, url_prefix="/agent/modeles")
