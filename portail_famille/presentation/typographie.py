"""French spacing of the templates' own words, set once when a template is compiled.

Templates are typed with ordinary spaces; a browser must not break a line before « : » or « ? ». Lexique des règles
typographiques en usage à l'Imprimerie nationale: no-break before : and inside « », narrow no-break before ; ! ?.
Only the text between tags is touched: neither attributes, nor what a template prints.
"""

import re

from jinja2.ext import Extension

_HORS_TEXTE = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<[^>]*>)", re.DOTALL)
_FINE, _INSECABLE = "\u202f", "\u00a0"
_REGLES = (
    (re.compile(r" (?=[;!?](?:\s|$))"), _FINE),
    (re.compile(r" (?=:(?:\s|$))"), _INSECABLE),
    (re.compile(r"(?<=«) "), _INSECABLE),
    (re.compile(r" (?=»)"), _INSECABLE),
)


def espacer(texte: str) -> str:
    for motif, espace in _REGLES:
        texte = motif.sub(espace, texte)
    return texte


class TypographieFrancaise(Extension):
    """Jinja extension; HTML templates only."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if name is not None and not name.endswith(".html"):
            return source
        morceaux = _HORS_TEXTE.split(source)
        morceaux[::2] = [espacer(texte) for texte in morceaux[::2]]
        return "".join(morceaux)
