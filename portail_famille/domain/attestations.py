"""Attestation fiscale: what of the money paid was care (CGI art. 200 quater B; BOI-IR-RICI-300; domain.md §9)."""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from fractions import Fraction
from typing import TypeVar

from portail_famille.domain.catalogue import Catalogue
from portail_famille.domain.circonstances import Etat
from portail_famille.domain.regies import Regie, regie_de
from portail_famille.domain.unites import Activite, Unite

_SANS_GARDE = frozenset({Etat.ABSENTE_JUSTIFIEE, Etat.ABSENTE_INJUSTIFIEE})
"""Nobody kept the child: what is asked for an absence is a penalty, out of the base (answer of the minister to written
question 78406, XIIIᵉ législature: neither food, nor « les pénalités pour absence de l'enfant », nor extras)."""

_K = TypeVar("_K", bound=Hashable)
_AGE_LIMITE = 6
_MIDI, _APRES_LE_REPAS = time(12, 0), time(13, 0)


@dataclass(frozen=True, slots=True)
class Versement:
    """What paid a part of an invoice; taken back, it never did. `part`: what of it the family paid itself, without what
    its employer paid in advance by CESU."""

    le: date
    centimes: int
    part: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class FactureSuivie:
    """An invoice, its avoirs taken off. `lignes_centimes`: what its lines come to; `total_centimes`: what is asked,
    less where the town made a gesture on the whole. `gardes`: care, by child and by year in which it was given."""

    lignes_centimes: int
    total_centimes: int
    gardes: Mapping[tuple[int, int], int]
    versements: tuple[Versement, ...]


def a_moins_de_six_ans(naissance: date, annee: int) -> bool:
    """On 1 January of that year. The administration's booklets say « nés après le 31 décembre »: who turns six that
    very day still counts."""
    return naissance.year >= annee - _AGE_LIMITE


def garde_payee(factures: Iterable[FactureSuivie], annee: int) -> dict[int, Fraction]:
    """Centimes paid for care in that year, exact, by child.

    A payment pays each line in proportion, and counts in the year it was made; made before the care was given, in the
    year of that care (BOI-IR-RICI-300: « prestation réalisée »). Avoirs count against the payments they correct,
    whenever they came: nothing is ever negative, and what was paid over the price is no care.
    """
    parts: dict[int, Fraction] = defaultdict(Fraction)
    for facture in factures:
        if facture.lignes_centimes <= 0:
            continue
        reste = facture.total_centimes
        for versement in sorted(facture.versements, key=lambda v: v.le):
            compte = max(min(versement.centimes, reste), 0)
            reste -= compte
            for (enfant, quand), garde in facture.gardes.items():
                if max(versement.le.year, quand) == annee and garde > 0:
                    parts[enfant] += compte * versement.part * Fraction(garde, facture.lignes_centimes)
    return {enfant: part for enfant, part in parts.items() if part}


def arrondir_ensemble(parts: Mapping[_K, Fraction]) -> dict[_K, int]:
    """Whole centimes that add up to the rounded total: what is left goes to the largest remainders."""
    entiers = {cle: math.floor(part) for cle, part in parts.items()}
    manque = math.floor(sum(parts.values(), Fraction(0)) + Fraction(1, 2)) - sum(entiers.values())
    for cle in sorted(parts, key=lambda cle: entiers[cle] - parts[cle])[:manque]:
        entiers[cle] += 1
    return entiers


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


def repas_comptes_en_garde(catalogue: Catalogue, regies: Mapping[str, Regie]) -> list[str]:
    """Units that a régie of the portal bills as care from end to end, though a meal seems to be in their price: their
    name says so, or they run through midday. The attestation would tell the tax office too much."""
    suspectes = []
    for unite in catalogue.unites.values():
        activite = catalogue.activites[unite.activite]
        facturee = any(
            (regie := regie_de(regies, activite.code, structure)) is not None and not regie.est_importee
            for structure in activite.structures
        )
        est_entiere = activite.garde and unite.tarif is not None and unite.part_garde_centimes is None
        if facturee and est_entiere and ("repas" in unite.nom.casefold() or _traverse_midi(unite)):
            suspectes.append(unite.code)
    return suspectes


def _traverse_midi(unite: Unite) -> bool:
    return unite.debut is not None and unite.fin is not None and unite.debut <= _MIDI and unite.fin >= _APRES_LE_REPAS
