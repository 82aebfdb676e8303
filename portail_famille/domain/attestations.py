"""Attestation fiscale: what of the money paid was care (CGI art. 200 quater B; BOI-IR-RICI-300; domain.md §9)."""

from portail_famille.domain.circonstances import Etat
from portail_famille.domain.unites import Activite, Unite

_SANS_GARDE = frozenset({Etat.ABSENTE_JUSTIFIEE, Etat.ABSENTE_INJUSTIFIEE})
"""Nobody kept the child: what is asked for an absence is a penalty, out of the base (answer of the minister to written
question 78406, XIIIᵉ législature: neither food, nor « les pénalités pour absence de l'enfant », nor extras)."""


def part_de_garde(activite: Activite, unite: Unite, base_centimes: int, montant_centimes: int, etat: str) -> int:
    """What of `montant_centimes`, the price of one slot in that `etat`, is care.

    Never more than `base_centimes`, the price had the day gone as booked: what comes on top is a penalty. Where the
    price includes a meal, only the part the town itemises (`part_garde` of the unit).
    """
    if etat in _SANS_GARDE or montant_centimes <= 0:
        return 0
    plafond = min(base_centimes, montant_centimes)
    if unite.part_garde_centimes is not None:
        return min(unite.part_garde_centimes, plafond)
    return plafond if activite.garde else 0
