"""Life of a request: its clock, its two sessions, its answer (house.md §2 and §3).

GET and HEAD get a session that cannot write. The writing one is opened late, committed after a 2xx or 3xx answer and
rolled back after any other, so that a refused form saves nothing, by construction.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar, cast

from flask import Flask, Request, Response, current_app, g, make_response, request, url_for
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter
from werkzeug.urls import iri_to_uri
from werkzeug.utils import cached_property

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD

F = TypeVar("F", bound=Callable[..., Any])
METHODES_SURES = frozenset({"GET", "HEAD", "OPTIONS"})
# NUL, which PostgreSQL keeps in no text, and its like, which nobody types; tab and line ends are words of a message.
_CONTROLES = {code: None for code in range(32) if chr(code) not in "\t\n\r"}
_PREMIERE_ANNEE, _DERNIERE_ANNEE = 1900, 2199


class Requete(Request):
    """Flask's, but a body cut short or badly chunked is the visitor's fault (400), not ours (500), and control
    characters are dropped from what is typed and from the query string."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return ImmutableMultiDict(_sans_controles(super().args))

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        try:
            super()._load_form_data()
        except HTTPException:
            raise
        except Exception as erreur:  # each server has its own for a body it cannot read; nothing else is read here
            raise BadRequest from erreur
        self.__dict__["form"] = ImmutableMultiDict(_sans_controles(self.form))


def _sans_controles(champs: MultiDict[str, str]) -> list[tuple[str, str]]:
    return [(cle.translate(_CONTROLES), valeur.translate(_CONTROLES)) for cle, valeur in champs.items(multi=True)]


class _Identifiant(IntegerConverter):
    """A number that no column can hold names nothing: 404, on both engines."""

    regex = r"[0-9]{1,9}"


class _Texte(UnicodeConverter):
    """Nothing that we named has a control character in it."""

    def __init__(self, map: Map, minlength: int = 1, maxlength: int | None = None, length: int | None = None) -> None:
        super().__init__(map, minlength, maxlength, length)
        self.regex = self.regex.replace("[^/]", r"[^/\x00-\x1f]")


def numero_de_ligne(texte: str) -> int:
    """The id or the version of a row; a number that no column can hold is no more of one than a word is."""
    if not texte.isdecimal() or len(texte) > 9:
        raise ValueError(texte)
    return int(texte)


def jour_plausible(texte: str) -> date:
    """A day to search by; what has no next day, or no hour in Paris, is no more of one than a word is."""
    jour = date.fromisoformat(texte)
    if not _PREMIERE_ANNEE <= jour.year <= _DERNIERE_ANNEE:
        raise ValueError(texte)
    return jour


def bd() -> BD:
    return cast(BD, current_app.extensions["bd"])


def reglages() -> ReglagesCommune:
    return cast(ReglagesCommune, current_app.extensions["reglages"])


def maintenant() -> datetime:
    """The instant of this request, the same from its beginning to its end."""
    if "maintenant" not in g:
        g.maintenant = current_app.config["HORLOGE"]()
    return cast(datetime, g.maintenant)


def lecture() -> Session:
    """The session that cannot write."""
    if "lecture" not in g:
        g.lecture = bd().ouvrir_lecture()
    return cast(Session, g.lecture)


def fermer_lecture() -> None:
    """Give the reading connection back before something slow (hashing)."""
    session = g.pop("lecture", None)
    if session is not None:
        session.close()


def ecriture() -> Session:
    """The session that writes: only for requests that announce a change."""
    if request.method in METHODES_SURES:
        raise RuntimeError(f"{request.method} reads; only a POST writes")
    if "ecriture" not in g:
        g.ecriture = bd().ouvrir_ecriture()
    return cast(Session, g.ecriture)


def verifier_hors_ecriture() -> None:
    """Before anything slow that is not the database (storage, antivirus, another server): SQLite has one writer, and a
    call outside would make every other one wait for it (house.md §2.7)."""
    session: Session | None = g.get("ecriture")
    if session is not None and session.in_transaction():
        raise RuntimeError("nothing outside is called while the writing transaction is open")


def apres_ecriture(faire: Callable[[bool], None]) -> None:
    """Called when the request's transaction is over, with whether it was committed; not after a commit that failed."""
    g.setdefault("apres_ecriture", []).append(faire)


