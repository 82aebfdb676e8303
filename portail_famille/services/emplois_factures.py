"""What paid an invoice, what an avoir did, what is left to use: the ledger as a family reads it, net of what was taken
back, and what was taken back beside it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Affectation, Reglement


@dataclass(frozen=True, slots=True)
class Emploi:
    """What paid (a part of) the invoice, or what an avoir paid."""

    centimes: int
    le: date
    moyen: str
    """Of a payment; "" when an avoir is what pays."""
    reglement_id: int | None
    """Its receipt; None: an avoir."""
    facture_id: int
    """The avoir that pays or, on an avoir's page, the invoice it pays; 0: neither."""
    numero: str
    """Of the receipt, of the avoir, of the invoice."""
    recu_le: date | None = None
    """Of a payment: the day it came in."""
    est_avance: bool = False
    """It came in before: what was left of it was used later, that day."""
    annule_le: date | None = None
    motif: str = ""
    """Why it was taken back, in the agent's words."""
    note: str = ""
    """Of a payment, for agents; of what was collected elsewhere, how."""


@dataclass(frozen=True, slots=True)
class EmploiAvoir:
    """What an avoir paid beside its own invoice. `facture_id` 0: given back to the family."""

    facture_id: int
    numero: str
    centimes: int


# Built once: building a statement costs more than running it (services/requetes), aliases above all.
_AUTRE, _INVERSE = aliased(Facture), aliased(Reglement)
_FACTURE_ID: BindParameter[int] = bindparam("facture_id")
_EMPLOI = select(
    Affectation.montant_centimes.label("centimes"),
    Affectation.le,
    Affectation.a_utc,
    Reglement.id.label("reglement_id"),
    Reglement.moyen,
    Reglement.numero.label("recu"),
    Reglement.recu_le,
    Reglement.saisi_utc,
    Reglement.note,
    _AUTRE.id.label("facture_id"),
    _AUTRE.numero,
    _INVERSE.recu_le.label("annule_le"),
    _INVERSE.note.label("motif"),
).order_by(Affectation.id)
_EMPLOIS = {
    "facture": _EMPLOI.outerjoin(Reglement, Reglement.id == Affectation.reglement_id)
    .outerjoin(_AUTRE, _AUTRE.id == Affectation.avoir_id)
    .outerjoin(_INVERSE, _INVERSE.annule_de == Reglement.id)
    .where(Affectation.facture_id == _FACTURE_ID),
    "avoir": _EMPLOI.outerjoin(Reglement, Reglement.id == Affectation.remboursement_id)
    .outerjoin(_AUTRE, _AUTRE.id == Affectation.facture_id)
    .outerjoin(_INVERSE, _INVERSE.annule_de == Reglement.id)
    .where(Affectation.avoir_id == _FACTURE_ID),
}


def lire_emplois(session: Session, facture: Facture) -> tuple[tuple[Emploi, ...], tuple[Emploi, ...]]:
    """What pays it today (of an avoir, what it pays, refunds included), and the payments that were taken back, with
    what they had paid. One query."""
    par_source: dict[tuple[int | None, int | None], list[Any]] = defaultdict(list)
    for ligne in session.execute(_EMPLOIS[facture.genre], {"facture_id": facture.id}):
        par_source[ligne.reglement_id, ligne.facture_id].append(ligne)
    valables, annules = [], []
    for lignes in par_source.values():
        if centimes := sum(ligne.centimes for ligne in lignes):
            valables.append(_emploi(lignes, centimes))
        elif lignes[0].annule_le is not None:
            annules.append(_emploi(lignes, -lignes[-1].centimes))
    return tuple(valables), tuple(annules)


def _emploi(lignes: Sequence[Any], centimes: int) -> Emploi:
    une = lignes[0]
    return Emploi(
        centimes,
        une.le,
        une.moyen or "",
        une.reglement_id,
        une.facture_id or 0,
        une.recu or une.numero or "",
        recu_le=une.recu_le,
        est_avance=une.saisi_utc is not None and une.a_utc > une.saisi_utc,
        annule_le=une.annule_le,
        motif=une.motif or "",
        note=une.note or "",
    )


def emplois_de(session: Session, facture: Facture) -> tuple[Emploi, ...]:
    """What pays it today; of an avoir, what it pays. One query."""
    return lire_emplois(session, facture)[0]


def ailleurs(session: Session, facture_id: int, avoirs: Collection[int]) -> Mapping[int, tuple[EmploiAvoir, ...]]:
    """What these avoirs of an invoice paid elsewhere than on it. One query, none without avoirs."""
    trouves: dict[int, list[EmploiAvoir]] = defaultdict(list)
    if avoirs:
        total = func.sum(Affectation.montant_centimes)
        lus = session.execute(
            select(Affectation.avoir_id, Facture.id, Facture.numero, total)
            .outerjoin(Facture, Facture.id == Affectation.facture_id)
            .where(Affectation.avoir_id.in_(avoirs), Affectation.facture_id.is_distinct_from(facture_id))
            .group_by(Affectation.avoir_id, Facture.id, Facture.numero)
            .having(total != 0)
            .order_by(Affectation.avoir_id, Facture.id)
        )
        for avoir_id, id_, numero, centimes in lus:
            trouves[avoir_id or 0].append(EmploiAvoir(id_ or 0, numero or "", int(centimes)))
    return {avoir_id: tuple(siens) for avoir_id, siens in trouves.items()}


def avances(session: Session, foyer_id: int) -> Mapping[str, int]:
    """By régie, what the family paid or was credited beyond what it owed. One query."""
    entrees = select(Reglement.regie, Reglement.reste_centimes.label("reste")).where(
        Reglement.foyer_id == foyer_id, Reglement.reste_centimes > 0
    )
    avoirs = select(Facture.regie, Facture.reste_centimes).where(
        Facture.foyer_id == foyer_id, Facture.genre == literal("avoir"), Facture.reste_centimes > 0,
        Facture.emise_utc.is_not(None),
    )  # fmt: skip
    lus = union_all(entrees, avoirs).subquery()
    sommes = select(lus.c.regie, func.sum(lus.c.reste)).group_by(lus.c.regie).order_by(lus.c.regie)
    return {regie: int(reste) for regie, reste in session.execute(sommes)}
