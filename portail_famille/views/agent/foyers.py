"""A family’s file on one page, with its journal."""

from flask import Blueprint

bp = Blueprint("agent_foyers", __name__, url_prefix="/agent/foyers")
