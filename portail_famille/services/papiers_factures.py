"""What the paper of an invoice, of an avoir, of a receipt says: rows and frozen `contenu`, so that the same PDF comes
out tomorrow (decision 0010). The words are in presentation/papiers_factures, the page in gateways/imprimes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.factures import prenoms_figes
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.moyens import AILLEURS, DE_REGIE, SANS_RECU
from portail_famille.domain.regies import ORDRE_CHEQUES, Regie
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.models.paiements import Affectation, Reglement

TAILLE_LOT = 200


class Commune(Protocol):
    """The town, as its papers name it."""

    @property
    def nom(self) -> str: ...
    @property
    def adresse(self) -> str: ...
    @property
    def courriel(self) -> str: ...
    @property
    def telephone(self) -> str: ...
    @property
    def url_publique(self) -> str: ...
    @property
    def regies(self) -> Mapping[str, Regie]: ...


@dataclass(frozen=True, slots=True)
class FactureImprimable:
    """An issued invoice or avoir. `regie`: as it was the day of issue, completed by today's settings for what was not
    kept. `credits`: number of what paid a part of it at its issue, centimes."""

    facture: Facture
    lignes: tuple[FactureLigne, ...]
    regie: Mapping[str, Any]
    origine: Facture | None
    """Of an avoir: the invoice that it corrects."""
    credits: tuple[tuple[str, int], ...]
    prenoms: Mapping[int, str]
    """Of the children of its lines, as they were."""


@dataclass(frozen=True, slots=True)
class RecuImprimable:
    """A payment that came in, or a refund; what it paid, net of what was taken back."""

    reglement: Reglement
    regie: Mapping[str, Any]
    payeur: str
    foyer: Foyer
    factures: tuple[tuple[str, str, int], ...]
    """Number, label, centimes."""
    annule_le: date | None
    """The entry was reversed: it is no receipt any more."""


def instantane_de_la_regie(reglages: Commune, code: str) -> dict[str, Any]:
    """How a régie presents itself today; frozen in `contenu["regie"]` when an invoice is made."""
    regie = reglages.regies.get(code)
    return {
        "code": code,
        "nom": regie.nom if regie else code,
        "signataire": regie.signataire if regie else "",
        "adresse": (regie.adresse if regie else "") or reglages.adresse,
        "courriel": (regie.courriel if regie else "") or reglages.courriel,
        "telephone": (regie.telephone if regie else "") or reglages.telephone,
        "en_ligne": regie.est_payable_en_ligne if regie else False,
        "moyens": list(regie.moyens if regie else DE_REGIE),
        "ordre_cheques": regie.ordre_cheques if regie else ORDRE_CHEQUES,
        "commune": reglages.nom,
        "portail": reglages.url_publique,
    }


def lire_facture_imprimable(session: Session, facture: Facture, reglages: Commune) -> FactureImprimable:
    """Three queries, as below."""
    return next(lire_factures_imprimables(session, [facture], reglages))


def lire_factures_imprimables(
    session: Session, factures: Sequence[Facture], reglages: Commune
) -> Iterator[FactureImprimable]:
    """In the order given; three queries for each batch, and no more than a batch in memory."""
    for debut in range(0, len(factures), TAILLE_LOT):
        yield from _lire_lot(session, factures[debut : debut + TAILLE_LOT], reglages)


def trouver_recu(session: Session, foyer_id: int, reglement_id: int) -> Reglement | None:
    """A payment or a refund of this foyer; the reversal of a wrong entry is no paper of the family's, nor is what the
    Treasury or another software settled a receipt of the régie's."""
    return session.scalar(
        select(Reglement).where(
            Reglement.id == reglement_id,
            Reglement.foyer_id == foyer_id,
            Reglement.annule_de.is_(None),
            Reglement.moyen.not_in(SANS_RECU),
        )
    )


def lire_recu_imprimable(session: Session, reglement: Reglement, reglages: Commune) -> RecuImprimable:
    """Three queries."""
    inverse = aliased(Reglement)
    foyer, prenom, nom, annule_le = session.execute(
        select(Foyer, Personne.prenom, Personne.nom, inverse.recu_le)
        .outerjoin(Personne, Personne.id == Foyer.payeur_id)
        .outerjoin(inverse, inverse.annule_de == reglement.id)
        .where(Foyer.id == reglement.foyer_id)
    ).one()
    est_remboursement = reglement.montant_centimes < 0
    # A refund gives back an avoir; a payment pays invoices.
    cible = Affectation.avoir_id if est_remboursement else Affectation.facture_id
    source = Affectation.remboursement_id if est_remboursement else Affectation.reglement_id
    total = func.sum(Affectation.montant_centimes)
    payees = session.execute(
        select(Facture.numero, Facture.libelle, total)
        .join(Affectation, cible == Facture.id)
        .where(source == reglement.id)
        .group_by(Facture.id, Facture.numero, Facture.libelle)
        .having(total != 0)
        .order_by(Facture.id)
    )
    return RecuImprimable(
        reglement=reglement,
        regie=instantane_de_la_regie(reglages, reglement.regie),
        payeur=f"{prenom or ''} {nom or ''}".strip() or foyer.nom,
        foyer=foyer,
        factures=tuple((numero or "", libelle, int(centimes)) for numero, libelle, centimes in payees),
        annule_le=annule_le,
    )


