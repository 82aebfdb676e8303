"""Headers of every answer: security, caching, compression."""

from collections.abc import Mapping

import brotli
from flask import Request, Response, request

from portail_famille.views.web import est_partielle

_CSP_PARTOUT = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def politique(*destinations: str) -> str:
    """Content-Security-Policy of a page. `destinations`: origins that its forms may end up at, after a redirection of
    ours too (Chromium looks at each hop)."""
    return " ".join((f"{_CSP_PARTOUT}; form-action 'self'", *destinations))


_DOCUMENT = {
    "Content-Security-Policy": politique(),
    "X-Content-Type-Options": "nosniff",
    # Not stricter: Flask-WTF wants a Referer over HTTPS.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# A tick's answer weighs less than these headers would. A fragment obeys the policy of the page it is put in, and
# no link or form can ask for one: the header that does is only sent by a script of ours.
_FRAGMENT = {"X-Content-Type-Options": "nosniff"}
# Style sheets, scripts, images, and redirections, which nobody reads: what keeps them from being taken for a page.
_RESSOURCE = {"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin"}
_HSTS = "max-age=31536000"

_COMPRESSIBLES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
_TAILLE_MINIMALE = 250
_QUALITE = 5


def poser_entetes(reponse: Response, *, https: bool) -> Response:
    """Defaults: a view that set a header keeps it. Nothing private stays in a cache, on a shared computer neither."""
    utiles = _utiles(reponse)
    for nom, valeur in utiles.items():
        reponse.headers.setdefault(nom, valeur)
    reponse.headers.setdefault("Cache-Control", "private, no-store")
    if https and utiles is _DOCUMENT:
        reponse.headers.setdefault("Strict-Transport-Security", _HSTS)
    return reponse


def _utiles(reponse: Response) -> Mapping[str, str]:
    """A worker script obeys the policy it comes with, hence the whole set for it as for a page."""
    if est_partielle():
        return _FRAGMENT
    est_lue = reponse.mimetype == "text/html" and not 300 <= reponse.status_code < 400
    return _DOCUMENT if est_lue or request.endpoint == "pwa.sw" else _RESSOURCE


def compresser(reponse: Response, requete: Request) -> Response:
    """Brotli, for bodies large enough to gain from it. The commune's proxy needs no setting."""
    if reponse.direct_passthrough or reponse.is_streamed or not (reponse.mimetype or "").startswith(_COMPRESSIBLES):
        return reponse
    corps = reponse.get_data()
    if len(corps) < _TAILLE_MINIMALE or "Content-Encoding" in reponse.headers:
        return reponse
    reponse.vary.add("Accept-Encoding")
    if requete.accept_encodings.quality("br") > 0:
        reponse.set_data(brotli.compress(corps, mode=brotli.MODE_TEXT, quality=_QUALITE))
        reponse.headers["Content-Encoding"] = "br"
    return reponse
