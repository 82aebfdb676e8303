"""Invoices as the desk reads them: search, one invoice with its lines and what became of it, months of each régie.

An agent sees the invoices of the foyers of her perimeter, which never holds her own family's (services/perimetres).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portail_famille.domain.factures import EtatFacture, etat_facture
from portail_famille.domain.soldes import Solde
from portail_famille.models.comptes import Compte
from portail_famille.models.factures import AdhesionFacture, Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.services.factures import EnfantFacture, FactureVue, emplois_de, etat_de, ligne_vue
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.recherches import MAXIMUM, chercher_ids

TAILLE_PAGE = 50
A_REGLER, EN_RETARD, REGLEES, TRANSMISES, AVOIRS = "a_regler", "en_retard", "reglees", "transmises", "avoirs"
GROUPES = (A_REGLER, EN_RETARD, REGLEES, TRANSMISES, AVOIRS)
"""What the list may be narrowed to; "": everything issued."""
_AVOIR = aliased(Facture)


@dataclass(frozen=True, slots=True)
class FiltreFactures:
    recherche: str = ""
    """A number, or words of a family's file."""
    regie: str = ""
    groupe: str = ""
    mois: date | None = None
    foyer_id: int | None = None


@dataclass(frozen=True, slots=True)
class FactureListee:
    facture: Facture
    famille: str
    etat: EtatFacture | None
    """None for an avoir."""


@dataclass(frozen=True, slots=True)
class FactureLue:
    """An invoice, an avoir or a draft: what the family reads, and whose it is."""

    vue: FactureVue
    foyer: Foyer


@dataclass(frozen=True, slots=True)
class BilanMois:
    """A month of a régie, issued."""

    factures: int
    avoirs: int
    total_centimes: int
    """Avoirs taken off."""
    reste_centimes: int


@dataclass(frozen=True, slots=True)
class EssaiLu:
    essai: Paiement
    facture: Facture
    famille: str


@dataclass(frozen=True, slots=True)
class Papier:
    """An invoice to print: its family has not asked for paperless ones."""

    facture: Facture
    famille: str
    payeur: str
    adresse: str


def lister_factures(
    session: Session,
    perimetre: Perimetre,
    filtre: FiltreFactures,
    apres: int | None = None,
    taille: int = TAILLE_PAGE,
) -> list[FactureListee]:
    """A page of what was issued, latest first, and one more when there are more. Two queries at most."""
    requete = (
        select(Facture, Foyer.nom, _avoirs_de())
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(*_conditions(session, perimetre, filtre))
        .order_by(Facture.id.desc())
        .limit(taille + 1)
    )
    if apres is not None:
        requete = requete.where(Facture.id < apres)
    return [FactureListee(f, nom, _etat(f, avoirs)) for f, nom, avoirs in session.execute(requete)]


def compter_factures(session: Session, perimetre: Perimetre, filtre: FiltreFactures) -> int:
    requete = select(func.count()).select_from(Facture).where(*_conditions(session, perimetre, filtre))
    return session.scalar(requete) or 0


def reste_a_recevoir(session: Session, perimetre: Perimetre, filtre: FiltreFactures) -> int:
    requete = select(func.coalesce(func.sum(Facture.reste_centimes), 0))
    return int(session.scalar(requete.where(*_conditions(session, perimetre, filtre))) or 0)


def lister_brouillons(
    session: Session, perimetre: Perimetre, facturation_id: int, genre: str, apres: int | None = None
) -> list[FactureListee]:
    """Drafts of a run by family, as they will be numbered; one more than a page when there are more. `apres`: the last
    one shown. One query."""
    requete = (
        select(Facture, Foyer.nom)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(
            Facture.facturation_id == facturation_id,
            Facture.numero.is_(None),
            Facture.genre == genre,
            perimetre.foyers(Facture.foyer_id),
        )
        .order_by(Foyer.nom, Facture.id)
        .limit(TAILLE_PAGE + 1)
    )
    if apres is not None:
        dernier, chez = aliased(Facture), aliased(Foyer)
        nom = select(chez.nom).join(dernier, dernier.foyer_id == chez.id).where(dernier.id == apres).scalar_subquery()
        requete = requete.where(or_(Foyer.nom > nom, and_(Foyer.nom == nom, Facture.id > apres)))
    return [FactureListee(f, nom, None) for f, nom in session.execute(requete)]


