"""The porte-documents: the family's papers, kept once and joined to any démarche."""

from flask import Blueprint

bp = Blueprint("porte_documents", __name__, url_prefix="/porte-documents")