def est_partielle() -> bool:
    """htmx asks for a part of the page."""
    return request.headers.get("HX-Request-Type") == "partial"


def est_htmx() -> bool:
    return "HX-Request" in request.headers


def render(page: str, *fragments: str, statut: int = 200, **data: Any) -> Response:
    """The page; or, when htmx asks for a part, the first fragment bare and the others each with its own target.

    A fragment's root element carries the name of its file: "agenda/_mois.html" replaces #mois.
    """
    noms = fragments if fragments and est_partielle() else (page,)
    current_app.update_template_context(data)
    corps = "".join(_morceau(rang, nom, data) for rang, nom in enumerate(noms))
    reponse = make_response(corps, statut)
    if fragments:
        reponse.vary.add("HX-Request-Type")
    return reponse


def redirect_to(endpoint: str, **values: Any) -> Response:
    return aller_a(url_for(endpoint, **values))


def aller_a(chemin: str) -> Response:
    """303, or 204 + HX-Redirect under htmx, which would follow a 303 and swap what it finds there."""
    if est_htmx():
        reponse = make_response("", 204)
        # A header is Latin-1 to the server; Werkzeug sees to Location, not to this one.
        reponse.headers["HX-Redirect"] = iri_to_uri(chemin)
        return reponse
    reponse = make_response("", 303)
    reponse.headers["Location"] = chemin
    return reponse


def adresse_publique(endpoint: str, **values: Any) -> str:
    """A link for a mail, from `url_publique` of the settings: never from the Host header, which a visitor chooses."""
    adaptateur = current_app.url_map.bind("localhost", script_name="/")
    return reglages().url_publique + adaptateur.build(endpoint, values)


def installer(app: Flask) -> None:
    """Bound what addresses hold, close what a request opened. Before the blueprints; the caller adds
    `terminer_ecriture` to the end of every answer."""
    app.url_map.converters |= {"int": _Identifiant, "default": _Texte, "string": _Texte}
    # First of all: the check against forged requests reads the whole form.
    app.before_request_funcs.setdefault(None, []).insert(0, _admettre_document)
    app.teardown_request(_fermer)


TAILLE_ENVOI = 32 * 1024 * 1024
"""More than a document may weigh: a form that is read to its end can be given back with what was typed."""


def recoit_document(vue: F) -> F:
    """Under an access decorator: this view takes documents, from whoever is logged in."""
    vue.recoit_document = True  # type: ignore[attr-defined]
    return vue


def reprend(page: Callable[..., Response]) -> Callable[[F], F]:
    """Under @public: the page that shows this form again, with what was typed but passwords, when its token is too old.
    It is given what the address of the view holds."""

    def marquer(vue: F) -> F:
        vue.reprise = page  # type: ignore[attr-defined]
        return vue

    return marquer


def attend_document() -> bool:
    return getattr(current_app.view_functions.get(request.endpoint or ""), "recoit_document", False)


def _admettre_document() -> None:
    """Who is logged in, not who has the cookie of a session that ended: nothing big is read for nobody."""
    if attend_document() and current_user.is_authenticated:
        request.max_content_length = TAILLE_ENVOI


def terminer_ecriture(reponse: Response) -> Response:
    """Commit or roll back, before the answer leaves: a commit that fails must not have said « C’est réservé »."""
    session: Session | None = g.pop("ecriture", None)
    est_validee = session is not None and reponse.status_code < 400
    if session is not None:
        try:
            if est_validee:
                session.commit()
            else:
                session.rollback()
        finally:
            session.close()
    for faire in g.pop("apres_ecriture", ()):
        faire(est_validee)
    return reponse


def _fermer(_erreur: BaseException | None) -> None:
    # Documents that were sent wait in temporary files.
    request.close()
    for nom in ("lecture", "ecriture"):
        session = g.pop(nom, None)
        if session is not None:
            session.close()


def _morceau(rang: int, nom: str, data: dict[str, Any]) -> str:
    html = current_app.jinja_env.get_template(nom).render(data)
    if rang == 0:
        return html
    cible = nom.rpartition("/")[2].removeprefix("_").removesuffix(".html")
    return f'<hx-partial hx-target="#{cible}" hx-swap="outerHTML">{html}</hx-partial>'
