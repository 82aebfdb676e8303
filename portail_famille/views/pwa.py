"""The home-screen application: manifest, icons, colours, service worker, offline page, and the « Plus » tab."""

import hashlib
import json
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, Response, abort, current_app, make_response, render_template, request, url_for

from portail_famille.config import FOND_CLAIR, ReglagesCommune
from portail_famille.presentation.icones import initiales, png, svg
from portail_famille.views import statique, web
from portail_famille.views.acces import parent, public

bp = Blueprint("pwa", __name__)

# What the offline page needs, and nothing private.
PRECACHE = ("portail.js",)
# File → side in pixels, and whether the phone may cut it to its own shape.
ICONES = {
    "icone-192.png": (192, False),
    "icone-512.png": (512, False),
    "icone-512-masquable.png": (512, True),
    "icone-180.png": (180, True),
}
FAVICON = "icone-192.png"
"""The tab's icon is one the manifest names anyway: one request for both."""
_UN_AN = "public, max-age=31536000, immutable"
_UNE_HEURE = "public, max-age=3600"
_A_REVOIR = "no-cache"


@bp.get("/manifeste.webmanifest")
@public
def manifeste() -> Response:
    reglages = web.reglages()
    racine = url_for("accueil.accueil")
    icones = [
        {
            "src": url_for("pwa.icone", fichier=fichier),
            "sizes": f"{cote}x{cote}",
            "type": "image/png",
            "purpose": "maskable" if masquable else "any",
        }
        for fichier, (cote, masquable) in ICONES.items()
        if cote != 180
    ]
    corps = {
        "id": racine,
        "start_url": racine,
        "scope": racine,
        "name": f"Portail famille – {reglages.nom}",
        "short_name": reglages.nom,
        "description": f"La cantine, l’accueil et les activités des enfants à {reglages.nom}.",
        "lang": "fr",
        "dir": "ltr",
        "display": "standalone",
        "background_color": FOND_CLAIR,
        "theme_color": reglages.apparence.couleur,
        "categories": ["education", "lifestyle"],
        "icons": icones,
        "shortcuts": [
            {
                "name": nom,
                "url": href,
                "icons": [{"src": url_for("pwa.icone", fichier="icone-192.png"), "sizes": "192x192"}],
            }
            for nom, href in (("Agenda", url_for("reservations.activites")), ("Factures", url_for("factures.liste")))
        ],
    }
    return _fichier(json.dumps(corps, ensure_ascii=False), "application/manifest+json", _UNE_HEURE)


@bp.get("/icones/<fichier>")
@public
def icone(fichier: str) -> Response:
    """« icone.svg » is the town's own logo when it gave one: the page's header and the browser's tab show it."""
    reglages = web.reglages()
    texte, couleur = initiales(reglages.nom), reglages.apparence.couleur
    garde = _UN_AN if request.args.get("v") == _empreinte(reglages) else _A_REVOIR
    if fichier == "icone.svg":
        if reglages.apparence.logo:
            return _logo(reglages, garde)
        return _fichier(svg(texte, couleur), "image/svg+xml", garde)
    if fichier not in ICONES:
        abort(404)
    cote, masquable = ICONES[fichier]
    return _fichier(png(texte, couleur, cote, masquable), "image/png", garde)


@bp.get("/portail.css")
@public
def feuille() -> Response:
    """The style sheet with the town's colours and logo. A file rather than style attributes: the CSP allows none."""
    return statique.envoyer(_feuille())


@bp.get("/sw.js")
@public
def sw() -> Response:
    """The service worker; at the town's root so that its scope is the town and no other."""
    adresses = [url_for("static", filename=nom) for nom in PRECACHE]
    adresses += [url_for("pwa.feuille"), url_for("pwa.icone", fichier=FAVICON)]
    hors_ligne = url_for("pwa.hors_ligne")
    page = _page_hors_ligne()
    version = hashlib.sha256("\n".join([*adresses, page]).encode()).hexdigest()[:8]
    corps = render_template(
        "pwa/sw.js",
        # A dot, which no slug holds: « paris » must not take the caches of « paris-5 » for its own.
        prefixe=f"portail-{web.reglages().slug}.",
        version=version,
        adresses=adresses,
        hors_ligne=hors_ligne,
    )
    return _fichier(corps, "text/javascript", _A_REVOIR)


