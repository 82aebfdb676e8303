"""Why a régularisation gives money back, in the words that its avoir carries and the family reads.

A day that is no longer due, or in another state than it was billed in, says so with its date. Never a word on health:
an avoir is read on paper, and a PAI changes a price like any other correction.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from portail_famille.domain.circonstances import Etat
from portail_famille.domain.factures import PrixFacture
from portail_famille.domain.libelles import MOIS

MOTIF_MAXIMUM = 200
"""Characters: the column's."""
ANNULEE = "Réservation annulée"
QUOTIENT = "Quotient familial accepté"
_JUSTIFIEE, _PRESENCE, _PRIX = "Absence justifiée", "Présence corrigée", "Prix corrigé"
_DATEES = (_JUSTIFIEE, ANNULEE, _PRESENCE)
_ORDRE = (*_DATEES, QUOTIENT, _PRIX)


@dataclass(frozen=True, slots=True)
class JourRendu:
    """A day that an avoir takes off. `prix`: what it costs now, None when it is no longer due; `avant`: what it was
    billed from (`contenu["prix"]`), None when that is not known."""

    jour: date
    prix: PrixFacture | None
    avant: Mapping[str, Any] | None


def dire_motif(jours: Iterable[JourRendu]) -> str:
    """« Absence justifiée : 15 et 16 octobre ; quotient familial accepté ».

    Too many days for the column are counted."""
    par_cause: dict[str, set[date]] = defaultdict(set)
    for rendu in jours:
        par_cause[_cause(rendu)].add(rendu.jour)
    causes = [cause for cause in _ORDRE if cause in par_cause]
    datees = [f"{cause}\u00a0: {_dates(par_cause[cause])}" if cause in _DATEES else cause for cause in causes]
    if len(motif := _joindre(datees)) <= MOTIF_MAXIMUM:
        return motif
    return _joindre(
        f"{cause}\u00a0: {_compter(len(par_cause[cause]))}" if cause in _DATEES else cause for cause in causes
    )


def _cause(rendu: JourRendu) -> str:
    if rendu.prix is None:
        return ANNULEE
    if rendu.avant is None:
        return _PRIX
    if _comme_reserve(rendu.prix.etat) != _comme_reserve(rendu.avant["etat"]):
        return _JUSTIFIEE if rendu.prix.etat == Etat.ABSENTE_JUSTIFIEE.value else _PRESENCE
    return QUOTIENT if rendu.prix.qf_centimes != rendu.avant["qf_centimes"] else _PRIX


def _comme_reserve(etat: str) -> str:
    """A day billed before it came, and attended since, is the same day."""
    return Etat.RESERVEE.value if etat == Etat.PRESENTE.value else etat


def _joindre(phrases: Iterable[str]) -> str:
    premiere, *suite = phrases
    return "\u202f; ".join([premiere, *(phrase[:1].lower() + phrase[1:] for phrase in suite)])


def _dates(jours: Iterable[date]) -> str:
    """« 15 et 16 octobre, 2 novembre »."""
    par_mois = groupby(sorted(jours), lambda jour: (jour.year, jour.month))
    return ", ".join(
        f"{_enumerer(['1er' if jour.day == 1 else str(jour.day) for jour in siens])} {MOIS[mois - 1]}"
        for (_, mois), siens in par_mois
    )


def _enumerer(mots: list[str]) -> str:
    return mots[0] if len(mots) == 1 else f"{', '.join(mots[:-1])} et {mots[-1]}"


def _compter(nombre: int) -> str:
    return f"{nombre} jour" + ("s" if nombre > 1 else "")
