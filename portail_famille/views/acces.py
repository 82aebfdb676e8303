"""Who may: exactly one decorator per endpoint, checked when an app is built.

Another family's child is 404, never 403: the answer must not say that it exists.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Response, abort, g, request, session
from flask_login import UserMixin, current_user
from sqlalchemy.exc import SQLAlchemyError

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.extensions import connexion
from portail_famille.services import apercus, comptes, suivi
from portail_famille.services.apercus import Apercu
from portail_famille.services.comptes import Acteur, Agent, SessionOuverte
from portail_famille.services.perimetres import lire_droits
from portail_famille.views import web

__all__ = [
    "Acteur",
    "Agent",
    "AgentSansFoyer",
    "acteur_ou_rien",
    "agent",
    "agent_entrant",
    "apercu",
    "choisir_foyer",
    "est_chargement",
    "page_de_retour",
    "parent",
    "parent_entrant",
    "porte",
    "porte_fermee",
    "public",
    "qui",
    "qui_agent",
    "session_ouverte",
    "titulaire",
    "titulaire_entrant",
    "verifier_acces",
]

CLE_FOYER = "foyer"
_SANS_FOYER = (
    "Votre compte n’est rattaché à aucun foyer. "
    "Écrivez à la mairie ou appelez-la\u00a0: elle le fera en quelques minutes."
)
_APERCU = (
    "Vous voyez le portail comme {}, en lecture seule\u00a0: rien n’a été envoyé. "
    "Pour changer quelque chose, quittez l’aperçu et passez par le dossier de la famille."
)
_DANS_L_APERCU = frozenset(
    {
        "absences",
        "accuses",
        "agenda",
        "attestations",
        "demarches",
        "enfants",
        "entourage",
        "espace",
        "factures",
        "famille",
        "factures_pdf",
        "gardes",
        "paiements",
        "porte_documents",
        "pwa",
        "quotients",
        "reservations",
        "tableau_de_bord",
        "verification",
    }
)
"""Rooms of families that an agent reads as one. Any other is closed until somebody decides: health and documents leave
a line of their own at the desk, and what a parent has typed and not sent is hers."""
_PAS_DANS_L_APERCU = "Cette page n’est pas montrée dans l’aperçu\u00a0: passez par le dossier de la famille."
P = ParamSpec("P")
R = TypeVar("R")


class AgentSansFoyer(Exception):
    """A page of families opened by an agent who has none: her place is the desk."""


class Connecte(UserMixin):  # type: ignore[misc]
    """Flask-Login's user: a session of the database. Its id in the cookie is the session's token."""

    def __init__(self, jeton: str, ouverte: SessionOuverte | None = None) -> None:
        self.jeton = jeton
        self.ouverte = ouverte

    def get_id(self) -> str:
        return self.jeton


def public(vue: Callable[P, R]) -> Callable[P, R]:
    """Everyone, logged in or not."""
    return _marquer(vue, "public")


def parent(vue: Callable[P, R]) -> Callable[P, R | Response]:
    """A logged-in parent who belongs to a foyer; the others are sent to the login page, and back.

    The doors come first (conditions to accept, file to check): see `porte`.
    """

    @wraps(vue)
    def protegee(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not current_user.is_authenticated:
            return cast(Response, connexion.unauthorized())
        qui()
        _verifier_lecture_seule()
        return porte_fermee() or vue(*args, **kwargs)

    return _marquer(protegee, "parent")


def parent_entrant(vue: Callable[P, R]) -> Callable[P, R | Response]:
    """The same before the doors are passed: the pages of the doors themselves, and what must never wait for them. An
    agent's second factor is no such door: her password alone opens nothing of her family's either."""

    @wraps(vue)
    def protegee(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not current_user.is_authenticated:
            return cast(Response, connexion.unauthorized())
        qui()
        _verifier_lecture_seule()
        return porte_fermee(("second_facteur",)) or vue(*args, **kwargs)

    return _marquer(protegee, "parent")


def titulaire(vue: Callable[P, R]) -> Callable[P, R | Response]:
    """Whoever holds a compte, of a foyer or not: her own devices and keys. The doors come first."""

    @wraps(vue)
    def protegee(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not current_user.is_authenticated:
            return cast(Response, connexion.unauthorized())
        _verifier_hors_apercu()
        return porte_fermee() or vue(*args, **kwargs)

    return _marquer(protegee, "titulaire")


def titulaire_entrant(vue: Callable[P, R]) -> Callable[P, R | Response]:
    """The same before the doors are passed: an agent enrols a passkey to pass hers. Such a view refuses by itself an
    agent who has a second factor and did not give it (`views/cles`)."""

    @wraps(vue)
    def protegee(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not current_user.is_authenticated:
            return cast(Response, connexion.unauthorized())
        _verifier_hors_apercu()
        return vue(*args, **kwargs)

    return _marquer(protegee, "titulaire")


def agent(action: Action) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """A logged-in agent whose roles allow `action` somewhere, her second factor given. 404 for anybody else: a parent
    need not know what the town hall's desk is made of. Where it may be done is the view's business: `qui_agent()`."""

    def decorer(vue: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(vue)
        def protegee(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            if not current_user.is_authenticated:
                return cast(Response, connexion.unauthorized())
            ouverte = session_ouverte()
            if ouverte.est_agent and ouverte.second_facteur_utc is None:
                return web.redirect_to("second_facteur.demander", suite=page_de_retour())
            if not qui_agent().peut(action):
                abort(404)
            return vue(*args, **kwargs)

        return _marquer(protegee, f"agent:{action.value}")

    return decorer


def agent_entrant(vue: Callable[P, R]) -> Callable[P, R | Response]:
    """An agent who gave her password, and not necessarily her second factor."""

    @wraps(vue)
    def protegee(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if not current_user.is_authenticated:
            return cast(Response, connexion.unauthorized())
        if not session_ouverte().est_agent:
            abort(404)
        return vue(*args, **kwargs)

    return _marquer(protegee, "agent")


Porte = Callable[[SessionOuverte], "Response | None"]
"""Something to do before going on: answers the redirection that leads to it, None when there is nothing to do."""
_PORTES: dict[str, Porte] = {}
_ORDRE = ("second_facteur", "conditions", "verification")


def porte(nom: str) -> Callable[[Porte], Porte]:
    """Registers the door of this name. A door that must not lose what a parent is typing lets everything but page loads
    through by itself (`est_chargement`)."""

    def inscrire(fonction: Porte) -> Porte:
        assert nom in _ORDRE
        _PORTES[nom] = fonction
        return fonction

    return inscrire


def porte_fermee(noms: Sequence[str] = _ORDRE) -> Response | None:
    """The redirection to the first thing to do, None when every door is open."""
    ouverte = session_ouverte()
    if apercu() is not None:
        # What the family has left to do is not the agent's to do.
        return None
    for nom in noms:
        reponse = _PORTES[nom](ouverte) if nom in _PORTES else None
        if reponse is not None:
            return reponse
    return None


def est_chargement() -> bool:
    """A whole page is asked for: nothing typed is lost by showing another one first."""
    return request.method in web.METHODES_SURES and not web.est_htmx()


def session_ouverte() -> SessionOuverte:
    """The session of who is logged in. For views behind a decorator that is not @public."""
    return cast(SessionOuverte, current_user.ouverte)


def qui_agent() -> Agent:
    """The agent logged in, with her roles. 404 for anybody else. One query, once per request."""
    if "agent" not in g:
        ouverte = session_ouverte()
        if not ouverte.est_agent or ouverte.second_facteur_utc is None:
            abort(404)
        droits = lire_droits(web.lecture(), ouverte.compte_id, ouverte.personne_id)
        g.agent = Agent(ouverte.compte_id, ouverte.personne_id, ouverte.prenom, ouverte.nom, *droits)
    return cast(Agent, g.agent)


def agent_pour_gabarit() -> bool:
    """Whether the header shows the way to the desk."""
    ouverte = _ouverte_pour_gabarit()
    return ouverte is not None and ouverte.est_agent


def connecte_pour_gabarit() -> bool:
    """Whether the header shows the way out: agents and parents without a foyer want it too."""
    return _ouverte_pour_gabarit() is not None


def _ouverte_pour_gabarit() -> SessionOuverte | None:
    try:
        return current_user.ouverte if current_user.is_authenticated else None
    except SQLAlchemyError:
        return None


def qui() -> Acteur:
    """Who is logged in and the foyer she acts for. For views behind @parent."""
    acteur = acteur_ou_rien()
    if acteur is None:
        if session_ouverte().est_agent:
            raise AgentSansFoyer
        abort(403, description=_SANS_FOYER)
    return acteur


def acteur_ou_rien() -> Acteur | None:
    """The same where being logged in is not required: header of public pages, error pages."""
    if "acteur" not in g:
        vu, ouverte = apercu(), current_user.ouverte if current_user.is_authenticated else None
        g.acteur = vu.acteur if vu else ouverte.acteur_pour(session.get(CLE_FOYER)) if ouverte else None
    return cast("Acteur | None", g.acteur)


def apercu() -> Apercu | None:
    """« Voir comme la famille », when it is under way: the pages of families are read as somebody else."""
    if "apercu" not in g:
        ouverte = current_user.ouverte if current_user.is_authenticated else None
        g.apercu = apercus.lire_apercu(web.lecture(), ouverte, web.maintenant()) if ouverte else None
    return cast("Apercu | None", g.apercu)


def _verifier_lecture_seule() -> None:
    """The one place that keeps an agent who reads as a family from writing as it."""
    vu = apercu()
    if vu is None:
        return
    if request.method not in web.METHODES_SURES:
        raise RegleViolee("lecture_seule_apercu", _APERCU.format(vu.nom))
    if request.blueprint not in _DANS_L_APERCU:
        abort(404, description=_PAS_DANS_L_APERCU)


def _verifier_hors_apercu() -> None:
    """One's own devices, keys and passwords, and the bytes of documents: not the agent's to see."""
    if apercu() is None:
        return
    if request.method not in web.METHODES_SURES:
        raise RegleViolee("lecture_seule_apercu", _APERCU.format("la famille"))
    abort(404, description=_PAS_DANS_L_APERCU)


def acteur_pour_gabarit() -> Acteur | None:
    """As above, but a page that says the database is away must not ask it who reads."""
    try:
        return acteur_ou_rien()
    except SQLAlchemyError:
        return None


def choisir_foyer(foyer_id: int, *, tout_de_suite: bool = False) -> None:
    """Act for another of one's foyers from the next request on, or before anything of this one is read; 404 for
    somebody else's."""
    if all(foyer.id != foyer_id for foyer in qui().foyers):
        abort(404)
    session[CLE_FOYER] = foyer_id
    if tout_de_suite:
        del g.acteur


