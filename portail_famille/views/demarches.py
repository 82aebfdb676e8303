"""History of the family's démarches, and each one's page: timeline, messages, complete, withdraw."""

from flask import Blueprint

bp = Blueprint("demarches", __name__, url_prefix="/demarches")