def soldes_par_regie(session: Session, foyer_id: int) -> dict[str, Solde]:
    """The account of a foyer with each régie, by code. Two queries."""
    est_avoir = Facture.genre == "avoir"
    soldes: dict[str, Solde] = {}
    for regie, factures, avoirs, a_regler, credit in session.execute(
        select(
            Facture.regie,
            _somme(Facture.total_centimes, ~est_avoir),
            _somme(Facture.total_centimes, est_avoir),
            _somme(Facture.reste_centimes, ~est_avoir),
            _somme(Facture.reste_centimes, est_avoir),
        )
        .where(Facture.foyer_id == foyer_id, Facture.numero.is_not(None))
        .group_by(Facture.regie)
        .order_by(Facture.regie)
    ):
        soldes[regie] = Solde(int(factures), int(avoirs), 0, int(a_regler), int(credit))
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


def lire_facture(session: Session, perimetre: Perimetre, facture_id: int) -> FactureLue | None:
    """None for what is in no foyer of this agent's. Six queries."""
    lue = session.execute(
        select(Facture, Foyer, Personne.prenom, Personne.nom)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .join(Personne, Personne.id == Foyer.payeur_id)
        .where(Facture.id == facture_id, perimetre.foyers(Facture.foyer_id))
    ).one_or_none()
    if lue is None:
        return None
    facture, foyer, prenom, nom = lue
    lies = session.scalars(
        select(Facture)
        .where(or_(Facture.avoir_de == facture.id, Facture.id == facture.avoir_de), Facture.numero.is_not(None))
        .order_by(Facture.emise_le, Facture.id)
    ).all()
    avoirs = tuple(liee for liee in lies if liee.avoir_de == facture.id)
    lignes = session.scalars(
        select(FactureLigne).where(FactureLigne.facture_id == facture.id).order_by(FactureLigne.rang)
    ).all()
    essais = session.scalars(select(Paiement).where(Paiement.facture_id == facture.id).order_by(Paiement.id.desc()))
    vue = FactureVue(
        facture=facture,
        etat=etat_de(facture, avoirs),
        voit_tout=True,
        payeur=str(facture.contenu.get("payeur", {}).get("nom") or f"{prenom} {nom}"),
        enfants=_enfants(session, foyer.id, {id_ for ligne in lignes if (id_ := ligne.enfant_id) is not None}),
        lignes=tuple(ligne_vue(ligne, True) for ligne in lignes),
        avoirs=avoirs,
        origine=next((liee for liee in lies if liee.id == facture.avoir_de), None),
        emplois=emplois_de(session, facture),
        essais=tuple(essais),
    )
    return FactureLue(vue, foyer)


def trouver_par_numero(session: Session, perimetre: Perimetre, numero: str) -> Facture | None:
    """By its exact number. One query."""
    return session.scalar(
        select(Facture)
        .where(Facture.numero == numero.strip().upper(), perimetre.foyers(Facture.foyer_id))
        .order_by(Facture.id.desc())
        .limit(1)
    )


def bilans_par_mois(session: Session) -> dict[tuple[str, date], BilanMois]:
    """What each régie issued, by month billed. One query."""
    requete = (
        select(
            Facture.regie,
            Facture.mois,
            func.count().filter(Facture.genre == "facture"),
            func.count().filter(Facture.genre == "avoir"),
            func.sum(Facture.total_centimes),
            func.coalesce(func.sum(Facture.reste_centimes).filter(Facture.genre == "facture"), 0),
        )
        .where(Facture.numero.is_not(None))
        .group_by(Facture.regie, Facture.mois)
    )
    return {
        (regie, mois): BilanMois(factures, avoirs, int(total), int(reste))
        for regie, mois, factures, avoirs, total, reste in session.execute(requete)
    }


def essais_a_voir(session: Session, perimetre: Perimetre, apres: int | None = None) -> list[EssaiLu]:
    """Attempts by card that ask for a look, and those that are not over: latest first, one more than a page when there
    are more. One query."""
    requete = (
        select(Paiement, Facture, Foyer.nom)
        .join(Facture, Facture.id == Paiement.facture_id)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(
            or_(Paiement.anomalie != "", Paiement.etat.in_(("creee", "en_attente", "echec"))),
            perimetre.foyers(Facture.foyer_id),
        )
        .order_by(Paiement.id.desc())
        .limit(TAILLE_PAGE + 1)
    )
    if apres is not None:
        requete = requete.where(Paiement.id < apres)
    return [EssaiLu(*ligne) for ligne in session.execute(requete)]


def lister_papiers(
    session: Session, perimetre: Perimetre, regie: str, mois: date, apres: int | None = None, taille: int = TAILLE_PAGE
) -> list[Papier]:
    """Invoices and avoirs of a month for families that still get paper, in the order of their numbers; one more than a
    page when there are more. One query."""
    requete = (
        select(Facture, Foyer, Personne.prenom, Personne.nom)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .join(Personne, Personne.id == Foyer.payeur_id)
        .where(*_de_papier(perimetre, regie, mois))
        .order_by(Facture.id)
        .limit(taille + 1)
    )
    if apres is not None:
        requete = requete.where(Facture.id > apres)
    return [
        Papier(
            facture,
            foyer.nom,
            f"{prenom} {nom}",
            " ".join(mot for mot in (foyer.adresse, foyer.code_postal, foyer.ville) if mot),
        )
        for facture, foyer, prenom, nom in session.execute(requete)
    ]


