"""Invoices as the desk reads them: search, one invoice with its lines and what became of it, months of each régie.

An agent sees the invoices of the foyers of her perimeter, which never holds her own family's (services/perimetres).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session, aliased, defer

from portail_famille.domain.factures import EtatFacture, etat_facture, lire_recherche, rang_seul
from portail_famille.domain.moyens import SANS_ARGENT
from portail_famille.models.factures import AdhesionFacture, Facturation, Facture, FactureLigne
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement
from portail_famille.models.paiements import Affectation, Paiement, Reglement
from portail_famille.services.emplois_factures import emplois_de
from portail_famille.services.factures import (
    EnfantFacture,
    FactureVue,
    enfants_factures,
    etat_de,
    ligne_vue,
)
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.rangs_factures import DERNIERES_D_ABORD, PAR_NUMERO, apres_celle, avant_celle
from portail_famille.services.recherches import MAXIMUM, chercher_ids
from portail_famille.services.soldes import est_due, est_en_retard

TAILLE_PAGE = 50
A_REGLER, EN_RETARD, REGLEES, TRANSMISES, AVOIRS = "a_regler", "en_retard", "reglees", "transmises", "avoirs"
GROUPES = (A_REGLER, EN_RETARD, REGLEES, TRANSMISES, AVOIRS)
"""What the list may be narrowed to; "": everything issued."""
SANS_CONTENU = defer(Facture.contenu)
"""For lists: the snapshot of an invoice weighs more than all the rest."""
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
class RunListe:
    """A run: `factures` and `avoirs` are those it would issue, once prepared."""

    id: int
    regie: str
    mois: date
    etat: str
    factures: int
    avoirs: int


@dataclass(frozen=True, slots=True)
class BilanMois:
    """A month of a régie, issued."""

    factures: int
    avoirs: int
    total_centimes: int
    """Avoirs taken off."""
    reste_centimes: int
    """Here: not what is with the Treasury."""
    regle_centimes: int
    """Money that paid these invoices: avoirs are in the total."""
    transmis_centimes: int = 0


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
    """A page of what was issued, latest first, the numbers of a day in their order, and one more when there are more.
    Two queries at most."""
    requete = (
        select(Facture, Foyer.nom, _avoirs_de())
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(*_conditions(session, perimetre, filtre))
        .order_by(*DERNIERES_D_ABORD)
        .limit(taille + 1)
        .options(SANS_CONTENU)
    )
    if apres is not None:
        requete = requete.where(avant_celle(apres))
    jour = perimetre.aujourdhui
    return [FactureListee(f, nom, _etat(f, avoirs, jour)) for f, nom, avoirs in session.execute(requete)]


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
        .options(SANS_CONTENU)
    )
    if apres is not None:
        dernier, chez = aliased(Facture), aliased(Foyer)
        nom = select(chez.nom).join(dernier, dernier.foyer_id == chez.id).where(dernier.id == apres).scalar_subquery()
        requete = requete.where(or_(Foyer.nom > nom, and_(Foyer.nom == nom, Facture.id > apres)))
    return [FactureListee(f, nom, None) for f, nom in session.execute(requete)]


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
        etat=etat_de(facture, avoirs, perimetre.aujourdhui),
        voit_tout=True,
        payeur=str(facture.contenu.get("payeur", {}).get("nom") or f"{prenom} {nom}"),
        enfants=_enfants(session, foyer.id, facture, lignes),
        lignes=tuple(ligne_vue(ligne, True) for ligne in lignes),
        avoirs=avoirs,
        origine=next((liee for liee in lies if liee.id == facture.avoir_de), None),
        emplois=emplois_de(session, facture),
        essais=tuple(essais),
    )
    return FactureLue(vue, foyer)


def trouver_par_numero(session: Session, perimetre: Perimetre, numero: str) -> Facture | None:
    """By its number however typed, or the reference of a payment by card, as slips print it; by its rank alone when a
    single invoice still to pay has it. Two queries at most."""
    lus = lire_recherche(numero)
    siennes = select(Facture).where(perimetre.foyers(Facture.foyer_id)).options(SANS_CONTENU)
    if not lus:
        return None
    exacte = siennes.where(or_(_serre(Facture.numero).in_(lus), _de_reference(lus)))
    trouvee = session.scalar(exacte.order_by(Facture.id.desc()).limit(1))
    rang = rang_seul(numero)
    if trouvee is not None or rang is None:
        return trouvee
    dues = session.scalars(siennes.where(Facture.rang == rang, est_due()).limit(2)).all()
    return dues[0] if len(dues) == 1 else None


def lister_runs(session: Session) -> list[RunListe]:
    """Abandoned ones left out, without what was odd in each. One query."""
    requete = (
        select(
            Facturation.id,
            Facturation.regie,
            Facturation.mois,
            Facturation.etat,
            Facturation.bilan["factures"].as_integer(),
            Facturation.bilan["avoirs"].as_integer(),
        )
        .where(Facturation.etat != "abandonnee")
        .order_by(Facturation.id)
    )
    return [
        RunListe(id_, regie, mois, etat, factures or 0, avoirs or 0)
        for id_, regie, mois, etat, factures, avoirs in session.execute(requete)
    ]


def bilans_par_mois(session: Session, depuis: date) -> dict[tuple[str, date], BilanMois]:
    """What each régie issued, by month billed, from this month on: older ones are in the lists. Two queries."""
    est_facture = Facture.genre == "facture"
    est_ici = and_(est_facture, Facture.transmise_le.is_(None))
    requete = (
        select(
            Facture.regie,
            Facture.mois,
            func.count().filter(est_facture),
            func.count().filter(~est_facture),
            func.sum(Facture.total_centimes),
            func.coalesce(func.sum(Facture.reste_centimes).filter(est_ici), 0),
            func.coalesce(func.sum(Facture.reste_centimes).filter(and_(est_facture, ~est_ici)), 0),
        )
        .where(Facture.numero.is_not(None), Facture.mois >= depuis)
        .group_by(Facture.regie, Facture.mois)
    )
    regle = (
        select(Facture.regie, Facture.mois, func.sum(Affectation.montant_centimes))
        .join(Affectation, Affectation.facture_id == Facture.id)
        .join(Reglement, Reglement.id == Affectation.reglement_id)
        .where(Facture.mois >= depuis, Reglement.moyen.not_in(SANS_ARGENT))
        .group_by(Facture.regie, Facture.mois)
    )
    encaisse = {(regie, mois): int(centimes) for regie, mois, centimes in session.execute(regle)}
    return {
        (regie, mois): BilanMois(
            factures, avoirs, int(total), int(reste), encaisse.get((regie, mois), 0), int(transmis)
        )
        for regie, mois, factures, avoirs, total, reste, transmis in session.execute(requete)
    }


def lister_papiers(
    session: Session,
    perimetre: Perimetre,
    regie: str,
    mois: date,
    apres: int | None = None,
    taille: int = TAILLE_PAGE,
    *,
    avec_contenu: bool = False,
) -> list[Papier]:
    """Invoices and avoirs of a month for families that still get paper, in the order of their numbers; one more than a
    page when there are more. One query."""
    requete = (
        select(Facture, Foyer, Personne.prenom, Personne.nom)
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .join(Personne, Personne.id == Foyer.payeur_id)
        .where(*_de_papier(perimetre, regie, mois))
        .order_by(*PAR_NUMERO)
        .limit(taille + 1)
        .options(*([] if avec_contenu else [SANS_CONTENU]))
    )
    if apres is not None:
        requete = requete.where(apres_celle(apres))
    return [
        Papier(
            facture,
            foyer.nom,
            f"{prenom} {nom}",
            ", ".join(mot for mot in (foyer.adresse, f"{foyer.code_postal or ''} {foyer.ville or ''}".strip()) if mot),
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
        # What is paid, or cancelled, would ask for money again.
        or_(Facture.genre == "avoir", Facture.reste_centimes > 0),
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
    return est_en_retard(aujourdhui) if groupe == EN_RETARD else est_due()


def _recherche(session: Session, perimetre: Perimetre, texte: str) -> ColumnElement[bool]:
    """What has a figure in it may be a part of a number, however typed, or the reference of a payment; or of a
    telephone, of an address."""
    des_familles = Facture.foyer_id.in_(chercher_ids(session, texte, MAXIMUM, perimetre))
    lus = lire_recherche(texte)
    if not lus:
        return des_familles
    return or_(*(_serre(Facture.numero).contains(lu) for lu in lus), _de_reference(lus), des_familles)


def _serre(numero: Any) -> ColumnElement[str]:
    """As `lire_recherche` reads it. Only our separators and those that other software use."""
    serre = func.upper(numero)
    for signe in "-/ ._":
        serre = func.replace(serre, signe, "")
    return serre


def _de_reference(lus: tuple[str, ...]) -> ColumnElement[bool]:
    return Facture.id.in_(select(Paiement.facture_id).where(func.upper(Paiement.refdet).in_(lus)))


def _avoirs_de() -> Any:
    """Centimes that avoirs took off an invoice, positive; 0 for none."""
    somme: Select[Any] = select(func.coalesce(-func.sum(_AVOIR.total_centimes), 0)).where(
        _AVOIR.avoir_de == Facture.id, _AVOIR.numero.is_not(None)
    )
    return somme.correlate(Facture).scalar_subquery()


def _etat(facture: Facture, avoirs_centimes: int, aujourdhui: date) -> EtatFacture | None:
    if facture.genre == "avoir":
        return None
    return etat_facture(
        facture.total_centimes,
        facture.reste_centimes,
        avoirs_centimes,
        aujourdhui,
        facture.prelevement_le,
        facture.transmise_le,
    )


def _enfants(
    session: Session, foyer_id: int, facture: Facture, lignes: Sequence[FactureLigne]
) -> dict[int, EnfantFacture]:
    """Coloured as the family sees them: by their place in the foyer."""
    du_foyer = and_(Rattachement.enfant_id == Enfant.id, Rattachement.foyer_id == foyer_id)
    reperes = [(ligne.enfant_id, ligne.prix) for ligne in lignes]
    lus = session.execute(
        select(Enfant.id, Enfant.prenom, Rattachement.foyer_id, true())
        .outerjoin(Rattachement, du_foyer)
        .where(or_(Rattachement.foyer_id.is_not(None), Enfant.id.in_({id_ for id_, _ in reperes if id_ is not None})))
        .order_by(Enfant.naissance, Enfant.id)
    )
    return enfants_factures(lus, facture, reperes)
