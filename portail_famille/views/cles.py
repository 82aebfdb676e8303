"""Passkeys: made, listed, removed, and used to log in."""

from flask import Blueprint

bp = Blueprint("cles", __name__)
