"""Lists of the desk that may leave it as a spreadsheet: their columns, how many rows, and the rows page after page.

A page is a query of its own, by keyset: a list of ten thousand rows never holds a transaction, nor memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.domain.genres import GENRES
from portail_famille.domain.horloge import PARIS
from portail_famille.gateways.tableur import Cellule, Colonne
from portail_famille.services.bureau import Filtre, compter_demarches, lister_demarches
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.recherches import MAXIMUM, chercher_ids, resumer

Criteres = Mapping[str, Any]
"""What was on the screen, as JSON."""
Page = tuple[list[Sequence[Cellule]], int | None]
"""Rows, and where to go on from; None: this was the last page."""
PAR_PAGE = 250

_ETATS = {
    "deposee": "À traiter",
    "en_cours": "En cours",
    "complement_demande": "Attend la famille",
    "acceptee": "Acceptée",
    "refusee": "Refusée",
    "annulee": "Retirée",
}


@dataclass(frozen=True, slots=True)
class Liste:
    """One list: `compter` and `page` read it as this agent sees it."""

    titre: str
    colonnes: tuple[Colonne, ...]
    compter: Callable[[Session, Perimetre, Criteres], int]
    page: Callable[[Session, Perimetre, Criteres, int | None], Page]


def lignes(liste: Liste, session: Session, perimetre: Perimetre, criteres: Criteres) -> Iterator[Sequence[Cellule]]:
    """All of them, from one session: for a list short enough to be given at once."""
    apres: int | None = None
    while True:
        rangees, apres = liste.page(session, perimetre, criteres, apres)
        yield from rangees
        if apres is None:
            return


def _compter_demarches(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return compter_demarches(session, perimetre, Filtre(**criteres))


def _page_demarches(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    lues = lister_demarches(session, perimetre, Filtre(**criteres), apres, PAR_PAGE)
    page = lues[:PAR_PAGE]
    rangees: list[Sequence[Cellule]] = [
        (
            d.numero,
            GENRES[d.genre].nom,
            _ETATS[d.etat],
            d.famille,
            d.sujet,
            _jour(d.deposee_utc),
            d.echeance,
            d.assignee,
            _jour(d.decidee_utc),
        )
        for d in page
    ]
    return rangees, page[-1].id if len(lues) > PAR_PAGE else None


def _compter_foyers(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return len(chercher_ids(session, str(criteres["recherche"]), MAXIMUM, perimetre))


def _page_foyers(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    ids, debut = chercher_ids(session, str(criteres["recherche"]), MAXIMUM, perimetre), apres or 0
    rangees: list[Sequence[Cellule]] = [
        (f.nom, f.reference, f.adresse, ", ".join(f.adultes), ", ".join(f.enfants), "oui" if f.est_parti else "")
        for f in resumer(session, ids[debut : debut + PAR_PAGE])
    ]
    return rangees, debut + PAR_PAGE if debut + PAR_PAGE < len(ids) else None


def _jour(instant: datetime | None) -> date | None:
    return instant.astimezone(PARIS).date() if instant is not None else None


LISTES: dict[str, Liste] = {
    "demarches": Liste(
        "Demandes",
        (
            Colonne("Numéro"),
            Colonne("Sujet"),
            Colonne("État"),
            Colonne("Famille"),
            Colonne("Concerne"),
            Colonne("Envoyée le", date),
            Colonne("Répondre avant le", date),
            Colonne("Agent"),
            Colonne("Terminée le", date),
        ),
        _compter_demarches,
        _page_demarches,
    ),
    "foyers": Liste(
        "Familles",
        (
            Colonne("Foyer"),
            Colonne("Référence"),
            Colonne("Adresse"),
            Colonne("Adultes"),
            Colonne("Enfants"),
            Colonne("Parti"),
        ),
        _compter_foyers,
        _page_foyers,
    ),
}
"""By code. Another list is one more line here."""
