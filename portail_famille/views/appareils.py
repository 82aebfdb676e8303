"""Devices logged in, each can be logged out from here."""

from flask import Blueprint

bp = Blueprint("appareils", __name__)
