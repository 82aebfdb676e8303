"""« Identifiants »: login name, mail address confirmed on both sides, password."""

from flask import Blueprint

bp = Blueprint("identifiants", __name__)
