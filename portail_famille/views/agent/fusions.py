"""Doubles merged into one, after a preview, and back."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy import select

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.foyers import Personne
from portail_famille.presentation.agent import quand
from portail_famille.presentation.fusions import GENRES, dire_choix, dire_conflits, dire_deplaces
from portail_famille.presentation.vues import Avis
from portail_famille.services.candidats import nommer_fiche, proposer_candidats
from portail_famille.services.fusions import (
    CHAMPS,
    SANTE,
    Apercu,
    annuler_fusion,
    est_fusionnable,
    foyers_de,
    fusionner,
    lister_fusions,
    preparer_fusion,
)
from portail_famille.services.perimetres import Perimetre
from portail_famille.views.acces import agent
from portail_famille.views.agent.bureau import auteur, nom_de_structure, noter_lecture, perimetre, regles
from portail_famille.views.web import ecriture, lecture, maintenant, numero_de_ligne, redirect_to, reglages, render

bp = Blueprint("agent_fusions", __name__, url_prefix="/agent/fusions")

_FAITS = {
    "fusion": "Les deux fiches n’en font plus qu’une. Vous pouvez l’annuler pendant 30 jours.",
    "annulee": "La fusion est annulée\u00a0: les deux fiches sont de nouveau là.",
}


@bp.get("")
@agent(Action.INSTRUIRE)
def liste() -> Response:
    """Merges already made; with a first row chosen, the search of the second; with both, the preview."""
    ou, genre = _perimetre(), request.args.get("genre", "")
    un, deux = (request.args.get(nom, type=numero_de_ligne) for nom in ("un", "deux"))
    if genre not in GENRES or un is None:
        return _liste()
    _verifier(ou, genre, un)
    _noter(genre, un)
    if deux is not None:
        _verifier(ou, genre, deux)
        _noter(genre, deux)
        return _apercu(genre, un, deux)
    nom = nommer_fiche(lecture(), genre, un)
    recherche = request.args.get("q", "").strip()[:100] or nom
    return render(
        "agent/fusions/choisir.html",
        genre=genre,
        mot=GENRES[genre],
        un=un,
        nom=nom,
        recherche=recherche,
        candidats=proposer_candidats(lecture(), ou, genre, un, recherche),
        onglet="familles",
    )


@bp.post("")
@agent(Action.INSTRUIRE)
def reunir() -> Response:
    ou, genre = _perimetre(), request.form.get("genre", "")
    if genre not in GENRES:
        abort(400)
    try:
        garde, fondu = (numero_de_ligne(request.form.get(nom, "")) for nom in ("un", "deux"))
    except ValueError:
        abort(400)
    _verifier(ou, genre, garde)
    _verifier(ou, genre, fondu)
    for id_ in (garde, fondu):
        _noter(genre, id_)
    session = ecriture()
    try:
        if request.form.get("confirme") != "oui":
            raise RegleViolee("a_confirmer", "Cochez «\u00a0C’est bien la même fiche\u00a0», puis recommencez.")
        fusionner(session, genre, garde, fondu, _choix(genre), auteur(), maintenant(), reglages(), _chiffre())
    except RegleViolee as refus:
        session.rollback()
        return _apercu(genre, garde, fondu, refus)
    return redirect_to(".liste", fait="fusion")


@bp.post("/<int:fusion_id>/annuler")
@agent(Action.INSTRUIRE)
def annuler(fusion_id: int) -> Response:
    ou, session = _perimetre(), ecriture()
    lue = next((f.fusion for f in lister_fusions(session, maintenant()) if f.fusion.id == fusion_id), None)
    if lue is None or not est_fusionnable(session, ou, lue.genre, lue.garde_id):
        abort(404)
    try:
        annuler_fusion(session, fusion_id, auteur(), maintenant())
    except RegleViolee as refus:
        session.rollback()
        return _liste(409, Avis("erreur", "Rien n’a changé.", refus.message))
    return redirect_to(".liste", fait="annulee")


def _perimetre() -> Perimetre:
    """Doubles may be anywhere in town: only who decides everywhere. Who administers gives roles and opens no file."""
    ou = perimetre(Action.INSTRUIRE)
    if not ou.est_partout:
        abort(404)
    return ou


def _verifier(ou: Perimetre, genre: str, id_: int) -> None:
    if not est_fusionnable(lecture(), ou, genre, id_):
        abort(404)


def _noter(genre: str, id_: int) -> None:
    """A line of the journal of each family whose file the page shows."""
    for foyer_id in foyers_de(lecture(), genre, id_):
        noter_lecture(foyer_id)


def _chiffre() -> Chiffre:
    return Chiffre(reglages().cle_coffre)


def _choix(genre: str) -> dict[str, str]:
    return {champ: request.values[champ] for champ in (*CHAMPS[genre], SANTE) if champ in request.values}


def _liste(statut: int = 200, avis: Avis | None = None) -> Response:
    fait = _FAITS.get(request.args.get("fait", ""))
    return render(
        "agent/fusions/liste.html",
        statut=statut,
        avis=avis or (Avis("succes", "C’est fait.", fait) if fait else None),
        fusions=[
            {
                "id": lue.fusion.id,
                "mot": GENRES[lue.fusion.genre],
                "garde": lue.garde or "effacé",
                "fondu": lue.fondu,
                "quand": quand(lue.fusion.a_utc),
                "qui": lue.qui,
                "est_annulee": lue.fusion.annulee_utc is not None,
                "est_annulable": lue.est_annulable,
            }
            for lue in lister_fusions(lecture(), maintenant())
        ],
        onglet="familles",
    )


def _apercu(genre: str, garde: int, fondu: int, refus: RegleViolee | None = None) -> Response:
    try:
        apercu = preparer_fusion(lecture(), genre, garde, fondu, maintenant(), _chiffre(), _choix(genre))
    except RegleViolee as absente:
        abort(404, description=absente.message)
    return render(
        "agent/fusions/apercu.html",
        statut=409 if refus else 200,
        genre=genre,
        mot=GENRES[genre],
        garde=_fiche(apercu, "garde"),
        fondu=_fiche(apercu, "fondu"),
        choix=dire_choix(apercu, _noms(apercu)),
        deplaces=dire_deplaces(apercu),
        conflits=dire_conflits(apercu),
        blocages=apercu.blocages,
        avis=Avis("erreur", "Rien n’a changé.", refus.message) if refus else None,
        inverse=url_for(".liste", genre=genre, un=fondu, deux=garde),
        onglet="familles",
    )


def _fiche(apercu: Apercu, cote: str) -> dict[str, Any]:
    ligne = getattr(apercu, cote)
    nom = ligne["nom"] if apercu.genre == "foyer" else f"{ligne['prenom']} {ligne['nom']}"
    return {"id": ligne["id"], "nom": nom}


def _noms(apercu: Apercu) -> dict[str, dict[int, str]]:
    """Who and what the ids of the fields stand for."""
    if apercu.genre == "foyer":
        payeurs = [ligne["payeur_id"] for ligne in (apercu.garde, apercu.fondu)]
        lignes = lecture().execute(select(Personne.id, Personne.prenom, Personne.nom).where(Personne.id.in_(payeurs)))
        return {"payeur": {id_: f"{prenom} {nom}" for id_, prenom, nom in lignes}}
    return {"structure": {id_: nom_de_structure(code) for id_, code in regles().structures.items()}}
