"""Login and log-out."""

from urllib.parse import unquote, urlsplit

from flask import Blueprint, Response, request, session, url_for
from flask_login import current_user

from portail_famille.forms.connexion import FormulaireConnexion
from portail_famille.presentation.vues import Avis
from portail_famille.services import comptes, suivi
from portail_famille.views import web
from portail_famille.views.acces import public
from portail_famille.views.entree_session import appareil_connu, ouvrir_session_web, reconnaitre
from portail_famille.views.liens import attendre, patience

bp = Blueprint("connexion", __name__)

_AVIS = {
    "expiree": Avis("info", "Votre session a expiré", "Connectez-vous pour reprendre où vous en étiez."),
    "perdue": Avis(
        "attention",
        "Votre session a expiré",
        "Ce que vous veniez de changer n’a pas été enregistré. Connectez-vous, puis recommencez.",
    ),
    "copiee": Avis(
        "attention",
        "Par prudence, votre session a été fermée",
        "Votre connexion a servi sur deux appareils à la fois\u00a0: quelqu’un l’a peut-être copiée. Connectez-vous, "
        "puis choisissez un nouveau mot de passe dans «\u00a0Mon espace\u00a0».",
    ),
    "sortie": Avis("succes", "Vous avez quitté votre espace", "À bientôt."),
}
_REFUS = (
    "L’identifiant ou le mot de passe n’est pas le bon. Vérifiez les majuscules, ou demandez un nouveau mot de passe. "
    "Adresse partagée à deux\u202f? Tapez votre identifiant."
)


@bp.get("/connexion")
@public
def connexion() -> Response:
    if current_user.is_authenticated:
        return web.aller_a(suite_sure(request.args.get("suite", "")))
    formulaire = FormulaireConnexion(formdata=None, suite=request.args.get("suite", ""))
    avis = _AVIS.get(request.args.get("motif", ""))
    return _page(formulaire, avis=(avis,) if avis else (), est_sortie=request.args.get("motif") == "sortie")


def _reprendre() -> Response:
    return _page(FormulaireConnexion())


@bp.post("/connexion")
@public
@web.reprend(_reprendre)
def se_connecter() -> Response:
    formulaire = FormulaireConnexion()
    if not formulaire.validate():
        return _page(formulaire, statut=422)
    saisie, mot_de_passe = formulaire.identifiant.data, formulaire.mot_de_passe.data
    compte = comptes.chercher_compte(web.lecture(), saisie)
    # Nothing is held open while the password is hashed.
    web.fermer_lecture()
    nom, appareil = comptes.normaliser_identifiant(saisie), appareil_connu(compte.id if compte else None)
    # "nom:": what is typed here must not hold up another counter, by naming it.
    tentative = suivi.Tentative(web.bd(), web.reglages().cle_secrete, f"nom:{nom}", request.remote_addr or "", appareil)
    attente = tentative.commencer(web.maintenant())
    if attente:
        return attendre(_page(formulaire, statut=429, refus=patience(attente)), attente)
    if not comptes.est_bon_mot_de_passe(compte, mot_de_passe) or compte is None:
        suivi.noter_evenement(web.bd(), "connexion_refusee", compte.id if compte else None, web.maintenant())
        return _page(formulaire, statut=422, refus=_REFUS)
    nouvelle = comptes.hacher_mot_de_passe(mot_de_passe) if comptes.est_a_rehacher(compte) else ""
    tentative.reussir(compte.id, web.maintenant())
    if nouvelle:
        comptes.remplacer_empreinte(web.ecriture(), compte, nouvelle)
    ouvrir_session_web(compte.id, durable=bool(formulaire.durable.data))
    return reconnaitre(web.aller_a(suite_sure(formulaire.suite.data or "")), compte.id)


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
    interdits = "\\" in unquote(suite) or not suite.isprintable() or "//" in chemin or ".." in chemin.split("/")
    if not chemin or interdits or chemin in (url_for("connexion.connexion"), url_for("connexion.deconnexion")):
        return accueil
    return suite


def _page(
    formulaire: FormulaireConnexion,
    *,
    statut: int = 200,
    avis: tuple[Avis, ...] = (),
    refus: str = "",
    est_sortie: bool = False,
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
        saisie={"identifiant": formulaire.identifiant.data or "", "durable": bool(formulaire.durable.data)},
        suite=formulaire.suite.data or "",
        est_sortie=est_sortie,
    )
