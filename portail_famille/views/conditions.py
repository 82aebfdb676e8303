"""Conditions générales d’utilisation: read, accepted, asked again when they change."""

from flask import Blueprint

bp = Blueprint("conditions", __name__)
