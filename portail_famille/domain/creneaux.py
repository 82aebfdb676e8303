"""May this slot be added, may it be removed: the one judgement behind the agenda, the summary and « Valider »."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Refus(StrEnum):
    """Why a slot cannot be changed by the family."""

    NON_INSCRIT = "non_inscrit"
    LECTURE = "lecture"
    FERME = "ferme"
    DELAI = "delai"
    COMPLET = "complet"
    AUTRE_FOYER = "autre_foyer"
    INDISPONIBLE = "indisponible"
    """Taken by a foyer that must not be named: the family is only told that the day is not available."""
    INCOMPATIBLE = "incompatible"
    DEJA_RESERVE = "deja_reserve"
    PAS_RESERVE = "pas_reserve"
    SANS_TARIF = "sans_tarif"
    POINTE = "pointe"


@dataclass(frozen=True, slots=True)
class Faits:
    """What is known of one slot, now. Instants are aware; a limit is the first refused instant, None = no limit."""

    maintenant: datetime
    fin_du_jour: datetime
    """Midnight that starts the day after the slot's: nothing that is over can be changed."""
    est_inscrit: bool = True
    est_lecture: bool = False
    est_ouvert: bool = True
    ajout_possible: bool = True
    annulation_possible: bool = True
    limite_ajout: datetime | None = None
    limite_annulation: datetime | None = None
    limite_hors_delai: datetime | None = None
    est_reserve: bool = False
    est_a_autre_foyer: bool = False
    est_indisponible: bool = False
    """Booked by the child's other foyer, which this one must learn nothing of."""
    est_pointe: bool = False
    """Booked, and already marked present or absent: what becomes of it is no longer the family's to say."""
    places: int | None = None
    """Places left, None = no capacity."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refus` is None when the change is possible; `est_hors_delai` when it costs the late price."""

    refus: Refus | None = None
    est_hors_delai: bool = False


def juger_ajout(faits: Faits) -> Verdict:
    """May the slot be booked (domain.md §4, §5, §6)? The first reason found is the one told."""
    commun = _refus_commun(faits)
    if commun is not None:
        return Verdict(commun)
    if faits.est_reserve:
        return Verdict(Refus.DEJA_RESERVE)
    if not faits.est_ouvert:
        return Verdict(Refus.FERME)
    if not faits.ajout_possible:
        return Verdict(Refus.DELAI)
    tardif = faits.limite_ajout is not None and faits.maintenant >= faits.limite_ajout
    if tardif and (faits.limite_hors_delai is None or faits.maintenant >= faits.limite_hors_delai):
        return Verdict(Refus.DELAI)
    if faits.places is not None and faits.places <= 0:
        return Verdict(Refus.COMPLET)
    return Verdict(est_hors_delai=tardif)


def juger_retrait(faits: Faits) -> Verdict:
    """May the booking be cancelled? A closed day's can, as long as its deadline has not passed."""
    commun = _refus_commun(faits)
    if commun is not None:
        return Verdict(commun)
    if not faits.est_reserve:
        return Verdict(Refus.PAS_RESERVE)
    if faits.est_pointe:
        return Verdict(Refus.POINTE)
    if not faits.annulation_possible:
        return Verdict(Refus.DELAI)
    if faits.limite_annulation is not None and faits.maintenant >= faits.limite_annulation:
        return Verdict(Refus.DELAI)
    return Verdict()


def _refus_commun(faits: Faits) -> Refus | None:
    if not faits.est_inscrit:
        return Refus.NON_INSCRIT
    if faits.est_lecture:
        return Refus.LECTURE
    if faits.est_a_autre_foyer:
        return Refus.AUTRE_FOYER
    if faits.est_indisponible:
        return Refus.INDISPONIBLE
    if faits.maintenant >= faits.fin_du_jour:
        return Refus.DELAI
    return None


@dataclass(frozen=True, slots=True)
class Heurt:
    """A change that the relations between units refuse: with which unit, and whether that one is missing."""

    avec: str
    est_manquante: bool


def relations(
    reserves: frozenset[str],
    ajouts: frozenset[str],
    retraits: frozenset[str],
    exclut: Mapping[str, frozenset[str]],
    exige: Mapping[str, frozenset[str]],
) -> dict[str, Heurt]:
    """Changes of one child's day that cannot stand together with the rest of it, by unit code; `exclut` is symmetric.

    What is already booked is never called into question: of two units that exclude each other the added one is refused,
    both when both are added. A unit cannot be added without those it requires, nor taken away from under another.
    Refusing one change may leave another without its support, hence the loop; each turn refuses at least one.
    """
    heurts: dict[str, Heurt] = {}
    while True:
        admis = {u for u in ajouts if u not in heurts}
        apres = (reserves - {u for u in retraits if u not in heurts}) | admis
        nouveaux: dict[str, Heurt] = {}
        for unite in sorted(apres):
            opposees = exclut.get(unite, frozenset()) & apres
            if opposees and unite in admis:
                nouveaux[unite] = Heurt(min(opposees), est_manquante=False)
            for requise in sorted(exige.get(unite, frozenset()) - apres):
                if unite in admis:
                    nouveaux.setdefault(unite, Heurt(requise, est_manquante=True))
                elif requise in retraits and requise not in heurts:
                    nouveaux.setdefault(requise, Heurt(unite, est_manquante=False))
        if not nouveaux:
            return heurts
        heurts.update(nouveaux)
