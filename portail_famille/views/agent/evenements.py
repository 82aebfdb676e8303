"""Événements: a strike, an outing, a closure; bookings cancelled in one act, undone within the hour."""

from flask import Blueprint

bp = Blueprint("agent_evenements", __name__, url_prefix="/agent/evenements")
