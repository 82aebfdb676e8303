"""Spreadsheets of what is on the screen."""

from flask import Blueprint

bp = Blueprint("agent_extractions", __name__, url_prefix="/agent/exports")
