"""A child’s file: school, health, authorisations, contacts; « ajouter un enfant »."""

from flask import Blueprint

bp = Blueprint("enfants", __name__)
