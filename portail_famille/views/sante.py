"""A child's health, and the requests about its PAI."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from portail_famille.domain.entourage import REGIMES, Sante
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.forms.enfants import lire_date, lire_sante
from portail_famille.presentation.enfants import dire_pai
from portail_famille.presentation.formats import telephone
from portail_famille.services import sante as services
from portail_famille.services.accuses import accuser
from portail_famille.services.documents import pieces_de_l_enfant, regles_de
from portail_famille.services.dossiers import jour_de
from portail_famille.views.acces import parent
from portail_famille.views.fiche_enfant import (
    SANTE,
    auteur,
    chiffre,
    document_recu,
    ouvrir_pour_changer,
    statut_de,
)
from portail_famille.views.web import ecriture, lecture, maintenant, recoit_document, redirect_to, reglages, render

bp = Blueprint("sante", __name__, url_prefix="/famille/enfants/<int:enfant_id>")


@bp.get("/sante")
@parent
def sante(enfant_id: int) -> Response:
    ouverte = ouvrir_pour_changer(lecture(), enfant_id, SANTE)
    connue, _ = services.lire_sante(lecture(), chiffre(), enfant_id)
    actuelle = services.montrer_sante(lecture(), connue, enfant_id, ouverte.dossier.foyer_id)
    return _page(ouverte.enfant.prenom, enfant_id, _saisie(actuelle), actuelle.empreinte)


@bp.post("/sante")
@parent
def enregistrer(enfant_id: int) -> Response:
    session = ecriture()
    ouverte = ouvrir_pour_changer(session, enfant_id, SANTE)
    saisie, lu = lire_sante(request.form)
    vue = request.form.get("empreinte", "")
    if saisie is None:
        return _page(ouverte.enfant.prenom, enfant_id, lu.valeurs, vue, statut=422, erreurs=lu.erreurs)
    try:
        change = services.modifier_sante(
            session,
            chiffre(),
            enfant_id=enfant_id,
            foyer_id=ouverte.dossier.foyer_id,
            saisie=saisie,
            empreinte_vue=vue,
            auteur=auteur(),
            maintenant=maintenant(),
        )
    except services.SanteChangee as changee:
        actuelle = changee.actuelle
        return _page(
            ouverte.enfant.prenom, enfant_id, lu.valeurs, actuelle.empreinte, statut=409, devenu=_saisie(actuelle)
        )
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait="enregistre" if change else "rien", _anchor="sante")


@bp.get("/pai")
@parent
def pai(enfant_id: int) -> Response:
    return _page_pai(enfant_id)


@bp.post("/pai")
@parent
@recoit_document
def demander_pai(enfant_id: int) -> Response:
    """A PAI changes prices and what a team does: an agent reads the document first."""
    ouvrir_pour_changer(lecture(), enfant_id, SANTE)
    jusqua = lire_date(request.form.get("jusqua", ""))
    erreurs = {} if jusqua else {"jusqua": "Écrivez la date de fin qui est sur le PAI."}
    try:
        document = document_recu()
    except RegleViolee as refus:
        return _page_pai(enfant_id, statut_de(refus.code), erreurs | {"document": refus.message})
    if document is None:
        erreurs["document"] = "Joignez le PAI signé\u00a0: une photo ou un PDF."
    if jusqua is None or document is None:
        return _page_pai(enfant_id, 422, erreurs)
    session = ecriture()
    ouverte = ouvrir_pour_changer(session, enfant_id, SANTE)
    try:
        demarche = services.demander_pai(
            session,
            document,
            enfant_id=enfant_id,
            foyer_id=ouverte.dossier.foyer_id,
            jusqua=jusqua,
            aujourdhui=jour_de(maintenant()),
            auteur=auteur(),
            maintenant=maintenant(),
            regles=regles_de(reglages()),
        )
    except RegleViolee as refus:
        return _page_pai(enfant_id, 422 if refus.champ else 409, {refus.champ or "": refus.message})
    accuser(demarche, reglages())
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait="demande", _anchor="sante")


@bp.post("/pai/arreter")
@parent
def arreter_pai(enfant_id: int) -> Response:
    session = ecriture()
    ouverte = ouvrir_pour_changer(session, enfant_id, SANTE)
    try:
        demarche = services.demander_fin_pai(
            session,
            enfant_id=enfant_id,
            foyer_id=ouverte.dossier.foyer_id,
            auteur=auteur(),
            maintenant=maintenant(),
        )
    except RegleViolee as refus:
        return _page_pai(enfant_id, 409, {"": refus.message})
    accuser(demarche, reglages())
    return redirect_to("enfants.enfant", enfant_id=enfant_id, fait="demande", _anchor="sante")


def _page(
    prenom: str,
    enfant_id: int,
    saisie: Mapping[str, Any],
    empreinte: str,
    *,
    statut: int = 200,
    erreurs: Mapping[str, str] | None = None,
    devenu: Mapping[str, str] | None = None,
) -> Response:
    """`devenu`: what the other parent made of it meanwhile, shown beside what is being typed."""
    differents = {
        champ: (REGIMES[valeur] if champ == "regime" else valeur) or "rien"
        for champ, valeur in (devenu or {}).items()
        if valeur != saisie.get(champ)
    }
    return render(
        "enfants/sante.html",
        statut=statut,
        prenom=prenom,
        enfant_id=enfant_id,
        saisie=saisie,
        empreinte=empreinte,
        erreurs=erreurs or {},
        devenu=differents,
        regimes=tuple(REGIMES.items()),
        onglet="accueil",
    )


def _page_pai(enfant_id: int, statut: int = 200, erreurs: Mapping[str, str] | None = None) -> Response:
    ouverte = ouvrir_pour_changer(lecture(), enfant_id, SANTE)
    enfant = ouverte.enfant
    pieces = pieces_de_l_enfant(lecture(), ouverte.dossier.foyer_id, enfant_id)
    return render(
        "enfants/pai.html",
        statut=statut,
        prenom=enfant.prenom,
        enfant_id=enfant_id,
        pai=enfant.pai,
        etat=dire_pai(enfant.pai, pieces, jour_de(maintenant())),
        jusqua=request.form.get("jusqua", ""),
        erreurs=erreurs or {},
        onglet="accueil",
    )


def _saisie(sante: Sante) -> dict[str, str]:
    return {
        "allergies": sante.allergies,
        "regime": sante.regime,
        "medecin": sante.medecin,
        "medecin_telephone": telephone(sante.medecin_telephone) if sante.medecin_telephone else "",
    }
