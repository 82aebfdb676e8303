"""Attestation fiscale, attestation de présence, relevé de compte: made on demand, as PDF.

Forms that only read: their address says what is asked, a wrong date comes back beside its field.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from portail_famille.forms.attestations import DIX_ANS, UN_AN, lire_annee, lire_enfant, lire_periode
from portail_famille.forms.demarches.base import SaisieInvalide
from portail_famille.services.attestations import EnfantDit, annees_payees, enfants_du_foyer
from portail_famille.services.dossiers import jour_de
from portail_famille.views.acces import parent, qui
from portail_famille.views.papiers_attestations import pdf_de_presence, pdf_du_releve, pdf_fiscal
from portail_famille.views.web import lecture, maintenant, render

bp = Blueprint("attestations", __name__, url_prefix="/attestations")

_RIEN = "En {}, rien n’a été payé pour la garde d’un de vos enfants de moins de six ans."


@bp.get("")
@parent
def attestations() -> Response:
    return _page()


@bp.get("/fiscale.pdf")
@parent
def fiscale() -> Response:
    session, foyer_id = lecture(), qui().foyer_id
    try:
        annee = lire_annee(request.args, annees_payees(session, foyer_id, _aujourdhui()))
    except SaisieInvalide as fautes:
        return _page(fautes.erreurs)
    papier = pdf_fiscal(session, foyer_id, annee, _enfants(session))
    return papier if papier is not None else _page({"annee": _RIEN.format(annee)})


@bp.get("/presence.pdf")
@parent
def presence() -> Response:
    """Of a child over whom this adult has authority: nobody else's is among the choices."""
    session = lecture()
    enfants = {enfant.id: enfant for enfant in _enfants(session)}
    erreurs: dict[str, str] = {}
    try:
        enfant_id = lire_enfant(request.args, list(enfants))
    except SaisieInvalide as fautes:
        erreurs |= fautes.erreurs
    try:
        du, au = lire_periode(request.args, "presence", UN_AN)
    except SaisieInvalide as fautes:
        erreurs |= fautes.erreurs
    if erreurs:
        return _page(erreurs)
    return pdf_de_presence(session, qui().foyer_id, enfants[enfant_id], du, au)


@bp.get("/releve.pdf")
@parent
def releve() -> Response:
    """Amounts and numbers, no child: for every adult of the foyer."""
    try:
        du, au = lire_periode(request.args, "releve", DIX_ANS)
    except SaisieInvalide as fautes:
        return _page(fautes.erreurs)
    return pdf_du_releve(lecture(), qui().foyer_id, du, au)


def _page(erreurs: Mapping[str, str] | None = None) -> Response:
    session, aujourdhui = lecture(), _aujourdhui()
    enfants, annees = _enfants(session), annees_payees(session, qui().foyer_id, aujourdhui)
    return render(
        "attestations/page.html",
        statut=422 if erreurs else 200,
        enfants=[(str(enfant.id), enfant.prenom) for enfant in enfants],
        annees=[(str(annee), str(annee)) for annee in annees],
        saisie=_saisie(enfants, annees, aujourdhui, erreurs or {}),
        erreurs=erreurs or {},
        onglet="factures",
    )


def _saisie(
    enfants: list[EnfantDit], annees: list[int], aujourdhui: date, erreurs: Mapping[str, Any]
) -> dict[str, str]:
    """The forms as they open: last year's attestation, the school year, this year's account; or what was typed."""
    rentree = date(aujourdhui.year if aujourdhui.month >= 9 else aujourdhui.year - 1, 9, 1)
    passees = [annee for annee in annees if annee < aujourdhui.year] or annees
    saisie = {
        "annee": str(passees[0]) if passees else "",
        "enfant": str(enfants[0].id) if len(enfants) == 1 else "",
        "presence-du": rentree.isoformat(),
        "presence-au": aujourdhui.isoformat(),
        "releve-du": aujourdhui.replace(month=1, day=1).isoformat(),
        "releve-au": aujourdhui.isoformat(),
    }
    if erreurs:
        prefixe = "releve" if request.endpoint == "attestations.releve" else "presence"
        tapees = {cle: request.args[cle][:40] for cle in ("annee", "enfant") if cle in request.args}
        jours = {f"{prefixe}-{nom}": request.args[nom][:40] for nom in ("du", "au") if nom in request.args}
        saisie |= tapees | jours
    return saisie


def _enfants(session: Session) -> list[EnfantDit]:
    return enfants_du_foyer(session, qui().foyer_id, qui().personne_id, _aujourdhui())


def _aujourdhui() -> date:
    return jour_de(maintenant())
