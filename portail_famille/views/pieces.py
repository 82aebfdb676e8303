"""Documents: sent by the family, read back by it and by agents."""

from flask import Blueprint

bp = Blueprint("pieces", __name__)
