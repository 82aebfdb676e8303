"""Garde alternée: its calendar."""

from flask import Blueprint

bp = Blueprint("gardes", __name__)
