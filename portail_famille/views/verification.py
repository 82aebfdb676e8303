"""The yearly check of the file: « tout est exact » or « corriger »."""

from flask import Blueprint

bp = Blueprint("verification", __name__)
