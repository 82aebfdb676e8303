"""Spreadsheets of the régie: invoices, their lines, money received, what is unpaid. For the treasury, hence whole.

The amounts of an agent's own family are in the totals, and nothing else of it: a home that a judge hides from her is
among hers (services/perimetres). Nor does a search find it: what it finds would be told by what it was asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.droits import Action
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.moyens import MOYENS
from portail_famille.domain.regies import premier_du_mois
from portail_famille.gateways.tableur import Cellule, Colonne
from portail_famille.models.comptes import Compte
from portail_famille.models.factures import Facture, FactureLigne, Relance
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.models.paiements import Reglement
from portail_famille.services.bureau_factures import (
    GROUPES,
    SANS_CONTENU,
    FiltreFactures,
    compter_factures,
    compter_papiers,
    lister_factures,
    lister_papiers,
)
from portail_famille.services.feuilles import PAR_PAGE, Criteres, Liste, Page
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.soldes import est_en_retard, factures_payees

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


def _est_masquee(perimetre: Perimetre, foyer_id: int) -> bool:
    return perimetre.proches is not None and foyer_id in perimetre.proches.foyers


def _euros(centimes: int) -> Decimal:
    return Decimal(centimes) / 100


def _compter_factures(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return compter_factures(session, _ou(perimetre, criteres), _filtre(criteres))


def _page_factures(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    lues = lister_factures(session, _ou(perimetre, criteres), _filtre(criteres), apres, PAR_PAGE)
    page = lues[:PAR_PAGE]
    corrigees = _numeros(session, [ligne.facture.avoir_de for ligne in page if ligne.facture.avoir_de])
    rangees: list[Sequence[Cellule]] = []
    for ligne in page:
        facture, est_masquee = ligne.facture, _est_masquee(perimetre, ligne.facture.foyer_id)
        rangees.append(
            (
                facture.numero,
                "Avoir" if facture.genre == "avoir" else "Facture",
                facture.regie,
                f"{facture.mois:%Y-%m}",
                SA_FAMILLE if est_masquee else ligne.famille,
                facture.emise_le,
                facture.echeance,
                _euros(facture.total_centimes),
                _euros(facture.reste_centimes),
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
    requete = (
        select(FactureLigne, Facture.numero, Facture.foyer_id, Foyer.nom, Enfant.prenom, Enfant.nom)
        .join(Facture, Facture.id == FactureLigne.facture_id)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .outerjoin(Enfant, Enfant.id == FactureLigne.enfant_id)
        .where(*_des_lignes(criteres))
        .order_by(FactureLigne.id)
        .limit(PAR_PAGE + 1)
    )
    if apres is not None:
        requete = requete.where(FactureLigne.id > apres)
    lues = session.execute(requete).all()
    # Once per invoice, and this part alone: the snapshot weighs more than all its lines.
    unites = {
        id_: nommees or {}
        for id_, nommees in session.execute(
            select(Facture.id, Facture.contenu["unites"]).where(Facture.id.in_({ligne[0].facture_id for ligne in lues}))
        )
    }
    rangees: list[Sequence[Cellule]] = []
    for ligne, numero, foyer_id, foyer, prenom, nom in lues[:PAR_PAGE]:
        est_masquee = _est_masquee(perimetre, foyer_id)
        rangees.append(
            (
                numero,
                SA_FAMILLE if est_masquee else foyer,
                "" if est_masquee else f"{prenom or ''} {nom or ''}".strip(),
                "" if est_masquee else _nom_de_ligne(ligne, unites[ligne.facture_id]),
                None if est_masquee else ligne.jour,
                "" if est_masquee else ETATS_DE_JOUR.get(ligne.etat, ""),
                _euros(ligne.montant_centimes),
                _euros(ligne.garde_centimes),
            )
        )
    return rangees, lues[PAR_PAGE - 1][0].id if len(lues) > PAR_PAGE else None


def _nom_de_ligne(ligne: FactureLigne, unites: Mapping[str, Any]) -> str:
    """Words of a line: its own, else its unit's as the invoice told it."""
    return ligne.libelle or str(unites.get(str(ligne.unite_id), {}).get("nom", ""))


def _des_reglements(criteres: Criteres) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if criteres["regie"]:
        conditions.append(Reglement.regie == criteres["regie"])
    if criteres["du"]:
        conditions.append(Reglement.recu_le >= date.fromisoformat(criteres["du"]))
    if criteres["au"]:
        conditions.append(Reglement.recu_le <= date.fromisoformat(criteres["au"]))
    return conditions


