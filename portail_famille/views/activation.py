"""First entry: the activation link, the 6-digit code, the first password."""

from flask import Blueprint, Response, request

from portail_famille.services.acces import ACTIVATION
from portail_famille.services.jetons import JetonRefuse
from portail_famille.views import liens, web
from portail_famille.views.acces import public

bp = Blueprint("activation", __name__, url_prefix="/activation")

_CHOIX = "mot-de-passe"


@bp.get("")
@public
def code() -> Response:
    return web.render("activation/code.html", saisie="", erreurs={})


def reprendre_code() -> Response:
    return web.render("activation/code.html", saisie=liens.champ_texte("identifiant"), erreurs={})


@bp.post("")
@public
@web.reprend(reprendre_code)
def saisir_code() -> Response:
    return entrer_par_code()


@bp.get("/<jeton>")
@public
def activer(jeton: str) -> Response:
    """A button and nothing else: the scanners of mail servers follow links (house.md §2)."""
    try:
        ouvert = liens.lire(jeton, ACTIVATION)
    except JetonRefuse as refus:
        return liens.page_morte(refus, jeton, ACTIVATION)
    # A password that was typed: the form too old is shown again, where it was.
    if request.args.get("etape") == _CHOIX or "nouveau" in request.form:
        return liens.page_mot_de_passe(jeton, ouvert)
    return web.render("activation/page.html", jeton=jeton, ouvert=ouvert)


@bp.post("/<jeton>")
@public
@web.reprend(activer)
def commencer(jeton: str) -> Response:
    """The button, then the password: the link is used up by the second only."""
    try:
        if "nouveau" in request.form:
            return liens.choisir(jeton, ACTIVATION)
        liens.lire(jeton, ACTIVATION)
    except JetonRefuse as refus:
        return liens.page_morte(refus, jeton, ACTIVATION)
    return web.redirect_to("activation.activer", jeton=jeton, etape=_CHOIX)


def entrer_par_code() -> Response:
    """Either code leads on, whichever page it is typed on: a compte never activated gets the activation's."""
    saisie, code_saisi = liens.champ_texte("identifiant"), liens.champ_texte("code", 20)
    erreurs = {}
    if not saisie:
        erreurs["identifiant"] = "Écrivez votre identifiant ou votre adresse mail."
    if not code_saisi:
        erreurs["code"] = "Écrivez les 6 chiffres du mail."
    if erreurs:
        return web.render("activation/code.html", statut=422, saisie=saisie, erreurs=erreurs)
    try:
        genre, jeton = liens.echanger(saisie, code_saisi)
    except liens.CodeRefuse as refus:
        statut = 429 if refus.attente else 422
        reponse = web.render("activation/code.html", statut=statut, saisie=saisie, erreurs={"": refus.message})
        return liens.attendre(reponse, refus.attente) if refus.attente else reponse
    if genre == ACTIVATION:
        return web.redirect_to("activation.activer", jeton=jeton, etape=_CHOIX)
    return web.redirect_to("mot_de_passe.changer", jeton=jeton)
