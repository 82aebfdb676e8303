"""Assembly of one commune's app, and of the entrance that lists them."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, Response, request
from jinja2 import BytecodeCache, StrictUndefined
from jinja2.bccache import Bucket
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Map, Rule, RuleFactory

from portail_famille.config import ReglagesCommune
from portail_famille.extensions import connexion, csrf
from portail_famille.migrations import verifier_a_jour
from portail_famille.models.bd import BD
from portail_famille.presentation import formats
from portail_famille.presentation.typographie import TypographieFrancaise
from portail_famille.services.cle_coffre import verifier_cle
from portail_famille.services.cles_acces import Portail
from portail_famille.services.couverture_regies import regies_disparues
from portail_famille.services.documents import verifier_documents
from portail_famille.views import (
    absences,
    accueil,
    accuses,
    activation,
    agenda,
    appareils,
    attestations,
    cles,
    conditions,
    creation,
    demarches,
    donnees,
    enfants,
    entourage,
    entree,
    erreurs,
    espace,
    factures,
    factures_pdf,
    famille,
    gardes,
    identifiants,
    mot_de_passe,
    nouvelle_demarche,
    paiements,
    pieces,
    porte_documents,
    pwa,
    quotients,
    reservations,
    sante,
    second_facteur,
    statique,
    tableau_de_bord,
    verification,
    web,
)
from portail_famille.views import connexion as vue_connexion
from portail_famille.views.acces import acteur_pour_gabarit, agent_pour_gabarit, connecte_pour_gabarit, verifier_acces
from portail_famille.views.agent import accueil as agent_accueil
from portail_famille.views.agent import ajouts as agent_ajouts
from portail_famille.views.agent import apercus as agent_apercus
from portail_famille.views.agent import attestations as agent_attestations
from portail_famille.views.agent import caisse as agent_caisse
from portail_famille.views.agent import corrections as agent_corrections
from portail_famille.views.agent import courriels as agent_courriels
from portail_famille.views.agent import demarches as agent_demarches
from portail_famille.views.agent import departs as agent_departs
from portail_famille.views.agent import evenements as agent_evenements
from portail_famille.views.agent import extractions as agent_extractions
from portail_famille.views.agent import facturation as agent_facturation
from portail_famille.views.agent import factures as agent_factures
from portail_famille.views.agent import foyers as agent_foyers
from portail_famille.views.agent import fusions as agent_fusions
from portail_famille.views.agent import menages as agent_menages
from portail_famille.views.agent import modeles as agent_modeles
from portail_famille.views.agent import reglements as agent_reglements
from portail_famille.views.agent import saisie as agent_saisie
from portail_famille.views.cookie import CookieDeSession, duree_maximale
from portail_famille.views.entetes import compresser, poser_entetes
from portail_famille.views.foyer import foyers_pour_gabarit

journal = logging.getLogger(__name__)

Horloge = Callable[[], datetime]

PIECES = (
    vue_connexion,
    pwa,
    accueil,
    famille,
    agenda,
    reservations,
    activation,
    mot_de_passe,
    conditions,
    verification,
    espace,
    identifiants,
    appareils,
    cles,
    second_facteur,
    enfants,
    sante,
    entourage,
    pieces,
    gardes,
    donnees,
    creation,
    # Before « demarches »: « nouvelle » is no number of a request.
    nouvelle_demarche,
    demarches,
    accuses,
    tableau_de_bord,
    porte_documents,
    quotients,
    absences,
    factures,
    factures_pdf,
    paiements,
    attestations,
    agent_accueil,
    agent_demarches,
    agent_foyers,
    agent_saisie,
    agent_corrections,
    agent_departs,
    agent_courriels,
    agent_ajouts,
    agent_apercus,
    agent_evenements,
    agent_extractions,
    agent_fusions,
    agent_menages,
    agent_modeles,
    agent_facturation,
    agent_factures,
    agent_reglements,
    agent_caisse,
    agent_attestations,
)
"""One blueprint per room."""

TAILLE_MAXIMALE = 256 * 1024
"""A month of ticks is under 10 KB. Views that take documents raise it for themselves."""


def heure_du_serveur() -> datetime:
    """The only clock: everything below is given its instant."""
    return datetime.now(UTC)


def create_app(reglages: ReglagesCommune, horloge: Horloge | None = None) -> Flask:
    """The app of one commune. Raises BaseNonMigree when its database is not at this code's version, StockageImpossible
    or AdresseIllisible when its documents could not be kept or looked at, CleFausse when its key does not open them."""
    verifier_documents(reglages)
    bd = BD(reglages.base_de_donnees)
    try:
        verifier_a_jour(bd, reglages.slug)
        with bd.session_lecture() as session:
            verifier_cle(session, reglages)
            disparues = regies_disparues(session, reglages.regies)
    except BaseException:
        bd.fermer()
        raise
    if reglages.est_https and not reglages.mandataires:
        journal.warning(
            "%s: url_publique is https and mandataires = 0: behind a proxy, every visitor would have its address",
            reglages.slug,
        )
    if reglages.cle_coffre == reglages.cle_secrete:
        journal.warning(
            "%s: no cle_coffre of its own in commune.toml: changing cle_secrete would lose documents and health data",
            reglages.slug,
        )
    for regie, nombre in disparues.items():
        journal.warning(
            "%s: commune.toml has no [regies.%s] any more, and %d unpaid invoices: shown, paid at the desk only",
            reglages.slug,
            regie,
            nombre,
        )
    for essai in reglages.regies.values():
        if essai.est_a_l_essai and not reglages.est_exemple:
            journal.warning(
                '%s: [regies.%s] has saisie = "T": invoices are paid by test cards, no money comes (docs/payfip.md)',
                reglages.slug,
                essai.code,
            )
    app = _flask("portail_famille")
    app.url_map = _ADRESSES
    app.config.update(
        SECRET_KEY=reglages.cle_secrete,
        HORLOGE=horloge or heure_du_serveur,
        APPLICATION_ROOT=f"/{reglages.slug}",
        SESSION_COOKIE_NAME=f"pf_{reglages.slug}",
        SESSION_COOKIE_PATH=f"/{reglages.slug}/",
        SESSION_COOKIE_SECURE=reglages.est_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # The cookie is sent once, at login: each answer weighs that much less.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=duree_maximale(reglages.session),
        PREFERRED_URL_SCHEME="https" if reglages.est_https else "http",
        # An installed application stays open for days: the token lives as long as the session.
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.session_interface = CookieDeSession(reglages.session)
    app.extensions["bd"] = bd
    app.extensions["regles"] = bd.memoire
    app.extensions["reglages"] = reglages
    connexion.init_app(app)
    csrf.init_app(app)
    web.installer(app)
    statique.installer(app, "/static")
    pwa.installer(app)
    erreurs.installer(app)
    for module in PIECES:
        app.register_blueprint(module.bp)
    app.context_processor(
        lambda: {
            "commune": reglages,
            "acteur": acteur_pour_gabarit(),
            "est_agent": agent_pour_gabarit,
            "est_connecte": connecte_pour_gabarit,
            "cles_possibles": Portail.de(reglages.url_publique, reglages.nom).accepte_les_cles,
            "mes_foyers": foyers_pour_gabarit,
            "onglet": "",
        }
    )
    app.after_request(lambda reponse: _finir(reponse, https=reglages.est_https))
    if reglages.mandataires:
        nombre = reglages.mandataires
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=nombre, x_proto=nombre, x_host=nombre)  # type: ignore[method-assign]
    verifier_acces(app)
    return app


class Adresses(Map):
    """The addresses, the same in all towns: the first to start compiles them for the server. What is known stays as it
    is, so a town that starts changes nothing under the feet of one that answers."""

    def __init__(self) -> None:
        super().__init__()
        self._connues: set[tuple[str, str, frozenset[str]]] = set()
        self._verrou = threading.Lock()

    def add(self, rulefactory: RuleFactory) -> None:
        assert isinstance(rulefactory, Rule)
        cle = (rulefactory.rule, rulefactory.endpoint, frozenset(rulefactory.methods or ()))
        with self._verrou:
            if cle not in self._connues:
                super().add(rulefactory)
                self._connues.add(cle)


_ADRESSES = Adresses()


def create_entree(lister: Callable[[], list[entree.CommuneListee]]) -> Flask:
    """The list of towns at the server's root. No session, no cookie, no database."""
    app = _flask("portail_famille")
    app.extensions["lister_communes"] = lister
    statique.installer(app, "/statique")
    entree.installer(app)
    app.register_blueprint(entree.bp)
    app.after_request(lambda reponse: compresser(poser_entetes(reponse, https=request.is_secure), request))
    verifier_acces(app)
    return app


class _CodeDesGabarits(BytecodeCache):
    """Compiled templates, kept in memory: the towns of a server, and each visit to a new one, compile them once."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._codes.get(bucket.key)
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key] = bucket.bytecode_to_string()


_CODE_DES_GABARITS = _CodeDesGabarits()


def _flask(nom: str) -> Flask:
    app = Flask(nom, root_path=str(Path(__file__).parent), static_folder=None)
    app.request_class = web.Requete
    app.config.update(MAX_CONTENT_LENGTH=TAILLE_MAXIMALE, MAX_FORM_MEMORY_SIZE=TAILLE_MAXIMALE, MAX_FORM_PARTS=4000)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.bytecode_cache = _CODE_DES_GABARITS
    app.jinja_env.add_extension(TypographieFrancaise)
    formats.installer(app.jinja_env)
    return app


def _finir(reponse: Response, *, https: bool) -> Response:
    """In this order: what the request wrote is kept or dropped before a byte leaves."""
    return compresser(poser_entetes(web.terminer_ecriture(reponse), https=https), request)
