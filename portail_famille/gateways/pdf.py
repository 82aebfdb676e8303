"""Paper: PDF/UA-1 documents by typst, from a model of `imprimes/` and JSON data that are never source.

One compiler a process, kept warm, with our own font (`polices/`, OFL) and none of the machine's: the same bytes come
out everywhere.
"""

import json
import threading
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

from portail_famille.gateways.glyphes import lettres_de

_ICI = Path(__file__).parent
MODELES = _ICI / "imprimes"
POLICES = _ICI / "polices"
INCONNU = "?"
_TOUR = threading.Lock()
"""A page takes some ten milliseconds; the compiler serves one at a time."""


def imprimer(modele: str, donnees: Mapping[str, Any]) -> bytes:
    """The PDF of `imprimes/<modele>.typ`. Tagged, in French, readable by a voice (PDF/UA-1): typst refuses to write one
    that is not. A sign that no font of ours has (an emoji in a name) is then shown as « ? », on this paper alone."""
    try:
        return _compiler(modele, donnees)
    except typst.TypstError:
        return _compiler(modele, _lisible(donnees))


def _compiler(modele: str, donnees: Mapping[str, Any]) -> bytes:
    with _TOUR:
        octets = _compilateur().compile(
            input=str(MODELES / f"{modele}.typ"),
            format="pdf",
            sys_inputs={"donnees": json.dumps(donnees, ensure_ascii=False)},
            pdf_standards=["ua-1"],
        )
    assert isinstance(octets, bytes)
    return octets


def _lisible(donnees: Any) -> Any:
    """The same document, with what the font cannot show replaced."""
    if isinstance(donnees, str):
        composee = unicodedata.normalize("NFC", donnees)
        return "".join(lettre if lettre == "\n" or ord(lettre) in _lettres() else INCONNU for lettre in composee)
    if isinstance(donnees, Mapping):
        return {cle: _lisible(valeur) for cle, valeur in donnees.items()}
    if isinstance(donnees, list | tuple):
        return [_lisible(valeur) for valeur in donnees]
    return donnees


@cache
def _lettres() -> frozenset[int]:
    """In both weights."""
    return frozenset.intersection(*(lettres_de(police) for police in sorted(POLICES.glob("*.otf"))))


@cache
def _compilateur() -> typst.Compiler:
    return typst.Compiler(root=str(MODELES), font_paths=[str(POLICES)], ignore_system_fonts=True)
