"""Drafts: what a parent has ticked or unticked and not yet validated (domain.md §1 Brouillon, screen.md §1).

A draft holds differences with what is booked, child by child, so that two children open in two tabs do not disturb each
other. A screen posts its whole displayed state; `recevoir` decides whether that state may be applied.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any
from zlib import crc32

Creneau = tuple[int, date]
"""A slot of one child: unit id, day."""


class Envoi(StrEnum):
    """What becomes of a posted state."""

    APPLIQUE = "applique"
    DEJA_RECU = "deja_recu"
    CONFLIT = "conflit"


@dataclass(frozen=True, slots=True)
class Part:
    """One child's part of a draft.

    `version` moves at each change; `page` and `seq` name the screen that wrote last and how many times it had posted.
    """

    version: int = 0
    page: str = ""
    seq: int = 0
    ajouts: frozenset[Creneau] = frozenset()
    retraits: frozenset[Creneau] = frozenset()

    @property
    def est_vide(self) -> bool:
        return not (self.ajouts or self.retraits)

    def est_coche(self, creneau: Creneau, est_reserve: bool) -> bool:
        """What the box shows."""
        return creneau not in self.retraits if est_reserve else creneau in self.ajouts


@dataclass(frozen=True, slots=True)
class EtatAffiche:
    """What a screen posts: the slots it showed with a box, those that were ticked, and who it is.

    `est_dernier_mot`: a plain form (no JavaScript, or a real submit), which no later post of that screen can follow.
    `est_perime`: bookings changed since the screen was drawn, so that an empty box may only mean it did not know.
    """

    page: str
    version: int
    seq: int
    vus: frozenset[Creneau]
    coches: frozenset[Creneau]
    est_dernier_mot: bool = False
    est_perime: bool = False


def poser(part: Part, vus: Iterable[Creneau], coches: Iterable[Creneau], reserves: Iterable[Creneau]) -> Part:
    """The part after the slots of `vus` took the state `coches`; slots not shown keep their difference."""
    vus, coches, reserves = frozenset(vus), frozenset(coches), frozenset(reserves)
    return replace(
        part,
        ajouts=(part.ajouts - vus) | ((vus & coches) - reserves),
        retraits=(part.retraits - vus) | ((vus & reserves) - coches),
    )


def empreinte_reserves(reserves: Iterable[Creneau]) -> str:
    """Eight signs that change with the bookings a screen is drawn from."""
    texte = ";".join(f"{unite}:{jour.toordinal()}" for unite, jour in sorted(reserves))
    return f"{crc32(texte.encode()):08x}"


def ajouter(part: Part, creneaux: Iterable[Creneau], reserves: Iterable[Creneau]) -> Part:
    """Ticks slots, never erasing anything else (domain.md §3)."""
    creneaux = frozenset(creneaux)
    return poser(part, creneaux, creneaux, reserves)


def retirer(part: Part, creneaux: Iterable[Creneau], reserves: Iterable[Creneau]) -> Part:
    """Unticks slots."""
    return poser(part, creneaux, (), reserves)


def recevoir(part: Part, etat: EtatAffiche, reserves: Iterable[Creneau]) -> tuple[Envoi, Part]:
    """Applies a posted state, unless it is older than what is held or comes from a screen that missed a change.

    A screen is never stale against itself: its own posts are ordered by `seq`, an overtaken or repeated one is ignored.
    Against another screen, or bookings made since, it must be up to date, except when both say the same thing.
    """
    est_meme_page = etat.page == part.page
    if est_meme_page and not etat.est_dernier_mot and etat.seq <= part.seq:
        return Envoi.DEJA_RECU, part
    voulu = poser(part, etat.vus, etat.coches, reserves)
    change = (voulu.ajouts, voulu.retraits) != (part.ajouts, part.retraits)
    if change and (etat.est_perime or (not est_meme_page and etat.version != part.version)):
        return Envoi.CONFLIT, part
    return Envoi.APPLIQUE, replace(
        voulu,
        version=part.version + change,
        page=etat.page,
        seq=max(part.seq, etat.seq) if est_meme_page else etat.seq,
    )


@dataclass(frozen=True, slots=True)
class Brouillon:
    """A whole draft: one part per child."""

    version: int = 0
    parts: Mapping[int, Part] = field(default_factory=dict)

    def part(self, enfant_id: int) -> Part:
        return self.parts.get(enfant_id, Part())

    def avec(self, enfant_id: int, part: Part) -> "Brouillon":
        """The draft with another part for this child; one version later when a box moved, not for a repeated post."""
        avant = self.part(enfant_id)
        change = (part.ajouts, part.retraits) != (avant.ajouts, avant.retraits)
        return Brouillon(self.version + change, {**self.parts, enfant_id: part})

    def vide(self) -> "Brouillon":
        """After « Valider » or « Tout annuler »: no difference left; each screen open elsewhere is now stale."""
        parts = {
            e: replace(p, version=p.version + 1, ajouts=frozenset(), retraits=frozenset())
            for e, p in self.parts.items()
        }
        return Brouillon(self.version + 1, parts)

    @property
    def est_vide(self) -> bool:
        return all(part.est_vide for part in self.parts.values())


def en_document(brouillon: Brouillon) -> dict[str, Any]:
    """The parts as a JSON document (the version is a column of its own)."""
    return {
        str(enfant): {
            "v": part.version,
            "p": part.page,
            "s": part.seq,
            "a": _par_unite(part.ajouts),
            "r": _par_unite(part.retraits),
        }
        for enfant, part in brouillon.parts.items()
    }


def depuis_document(version: int, document: Mapping[str, Any]) -> Brouillon:
    """Reads back what `en_document` wrote."""
    parts = {
        int(enfant): Part(part["v"], part["p"], part["s"], _creneaux(part["a"]), _creneaux(part["r"]))
        for enfant, part in document.items()
    }
    return Brouillon(version, parts)


def _par_unite(creneaux: Iterable[Creneau]) -> dict[str, list[str]]:
    par_unite: dict[str, list[str]] = {}
    for unite, jour in sorted(creneaux):
        par_unite.setdefault(str(unite), []).append(jour.isoformat())
    return par_unite


def _creneaux(par_unite: Mapping[str, list[str]]) -> frozenset[Creneau]:
    return frozenset((int(unite), date.fromisoformat(jour)) for unite, jours in par_unite.items() for jour in jours)
