"""One invoice, as an adult of its foyer may read it (domain.md §1 and §9); the list is in services/mes_factures.

Every adult of the foyer reads what is owed. The days of a child, and why they cost what they cost, are for who has
authority over her today, and for who pays. Another foyer's invoice does not exist here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BindParameter,
    and_,
    bindparam,
    or_,
    select,
)
from sqlalchemy.orm import Session

from portail_famille.domain.factures import EtatFacture, Repere, etat_facture, prenoms_figes
from portail_famille.domain.lecteurs import est_fermee, voit_tout
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement
from portail_famille.models.paiements import Paiement
from portail_famille.services.comptes import Acteur
from portail_famille.services.emplois_factures import Emploi, EmploiAvoir, ailleurs, lire_emplois
from portail_famille.services.refacturations import lire_refacturees
from portail_famille.services.visibilites import enfants_vus

_EST_EMISE = Facture.numero.is_not(None)


# Built once: building a statement costs more than running it (services/requetes), aliases above all.
_FACTURE_ID: BindParameter[int] = bindparam("facture_id")
_UNE = (
    select(Facture, Foyer.payeur_id, Personne.prenom, Personne.nom)
    .join(Foyer, Foyer.id == Facture.foyer_id)
    .outerjoin(Personne, Personne.id == Foyer.payeur_id)
    .where(Facture.id == _FACTURE_ID, Facture.foyer_id == bindparam("foyer_id"), _EST_EMISE)
)
_LIGNES = select(FactureLigne).where(FactureLigne.facture_id == _FACTURE_ID).order_by(FactureLigne.rang)
_ENFANTS_CORRIGES = select(FactureLigne.enfant_id).where(FactureLigne.facture_id == bindparam("avoir_de")).distinct()
_LIEES = (
    select(Facture)
    .where(or_(Facture.avoir_de == _FACTURE_ID, Facture.id == bindparam("avoir_de")), _EST_EMISE)
    .order_by(Facture.emise_le, Facture.id)
)
_ESSAIS = select(Paiement).where(Paiement.facture_id == _FACTURE_ID).order_by(Paiement.id.desc())


@dataclass(frozen=True, slots=True)
class LigneVue:
    """A line as this adult reads it. Of a child whose days are not hers to read (`est_detaillee` False), only the
    child, the activity and the amount are here; of nobody's child, the amount alone."""

    enfant_id: int | None
    unite_id: int | None
    jour: date | None
    etat: str
    libelle: str
    quantite: str
    montant_centimes: int
    prix: int | None
    est_detaillee: bool = True
    apres_avoir: str = ""
    """Its number: the day was taken off another invoice by it, and is billed again here."""


@dataclass(frozen=True, slots=True)
class EnfantFacture:
    """A child of the lines, named as she was when it was issued. `rang_foyer` 0: she is of this foyer no more."""

    id: int
    prenom: str
    rang_foyer: int
    voit_sante: bool
    """Whether the reader may know of her PAI: who has authority over her, and the desk."""


@dataclass(frozen=True, slots=True)
class FactureVue:
    """One invoice as this adult may see it."""

    facture: Facture
    etat: EtatFacture | None
    """None: an avoir."""
    voit_tout: bool
    """The payer, or an adult with authority over all its children (domain/lecteurs): the PDF, the reason of an avoir
    and free words are for her."""
    payeur: str
    enfants: Mapping[int, EnfantFacture]
    lignes: tuple[LigneVue, ...]
    avoirs: tuple[Facture, ...]
    """That correct it, oldest first."""
    origine: Facture | None
    """Of an avoir: the invoice that it corrects."""
    emplois: tuple[Emploi, ...]
    essais: tuple[Paiement, ...]
    """By card, latest first."""
    annules: tuple[Emploi, ...] = ()
    """Payments that were taken back: they bounced, or were another family's."""
    ailleurs: Mapping[int, tuple[EmploiAvoir, ...]] = field(default_factory=dict)
    """By avoir, what it paid of other invoices, and what was given back."""


def etat_de(facture: Facture, avoirs: Iterable[Facture], aujourdhui: date) -> EtatFacture | None:
    """As families read it; None for an avoir. `avoirs`: those that correct it."""
    if facture.genre == "avoir":
        return None
    credites = -sum(avoir.total_centimes for avoir in avoirs)
    return etat_facture(
        facture.total_centimes,
        facture.reste_centimes,
        credites,
        aujourdhui,
        facture.prelevement_le,
        facture.transmise_le,
    )


