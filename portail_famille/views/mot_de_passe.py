"""« J’ai oublié mon mot de passe »: asking for a link, choosing another password."""

from datetime import timedelta

from flask import Blueprint, Response, current_app, request
from flask_login import current_user

from portail_famille.domain.mots_de_passe import LONGUEUR_MAXIMALE
from portail_famille.services import acces, jetons, mots_de_passe, suivi
from portail_famille.services.acces import LIENS_D_ENTREE, REINITIALISATION
from portail_famille.services.debits import Debit
from portail_famille.services.jetons import JetonRefuse
from portail_famille.views import activation, liens, web
from portail_famille.views.acces import public

bp = Blueprint("mot_de_passe", __name__, url_prefix="/mot-de-passe")

_FORCES_PAR_MINUTE = 240
"""For a network. More than a school full of parents who type; the form itself scores what it is sent."""


@bp.get("/oublie")
@public
def oublie() -> Response:
    return web.render("mot_de_passe/oublie.html", saisie="", erreurs={})


def _reprendre() -> Response:
    return web.render("mot_de_passe/oublie.html", saisie=liens.champ_texte("identifiant"), erreurs={})


@bp.post("/oublie")
@public
@web.reprend(_reprendre)
def demander() -> Response:
    """The same row, the same page, whatever is typed: nothing here looks for the compte."""
    saisie = liens.champ_texte("identifiant")
    if not saisie:
        erreurs = {"identifiant": "Écrivez votre identifiant ou votre adresse mail."}
        return web.render("mot_de_passe/oublie.html", statut=422, saisie="", erreurs=erreurs)
    return _demander(saisie)


def _reprendre_renvoi() -> Response:
    """The page of the link that no longer works, whose only form is a button."""
    jeton, genre = request.form.get("jeton", ""), request.form.get("genre", "")
    try:
        if genre in LIENS_D_ENTREE:
            jetons.lire_jeton(web.lecture(), jeton, genre, web.maintenant(), web.reglages())
    except JetonRefuse as refus:
        return liens.page_morte(refus, jeton, genre)
    return web.redirect_to("mot_de_passe.oublie")


@bp.post("/renvoyer")
@public
@web.reprend(_reprendre_renvoi)
def renvoyer() -> Response:
    """Another link in the place of one that no longer works: to its own compte, whoever has it."""
    genre = request.form.get("genre", "")
    try:
        if genre in LIENS_D_ENTREE:
            jetons.lire_jeton(web.lecture(), request.form.get("jeton", ""), genre, web.maintenant(), web.reglages())
    except JetonRefuse as refus:
        if refus.compte_id is not None:
            return _demander(acces.nommer(web.lecture(), refus.compte_id)[0], montrer=False)
    return web.redirect_to("mot_de_passe.oublie")


@bp.get("/code")
@public
def code() -> Response:
    return web.render("activation/code.html", saisie="", erreurs={})


@bp.post("/code")
@public
@web.reprend(activation.reprendre_code)
def saisir_code() -> Response:
    return activation.entrer_par_code()


@bp.get("/nouveau/<jeton>")
@public
def changer(jeton: str) -> Response:
    """The form only: reading a link changes nothing."""
    try:
        return liens.page_mot_de_passe(jeton, liens.lire(jeton, REINITIALISATION))
    except JetonRefuse as refus:
        return liens.page_morte(refus, jeton, REINITIALISATION)


@bp.post("/nouveau/<jeton>")
@public
@web.reprend(changer)
def choisir(jeton: str) -> Response:
    try:
        return liens.choisir(jeton, REINITIALISATION)
    except JetonRefuse as refus:
        return liens.page_morte(refus, jeton, REINITIALISATION)


def _sans_force() -> Response:
    """Whoever types is not interrupted: the form itself will say that the page is too old."""
    return web.render("mot_de_passe/_force.html", force=None)


@bp.post("/force")
@public
@web.reprend(_sans_force)
def force() -> Response:
    """How strong what is being typed is: a fragment, asked for by htmx a moment after each key."""
    nouveau = request.form.get("nouveau", "")[:LONGUEUR_MAXIMALE]
    debit: Debit = current_app.extensions.setdefault("forces", Debit(_FORCES_PAR_MINUTE, timedelta(minutes=1)))
    if not debit.admet(suivi.reseau_de(request.remote_addr or ""), web.maintenant()):
        return _sans_force()
    compte_id = _compte_concerne()
    mots: tuple[str, ...] = (web.reglages().nom,)
    if compte_id is not None:
        mots = mots_de_passe.mots_de_la_famille(web.lecture(), compte_id, web.reglages().nom)
    return web.render("mot_de_passe/_force.html", force=mots_de_passe.evaluer(nouveau, mots) if nouveau else None)


def _compte_concerne() -> int | None:
    """Whose password is being chosen: that of the link, else of who is logged in."""
    genre = request.form.get("genre", "")
    if genre in LIENS_D_ENTREE:
        try:
            jeton = request.form.get("jeton", "")
            return jetons.lire_jeton(web.lecture(), jeton, genre, web.maintenant(), web.reglages()).compte_id
        except JetonRefuse:
            return None
    return current_user.ouverte.compte_id if current_user.is_authenticated else None


def _demander(saisie: str, *, montrer: bool = True) -> Response:
    # The network alone: under a name, a stranger could keep a parent from asking. Her mailbox is guarded by what
    # `acces` sends in an hour and in a day.
    tentative = suivi.Tentative(web.bd(), web.reglages().cle_secrete, "", request.remote_addr or "")
    attente = tentative.commencer(web.maintenant())
    montree = saisie if montrer else ""
    if attente:
        erreurs = {"": liens.patience(attente)}
        reponse = web.render("mot_de_passe/oublie.html", statut=429, saisie=montree, erreurs=erreurs)
        return liens.attendre(reponse, attente)
    liens.retenir_demande(acces.demander_lien(web.ecriture(), saisie, web.maintenant()))
    return web.render("mot_de_passe/demande.html", saisie=montree, minutes=web.reglages().comptes.code_minutes)
