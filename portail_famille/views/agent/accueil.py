"""The desk’s home: what waits for an answer."""

from flask import Blueprint

bp = Blueprint("agent", __name__, url_prefix="/agent")