def trouver(session: Session, acteur: Acteur, aujourdhui: date, facture_id: int) -> FactureVue | None:
    """One issued invoice, or avoir, of the foyer she acts for; None for any other. Eight queries at most."""
    ligne = session.execute(_UNE, {"facture_id": facture_id, "foyer_id": acteur.foyer_id}).one_or_none()
    if ligne is None:
        return None
    facture, payeur_id, prenom, nom = ligne
    valeurs = {"facture_id": facture.id, "avoir_de": facture.avoir_de}
    lignes = session.scalars(_LIGNES, valeurs).all()
    concernes = {ligne.enfant_id for ligne in lignes}
    if facture.avoir_de is not None:
        concernes.update(session.scalars(_ENFANTS_CORRIGES, valeurs))
    reperes = [*((ligne.enfant_id, ligne.prix) for ligne in lignes), *((e, None) for e in concernes)]
    enfants = _enfants(session, acteur, aujourdhui, facture, reperes)
    vus = {enfant.id for enfant in enfants.values() if enfant.voit_sante}
    est_importee = facture.origine == "importee"
    tout = voit_tout(concernes, vus, est_payeur=payeur_id == acteur.personne_id, est_importee=est_importee)
    fermee = not tout and est_fermee(concernes, est_importee=est_importee)
    lies = session.scalars(_LIEES, valeurs).all()
    avoirs = tuple(f for f in lies if f.avoir_de == facture.id)
    emplois, annules = lire_emplois(session, facture)
    refacturees = lire_refacturees(session, facture)
    return FactureVue(
        facture=facture,
        etat=etat_de(facture, avoirs, aujourdhui),
        voit_tout=tout,
        payeur=str(facture.contenu.get("payeur", {}).get("nom") or f"{prenom or ''} {nom or ''}".strip()),
        enfants=enfants,
        lignes=tuple(
            _somme_seule(ligne)
            if fermee or not (tout or ligne.enfant_id)
            else ligne_vue(ligne, tout or ligne.enfant_id in vus, refacturees)
            for ligne in lignes
        ),
        avoirs=avoirs,
        origine=next((f for f in lies if f.id == facture.avoir_de), None),
        emplois=emplois,
        annules=annules,
        ailleurs=ailleurs(session, facture.id, [avoir.id for avoir in avoirs]),
        essais=tuple(session.scalars(_ESSAIS, valeurs)),
    )


def foyer_de(session: Session, acteur: Acteur, facture_id: int) -> int | None:
    """Another of her foyers, whose invoice it is: a mail may lead her there. None when it is nobody's she is of."""
    return session.scalar(
        select(Facture.foyer_id).where(
            Facture.id == facture_id, Facture.foyer_id.in_([foyer.id for foyer in acteur.foyers]), _EST_EMISE
        )
    )


def _enfants(
    session: Session, acteur: Acteur, aujourdhui: date, facture: Facture, reperes: Sequence[Repere]
) -> dict[int, EnfantFacture]:
    du_foyer = and_(Rattachement.enfant_id == Enfant.id, Rattachement.foyer_id == acteur.foyer_id)
    lus = session.execute(
        select(Enfant.id, Enfant.prenom, Rattachement.foyer_id, Enfant.id.in_(enfants_vus(acteur, aujourdhui)))
        .outerjoin(Rattachement, du_foyer)
        .where(or_(Rattachement.foyer_id.is_not(None), Enfant.id.in_({id_ for id_, _ in reperes if id_ is not None})))
        .order_by(Enfant.naissance, Enfant.id)
    )
    return enfants_factures(lus, facture, reperes)


def enfants_factures(lus: Iterable[Any], facture: Facture, reperes: Sequence[Repere]) -> dict[int, EnfantFacture]:
    """The children of the lines, with their place in the foyer. `lus`: they and those of the foyer, eldest first:
    number, today's first name, the foyer when she is of it, whether the reader may know of her health."""
    des_lignes, prenoms = {enfant_id for enfant_id, _ in reperes}, prenoms_figes(facture.contenu, reperes)
    enfants, rang = {}, 0
    for id_, prenom, rattachement, voit_sante in lus:
        rang += rattachement is not None
        if id_ in des_lignes:
            place = rang if rattachement is not None else 0
            enfants[id_] = EnfantFacture(id_, prenoms.get(id_, prenom), place, bool(voit_sante))
    return enfants


def ligne_vue(
    ligne: FactureLigne, est_detaillee: bool, refacturees: Mapping[tuple[object, ...], str] = MappingProxyType({})
) -> LigneVue:
    if est_detaillee:
        return LigneVue(
            ligne.enfant_id,
            ligne.unite_id,
            ligne.jour,
            ligne.etat,
            ligne.libelle,
            ligne.quantite,
            ligne.montant_centimes,
            ligne.prix,
            apres_avoir=refacturees.get((ligne.enfant_id, ligne.unite_id, ligne.jour), ""),
        )
    return LigneVue(
        ligne.enfant_id, ligne.unite_id, None, "", ligne.libelle, "", ligne.montant_centimes, None, est_detaillee=False
    )


def _somme_seule(ligne: FactureLigne) -> LigneVue:
    return LigneVue(None, None, None, "", "", "", ligne.montant_centimes, None, est_detaillee=False)
