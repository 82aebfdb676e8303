"""Accounts as the desk reads them: balances by régie, what surrounds a payment, attempts by card to look at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portail_famille.domain.moyens import ESSAI
from portail_famille.domain.soldes import Solde
from portail_famille.models.comptes import Compte
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.services.bureau_factures import SANS_CONTENU, TAILLE_PAGE
from portail_famille.services.perimetres import Perimetre


@dataclass(frozen=True, slots=True)
class EssaiLu:
    essai: Paiement
    facture: Facture
    famille: str


def soldes_par_regie(session: Session, foyer_id: int) -> dict[str, Solde]:
    """The account of a foyer with each régie, by code. Two queries."""
    est_avoir, est_transmise = Facture.genre == "avoir", Facture.transmise_le.is_not(None)
    soldes: dict[str, Solde] = {}
    for regie, factures, avoirs, a_regler, transmis, credit in session.execute(
        select(
            Facture.regie,
            _somme(Facture.total_centimes, ~est_avoir),
            _somme(Facture.total_centimes, est_avoir),
            _somme(Facture.reste_centimes, and_(~est_avoir, ~est_transmise)),
            _somme(Facture.reste_centimes, and_(~est_avoir, est_transmise)),
            _somme(Facture.reste_centimes, est_avoir),
        )
        .where(Facture.foyer_id == foyer_id, Facture.numero.is_not(None))
        .group_by(Facture.regie)
        .order_by(Facture.regie)
    ):
        soldes[regie] = Solde(int(factures), int(avoirs), 0, int(a_regler), int(credit), int(transmis))
    for regie, montant, reste in session.execute(
        select(Reglement.regie, func.sum(Reglement.montant_centimes), func.sum(Reglement.reste_centimes))
        .where(Reglement.foyer_id == foyer_id)
        .group_by(Reglement.regie)
    ):
        connu = soldes.get(regie, Solde())
        soldes[regie] = replace(
            connu, reglements_centimes=int(montant), credit_centimes=connu.credit_centimes + int(reste)
        )
    return soldes


@dataclass(frozen=True, slots=True)
class AutourDuReglement:
    famille: str
    agent: str
    """Who wrote it; "" for the program."""
    annulation: Reglement | None
    """The entry that reverses it."""
    origine: Reglement | None
    """The entry that it reverses."""


def lire_autour(session: Session, reglement: Reglement) -> AutourDuReglement:
    """Three queries at most."""
    famille = session.get_one(Foyer, reglement.foyer_id).nom
    agent = session.execute(
        select(Personne.prenom, Personne.nom)
        .join(Compte, Compte.personne_id == Personne.id)
        .where(Compte.id == reglement.compte_id)
    ).one_or_none()
    lies = session.scalars(
        select(Reglement).where(or_(Reglement.annule_de == reglement.id, Reglement.id == reglement.annule_de))
    ).all()
    return AutourDuReglement(
        famille,
        " ".join(agent) if agent is not None else "",
        next((lie for lie in lies if lie.annule_de == reglement.id), None),
        next((lie for lie in lies if lie.id == reglement.annule_de), None),
    )


def emplois_du_reglement(session: Session, reglement_id: int) -> list[tuple[int, str, int, int]]:
    """What a payment pays today, or the avoirs that a refund gave back: id and number, how much, what is left of each.
    One query."""
    requete = (
        select(Facture.id, Facture.numero, func.sum(Affectation.montant_centimes), Facture.reste_centimes)
        .join(Affectation, func.coalesce(Affectation.facture_id, Affectation.avoir_id) == Facture.id)
        .where(or_(Affectation.reglement_id == reglement_id, Affectation.remboursement_id == reglement_id))
        .group_by(Facture.id, Facture.numero, Facture.reste_centimes)
        .having(func.sum(Affectation.montant_centimes) != 0)
        .order_by(Facture.id)
    )
    return [(id_, numero or "", int(total), reste) for id_, numero, total, reste in session.execute(requete)]


def payees_par_l_envoi(session: Session, foyer_id: int, cle_envoi: str) -> list[Facture]:
    """What a form that was sent already has paid, its contents left aside. One query."""
    payees = (
        select(Affectation.facture_id)
        .join(Reglement, Reglement.id == Affectation.reglement_id)
        .where(Reglement.cle_envoi == cle_envoi, Reglement.foyer_id == foyer_id)
    )
    return list(session.scalars(select(Facture).where(Facture.id.in_(payees)).options(SANS_CONTENU)))


def payeurs_de(session: Session, foyer_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Who pays for these foyers: name and telephone ("" for none). One query."""
    requete = (
        select(Foyer.id, Personne.prenom, Personne.nom, Personne.telephone)
        .join(Personne, Personne.id == Foyer.payeur_id)
        .where(Foyer.id.in_(list(foyer_ids)))
    )
    return {id_: (f"{prenom} {nom}", telephone or "") for id_, prenom, nom, telephone in session.execute(requete)}


def noms_de(session: Session, perimetre: Perimetre, foyer_ids: Iterable[int]) -> dict[int, str]:
    """Names of those of these foyers that this agent may read. One query."""
    requete = select(Foyer.id, Foyer.nom).where(Foyer.id.in_(list(foyer_ids)), perimetre.foyers(Foyer.id))
    return {ligne.id: ligne.nom for ligne in session.execute(requete)}


def prenoms_de(session: Session, enfant_ids: Iterable[int]) -> dict[int, str]:
    requete = select(Enfant.id, Enfant.prenom).where(Enfant.id.in_(list(enfant_ids)))
    return {ligne.id: ligne.prenom for ligne in session.execute(requete)}


def essais_a_voir(session: Session, perimetre: Perimetre, apres: int | None = None) -> list[EssaiLu]:
    """Attempts by card that ask for a look, those that are not over, and trials to take back: latest first, one more
    than a page when there are more. One query."""
    requete = (
        select(Paiement, Facture, Foyer.nom)
        .join(Facture, Facture.id == Paiement.facture_id)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(
            or_(
                Paiement.anomalie != "",
                Paiement.etat.in_(("creee", "en_attente", "echec")),
                Paiement.id.in_(_essais_a_annuler()),
            ),
            perimetre.foyers(Facture.foyer_id),
        )
        .order_by(Paiement.id.desc())
        .limit(TAILLE_PAGE + 1)
        .options(SANS_CONTENU)
    )
    if apres is not None:
        requete = requete.where(Paiement.id < apres)
    return [EssaiLu(*ligne) for ligne in session.execute(requete)]


def _essais_a_annuler() -> Select[int | None]:
    """Trials that still pay an invoice."""
    inverse = aliased(Reglement)
    return select(Reglement.paiement_id).where(
        Reglement.moyen == ESSAI, Reglement.annule_de.is_(None), ~exists().where(inverse.annule_de == Reglement.id)
    )


def _somme(colonne: InstrumentedAttribute[int], condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, colonne))), 0)
