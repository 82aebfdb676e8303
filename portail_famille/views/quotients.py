"""« Mon quotient familial »: what is known, from when to when, and the prices it gives."""

from flask import Blueprint

bp = Blueprint("quotients", __name__, url_prefix="/quotient-familial")
