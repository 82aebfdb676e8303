"""Spreadsheets of the régie: invoices, their lines, what goes on paper. For the treasury, hence whole. Those of its
money are in services/listes_caisse.

The amounts of an agent's own family are in the totals, and nothing else of it: a home that a judge hides from her is
among hers (services/perimetres). Nor does a search find it: what it finds would be told by what it was asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.regies import premier_du_mois
from portail_famille.gateways.tableur import Cellule, Colonne
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer
from portail_famille.services.bureau_factures import (
    GROUPES,
    FiltreFactures,
    compter_factures,
    compter_papiers,
    lister_factures,
    lister_papiers,
)
from portail_famille.services.feuilles import PAR_PAGE, Criteres, Liste, Page
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.rangs_factures import PAR_NUMERO, apres_celle

FACTURES_PAR_PAGE = 25
"""Of the list of lines: some thirty each."""
SA_FAMILLE = "(un dossier de votre famille)"
_ETATS = {
    "a_regler": "À régler",
    "partielle": "Partiellement réglée",
    "reglee": "Réglée",
    "prelevement": "Prélèvement prévu",
    "transmise": "Transmise au comptable",
    "annulee": "Annulée par avoir",
}
ETATS_DE_JOUR = {
    "reservee": "Réservé",
    "presente": "Présent",
    "absente_justifiee": "Absence justifiée",
    "absente_injustifiee": "Absence non justifiée",
    "presente_non_reservee": "Présent sans réservation",
    "hors_delai": "Réservé hors délai",
}


def lire_criteres(valeurs: Mapping[str, str]) -> dict[str, Any]:
    """What was on the screen, as these lists read it: JSON."""
    groupe = valeurs.get("etat", "")
    return {
        "recherche": valeurs.get("q", "").strip()[:100],
        "regie": valeurs.get("regie", "")[:30],
        "groupe": groupe if groupe in GROUPES else "",
        "mois": valeurs.get("mois", "")[:7],
        "du": _iso(valeurs.get("du", "")),
        "au": _iso(valeurs.get("au", "")),
    }


def _iso(texte: str) -> str:
    try:
        return date.fromisoformat(texte).isoformat()
    except ValueError:
        return ""


def _filtre(criteres: Criteres) -> FiltreFactures:
    try:
        mois = premier_du_mois(str(criteres["mois"]))
    except RegleViolee:
        mois = None
    return FiltreFactures(str(criteres["recherche"]), str(criteres["regie"]), str(criteres["groupe"]), mois)


def _ou(perimetre: Perimetre, criteres: Criteres) -> Perimetre:
    """Own family included, a total without it would be false; unless words were searched for."""
    return perimetre if criteres["recherche"] else replace(perimetre, proches=None)


def est_masquee_a(perimetre: Perimetre, foyer_id: int) -> bool:
    return perimetre.proches is not None and foyer_id in perimetre.proches.foyers


def en_euros(centimes: int) -> Decimal:
    return Decimal(centimes) / 100


def _compter_factures(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return compter_factures(session, _ou(perimetre, criteres), _filtre(criteres))


def _page_factures(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    lues = lister_factures(session, _ou(perimetre, criteres), _filtre(criteres), apres, PAR_PAGE)
    page = lues[:PAR_PAGE]
    corrigees = _numeros(session, [ligne.facture.avoir_de for ligne in page if ligne.facture.avoir_de])
    rangees: list[Sequence[Cellule]] = []
    for ligne in page:
        facture, est_masquee = ligne.facture, est_masquee_a(perimetre, ligne.facture.foyer_id)
        rangees.append(
            (
                facture.numero,
                "Avoir" if facture.genre == "avoir" else "Facture",
                facture.regie,
                f"{facture.mois:%Y-%m}",
                SA_FAMILLE if est_masquee else ligne.famille,
                facture.emise_le,
                facture.echeance,
                en_euros(facture.total_centimes),
                en_euros(facture.reste_centimes),
                "" if est_masquee or ligne.etat is None else _ETATS[ligne.etat.value],
                None if est_masquee else facture.transmise_le,
                corrigees.get(facture.avoir_de or 0, ""),
                "" if est_masquee else facture.motif,
            )
        )
    return rangees, page[-1].facture.id if len(lues) > PAR_PAGE else None


def _numeros(session: Session, ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    lues = session.execute(select(Facture.id, Facture.numero).where(Facture.id.in_(ids)))
    return {id_: numero or "" for id_, numero in lues}


def _des_lignes(criteres: Criteres) -> list[ColumnElement[bool]]:
    filtre = _filtre(criteres)
    conditions: list[ColumnElement[bool]] = [Facture.numero.is_not(None)]
    if filtre.regie:
        conditions.append(Facture.regie == filtre.regie)
    if filtre.mois is not None:
        conditions.append(Facture.mois == filtre.mois)
    return conditions


def _compter_lignes(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    requete = select(func.count()).select_from(FactureLigne).join(Facture, Facture.id == FactureLigne.facture_id)
    return session.scalar(requete.where(*_des_lignes(criteres))) or 0


def _page_lignes(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    """Of some invoices at a time, whole: sorting all their lines for each page would take minutes."""
    suivantes = select(Facture.id).where(*_des_lignes(criteres)).order_by(*PAR_NUMERO).limit(FACTURES_PAR_PAGE + 1)
    if apres is not None:
        suivantes = suivantes.where(apres_celle(apres))
    ids = session.scalars(suivantes).all()
    page = ids[:FACTURES_PAR_PAGE]
    lues = session.execute(
        select(FactureLigne, Facture.numero, Facture.foyer_id, Foyer.nom, Enfant.prenom, Enfant.nom)
        .join(Facture, Facture.id == FactureLigne.facture_id)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .outerjoin(Enfant, Enfant.id == FactureLigne.enfant_id)
        .where(Facture.id.in_(page))
        .order_by(*PAR_NUMERO, FactureLigne.rang)
    ).all()
    # Once per invoice, and this part alone: the snapshot weighs more than all its lines.
    unites = {
        id_: nommees or {}
        for id_, nommees in session.execute(select(Facture.id, Facture.contenu["unites"]).where(Facture.id.in_(page)))
    }
    rangees: list[Sequence[Cellule]] = []
    for ligne, numero, foyer_id, foyer, prenom, nom in lues:
        est_masquee = est_masquee_a(perimetre, foyer_id)
        rangees.append(
            (
                numero,
                SA_FAMILLE if est_masquee else foyer,
                "" if est_masquee else f"{prenom or ''} {nom or ''}".strip(),
                "" if est_masquee else _nom_de_ligne(ligne, unites[ligne.facture_id]),
                None if est_masquee else ligne.jour,
                "" if est_masquee else ETATS_DE_JOUR.get(ligne.etat, ""),
                en_euros(ligne.montant_centimes),
                en_euros(ligne.garde_centimes),
            )
        )
    return rangees, page[-1] if len(ids) > FACTURES_PAR_PAGE else None


def _nom_de_ligne(ligne: FactureLigne, unites: Mapping[str, Any]) -> str:
    """Words of a line: its own, else its unit's as the invoice told it."""
    return ligne.libelle or str(unites.get(str(ligne.unite_id), {}).get("nom", ""))


