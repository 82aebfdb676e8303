"""Attestation fiscale, attestation de présence, relevé de compte: made on demand, as PDF.

Forms that only read: their address says what is asked, a wrong date comes back beside its field.
"""

from flask import Blueprint, Response, url_for

from portail_famille.views.acces import parent, qui
from portail_famille.views.guichet_attestations import Guichet
from portail_famille.views.web import lecture

bp = Blueprint("attestations", __name__, url_prefix="/attestations")


@bp.get("")
@parent
def attestations() -> Response:
    return _guichet().page()


@bp.get("/fiscale.pdf")
@parent
def fiscale() -> Response:
    return _guichet().fiscale()


@bp.get("/presence.pdf")
@parent
def presence() -> Response:
    return _guichet().presence()


@bp.get("/releve.pdf")
@parent
def releve() -> Response:
    return _guichet().releve()


def _guichet() -> Guichet:
    """Of the foyer she acts for, and the children of it she answers for today."""
    return Guichet(
        lecture(),
        qui().foyer_id,
        qui().personne_id,
        "attestations/page.html",
        lambda nom: url_for(f"attestations.{nom}"),
        {"onglet": "factures"},
    )
