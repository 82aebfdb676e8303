"""Words that agents start their answers from, written by the town."""

from flask import Blueprint, Response, abort, request

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.genres import GENRES
from portail_famille.presentation.agent import USAGES
from portail_famille.presentation.vues import Avis
from portail_famille.services.modeles import (
    CHAMPS,
    Modele,
    enregistrer_modele,
    lister_modeles,
    remplir,
    retirer_modele,
    trouver_modele,
    verifier_modele,
)
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur
from portail_famille.views.web import ecriture, lecture, maintenant, redirect_to, reglages, render

bp = Blueprint("agent_modeles", __name__, url_prefix="/agent/modeles")

_FAITS = {"enregistre": "Le modèle est enregistré", "retire": "Le modèle est retiré"}
_ACTION = Action.ADMINISTRER
"""They speak in the town's name, to every family."""


@bp.get("")
@agent(_ACTION)
def liste() -> Response:
    fait = _FAITS.get(request.args.get("fait", ""))
    modeles = lister_modeles(lecture())
    return render(
        "agent/modeles/liste.html",
        rubriques=[(nom, [m for m in modeles if m.usage == usage]) for usage, nom in USAGES.items()],
        noms={code: genre.nom for code, genre in GENRES.items()},
        avis=Avis("succes", fait) if fait else None,
        onglet="demandes",
    )


@bp.get("/nouveau")
@agent(_ACTION)
def nouveau() -> Response:
    """Empty, or from one of ours (`usage` and `titre` in the address)."""
    usage, titre = request.args.get("usage", ""), request.args.get("titre", "")
    trouves = [m for m in lister_modeles(lecture()) if (m.usage, m.titre) == (usage, titre)]
    return _formulaire(trouves[0] if trouves else Modele(None, "complement", "", "", ""), None)


@bp.post("/nouveau")
@agent(_ACTION)
def ajouter() -> Response:
    return _enregistrer(None)


@bp.get("/<int:modele_id>")
@agent(_ACTION)
def modele(modele_id: int) -> Response:
    return _formulaire(trouver_modele(lecture(), modele_id) or abort(404), modele_id)


@bp.post("/<int:modele_id>")
@agent(_ACTION)
def modifier(modele_id: int) -> Response:
    if trouver_modele(lecture(), modele_id) is None:
        abort(404)
    return _enregistrer(modele_id)


@bp.post("/<int:modele_id>/retirer")
@agent(_ACTION)
def retirer(modele_id: int) -> Response:
    retirer_modele(ecriture(), modele_id, auteur(), maintenant())
    return redirect_to(".liste", fait="retire")


def _enregistrer(modele_id: int | None) -> Response:
    """« Aperçu » shows what a family would read and writes nothing."""
    saisi = Modele(modele_id, *(request.form.get(cle, "") for cle in ("usage", "genre", "titre", "texte")))
    try:
        if "apercu" in request.form:
            verifier_modele(saisi)
            exemple = {"prenom": "Camille", "numero": "D2026-000123", "commune": reglages().nom}
            return _formulaire(saisi, modele_id, apercu=remplir(saisi.texte, exemple))
        enregistrer_modele(ecriture(), saisi, auteur(), maintenant())
    except RegleViolee as refus:
        return _formulaire(saisi, modele_id, statut=422, erreurs={refus.champ or "": refus.message})
    return redirect_to(".liste", fait="enregistre")


def _formulaire(
    modele: Modele,
    modele_id: int | None,
    *,
    statut: int = 200,
    erreurs: dict[str, str] | None = None,
    apercu: str = "",
) -> Response:
    return render(
        "agent/modeles/formulaire.html",
        statut=statut,
        modele=modele,
        modele_id=modele_id,
        usages=list(USAGES.items()),
        genres=[("", "Toutes les demandes"), *((code, genre.nom) for code, genre in GENRES.items())],
        champs=CHAMPS,
        erreurs=erreurs or {},
        apercu=apercu,
        onglet="demandes",
    )
