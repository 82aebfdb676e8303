"""Long texts that a town writes: Markdown made into HTML that fits under a page's h1."""

from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from portail_famille.presentation.typographie import espacer

_BALISES = {"h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "a", "blockquote", "br", "hr", "code"}
_ATTRIBUTS = {"a": {"href"}, "ol": {"start"}}
_PREMIER, _DERNIER = 2, 4


@lru_cache(maxsize=16)
def rendre_markdown(texte: str) -> Markup:
    """No HTML of the text's own passes, and nh3 has the last word on what comes out."""
    lecteur = MarkdownIt("commonmark", {"html": False})
    blocs = lecteur.parse(texte)
    _situer_les_titres(blocs)
    for bloc in blocs:
        for enfant in bloc.children or []:
            if enfant.type == "text":
                enfant.content = espacer(enfant.content)
    html = lecteur.renderer.render(blocs, lecteur.options, {})
    propre = nh3.clean(html, tags=_BALISES, attributes=_ATTRIBUTS, url_schemes={"https", "mailto", "tel"})
    return Markup(propre)  # noqa: S704 (cleaned on the line above)


def _situer_les_titres(blocs: Sequence[Token]) -> None:
    """The page has its h1: the text begins at h2 and skips no level, however its author counted."""
    titres = [bloc for bloc in blocs if bloc.type in ("heading_open", "heading_close")]
    if not titres:
        return
    premier = min(int(titre.tag[1]) for titre in titres)
    precedent = _PREMIER - 1
    for titre in titres:
        if titre.type == "heading_open":
            voulu = int(titre.tag[1]) - premier + _PREMIER
            precedent = min(voulu, precedent + 1, _DERNIER)
        titre.tag = f"h{precedent}"
