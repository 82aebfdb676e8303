"""First entry: the activation link, the 6-digit code, the first password."""

from flask import Blueprint

bp = Blueprint("activation", __name__)
