"""« Justifier une absence »: what was declared, and the way to declare."""

from flask import Blueprint

bp = Blueprint("absences", __name__, url_prefix="/absences")
