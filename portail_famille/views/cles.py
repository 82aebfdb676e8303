"""Passkeys: made, listed, removed, and used to log in. The script of these pages talks JSON; forms do the rest."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request, session, url_for

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.presentation.appareils import nommer_appareil
from portail_famille.presentation.vues import Avis
from portail_famille.services import cles_acces, comptes, second_facteur, suivi
from portail_famille.services.cles_acces import Defi, Portail
from portail_famille.views import web
from portail_famille.views.acces import public, session_ouverte, titulaire, titulaire_entrant
from portail_famille.views.confirmation import ConfirmationRefusee, confirmer_mot_de_passe, est_recente
from portail_famille.views.connexion import suite_sure
from portail_famille.views.entree_session import ouvrir_session_web, reconnaitre
from portail_famille.views.liens import attendre, patience

bp = Blueprint("cles", __name__)

_DEFI = "defi"
_DUREE_DEFI = timedelta(minutes=5)
_REFUS = "Cette clé d’accès n’a pas été reconnue. Recommencez, ou connectez-vous avec votre mot de passe."
_TROP_TARD = "Vous avez attendu trop longtemps. Recommencez."
_AVIS = {
    "ajoutee": Avis("succes", "Clé d’accès ajoutée", "La prochaine fois, connectez-vous sans mot de passe."),
    "renommee": Avis("succes", "Nom changé"),
    "retiree": Avis(
        "succes", "Clé d’accès retirée", "Elle n’ouvre plus votre espace. Supprimez-la aussi de votre téléphone."
    ),
}


@bp.get("/mon-espace/cles")
@titulaire
def cles() -> Response:
    return _page()


@bp.post("/mon-espace/cles/defi")
@titulaire_entrant
def preparer() -> Response:
    """What the browser needs to make a key."""
    _refuser_sans_second_facteur()
    if not est_recente():
        try:
            confirmer_mot_de_passe(str(_corps().get("mot_de_passe", "")))
        except ConfirmationRefusee as refus:
            reponse = _refuser(refus.message, refus.statut, "mot_de_passe")
            return attendre(reponse, refus.attente) if refus.attente else reponse
    try:
        defi = cles_acces.defi_de_creation(
            web.lecture(), session_ouverte().compte_id, portail(), web.reglages().cle_secrete
        )
    except RegleViolee as refusee:
        return _refuser(refusee.message)
    return _proposer(defi)


@bp.post("/mon-espace/cles")
@titulaire_entrant
def ajouter() -> Response:
    _refuser_sans_second_facteur()
    corps, defi = _corps(), _reprendre_defi()
    if defi is None:
        return _refuser(_TROP_TARD)
    ouverte = session_ouverte()
    nom = str(corps.get("nom") or nommer_appareil(request.user_agent.string) or "Clé d’accès")
    try:
        cles_acces.ajouter_cle(
            web.ecriture(), ouverte.compte_id, _reponse_de_cle(corps), defi, nom, portail(), web.maintenant()
        )
    except RegleViolee as refus:
        return _refuser(refus.message)
    if ouverte.est_agent:
        # Made with the password just given: this session holds both factors.
        comptes.noter_second_facteur(web.ecriture(), ouverte.id, web.maintenant())
    return jsonify(vers=_suite(corps, url_for("cles.cles", fait="ajoutee")))


@bp.post("/mon-espace/cles/<int:cle_id>/nom")
@titulaire
def renommer(cle_id: int) -> Response:
    nom = request.form.get("nom", "")
    try:
        if not cles_acces.renommer_cle(web.ecriture(), session_ouverte().compte_id, cle_id, nom):
            abort(404)
    except RegleViolee as refus:
        return _page(statut=422, erreurs={f"nom-{cle_id}": refus.message})
    return web.redirect_to("cles.cles", fait="renommee")


@bp.post("/mon-espace/cles/<int:cle_id>/retirer")
@titulaire
def retirer(cle_id: int) -> Response:
    if not cles_acces.retirer_cle(web.ecriture(), session_ouverte().compte_id, cle_id):
        abort(404)
    return web.redirect_to("cles.cles", fait="retiree")


@bp.post("/connexion/cle/defi")
@public
def preparer_connexion() -> Response:
    return _proposer(cles_acces.defi_de_connexion(portail()))


@bp.post("/connexion/cle")
@public
def se_connecter() -> Response:
    corps, defi = _corps(), _reprendre_defi()
    if defi is None:
        return _refuser(_TROP_TARD)
    cle_secrete, maintenant = web.reglages().cle_secrete, web.maintenant()
    # Under the key's own name: guessing is hopeless, checking a signature has a cost.
    nom = str(_reponse_de_cle(corps).get("id", ""))[:200]
    tentative = suivi.Tentative(web.bd(), cle_secrete, f"cle:{nom}", request.remote_addr or "")
    attente = tentative.commencer(maintenant)
    if attente:
        return attendre(_refuser(patience(attente), 429), attente)
    reconnue = cles_acces.reconnaitre_cle(web.lecture(), _reponse_de_cle(corps), defi, portail(), cle_secrete)
    web.fermer_lecture()
    if reconnue is None:
        suivi.noter_evenement(web.bd(), "cle_refusee", None, maintenant)
        return _refuser(_REFUS)
    tentative.reussir(reconnue.compte_id, maintenant, "connexion_cle")
    if not cles_acces.noter_usage(web.ecriture(), reconnue, maintenant):
        return _refuser(_REFUS)
    ouvrir_session_web(reconnue.compte_id, durable=corps.get("durable") is True, second_facteur=True)
    return reconnaitre(jsonify(vers=suite_sure(str(corps.get("suite", "")))), reconnue.compte_id)


def portail() -> Portail:
    reglages = web.reglages()
    return Portail.de(reglages.url_publique, f"Portail famille – {reglages.nom}")


def _page(statut: int = 200, erreurs: dict[str, str] | None = None) -> Response:
    return web.render(
        "cles/page.html",
        statut=statut,
        cles=cles_acces.lister_cles(web.lecture(), session_ouverte().compte_id),
        est_recente=est_recente(),
        avis=_AVIS.get(request.args.get("fait", "")),
        erreurs=erreurs or {},
        onglet="plus",
    )


def _refuser_sans_second_facteur() -> None:
    """An agent who has a second factor and did not give it must not make herself another."""
    ouverte = session_ouverte()
    if not ouverte.est_agent or ouverte.second_facteur_utc is not None:
        return
    if second_facteur.lire_etat(web.lecture(), ouverte.compte_id).a_un_facteur:
        abort(404)


def _proposer(defi: Defi) -> Response:
    """Its challenge goes into the session, to serve once and soon."""
    limite = web.maintenant() + _DUREE_DEFI
    session[_DEFI] = [urlsafe_b64encode(defi.octets).decode(), int(limite.timestamp())]
    return jsonify(defi.options)


def _reprendre_defi() -> bytes | None:
    """The challenge of this session; None when there is none, or too old, or it has served."""
    garde = session.pop(_DEFI, None)
    if garde is None or web.maintenant().timestamp() > garde[1]:
        return None
    if not suivi.consommer_defi(web.bd(), web.reglages().cle_secrete, garde[0], web.maintenant()):
        return None
    return urlsafe_b64decode(garde[0])


def _corps() -> dict[str, Any]:
    corps = request.get_json(silent=True)
    return corps if isinstance(corps, dict) else {}


def _reponse_de_cle(corps: dict[str, Any]) -> dict[str, Any]:
    reponse = corps.get("reponse")
    return reponse if isinstance(reponse, dict) else {}


def _suite(corps: dict[str, Any], defaut: str) -> str:
    suite = corps.get("suite")
    return suite_sure(suite) if isinstance(suite, str) and suite else defaut


def _refuser(message: str, statut: int = 422, champ: str = "") -> Response:
    reponse = jsonify(message=message, champ=champ)
    reponse.status_code = statut
    return reponse
