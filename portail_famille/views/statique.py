"""Static files: their address carries a digest of their content, so that a browser keeps them for a year."""

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import brotli
from flask import Flask, Response, abort, make_response, request

from portail_famille.views.acces import public

# One request instead of two: what every page needs together is sent together.
COMPOSES = {"portail.js": ("vendor/htmx/htmx.min.js", "js/app.js")}
DOSSIER = Path(__file__).parent.parent / "static"
_UN_AN = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class FichierStatique:
    corps: bytes
    brotli: bytes | None
    """Best compression, done once per process; None when it does not pay."""
    genre: str
    empreinte: str


@cache
def chemins() -> dict[str, Path]:
    """Every file by its name under static/. No path is ever built from a request: the name is looked up here."""
    return {fichier.relative_to(DOSSIER).as_posix(): fichier for fichier in DOSSIER.rglob("*") if fichier.is_file()}


@cache
def fichier_statique(nom: str) -> FichierStatique:
    """Raises KeyError for an unknown name."""
    corps = b"\n".join(chemins()[morceau].read_bytes() for morceau in COMPOSES.get(nom, (nom,)))
    genre = _TYPES.get(Path(nom).suffix) or mimetypes.guess_type(nom)[0] or "text/plain; charset=utf-8"
    return preparer(corps, genre)


@lru_cache(maxsize=64)
def preparer(corps: bytes, genre: str) -> FichierStatique:
    """A body with its best compression and its digest; slow, once per process for what towns share."""
    compresse = brotli.compress(corps, quality=11)
    court = compresse if len(compresse) < len(corps) * 0.9 else None
    return FichierStatique(corps, court, genre, hashlib.sha256(corps).hexdigest()[:8])


@public
def servir(filename: str) -> Response:
    if not est_connu(filename):
        abort(404)
    return envoyer(fichier_statique(filename))


def envoyer(fichier: FichierStatique) -> Response:
    reponse = make_response()
    reponse.headers["Content-Type"] = fichier.genre
    reponse.vary.add("Accept-Encoding")
    # An address without its digest may be asked for by a person; only the digest promises that nothing will change.
    reponse.headers["Cache-Control"] = _UN_AN if request.args.get("v") == fichier.empreinte else "no-cache"
    reponse.set_etag(fichier.empreinte)
    if fichier.brotli is not None and request.accept_encodings.quality("br") > 0:
        reponse.headers["Content-Encoding"] = "br"
        reponse.set_data(fichier.brotli)
    else:
        reponse.set_data(fichier.corps)
    reponse.make_conditional(request)
    return reponse


def est_connu(nom: str) -> bool:
    return nom in COMPOSES or nom in chemins()


def installer(app: Flask, prefixe: str) -> None:
    app.add_url_rule(f"{prefixe}/<path:filename>", "static", servir)
    app.url_defaults(_dater)


def _dater(endpoint: str, valeurs: dict[str, Any]) -> None:
    if endpoint == "static" and est_connu(valeurs.get("filename", "")):
        valeurs.setdefault("v", fichier_statique(valeurs["filename"]).empreinte)
