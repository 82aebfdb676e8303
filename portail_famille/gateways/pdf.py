"""Paper: PDF/UA-1 documents by typst, from a model of `imprimes/` and JSON data that are never source.

One compiler a process, kept warm, with our own font (`polices/`, OFL) and none of the machine's: the same bytes come
out everywhere.
"""

import json
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typst

_ICI = Path(__file__).parent
MODELES = _ICI / "imprimes"
POLICES = _ICI / "polices"
_TOUR = threading.Lock()
"""A page takes some ten milliseconds; the compiler serves one at a time."""


def imprimer(modele: str, donnees: Mapping[str, Any]) -> bytes:
    """The PDF of `imprimes/<modele>.typ`. Tagged, in French, readable by a voice (PDF/UA-1): typst refuses to write one
    that is not."""
    with _TOUR:
        octets = _compilateur().compile(
            input=str(MODELES / f"{modele}.typ"),
            format="pdf",
            sys_inputs={"donnees": json.dumps(donnees, ensure_ascii=False)},
            pdf_standards=["ua-1"],
        )
    assert isinstance(octets, bytes)
    return octets


@cache
def _compilateur() -> typst.Compiler:
    return typst.Compiler(root=str(MODELES), font_paths=[str(POLICES)], ignore_system_fonts=True)
