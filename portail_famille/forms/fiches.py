"""A family's file as a form sends it: one input per field, named after its column."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from portail_famille.domain.fiches import Cible, champs_de


@dataclass(frozen=True, slots=True)
class SaisieFiche:
    """What was typed, by field code, as it was typed; and which values the form had shown."""

    valeurs: dict[str, str]
    empreinte: str


def lire_saisie(formulaire: Mapping[str, str], cible: Cible) -> SaisieFiche:
    """Every field of this target that is in the form; services/fiches refuses those that may not be changed."""
    valeurs = {c.code: _montrable(formulaire[c.colonne]) for c in champs_de(cible) if c.colonne in formulaire}
    return SaisieFiche(valeurs, formulaire.get("empreinte", ""))


def _montrable(saisie: str) -> str:
    """Without the control characters that no keyboard types and no page may hold (HTML, 13.2.3.5)."""
    return "".join(c for c in saisie if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
