"""How the démarches of a demonstration town are told: who asks what, how long ago, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from portail_famille.domain.evenements import GenreEvenement


@dataclass(frozen=True, slots=True)
class Papier:
    """A document of the porte-documents, given by `par` so many days ago. About the child, else the adult, else the
    foyer."""

    cle: str
    genre: str
    titre: str
    par: str
    foyer: str
    il_y_a: int
    enfant: str = ""
    adulte: str = ""
    date_il_y_a: int | None = None
    """Days since the date written on it."""
    fin_dans: int | None = None
    """Days until it expires; negative when it has."""
    lignes: tuple[str, ...] = ()
    est_pdf: bool = False
    est_coupe: bool = False


@dataclass(frozen=True, slots=True)
class Suite:
    """What happened `apres` so many days from the deposit."""

    apres: int
    quoi: Literal["prise", "note", "mot", "complement", "accord", "refus", "retrait", "lecture"]
    """`mot`: a message, which completes the request when a complement is awaited; `lecture`: the family read it."""
    par: str
    """Login of an agent, or key of an adult."""
    texte: str = ""
    pieces: tuple[str, ...] = ()
    reponse_dans: int | None = None
    """Of a complement: until when, in days from today."""
    decision: Mapping[str, Any] = field(default_factory=dict)
    """What the agent filled in « Accepter »."""


@dataclass(frozen=True, slots=True)
class Recit:
    """One démarche. What `contenu` holds depends on its kind: see depots."""

    genre: str
    par: str
    foyer: str
    il_y_a: int
    contenu: Mapping[str, Any]
    enfant: str = ""
    pieces: tuple[str, ...] = ()
    suites: tuple[Suite, ...] = ()
    heure: int = 9


@dataclass(frozen=True, slots=True)
class EvenementConte:
    """A strike of the coming weeks, that the families were told of yesterday."""

    genre: GenreEvenement
    motif: str
    message: str
    structure: str
    unites: tuple[str, ...]
    par: str


@dataclass(frozen=True, slots=True)
class ModeleConte:
    """Words that the town starts its answers from."""

    usage: str
    genre: str
    titre: str
    texte: str


@dataclass(frozen=True, slots=True)
class Chronique:
    """All that was written in a town."""

    papiers: tuple[Papier, ...]
    recits: tuple[Recit, ...]
    modeles: tuple[ModeleConte, ...]
    evenement: EvenementConte | None = None