def verifier_acces(app: Flask) -> None:
    """Refuse to start with an endpoint that nobody decided about."""
    oublies = [nom for nom, vue in app.view_functions.items() if getattr(vue, "acces", None) is None]
    if oublies:
        raise RuntimeError(f"no access decorator on: {', '.join(sorted(oublies))}")


@connexion.user_loader  # type: ignore[untyped-decorator]
def _charger(jeton: str) -> Connecte | None:
    maintenant = web.maintenant()
    ouverte = comptes.identifier(web.lecture(), jeton, maintenant, web.reglages().session)
    if ouverte is None:
        web.fermer_lecture()
        suivi.noter_expiration(web.bd(), jeton, maintenant)
        g.session_perdue = "copiee" if suivi.est_jeton_copie(web.bd(), jeton) else "expiree"
        return None
    if ouverte.est_a_tourner(maintenant) and est_chargement():
        return _tourner(jeton, ouverte)
    if ouverte.est_a_noter(maintenant):
        suivi.noter_visite(web.bd(), ouverte.id, maintenant)
    g.jeton_precedent = ouverte.est_precedent
    return Connecte(jeton, ouverte)


def _tourner(jeton: str, ouverte: SessionOuverte) -> Connecte:
    """Another token for a durable session, with the page that goes out now."""
    nouveau = comptes.nouveau_jeton(ouverte.id)
    if not suivi.tourner_jeton(web.bd(), ouverte.id, jeton, nouveau, web.maintenant()):
        g.jeton_precedent = True
        return Connecte(jeton, ouverte)
    session["_user_id"] = nouveau
    return Connecte(nouveau, ouverte)


@connexion.unauthorized_handler  # type: ignore[untyped-decorator]
def _vers_connexion() -> Response:
    """To the login page, with where to come back to and why one is there."""
    valeurs: dict[str, Any] = {"suite": page_de_retour()}
    perdue = g.get("session_perdue")
    if perdue:
        valeurs["motif"] = perdue if perdue == "copiee" or request.method in web.METHODES_SURES else "perdue"
    return web.redirect_to("connexion.connexion", **{cle: valeur for cle, valeur in valeurs.items() if valeur})


def page_de_retour() -> str:
    """The page to come back to: the one asked for, or for a form the one it was on."""
    if request.method in web.METHODES_SURES and not web.est_htmx():
        return request.script_root + request.full_path.removesuffix("?")
    page = request.headers.get("HX-Current-URL") or request.referrer or ""
    return page.removeprefix(request.host_url.rstrip("/")) if page.startswith(request.host_url) else ""


def _marquer(vue: Callable[P, R], acces: str) -> Callable[P, R]:
    if hasattr(vue, "acces"):
        raise RuntimeError(f"{vue.__name__}: one access decorator, not two")
    vue.acces = acces  # type: ignore[attr-defined]
    return vue
