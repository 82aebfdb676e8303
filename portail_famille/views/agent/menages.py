"""A household that separates: its adults, its children, who pays."""

from flask import Blueprint

bp = Blueprint("agent_menages", __name__, url_prefix="/agent/foyers")
