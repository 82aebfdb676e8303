"""Login and log-out."""

import secrets
from datetime import timedelta
from math import ceil
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, request, session, url_for
from flask_login import current_user, login_user
from itsdangerous import BadData, URLSafeSerializer

from portail_famille.forms.connexion import FormulaireConnexion
from portail_famille.presentation.vues import Avis
from portail_famille.services import comptes, suivi
from portail_famille.views import web
from portail_famille.views.acces import Connecte, public

bp = Blueprint("connexion", __name__)

_UN_AN = timedelta(days=365)

_AVIS = {
    "expiree": Avis("info", "Votre session a expiré", "Connectez-vous pour reprendre où vous en étiez."),
    "perdue": Avis(
        "attention",
        "Votre session a expiré",
        "Ce que vous veniez de changer n’a pas été enregistré. Connectez-vous, puis recommencez.",
    ),
    "sortie": Avis("succes", "Vous êtes déconnecté", "À bientôt."),
}
_REFUS = (
    "L’identifiant ou le mot de passe n’est pas le bon. Vérifiez les majuscules, ou écrivez à la mairie si vous l’avez "
    "oublié."
)


@bp.get("/connexion")
@public
def connexion() -> Response:
    if current_user.is_authenticated:
        return web.aller_a(suite_sure(request.args.get("suite", "")))
    formulaire = FormulaireConnexion(formdata=None, suite=request.args.get("suite", ""))
    avis = _AVIS.get(request.args.get("motif", ""))
    return _page(formulaire, avis=(avis,) if avis else ())


@bp.post("/connexion")
@public
def se_connecter() -> Response:
    formulaire = FormulaireConnexion()
    if not formulaire.validate():
        return _page(formulaire, statut=422)
    saisie, mot_de_passe = formulaire.identifiant.data, formulaire.mot_de_passe.data
    compte = comptes.chercher_compte(web.lecture(), saisie)
    # Nothing is held open while the password is hashed.
    web.fermer_lecture()
    nom, appareil = comptes.normaliser_identifiant(saisie), _appareil_connu(compte)
    tentative = suivi.Tentative(web.bd(), web.reglages().cle_secrete, nom, request.remote_addr or "", appareil)
    attente = tentative.commencer(web.maintenant())
    if attente:
        return _faire_patienter(formulaire, attente)
    if not comptes.est_bon_mot_de_passe(compte, mot_de_passe) or compte is None:
        suivi.noter_evenement(web.bd(), "connexion_refusee", compte.id if compte else None, web.maintenant())
        return _page(formulaire, statut=422, refus=_REFUS)
    tentative.reussir(compte.id, web.maintenant())
    _ouvrir(compte.id)
    return _reconnaitre(web.aller_a(suite_sure(formulaire.suite.data or "")), compte.id, appareil)


@bp.post("/deconnexion")
@public
def deconnexion() -> Response:
    """Public: logging out twice, or after the session expired, is no error.

    No Clear-Site-Data: towns share one origin, it would empty the others' caches too. The page's script drops ours.
    """
    if current_user.is_authenticated:
        suivi.noter_deconnexion(web.bd(), current_user.get_id(), web.maintenant())
    session.clear()
    return web.redirect_to("connexion.connexion", motif="sortie")


def suite_sure(suite: str) -> str:
    """`suite` when it is a page of this town, else its home: the login must not send people to a trap elsewhere."""
    accueil = url_for("accueil.accueil")
    chemin = unquote(urlsplit(suite).path) if suite.startswith(accueil) else ""
    interdits = "\\" in suite or not suite.isprintable() or "//" in chemin or ".." in chemin.split("/")
    if not chemin or interdits or chemin in (url_for("connexion.connexion"), url_for("connexion.deconnexion")):
        return accueil
    return suite


def _ouvrir(compte_id: int) -> None:
    """A new session under a new token, whatever the browser came with: nothing can be fixed beforehand."""
    if current_user.is_authenticated:
        comptes.fermer_session(web.ecriture(), current_user.get_id(), web.maintenant())
    jeton = comptes.ouvrir_session(web.ecriture(), compte_id, web.maintenant())
    session.clear()
    session.permanent = True
    # Flask-WTF would draw 40 characters. 72 bits cannot be guessed over a network, and go out twice with each tick.
    session["csrf_token"] = secrets.token_urlsafe(9)
    login_user(Connecte(jeton))
    # Flask-Login's description of the browser and its freshness: unused here, and sent with every request.
    for superflu in ("_id", "_fresh"):
        session.pop(superflu, None)


def _appareil_connu(compte: comptes.CompteTrouve | None) -> str:
    """This device's name when this compte already logged in from it, else empty."""
    try:
        compte_id, appareil = _signature().loads(request.cookies.get(_cookie_appareil(), ""))
    except (BadData, TypeError, ValueError):
        return ""
    return str(appareil) if compte is not None and compte_id == compte.id else ""


def _reconnaitre(reponse: Response, compte_id: int, appareil: str) -> Response:
    """Remember the device. Its cookie opens nothing, and goes to the login alone: no other request carries it."""
    reponse.set_cookie(
        _cookie_appareil(),
        _signature().dumps([compte_id, appareil or secrets.token_urlsafe(9)]),
        max_age=_UN_AN,
        path=url_for("connexion.connexion"),
        secure=web.reglages().est_https,
        httponly=True,
        samesite="Lax",
    )
    return reponse


def _cookie_appareil() -> str:
    return f"pfa_{web.reglages().slug}"


def _signature() -> URLSafeSerializer:
    return URLSafeSerializer(web.reglages().cle_secrete, salt="appareil")


def _faire_patienter(formulaire: FormulaireConnexion, attente: timedelta) -> Response:
    secondes = ceil(attente.total_seconds())
    duree = f"{secondes} secondes" if secondes < 90 else f"{ceil(secondes / 60)} minutes"
    refus = f"Trop d’essais de suite. Par sécurité, attendez {duree} avant le prochain."
    reponse = _page(formulaire, statut=429, refus=refus)
    reponse.headers["Retry-After"] = str(secondes)
    return reponse


def _page(
    formulaire: FormulaireConnexion, *, statut: int = 200, avis: tuple[Avis, ...] = (), refus: str = ""
) -> Response:
    erreurs = {
        nom: messages[0] for nom, messages in formulaire.errors.items() if nom in ("identifiant", "mot_de_passe")
    }
    if refus:
        erreurs = {"": refus}
    return web.render(
        "connexion/page.html",
        statut=statut,
        avis=avis,
        erreurs=erreurs,
        saisie={"identifiant": formulaire.identifiant.data or ""},
        suite=formulaire.suite.data or "",
    )
