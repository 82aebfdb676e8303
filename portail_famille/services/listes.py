"""Lists of the desk that may leave it as a spreadsheet, by code (what a list is: services/feuilles)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from portail_famille.domain.genres import GENRES
from portail_famille.domain.horloge import PARIS
from portail_famille.gateways.tableur import Cellule, Colonne
from portail_famille.services.bureau import Filtre, compter_demarches, lister_demarches
from portail_famille.services.feuilles import PAR_PAGE, Criteres, Liste, Page
from portail_famille.services.listes_caisse import LISTES_CAISSE
from portail_famille.services.listes_factures import LISTES_FACTURES
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.recherches import MAXIMUM, chercher_ids, resumer

_ETATS = {
    "deposee": "À traiter",
    "en_cours": "En cours",
    "complement_demande": "Attend la famille",
    "acceptee": "Acceptée",
    "refusee": "Refusée",
    "annulee": "Retirée",
}


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
    **LISTES_FACTURES,
    **LISTES_CAISSE,
}
"""By code. Another list is one more line here."""