@bp.get("/hors-ligne")
@public
def hors_ligne() -> Response:
    return _fichier(_page_hors_ligne(), "text/html", _A_REVOIR)


@bp.get("/plus")
@parent
def plus() -> Response:
    return web.render("pwa/plus.html", onglet="plus")


def installer(app: Flask) -> None:
    """Addresses of the icons and colours carry a digest of what they are drawn from."""

    def dater(endpoint: str, valeurs: dict[str, Any]) -> None:
        if endpoint == "pwa.icone":
            valeurs.setdefault("v", _empreinte(web.reglages()))
        elif endpoint == "pwa.feuille":
            valeurs.setdefault("v", _feuille().empreinte)

    app.url_defaults(dater)


def _feuille() -> statique.FichierStatique:
    """Made once per process: the rules of every town, then what is this one's own."""
    feuille: statique.FichierStatique | None = current_app.extensions.get("feuille")
    if feuille is None:
        reglages = web.reglages()
        couleurs = reglages.apparence
        propre = f":root{{--ville:{couleurs.couleur};--ville-sombre:{couleurs.couleur_sombre}}}"
        logo = f".logo{{background-image:url({_adresse_du_logo(reglages)})}}"
        commune = statique.fichier_statique("css/app.css").corps
        feuille = statique.preparer(commune + f"\n{propre}{logo}\n".encode(), "text/css; charset=utf-8")
        current_app.extensions["feuille"] = feuille
    return feuille


def _adresse_du_logo(reglages: ReglagesCommune) -> str:
    """The drawn logo travels in the sheet itself; a town's own file, of any weight, has its address."""
    if reglages.apparence.logo:
        return url_for("pwa.icone", fichier="icone.svg")
    dessin = svg(initiales(reglages.nom), reglages.apparence.couleur)
    return f'"data:image/svg+xml,{quote(dessin, safe=" =:/,()")}"'


def _page_hors_ligne() -> str:
    """Kept on the device for anyone who holds it: never says who is logged in."""
    contexte: dict[str, Any] = {}
    current_app.update_template_context(contexte)
    return current_app.jinja_env.get_template("pwa/hors_ligne.html").render(
        contexte | {"acteur": None, "est_agent": bool, "est_connecte": bool}
    )


def _empreinte(reglages: ReglagesCommune) -> str:
    empreinte: str = current_app.extensions.get("empreinte_apparence", "")
    if not empreinte:
        apparence = reglages.apparence
        source = f"1|{reglages.nom}|{apparence.couleur}|{apparence.couleur_sombre}|".encode()
        if apparence.logo:
            source += (reglages.dossier / apparence.logo).read_bytes()
        empreinte = hashlib.sha256(source).hexdigest()[:8]
        current_app.extensions["empreinte_apparence"] = empreinte
    return empreinte


def _logo(reglages: ReglagesCommune, garde: str) -> Response:
    logo = reglages.apparence.logo
    genre = "image/svg+xml" if logo.endswith(".svg") else "image/png"
    reponse = _fichier((reglages.dossier / logo).read_bytes(), genre, garde)
    # A drawing can carry scripts: opened as a page, this one runs none.
    reponse.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return reponse


def _fichier(corps: str | bytes, genre: str, garde: str) -> Response:
    reponse = make_response(corps)
    reponse.headers["Content-Type"] = genre if genre.startswith("image/") else f"{genre}; charset=utf-8"
    reponse.headers["Cache-Control"] = garde
    reponse.add_etag()
    reponse.make_conditional(request)
    return reponse