def compter_papiers(session: Session, perimetre: Perimetre, regie: str, mois: date) -> int:
    requete = select(func.count()).select_from(Facture).where(*_de_papier(perimetre, regie, mois))
    return session.scalar(requete) or 0


def _de_papier(perimetre: Perimetre, regie: str, mois: date) -> list[ColumnElement[bool]]:
    adheree = select(AdhesionFacture.id).where(
        AdhesionFacture.foyer_id == Facture.foyer_id, AdhesionFacture.fin_utc.is_(None)
    )
    return [
        Facture.regie == regie,
        Facture.mois == mois,
        Facture.numero.is_not(None),
        ~adheree.exists(),
        perimetre.foyers(Facture.foyer_id),
    ]


def _conditions(session: Session, perimetre: Perimetre, filtre: FiltreFactures) -> list[ColumnElement[bool]]:
    conditions = [Facture.numero.is_not(None), perimetre.foyers(Facture.foyer_id)]
    if filtre.regie:
        conditions.append(Facture.regie == filtre.regie)
    if filtre.mois is not None:
        conditions.append(Facture.mois == filtre.mois)
    if filtre.foyer_id is not None:
        conditions.append(Facture.foyer_id == filtre.foyer_id)
    if filtre.groupe:
        conditions.append(_du_groupe(filtre.groupe, perimetre.aujourdhui))
    if filtre.recherche:
        conditions.append(_recherche(session, perimetre, filtre.recherche))
    return conditions


def _du_groupe(groupe: str, aujourdhui: date) -> ColumnElement[bool]:
    if groupe == AVOIRS:
        return Facture.genre == "avoir"
    est_facture = Facture.genre == "facture"
    if groupe == REGLEES:
        return and_(est_facture, Facture.reste_centimes == 0)
    if groupe == TRANSMISES:
        return and_(est_facture, Facture.transmise_le.is_not(None))
    due = and_(est_facture, Facture.reste_centimes > 0, Facture.transmise_le.is_(None))
    # A debit that is announced is not late (as services/soldes.impayes).
    attendue = or_(Facture.prelevement_le.is_(None), Facture.prelevement_le < aujourdhui)
    return and_(due, attendue, Facture.echeance < aujourdhui) if groupe == EN_RETARD else due


def _recherche(session: Session, perimetre: Perimetre, texte: str) -> ColumnElement[bool]:
    numero = texte.strip().upper()
    if any(c.isdigit() for c in numero) and " " not in numero:
        return Facture.numero.contains(numero, autoescape=True)
    return Facture.foyer_id.in_(chercher_ids(session, texte, MAXIMUM, perimetre))


def _avoirs_de() -> Any:
    """Centimes that avoirs took off an invoice, positive; 0 for none."""
    somme: Select[Any] = select(func.coalesce(-func.sum(_AVOIR.total_centimes), 0)).where(
        _AVOIR.avoir_de == Facture.id, _AVOIR.numero.is_not(None)
    )
    return somme.correlate(Facture).scalar_subquery()


def _etat(facture: Facture, avoirs_centimes: int) -> EtatFacture | None:
    if facture.genre == "avoir":
        return None
    return etat_facture(
        facture.total_centimes,
        facture.reste_centimes,
        avoirs_centimes,
        facture.prelevement_le,
        facture.transmise_le,
    )


def _enfants(session: Session, foyer_id: int, des_lignes: set[int]) -> dict[int, EnfantFacture]:
    """Coloured as the family sees them: by their place in the foyer."""
    du_foyer = and_(Rattachement.enfant_id == Enfant.id, Rattachement.foyer_id == foyer_id)
    lus = session.execute(
        select(Enfant.id, Enfant.prenom, Rattachement.foyer_id)
        .outerjoin(Rattachement, du_foyer)
        .where(or_(Rattachement.foyer_id.is_not(None), Enfant.id.in_(des_lignes)))
        .order_by(Enfant.naissance, Enfant.id)
    )
    enfants, rang = {}, 0
    for id_, prenom, rattachement in lus:
        rang += rattachement is not None
        if id_ in des_lignes:
            enfants[id_] = EnfantFacture(id_, prenom, rang if rattachement is not None else 0)
    return enfants


def _somme(colonne: InstrumentedAttribute[int], condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, colonne))), 0)