def _compter_papier(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    mois = _filtre(criteres).mois
    return compter_papiers(session, perimetre, str(criteres["regie"]), mois) if mois is not None else 0


def _page_papier(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    mois = _filtre(criteres).mois
    if mois is None:
        return [], None
    lus = lister_papiers(session, perimetre, str(criteres["regie"]), mois, apres, PAR_PAGE)
    page = lus[:PAR_PAGE]
    rangees: list[Sequence[Cellule]] = [
        (p.facture.numero, p.payeur, p.famille, p.adresse, p.facture.echeance, en_euros(p.facture.total_centimes))
        for p in page
    ]
    return rangees, page[-1].facture.id if len(lus) > PAR_PAGE else None


LISTES_FACTURES: dict[str, Liste] = {
    "factures": Liste(
        "Factures",
        (
            Colonne("Numéro"),
            Colonne("Type"),
            Colonne("Régie"),
            Colonne("Mois"),
            Colonne("Famille"),
            Colonne("Émise le", date),
            Colonne("À régler avant le", date),
            Colonne("Montant", Decimal),
            Colonne("Reste", Decimal),
            Colonne("État"),
            Colonne("Transmise le", date),
            Colonne("Avoir de"),
            Colonne("Motif"),
        ),
        _compter_factures,
        _page_factures,
        Action.FACTURER,
        True,
    ),
    "lignes_factures": Liste(
        "Lignes de factures",
        (
            Colonne("Numéro"),
            Colonne("Famille"),
            Colonne("Enfant"),
            Colonne("Activité"),
            Colonne("Jour", date),
            Colonne("État"),
            Colonne("Montant", Decimal),
            Colonne("Dont garde", Decimal),
        ),
        _compter_lignes,
        _page_lignes,
        Action.FACTURER,
        True,
    ),
    "papier": Liste(
        "Factures sur papier",
        (
            Colonne("Numéro"),
            Colonne("Payeur"),
            Colonne("Famille"),
            Colonne("Adresse"),
            Colonne("À régler avant le", date),
            Colonne("Montant", Decimal),
        ),
        _compter_papier,
        _page_papier,
        Action.FACTURER,
        True,
    ),
}
