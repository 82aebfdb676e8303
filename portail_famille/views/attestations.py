"""Attestation fiscale, attestation de présence, relevé de compte: made on demand, as PDF."""

from flask import Blueprint

bp = Blueprint("attestations", __name__, url_prefix="/attestations")
