"""The régie's runs: prepare, check, compare, issue."""

from flask import Blueprint

bp = Blueprint("agent_facturation", __name__, url_prefix="/agent/facturation")
