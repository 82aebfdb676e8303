"""Spreadsheets of the régie's money: what came in, what is late, what was left on a date, what the Treasury was given.

Whole, as those of its invoices; of an agent's own family she reads amounts alone (services/listes_factures).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.droits import Action
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.moyens import MOYENS
from portail_famille.gateways.tableur import Cellule, Colonne
from portail_famille.models.comptes import Compte
from portail_famille.models.factures import Facture, Relance
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services.bureau_factures import SANS_CONTENU
from portail_famille.services.caisse import EST_DE_LA_REGIE, lister_restes, totaliser_restes
from portail_famille.services.feuilles import PAR_PAGE, Criteres, Liste, Page
from portail_famille.services.listes_factures import SA_FAMILLE, en_euros, est_masquee_a
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.soldes import est_en_retard, factures_payees


def _jour(criteres: Criteres, cle: str) -> date | None:
    return date.fromisoformat(criteres[cle]) if criteres[cle] else None


def _entre(colonne: ColumnElement[Any], criteres: Criteres) -> list[ColumnElement[bool]]:
    du, au = _jour(criteres, "du"), _jour(criteres, "au")
    apres = [colonne >= du] if du is not None else []
    return [*apres, colonne <= au] if au is not None else apres


def _des_reglements(criteres: Criteres) -> list[ColumnElement[bool]]:
    conditions = [EST_DE_LA_REGIE, *_entre(Reglement.recu_le.expression, criteres)]
    if criteres["regie"]:
        conditions.append(Reglement.regie == criteres["regie"])
    return conditions


def _compter_reglements(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return session.scalar(select(func.count()).select_from(Reglement).where(*_des_reglements(criteres))) or 0


def _page_reglements(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    annulee, compte, payeur = aliased(Reglement), aliased(Compte), aliased(Personne)
    requete = (
        select(Reglement, Foyer.nom, _nom(Personne), annulee.numero, _nom(payeur), Paiement.refdet)
        .add_columns(Paiement.transaction_utc)
        .join(Foyer, Foyer.id == Reglement.foyer_id)
        .outerjoin(Compte, Compte.id == Reglement.compte_id)
        .outerjoin(Personne, Personne.id == Compte.personne_id)
        .outerjoin(annulee, annulee.id == Reglement.annule_de)
        .outerjoin(Paiement, Paiement.id == Reglement.paiement_id)
        .outerjoin(compte, compte.id == Paiement.compte_id)
        # Who began the payment by card; else who pays for this foyer.
        .outerjoin(payeur, payeur.id == func.coalesce(compte.personne_id, Foyer.payeur_id))
        .where(*_des_reglements(criteres))
        .order_by(Reglement.id)
        .limit(PAR_PAGE + 1)
    )
    if apres is not None:
        requete = requete.where(Reglement.id > apres)
    lues = session.execute(requete).all()
    page = lues[:PAR_PAGE]
    payees = factures_payees(session, [ligne[0].id for ligne in page])
    rangees: list[Sequence[Cellule]] = []
    for r, famille, agent, annule, paye_par, refdet, transaction in page:
        est_masquee = est_masquee_a(perimetre, r.foyer_id)
        rangees.append(
            (
                r.numero,
                r.recu_le,
                "" if est_masquee else _heure(transaction),
                r.saisi_utc.astimezone(PARIS).date(),
                r.regie,
                MOYENS[r.moyen],
                en_euros(r.montant_centimes),
                en_euros(r.cesu_employeur_centimes),
                en_euros(r.reste_centimes),
                SA_FAMILLE if est_masquee else famille,
                "" if est_masquee else (paye_par or "").strip(),
                "" if est_masquee else r.reference,
                "" if est_masquee else refdet or "",
                ", ".join(payees[r.id]),
                f"Annule {annule}" if annule else "" if est_masquee else r.note,
                # Who paid by card is written as who entered it.
                "" if est_masquee else (agent or "").strip(),
            )
        )
    return rangees, page[-1][0].id if len(lues) > PAR_PAGE else None


def _nom(personne: type[Personne]) -> ColumnElement[str]:
    return personne.prenom + " " + personne.nom


def _heure(instant: datetime | None) -> str:
    return f"{instant.astimezone(PARIS):%H:%M}" if instant is not None else ""


def _impayees(perimetre: Perimetre, criteres: Criteres) -> list[ColumnElement[bool]]:
    conditions = [est_en_retard(perimetre.aujourdhui)]
    if criteres["regie"]:
        conditions.append(Facture.regie == criteres["regie"])
    return conditions


def _compter_impayes(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return session.scalar(select(func.count()).select_from(Facture).where(*_impayees(perimetre, criteres))) or 0


def _page_impayes(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    lues = session.execute(_avec_payeur(_impayees(perimetre, criteres), apres)).all()
    page = lues[:PAR_PAGE]
    rangees: list[Sequence[Cellule]] = []
    for facture, foyer, payeur, nombre in page:
        est_masquee = est_masquee_a(perimetre, foyer.id)
        adresse = " ".join(mot for mot in (foyer.adresse, foyer.code_postal, foyer.ville) if mot)
        rangees.append(
            (
                facture.numero,
                facture.regie,
                SA_FAMILLE if est_masquee else foyer.nom,
                "" if est_masquee else _dire(payeur),
                "" if est_masquee else adresse,
                "" if est_masquee or payeur is None else payeur.telephone or "",
                "" if est_masquee or payeur is None else payeur.courriel or "",
                facture.emise_le,
                facture.echeance,
                (perimetre.aujourdhui - facture.echeance).days if facture.echeance else None,
                en_euros(facture.total_centimes),
                en_euros(facture.reste_centimes),
                nombre,
            )
        )
    return rangees, page[-1][0].id if len(lues) > PAR_PAGE else None


def _transmises(criteres: Criteres) -> list[ColumnElement[bool]]:
    conditions = [Facture.transmise_le.is_not(None), *_entre(Facture.transmise_le.expression, criteres)]
    if criteres["regie"]:
        conditions.append(Facture.regie == criteres["regie"])
    return conditions


def _compter_transmises(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    return session.scalar(select(func.count()).select_from(Facture).where(*_transmises(criteres))) or 0


def _page_transmises(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    """What the Treasury needs to write to who owes: her address, part by part."""
    lues = session.execute(_avec_payeur(_transmises(criteres), apres)).all()
    page = lues[:PAR_PAGE]
    rangees: list[Sequence[Cellule]] = []
    for facture, foyer, payeur, nombre in page:
        est_masquee = est_masquee_a(perimetre, foyer.id)
        rangees.append(
            (
                facture.transmise_le,
                facture.numero,
                facture.regie,
                "" if est_masquee else facture.libelle,
                SA_FAMILLE if est_masquee else foyer.nom,
                "" if est_masquee else _dire(payeur),
                "" if est_masquee else foyer.adresse or "",
                "" if est_masquee else foyer.code_postal or "",
                "" if est_masquee else foyer.ville or "",
                "" if est_masquee or payeur is None else payeur.telephone or "",
                "" if est_masquee or payeur is None else payeur.courriel or "",
                facture.emise_le,
                facture.echeance,
                en_euros(facture.total_centimes),
                en_euros(facture.reste_centimes),
                nombre,
            )
        )
    return rangees, page[-1][0].id if len(lues) > PAR_PAGE else None


def _avec_payeur(
    conditions: Sequence[ColumnElement[bool]], apres: int | None
) -> Select[Facture, Foyer, Personne | None, int]:
    """A page of invoices with who pays them and how often they were reminded, by id."""
    relances = select(func.count()).where(Relance.facture_id == Facture.id).correlate(Facture).scalar_subquery()
    requete = (
        select(Facture, Foyer, Personne, relances)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .outerjoin(Personne, Personne.id == Foyer.payeur_id)
        .where(*conditions)
        .order_by(Facture.id)
        .limit(PAR_PAGE + 1)
        .options(SANS_CONTENU)
    )
    return requete if apres is None else requete.where(Facture.id > apres)


def _dire(payeur: Personne | None) -> str:
    return f"{payeur.prenom} {payeur.nom}" if payeur is not None else ""


def _compter_restes(session: Session, perimetre: Perimetre, criteres: Criteres) -> int:
    total = totaliser_restes(
        session, replace(perimetre, proches=None), str(criteres["regie"]), _au(perimetre, criteres)
    )
    return total.factures + total.transmises


def _page_restes(session: Session, perimetre: Perimetre, criteres: Criteres, apres: int | None) -> Page:
    tous, regie = replace(perimetre, proches=None), str(criteres["regie"])
    lus = lister_restes(session, tous, regie, _au(perimetre, criteres), apres, PAR_PAGE + 1)
    page = lus[:PAR_PAGE]
    rangees: list[Sequence[Cellule]] = []
    for reste in page:
        facture, est_masquee = reste.facture, est_masquee_a(perimetre, reste.facture.foyer_id)
        rangees.append(
            (
                facture.numero,
                facture.regie,
                f"{facture.mois:%Y-%m}",
                SA_FAMILLE if est_masquee else reste.famille,
                "" if est_masquee else reste.payeur,
                facture.emise_le,
                facture.echeance,
                en_euros(facture.total_centimes),
                en_euros(reste.centimes),
                facture.transmise_le if reste.est_transmise and not est_masquee else None,
            )
        )
    return rangees, page[-1].facture.id if len(lus) > PAR_PAGE else None


def _au(perimetre: Perimetre, criteres: Criteres) -> date:
    return _jour(criteres, "au") or perimetre.aujourdhui


LISTES_CAISSE: dict[str, Liste] = {
    "reglements": Liste(
        "Encaissements",
        (
            Colonne("Numéro"),
            Colonne("Reçu le", date),
            Colonne("Heure"),
            Colonne("Saisi le", date),
            Colonne("Régie"),
            Colonne("Moyen"),
            Colonne("Montant", Decimal),
            Colonne("Dont CESU employeur", Decimal),
            Colonne("Non utilisé", Decimal),
            Colonne("Famille"),
            Colonne("Payeur"),
            Colonne("Référence"),
            Colonne("REFDET PayFiP"),
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
    "transmises": Liste(
        "Factures transmises au comptable",
        (
            Colonne("Transmise le", date),
            Colonne("Numéro"),
            Colonne("Régie"),
            Colonne("Objet"),
            Colonne("Famille"),
            Colonne("Payeur"),
            Colonne("Adresse"),
            Colonne("Code postal"),
            Colonne("Ville"),
            Colonne("Téléphone"),
            Colonne("Mail"),
            Colonne("Émise le", date),
            Colonne("À régler avant le", date),
            Colonne("Montant", Decimal),
            Colonne("Reste", Decimal),
            Colonne("Relances", int),
        ),
        _compter_transmises,
        _page_transmises,
        Action.FACTURER,
        True,
    ),
    "restes": Liste(
        "Restes à recouvrer",
        (
            Colonne("Numéro"),
            Colonne("Régie"),
            Colonne("Mois"),
            Colonne("Famille"),
            Colonne("Payeur"),
            Colonne("Émise le", date),
            Colonne("À régler avant le", date),
            Colonne("Montant", Decimal),
            Colonne("Reste à cette date", Decimal),
            Colonne("Transmise le", date),
        ),
        _compter_restes,
        _page_restes,
        Action.FACTURER,
        True,
    ),
}
