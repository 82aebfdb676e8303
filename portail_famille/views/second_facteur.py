"""An agent’s second factor: enrolled at the first login, asked at each."""

import segno
from flask import Blueprint, Response, abort, request, session, url_for
from flask_login import current_user

from portail_famille.domain.demarches import Cote
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.services import comptes, second_facteur, suivi
from portail_famille.services.comptes import SessionOuverte
from portail_famille.services.journal import Auteur
from portail_famille.services.second_facteur import Enrolement
from portail_famille.views import web
from portail_famille.views.acces import agent_entrant, page_de_retour, porte, session_ouverte
from portail_famille.views.confirmation import RECENTE, ConfirmationRefusee, confirmer_mot_de_passe, est_recente
from portail_famille.views.connexion import suite_sure
from portail_famille.views.liens import attendre, patience

bp = Blueprint("second_facteur", __name__, url_prefix="/second-facteur")

_FAUX_CODE = (
    "Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant sur votre téléphone, "
    "ou tapez un code de secours."
)
_FAUX_PREMIER_CODE = "Ce code n’est pas le bon. Vérifiez que votre téléphone est à l’heure, puis tapez le code suivant."
_NOUVEAU = "second_facteur_nouveau"


@porte("second_facteur")
def _porte(ouverte: SessionOuverte) -> Response | None:
    """A parent who is an agent too: her password alone opens neither side."""
    if ouverte.est_agent and ouverte.second_facteur_utc is None:
        return web.redirect_to("second_facteur.demander", suite=page_de_retour())
    return None


@bp.get("")
@agent_entrant
def demander() -> Response:
    """Three pages in one: to enrol, to give a code, and, once given, what one has."""
    if session_ouverte().second_facteur_utc is None and _etat().a_un_facteur:
        return _page_de_code()
    return _page_de_choix()


@bp.post("")
@agent_entrant
def verifier() -> Response:
    ouverte, maintenant = session_ouverte(), web.maintenant()
    cle_secrete, adresse = web.reglages().cle_secrete, request.remote_addr or ""
    cle = f"second:{ouverte.compte_id}"
    tentative = suivi.Tentative(web.bd(), cle_secrete, cle, adresse, est_identifiee=True)
    attente = tentative.commencer(maintenant)
    if attente:
        return attendre(_page_de_code(patience(attente), 429), attente)
    code = request.form.get("code", "")[:40]
    preuve = second_facteur.reconnaitre(web.lecture(), ouverte.compte_id, code, _chiffre(), cle_secrete, maintenant)
    web.fermer_lecture()
    if preuve is None:
        suivi.noter_evenement(web.bd(), "second_facteur_refuse", ouverte.compte_id, maintenant)
        return _page_de_code(_FAUX_CODE)
    tentative.reussir(ouverte.compte_id, maintenant, "second_facteur")
    if not second_facteur.consommer(web.ecriture(), ouverte.compte_id, preuve, maintenant):
        return _page_de_code(_FAUX_CODE)
    comptes.noter_second_facteur(web.ecriture(), ouverte.id, maintenant)
    return web.aller_a(suite_sure(request.form.get("suite", "")))


@bp.post("/preparer")
@agent_entrant
def preparer() -> Response:
    _refuser_sans_le_premier()
    refus = _confirmer_mot_de_passe("mot-application")
    if refus is not None:
        return refus
    session[_NOUVEAU] = second_facteur.nouveau_secret(session_ouverte().compte_id, _chiffre())
    return web.redirect_to("second_facteur.application", suite=request.form.get("suite", "") or None)


@bp.get("/application")
@agent_entrant
def application() -> Response:
    _refuser_sans_le_premier()
    return _page_application()


@bp.post("/application")
@agent_entrant
def confirmer() -> Response:
    """The first code; then the recovery codes, shown this once."""
    _refuser_sans_le_premier()
    ouverte, maintenant = session_ouverte(), web.maintenant()
    secret, code = _secret_nouveau(), request.form.get("code", "")[:40]
    if secret is None:
        return web.redirect_to("second_facteur.demander")
    if not second_facteur.enroler(web.ecriture(), ouverte.compte_id, secret, code, _chiffre(), maintenant):
        return _page_application({"code": _FAUX_PREMIER_CODE})
    session.pop(_NOUVEAU)
    comptes.noter_second_facteur(web.ecriture(), ouverte.id, maintenant)
    return _page_codes(request.form.get("suite", ""))


@bp.post("/codes")
@agent_entrant
def renouveler() -> Response:
    if session_ouverte().second_facteur_utc is None:
        abort(404)
    return _confirmer_mot_de_passe("mot-codes") or _page_codes("")


@bp.get("/changer")
@agent_entrant
def changer() -> Response:
    """Another telephone: a code of the one in use first (or a recovery code), then the new one enrols beside it."""
    if not _etat().a_application:
        return web.redirect_to("second_facteur.demander")
    if not _vient_de_prouver():
        return _page_de_code(suite=url_for("second_facteur.changer"))
    return _page_nouveau()