def _lire_lot(session: Session, factures: Sequence[Facture], reglages: Commune) -> Iterator[FactureImprimable]:
    ids = [facture.id for facture in factures]
    lignes: dict[int, list[FactureLigne]] = defaultdict(list)
    lues = select(FactureLigne).where(FactureLigne.facture_id.in_(ids))
    for ligne in session.scalars(lues.order_by(FactureLigne.facture_id, FactureLigne.rang)):
        lignes[ligne.facture_id].append(ligne)
    corrigees = {facture.avoir_de for facture in factures if facture.avoir_de is not None}
    origines = {f.id: f for f in session.scalars(select(Facture).where(Facture.id.in_(corrigees)))}
    credits = _credits(session, ids)
    prenoms = _prenoms(session, factures, lignes)
    identites: dict[str, dict[str, Any]] = {}
    for facture in factures:
        if facture.regie not in identites:
            identites[facture.regie] = instantane_de_la_regie(reglages, facture.regie)
        yield FactureImprimable(
            facture=facture,
            lignes=tuple(lignes[facture.id]),
            regie=_telle_qu_alors(identites[facture.regie], facture.contenu.get("regie", {})),
            origine=origines.get(facture.avoir_de or 0),
            credits=tuple(credits[facture.id]),
            prenoms=prenoms[facture.id],
        )


def _prenoms(
    session: Session, factures: Sequence[Facture], lignes: Mapping[int, Sequence[FactureLigne]]
) -> dict[int, dict[int, str]]:
    """By invoice. No query, unless children were merged since and nothing tells them apart: then today's names."""
    figes, inconnus = {}, set()
    for facture in factures:
        reperes = [(ligne.enfant_id, ligne.prix) for ligne in lignes[facture.id]]
        figes[facture.id] = prenoms_figes(facture.contenu, reperes)
        inconnus |= {enfant_id for enfant_id, _ in reperes if enfant_id is not None} - figes[facture.id].keys()
    if not inconnus:
        return figes
    lus = session.execute(select(Enfant.id, Enfant.prenom).where(Enfant.id.in_(inconnus)))
    actuels = {ligne.id: ligne.prenom for ligne in lus}
    return {id_: actuels | prenoms for id_, prenoms in figes.items()}


def _telle_qu_alors(aujourdhui: Mapping[str, Any], gelee: Mapping[str, Any]) -> dict[str, Any]:
    """The régie as frozen with the invoice; where it gave no address or mail of its own, the town's."""
    regie = {**aujourdhui, **{cle: valeur for cle, valeur in gelee.items() if valeur}}
    if {"numero_client", "en_ligne"} & gelee.keys():
        regie["en_ligne"] = bool(gelee.get("numero_client") or gelee.get("en_ligne"))
    return regie


def _credits(session: Session, ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """What credits paid as the invoice was issued, in the same transaction: what came later is not on this paper."""
    avoir = aliased(Facture)
    par_facture: dict[int, list[tuple[str, int]]] = defaultdict(list)
    lues = session.execute(
        select(
            Affectation.facture_id,
            avoir.numero,
            Reglement.numero,
            Reglement.moyen,
            Reglement.recu_le,
            Affectation.montant_centimes,
        )
        .join(Facture, Facture.id == Affectation.facture_id)
        .outerjoin(avoir, avoir.id == Affectation.avoir_id)
        .outerjoin(Reglement, Reglement.id == Affectation.reglement_id)
        .where(Affectation.facture_id.in_(ids), Affectation.a_utc <= Facture.emise_utc)
        .order_by(Affectation.id)
    )
    for facture_id, numero_avoir, numero_recu, moyen, recu_le, centimes in lues:
        assert facture_id is not None
        if numero_avoir:
            source = f"Avoir n°\u00a0{numero_avoir}"
        elif moyen == AILLEURS and recu_le is not None:
            source = f"Déjà réglé le {ecrire_date(recu_le)}"
        else:
            source = f"Trop-versé, reçu n°\u00a0{numero_recu}"
        par_facture[facture_id].append((source, centimes))
    return par_facture
