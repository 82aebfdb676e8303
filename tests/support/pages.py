"""Proofreads every page the test client receives: strict HTML5, one h1, unique ids, labels, French typography."""

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

CHAMPS = frozenset({"input", "select", "textarea"})
SANS_ETIQUETTE = frozenset({"hidden", "submit", "button", "image"})
SANS_TEXTE = frozenset({"script", "style", "template"})
# Opened without any cookie of ours, and all it can do is have PayFiP asked (views/paiements).
_SANS_JETON = re.compile(r"/paiements/\d+/verifier$")
# A plain space where French wants a no-break one, and the typewriter's apostrophe inside a word.
_TYPOGRAPHIE = re.compile(r"[^\n]{0,20}(?:\w [;!?»%€]| : |« |\w'\w)[^\n]{0,20}")


@lru_cache(maxsize=32)
def analyser(html: str, *, est_page: bool) -> Element:
    """The tree of a page or a fragment; any parse error of the HTML5 standard raises. The same answer, proofread
    then read by its test, is parsed once: the tree is for reading."""
    # A custom element is valid HTML5 to a browser; html5lib needs nothing said about it.
    lecteur = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    racine: Any = lecteur.parse(html) if est_page else lecteur.parseFragment(html)
    assert isinstance(racine, Element)
    return racine


def relire(html: str) -> list[str]:
    """Faults of an answer, in words; empty when there is none."""
    est_page = html.lstrip()[:9].lower() == "<!doctype"
    try:
        racine = analyser(html.lstrip(), est_page=est_page)
    except html5lib.html5parser.ParseError as erreur:
        return [f"HTML5: {erreur}"]
    fautes = [*_identifiants(racine), *_interdits(racine), *_typographie(racine)]
    if est_page:
        fautes += [*_page(racine), *_etiquettes(racine)]
    return fautes


def texte(element: Element) -> str:
    """Visible text, blanks gathered; no-break spaces kept."""
    return re.sub(r"[ \t\r\n]+", " ", "".join(_textes(element))).strip()


def _textes(element: Element) -> Any:
    if element.tag in SANS_TEXTE:
        return
    yield element.text or ""
    for enfant in element:
        yield from _textes(enfant)
        yield enfant.tail or ""


def _page(racine: Element) -> list[str]:
    fautes = []
    if racine.get("lang") != "fr":
        fautes.append("html without lang=fr")
    titres = [texte(h1) for h1 in racine.iter("h1")]
    titre = texte(next(racine.iter("title"), Element("title")))
    if len(titres) != 1:
        fautes.append(f"{len(titres)} h1: {titres}")
    elif not titre.startswith(titres[0]):
        fautes.append(f"title {titre!r} does not begin with h1 {titres[0]!r}")
    niveaux = [int(element.tag[1]) for element in racine.iter() if re.fullmatch("h[1-6]", str(element.tag))]
    fautes += [f"h{suivant} after h{niveau}" for niveau, suivant in pairwise(niveaux) if suivant > niveau + 1]
    return fautes


def _identifiants(racine: Element) -> list[str]:
    comptes = Counter(element.get("id") for element in racine.iter() if element.get("id"))
    return [f"id {nom!r} {nombre} times" for nom, nombre in comptes.items() if nombre > 1]


def _etiquettes(racine: Element) -> list[str]:
    pour = {etiquette.get("for") for etiquette in racine.iter("label")}
    dedans = {id(champ) for etiquette in racine.iter("label") for champ in etiquette.iter()}
    fautes = [
        f"{champ.tag} {champ.get('name')!r} without a label"
        for champ in racine.iter()
        if champ.tag in CHAMPS
        and champ.get("type", "text") not in SANS_ETIQUETTE
        and champ.get("id") not in pour
        and id(champ) not in dedans
        and not champ.get("aria-label")
    ]
    fautes += ["img without alt" for image in racine.iter("img") if image.get("alt") is None]
    fautes += [
        f"{element.tag} without a name: {element.attrib}"
        for element in racine.iter()
        if element.tag in ("a", "button") and not texte(element) and not element.get("aria-label")
    ]
    connus = {element.get("id") for element in racine.iter()}
    for element in racine.iter():
        for attribut in ("aria-describedby", "aria-labelledby", "for", "aria-controls"):
            fautes += [
                f"{attribut}={cible!r} leads nowhere"
                for cible in (element.get(attribut) or "").split()
                if cible not in connus
            ]
    return fautes


def _interdits(racine: Element) -> list[str]:
    """What the CSP would block, or htmx would run behind its back."""
    fautes = []
    for element in racine.iter():
        if element.tag == "style" or (element.tag == "script" and not element.get("src")):
            fautes.append(f"inline {element.tag}")
        fautes += [
            f"{attribut} on {element.tag}"
            for attribut in element.attrib
            if attribut == "style" or attribut.startswith(("on", "hx-on"))
        ]
        est_post = element.tag == "form" and (element.get("method") or "").lower() == "post"
        est_exempt = _SANS_JETON.search(element.get("action") or "") is not None
        if est_post and not est_exempt and not any(c.get("name") == "csrf_token" for c in element.iter("input")):
            fautes.append(f"form to {element.get('action')!r} without its CSRF field")
    return fautes


def _typographie(racine: Element) -> list[str]:
    return [f"typography: {trouve!r}" for trouve in _TYPOGRAPHIE.findall(texte(racine))]