@bp.post("/changer/preparer")
@agent_entrant
def preparer_le_nouveau() -> Response:
    if _vient_de_prouver() and _etat().a_application:
        session[_NOUVEAU] = second_facteur.nouveau_secret(session_ouverte().compte_id, _chiffre())
    return web.redirect_to("second_facteur.changer")


@bp.post("/changer")
@agent_entrant
def confirmer_le_nouveau() -> Response:
    """The new telephone's first code: the old one is worth nothing any more, other devices are logged out."""
    secret = _secret_nouveau()
    if secret is None or not _vient_de_prouver() or not _etat().a_application:
        return web.redirect_to("second_facteur.changer")
    ouverte, maintenant, ecriture = session_ouverte(), web.maintenant(), web.ecriture()
    auteur, code = Auteur(Cote.AGENT, ouverte.compte_id), request.form.get("code", "")[:40]
    if not second_facteur.changer(ecriture, auteur, ouverte.personne_id, secret, code, _chiffre(), maintenant):
        return _page_nouveau({"code": _FAUX_PREMIER_CODE})
    session.pop(_NOUVEAU)
    comptes.fermer_sessions(ecriture, ouverte.compte_id, maintenant, sauf_jeton=current_user.jeton)
    return _page_codes("")


def _vient_de_prouver() -> bool:
    """Her second factor was given in this session, a moment ago."""
    donne = session_ouverte().second_facteur_utc
    return donne is not None and web.maintenant() - donne <= RECENTE


def _etat() -> second_facteur.EtatSecondFacteur:
    return second_facteur.lire_etat(web.lecture(), session_ouverte().compte_id)


def _secret_nouveau() -> bytes | None:
    return second_facteur.ouvrir_secret(session.get(_NOUVEAU, ""), session_ouverte().compte_id, _chiffre())


def _refuser_sans_le_premier() -> None:
    """An agent who has a second factor gives it before making another; 404 otherwise."""
    etat = _etat()
    if etat.a_application or (etat.a_cle and session_ouverte().second_facteur_utc is None):
        abort(404)


def _confirmer_mot_de_passe(champ: str) -> Response | None:
    """What opens the desk is not made on a screen left open: the password once more, after a while. The page with its
    error, None when there is none."""
    if est_recente():
        return None
    try:
        confirmer_mot_de_passe(request.form.get("mot_de_passe", ""))
    except ConfirmationRefusee as refus:
        reponse = _page_de_choix(refus.statut, {champ: refus.message})
        return attendre(reponse, refus.attente) if refus.attente else reponse
    return None


def _page_de_choix(statut: int = 200, erreurs: dict[str, str] | None = None) -> Response:
    """To enrol; once given, what one has."""
    gabarit = "choix" if session_ouverte().second_facteur_utc is None else "reglages"
    return web.render(
        f"second_facteur/{gabarit}.html",
        statut=statut,
        etat=_etat(),
        suite=request.values.get("suite", ""),
        est_recente=est_recente(),
        erreurs=erreurs or {},
    )


def _page_de_code(erreur: str = "", statut: int = 422, suite: str = "") -> Response:
    return web.render(
        "second_facteur/code.html",
        statut=statut if erreur else 200,
        erreurs={"code": erreur} if erreur else {},
        suite=suite or request.values.get("suite", ""),
    )


def _page_application(erreurs: dict[str, str] | None = None) -> Response:
    secret = _secret_nouveau()
    if secret is None:
        return web.redirect_to("second_facteur.demander")
    enrolement = second_facteur.montrer(secret, session_ouverte().identifiant, _emetteur())
    return _page_enrolement(enrolement, url_for("second_facteur.confirmer"), erreurs)


def _page_nouveau(erreurs: dict[str, str] | None = None) -> Response:
    secret = _secret_nouveau()
    if secret is None:
        return web.render("second_facteur/changer.html")
    enrolement = second_facteur.montrer(secret, session_ouverte().identifiant, _emetteur())
    return _page_enrolement(enrolement, url_for("second_facteur.confirmer_le_nouveau"), erreurs)


def _page_enrolement(enrolement: Enrolement, action: str, erreurs: dict[str, str] | None) -> Response:
    return web.render(
        "second_facteur/application.html",
        statut=422 if erreurs else 200,
        erreurs=erreurs or {},
        action=action,
        secret=enrolement.secret,
        dessin=segno.make(enrolement.adresse, error="m").svg_data_uri(scale=4, border=3, dark="#000", light="#fff"),
        suite=request.values.get("suite", ""),
    )


def _emetteur() -> str:
    return f"Portail famille {web.reglages().nom}"


def _page_codes(suite: str) -> Response:
    codes = second_facteur.renouveler_codes(web.ecriture(), session_ouverte().compte_id, web.reglages().cle_secrete)
    return web.render("second_facteur/codes.html", codes=codes, suite=suite_sure(suite))


def _chiffre() -> Chiffre:
    return Chiffre(web.reglages().cle_coffre)
