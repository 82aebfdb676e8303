"""Errors in French: what happened, what to do, whom to ask. Under htmx a notice, not a page."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Flask, Response, current_app, g, make_response, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateError
from markupsafe import escape
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as AttenteTropLongue
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import RequestRedirect

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.extensions import connexion
from portail_famille.presentation.espace import ecrire_aux_structures
from portail_famille.presentation.vues import AutreFoyer, Lien
from portail_famille.services.editions import LECTURE_SEULE
from portail_famille.views import web
from portail_famille.views.acces import AgentSansFoyer
from portail_famille.views.foyer import DansUnAutreFoyer, dossier

journal = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Phrase:
    titre: str
    texte: str


PHRASES: Mapping[int, Phrase] = {
    400: Phrase("Cette demande n’a pas pu être lue", "Revenez à la page précédente, rechargez-la, puis recommencez."),
    403: Phrase("Vous n’avez pas accès à cette page", "Si vous pensez que c’est une erreur, écrivez à la mairie."),
    404: Phrase(
        "Cette page n’existe pas",
        "L’adresse est peut-être incomplète, ou la page a changé de place. Repartez de l’accueil.",
    ),
    405: Phrase("Cette adresse ne s’ouvre pas ainsi", "Repartez de l’accueil pour retrouver ce que vous cherchez."),
    409: Phrase("Ce n’est pas possible", "Rechargez la page pour voir où en sont vos réservations."),
    413: Phrase("Cet envoi est trop lourd", "Rechargez la page, puis recommencez avec moins de jours à la fois."),
    422: Phrase("Il manque quelque chose", "Vérifiez ce que vous avez rempli, puis recommencez."),
    429: Phrase("Trop de demandes à la fois", "Patientez une minute, puis recommencez."),
    500: Phrase(
        "Un problème de notre côté",
        "Rien n’a été enregistré. Réessayez dans quelques minutes\u00a0; si cela continue, prévenez la mairie.",
    ),
    503: Phrase(
        "Le portail est très demandé",
        "Rien n’a été enregistré. Réessayez dans une minute\u00a0: vos réservations n’ont pas bougé.",
    ),
}
_DOCUMENT_TROP_LOURD = Phrase(
    "Ce document est trop lourd",
    "Un document pèse au plus 10\u00a0Mo. Revenez à la page précédente\u00a0: ce que vous avez écrit y est encore. "
    "Prenez plutôt le document en photo.",
)
_VIEILLE_PAGE = Phrase(
    "Cette page est restée ouverte trop longtemps",
    "Par sécurité, rien n’a été enregistré. Rechargez la page, puis recommencez.",
)


def installer(app: Flask) -> None:
    app.register_error_handler(RegleViolee, _regle_violee)
    app.register_error_handler(CSRFError, _formulaire_perime)
    app.register_error_handler(SQLAlchemyError, _base_en_defaut)
    app.register_error_handler(DansUnAutreFoyer, _autre_foyer)
    app.register_error_handler(AgentSansFoyer, _agent_sans_foyer)
    app.register_error_handler(HTTPException, _erreur_http)


def repondre(
    code: int, phrase: Phrase | None = None, autre: AutreFoyer | None = None, sortie: Lien | None = None
) -> Response:
    """The error page, or its notice under htmx; `sortie` when there is a better way out than home."""
    dite = phrase or PHRASES.get(code) or PHRASES[500 if code >= 500 else 400]
    # Recommencing is for what may pass; elsewhere home is the way out.
    actions = [sortie or Lien("Revenir à l’accueil", url_for("accueil.accueil"))]
    try:
        reponse = _rendre(code, dite, actions, autre)
    except (TemplateError, SQLAlchemyError):
        journal.exception("the error page itself failed")
        reponse = make_response(_page_de_secours(dite), code)
    if code in (429, 503):
        reponse.headers.setdefault("Retry-After", "60" if code == 429 else "10")
    return reponse


def _rendre(code: int, dite: Phrase, actions: list[Lien], autre: AutreFoyer | None) -> Response:
    gabarit = "erreurs/_avis.html" if web.est_htmx() else "erreurs/page.html"
    reponse = web.render(
        gabarit, statut=code, code=code, titre=dite.titre, phrase=dite.texte, actions=actions, autre=autre
    )
    if web.est_htmx():
        # Beside what was being changed, never in its place: a refused tick must not eat the summary.
        avis = reponse.get_data(as_text=True)
        reponse.set_data(f'<hx-partial hx-target="#avis" hx-swap="outerHTML">{avis}</hx-partial>')
    return reponse


def _regle_violee(erreur: RegleViolee) -> Response:
    if erreur.code == LECTURE_SEULE and not web.est_htmx():
        ecrire = ecrire_aux_structures(dossier(web.lecture()))
        return web.render("erreurs/lecture_seule.html", statut=409, ecrire=ecrire)
    return repondre(409, Phrase(PHRASES[409].titre, erreur.message))


def _autre_foyer(erreur: DansUnAutreFoyer) -> Response:
    autre = erreur.autre
    titre = f"{autre.prenom} est dans votre foyer {autre.foyer.nom}"
    texte = "Vous agissez en ce moment pour un autre de vos foyers. Changez de foyer pour ouvrir cette page."
    return repondre(404, Phrase(titre, texte), autre)


def _agent_sans_foyer(_erreur: AgentSansFoyer) -> Response:
    texte = "Votre compte d’agent n’est rattaché à aucun foyer\u00a0: votre travail est dans le bureau de la mairie."
    bureau = Lien("Ouvrir le bureau", url_for("agent_accueil.accueil"))
    return repondre(403, Phrase("Cette page est celle des familles", texte), sortie=bureau)


def _formulaire_perime(_erreur: CSRFError) -> Response:
    """A form without its token: most often a page left open until its session ended, or reopened by the phone."""
    reprise = getattr(current_app.view_functions[request.endpoint or ""], "reprise", None)
    if reprise is not None:
        return _reprendre(reprise)
    if request.endpoint != "connexion.se_connecter" and not current_user.is_authenticated:
        g.session_perdue = True
        reponse: Response = connexion.unauthorized()
        return reponse
    return repondre(400, _VIEILLE_PAGE)


def _reprendre(page: Callable[..., Response]) -> Response:
    """Nobody needs to log in to use this form: it comes back with a token that works and says why (base.html)."""
    g.page_perimee = True
    try:
        reponse = page(**(request.view_args or {}))
    except HTTPException as erreur:
        return _erreur_http(erreur)
    if reponse.status_code == 200:
        reponse.status_code = 400
    return reponse


def _base_en_defaut(erreur: SQLAlchemyError) -> Response:
    if est_passagere(erreur):
        journal.warning("database busy or away: %s", type(getattr(erreur, "orig", erreur)).__name__)
        return repondre(503)
    raise erreur


def _erreur_http(erreur: HTTPException) -> Response:
    if isinstance(erreur, RequestRedirect) or erreur.response is not None:
        return erreur.get_response()  # type: ignore[return-value]
    code = erreur.code or 500
    if isinstance(erreur, InternalServerError) and isinstance(erreur.original_exception, SQLAlchemyError):
        code = 503 if est_passagere(erreur.original_exception) else 500
    if code == 413 and web.attend_document():
        return repondre(413, _DOCUMENT_TROP_LOURD)
    propre = erreur.description if erreur.description != type(erreur).description else None
    reponse = repondre(code, Phrase(PHRASES[code].titre, propre) if propre and code in PHRASES else None)
    for nom, valeur in erreur.get_headers(request.environ):
        if nom not in ("Content-Type", "Content-Length"):
            reponse.headers.setdefault(nom, valeur)
    return reponse


def est_passagere(erreur: SQLAlchemyError) -> bool:
    """Busy or away for a while: worth trying again. A table that lacks or a write on a reading engine is a fault."""
    if isinstance(erreur, AttenteTropLongue):
        return True
    if not isinstance(erreur, OperationalError | InterfaceError):
        return False
    if erreur.connection_invalidated:
        return True
    origine = erreur.orig
    code = getattr(origine, "sqlstate", None) or getattr(origine, "sqlite_errorname", "") or ""
    # 08: connection; 40: serialization, deadlock; 53: resources; 55P03: lock; 57: cancelled, shutting down.
    return code.startswith(("08", "40", "53", "55P03", "57", "SQLITE_BUSY", "SQLITE_LOCKED")) or (
        type(origine).__module__.startswith("psycopg") and not code
    )


def _page_de_secours(phrase: Phrase) -> str:
    return (
        '<!doctype html><html lang="fr"><meta charset="utf-8">'
        f"<title>{escape(phrase.titre)}</title><h1>{escape(phrase.titre)}</h1><p>{escape(phrase.texte)}</p>"
    )
