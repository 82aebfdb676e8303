"""The accounts in « télécharger mes données »: invoices of her foyers as her screens show them, what paid them.

Of a child whose days are not hers to read, only the child, the activity and the amount (services/factures); free words
and the reason of an avoir as domain/lecteurs says; of another adult's payment, never the address it was made with.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.lecteurs import est_fermee, voit_tout
from portail_famille.models.base import Base
from portail_famille.models.factures import AdhesionFacture, Facture, FactureLigne, Relance
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.services.comptes import Acteur
from portail_famille.services.inventaire import EXPORTEES

_SANS_SES_JOURS = ("enfant_id", "libelle", "montant_centimes")


def comptes_de(
    session: Session, acteur: Acteur, foyers: Sequence[int], enfants: Collection[int]
) -> dict[str, list[dict[str, Any]]]:
    """`enfants`: those that she sees. Seven queries, whatever the years."""
    siennes = Facture.foyer_id.in_(foyers)
    lues = session.execute(
        select(Facture, Foyer.payeur_id)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(siennes, Facture.emise_utc.is_not(None))
        .order_by(Facture.emise_le, Facture.id)
    ).all()
    de_ses_foyers = select(Facture.id).where(siennes)
    lignes = _par_facture(session, FactureLigne, FactureLigne.facture_id.in_(de_ses_foyers), FactureLigne.rang)
    relances = _par_facture(session, Relance, Relance.facture_id.in_(de_ses_foyers), Relance.rang)
    paiements = _par_facture(session, Paiement, Paiement.facture_id.in_(de_ses_foyers), Paiement.id)
    emplois = _emplois(session, foyers)
    numeros = {facture.id: facture.numero for facture, _ in lues}
    factures = []
    for facture, payeur_id in lues:
        concernes = {li.enfant_id for li in (*lignes[facture.id], *lignes[facture.avoir_de or 0])}
        est_importee = facture.origine == "importee"
        tout = voit_tout(concernes, enfants, est_payeur=payeur_id == acteur.personne_id, est_importee=est_importee)
        fermee = not tout and est_fermee(concernes, est_importee=est_importee)
        factures.append(
            _ligne(facture)
            | ({} if tout else {"motif": ""})
            | {
                "contenu": facture.contenu if tout else _contenu_partiel(facture.contenu, enfants, fermee=fermee),
                "corrige": numeros.get(facture.avoir_de) if facture.avoir_de is not None else None,
                "lignes": [
                    _somme_seule(li)
                    if fermee or not (tout or li.enfant_id)
                    else _dire_ligne(li, facture.contenu, est_detaillee=tout or li.enfant_id in enfants)
                    for li in lignes[facture.id]
                ],
                "relances": [_ligne(relance) for relance in relances[facture.id]],
                "paiements": [_paiement(essai, acteur) for essai in paiements[facture.id]],
                "affectations": emplois["facture", facture.id],
            }
        )
    reglements = session.scalars(select(Reglement).where(Reglement.foyer_id.in_(foyers)).order_by(Reglement.id))
    adhesions = session.scalars(
        select(AdhesionFacture).where(AdhesionFacture.foyer_id.in_(foyers)).order_by(AdhesionFacture.id)
    )
    return {
        "factures": factures,
        "reglements": [_ligne(r) | {"affectations": emplois["reglement", r.id]} for r in reglements],
        "adhesions": [_ligne(a) | {"par_vous": a.personne_id == acteur.personne_id} for a in adhesions],
    }


def _par_facture(session: Session, modele: Any, ou: ColumnElement[bool], ordre: Any) -> dict[int, list[Any]]:
    groupes: dict[int, list[Any]] = defaultdict(list)
    for ligne in session.scalars(select(modele).where(ou).order_by(modele.facture_id, ordre)):
        groupes[ligne.facture_id].append(ligne)
    return groupes


def _emplois(session: Session, foyers: Sequence[int]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """What paid each invoice, and what each refund gave back: by which receipt, by which avoir."""
    payee, rendu, avoir, recu = aliased(Facture), aliased(Reglement), aliased(Facture), aliased(Reglement)
    lues = session.execute(
        select(Affectation, avoir.numero, recu.numero)
        .outerjoin(payee, payee.id == Affectation.facture_id)
        .outerjoin(rendu, rendu.id == Affectation.remboursement_id)
        .outerjoin(avoir, avoir.id == Affectation.avoir_id)
        .outerjoin(recu, recu.id == Affectation.reglement_id)
        .where(or_(payee.foyer_id.in_(foyers), rendu.foyer_id.in_(foyers)))
        .order_by(Affectation.id)
    )
    groupes: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for emploi, numero_avoir, numero_recu in lues:
        est_paiement = emploi.facture_id is not None
        cle = ("facture" if est_paiement else "reglement", emploi.facture_id or emploi.remboursement_id or 0)
        groupes[cle].append(_ligne(emploi) | {"par": numero_avoir or numero_recu})
    return groupes


def _contenu_partiel(contenu: Mapping[str, Any], enfants: Collection[int], *, fermee: bool) -> dict[str, Any]:
    """Without the reasons of prices that are not hers to read, nor where the invoice was sent. `fermee`: nor who it is
    about."""
    return {
        **contenu,
        "payeur": {"nom": contenu.get("payeur", {}).get("nom", "")},
        "prix": [prix for prix in contenu.get("prix", []) if prix["enfant"] in enfants],
    } | ({"enfants": {}} if fermee else {})


def _dire_ligne(ligne: FactureLigne, contenu: Mapping[str, Any], *, est_detaillee: bool) -> dict[str, Any]:
    unite = contenu.get("unites", {}).get(str(ligne.unite_id), {}).get("nom", "")
    dite = _ligne(ligne) | {"enfant": contenu.get("enfants", {}).get(str(ligne.enfant_id), ""), "unite": unite}
    if est_detaillee:
        return dite
    return {cle: valeur for cle, valeur in dite.items() if cle in (*_SANS_SES_JOURS, "enfant", "unite")}


def _somme_seule(ligne: FactureLigne) -> dict[str, Any]:
    return {"montant_centimes": ligne.montant_centimes}


def _paiement(essai: Paiement, acteur: Acteur) -> dict[str, Any]:
    est_sien = essai.compte_id == acteur.compte_id
    return _ligne(essai) | {"par_vous": est_sien} | ({} if est_sien else {"courriel": None})


def _ligne(ligne: Base) -> dict[str, Any]:
    return EXPORTEES[ligne.__tablename__].lire(ligne)