def _compter_reglements(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return session.scalar(select(func.count()).select_from(Reglement).where(*_des_reglements(criteres))) or 0


def _page_reglements(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    annulee = aliased(Reglement)
    requete = (
        select(Reglement, Foyer.nom, Personne.prenom, Personne.nom, annulee.numero)
        .join(Foyer, Foyer.id == Reglement.foyer_id)
        .outerjoin(Compte, Compte.id == Reglement.compte_id)
        .outerjoin(Personne, Personne.id == Compte.personne_id)
        .outerjoin(annulee, annulee.id == Reglement.annule_de)
        .where(*_des_reglements(criteres))
        .order_by(Reglement.id)
        .limit(PAR_PAGE + 1)
    )
    if apres is not None:
        requete = requete.where(Reglement.id > apres)
    lues = session.execute(requete).all()
    page = lues[:PAR_PAGE]
    payees = factures_payees(session, [reglement.id for reglement, *_ in page])
    rangees: list[Sequence[Cellule]] = []
    for r, famille, prenom, nom, annule in page:
        est_masquee = _est_masquee(perimetre, r.foyer_id)
        rangees.append(
            (
                r.numero,
                r.recu_le,
                r.regie,
                MOYENS[r.moyen],
                _euros(r.montant_centimes),
                _euros(r.cesu_employeur_centimes),
                _euros(r.reste_centimes),
                SA_FAMILLE if est_masquee else famille,
                "" if est_masquee else r.reference,
                ", ".join(payees[r.id]),
                f"Annule {annule}" if annule else "" if est_masquee else r.note,
                # Who paid by card is written as who entered it.
                "" if est_masquee else f"{prenom or ''} {nom or ''}".strip(),
            )
        )
    return rangees, page[-1][0].id if len(lues) > PAR_PAGE else None


def _impayees(criteres: Criteres, aujourdhui: date) -> list[ColumnElement[bool]]:
    conditions = [est_en_retard(aujourdhui)]
    if criteres["regie"]:
        conditions.append(Facture.regie == criteres["regie"])
    return conditions


def _compter_impayes(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    requete = select(func.count()).select_from(Facture)
    return session.scalar(requete.where(*_impayees(criteres, perimetre.aujourdhui))) or 0


def _page_impayes(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    relances = select(func.count()).where(Relance.facture_id == Facture.id).correlate(Facture).scalar_subquery()
    requete = (
        select(Facture, Foyer, Personne, relances)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .join(Personne, Personne.id == Foyer.payeur_id)
        .where(*_impayees(criteres, perimetre.aujourdhui))
        .order_by(Facture.id)
        .limit(PAR_PAGE + 1)
        .options(SANS_CONTENU)
    )
    if apres is not None:
        requete = requete.where(Facture.id > apres)
    lues = session.execute(requete).all()
    page = lues[:PAR_PAGE]
    rangees: list[Sequence[Cellule]] = []
    for facture, foyer, payeur, nombre in page:
        est_masquee = _est_masquee(perimetre, foyer.id)
        adresse = " ".join(mot for mot in (foyer.adresse, foyer.code_postal, foyer.ville) if mot)
        rangees.append(
            (
                facture.numero,
                facture.regie,
                SA_FAMILLE if est_masquee else foyer.nom,
                "" if est_masquee else f"{payeur.prenom} {payeur.nom}",
                "" if est_masquee else adresse,
                "" if est_masquee else payeur.telephone or "",
                "" if est_masquee else payeur.courriel or "",
                facture.emise_le,
                facture.echeance,
                (perimetre.aujourdhui - facture.echeance).days,
                _euros(facture.total_centimes),
                _euros(facture.reste_centimes),
                nombre,
            )
        )
    return rangees, page[-1][0].id if len(lues) > PAR_PAGE else None


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
        (p.facture.numero, p.payeur, p.famille, p.adresse, p.facture.echeance, _euros(p.facture.total_centimes))
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
    "reglements": Liste(
        "Encaissements",
        (
            Colonne("Numéro"),
            Colonne("Reçu le", date),
            Colonne("Régie"),
            Colonne("Moyen"),
            Colonne("Montant", Decimal),
            Colonne("Dont CESU employeur", Decimal),
            Colonne("Non utilisé", Decimal),
            Colonne("Famille"),
            Colonne("Référence"),
            Colonne("Factures"),
            Colonne("Note"),
            Colonne("Saisi par"),
        ),
        _compter_reglements,
        _page_reglements,
        Action.FACTURER,
        True,
    ),
    "impayes": Liste(
        "Impayés",
        (
            Colonne("Numéro"),
            Colonne("Régie"),
            Colonne("Famille"),
            Colonne("Payeur"),
            Colonne("Adresse"),
            Colonne("Téléphone"),
            Colonne("Mail"),
            Colonne("Émise le", date),
            Colonne("À régler avant le", date),
            Colonne("Jours de retard", int),
            Colonne("Montant", Decimal),
            Colonne("Reste", Decimal),
            Colonne("Relances", int),
        ),
        _compter_impayes,
        _page_impayes,
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
