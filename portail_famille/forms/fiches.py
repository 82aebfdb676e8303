"""A family's file as a form sends it: one input per field, named after its column."""

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
    valeurs = {champ.code: formulaire[champ.colonne] for champ in champs_de(cible) if champ.colonne in formulaire}
    return SaisieFiche(valeurs, formulaire.get("empreinte", ""))
