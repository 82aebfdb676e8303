"""Avoirs written by an agent: the only way to correct what is issued (domain.md §9). Those of a régularisation come
from the run (services/facturation) and are issued with it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from portail_famille.config.reglages import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.factures import ecrire_numero
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.moyens import COMPTABLE
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.paiements import Affectation, Reglement
from portail_famille.services.compteurs import prochain_rang, serie_de
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.livres import ecrire_emplois, ouvrir_compte, verrouiller_foyers

DEJA_ACCORDE = "Avoir déjà accordé"


@dataclass(frozen=True, slots=True)
class LigneRestante:
    """A line of an invoice, and what of it no avoir took off yet."""

    ligne: FactureLigne
    centimes: int
    garde_centimes: int


@dataclass(frozen=True, slots=True)
class ResteAvoir:
    """What an avoir may still take off an invoice. `avoirs`: how many there are, to be sent back with the form."""

    lignes: tuple[LigneRestante, ...]
    total_centimes: int
    avoirs: int


def reste_a_avoirer(session: Session, facture: Facture) -> ResteAvoir:
    """Lines are told by slot and words, as the avoirs of a régularisation have ranks of their own. Three queries."""
    lignes = session.scalars(
        select(FactureLigne).where(FactureLigne.facture_id == facture.id).order_by(FactureLigne.rang)
    ).all()
    siens = select(Facture.id).where(Facture.avoir_de == facture.id, Facture.emise_utc.is_not(None))
    otes: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for ligne in session.scalars(select(FactureLigne).where(FactureLigne.facture_id.in_(siens))):
        otes[_cle(ligne)][0] -= ligne.montant_centimes
        otes[_cle(ligne)][1] -= ligne.garde_centimes
    restantes = []
    for ligne in lignes:
        pris = otes[_cle(ligne)]
        ote, garde_otee = min(pris[0], ligne.montant_centimes), min(pris[1], ligne.garde_centimes)
        pris[0], pris[1] = pris[0] - ote, pris[1] - garde_otee
        centimes = ligne.montant_centimes - ote
        restantes.append(LigneRestante(ligne, centimes, min(ligne.garde_centimes - garde_otee, centimes)))
    nombre, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Facture.total_centimes), 0)).where(Facture.id.in_(siens))
    ).one()
    return ResteAvoir(tuple(restantes), facture.total_centimes + total, nombre)


def creer_avoir(
    session: Session,
    reglages: ReglagesCommune,
    facture_id: int,
    lignes: Sequence[int] | None,
    montant_libre: tuple[str, int] | None,
    motif: str,
    est_refacturable: bool,
    auteur: Auteur,
    maintenant: datetime,
    *,
    avoirs_vus: int | None = None,
) -> Facture:
    """Takes these lines off (ids; None: all that is left of the invoice), or an amount and its words; issued at once.
    It pays its own invoice first; the rest is the family's credit. `avoirs_vus`: how many the agent's form showed, so
    that a form sent twice writes one. Raises `RegleViolee`: facture_inconnue, facture_importee, soldee, motif, ligne,
    montant, avoir_fait, avoir_trop_grand."""
    origine = _verrouiller(session, facture_id)
    if not motif.strip():
        raise RegleViolee("motif", "Dites pourquoi\u00a0: la famille le lira sur l’avoir.", "motif")
    reste = reste_a_avoirer(session, origine)
    if avoirs_vus is not None and avoirs_vus != reste.avoirs:
        raise RegleViolee("avoir_fait", "Un avoir a été fait depuis sur cette facture\u00a0: regardez-le d’abord.")
    nouvelles = _libre(montant_libre) if montant_libre is not None else _choisies(reste, lignes)
    total = sum(ligne["montant_centimes"] for ligne in nouvelles)
    if -total > reste.total_centimes:
        raise RegleViolee("avoir_trop_grand", "Cet avoir serait plus grand que ce qui reste de la facture.", "lignes")
    if total >= 0:
        raise RegleViolee("ligne", "Il n’y a plus rien à retirer de cette facture.", "lignes")
    avoir = _emettre(session, reglages, origine, nouvelles, motif.strip(), est_refacturable, maintenant)
    aujourdhui = maintenant.astimezone(PARIS).date()
    compte = ouvrir_compte(session, origine.foyer_id, origine.regie, aujourdhui)
    ecrire_emplois(session, [(compte, compte.livre.utiliser_credits())], aujourdhui, maintenant)
    details = {"numero": avoir.numero, "motif": avoir.motif}
    consigner(session, auteur, "avoir_emis", maintenant, foyer_id=origine.foyer_id, details=details)
    return avoir


def _cle(ligne: FactureLigne) -> tuple[Any, ...]:
    return ligne.enfant_id, ligne.unite_id, ligne.jour, ligne.libelle


def _verrouiller(session: Session, facture_id: int) -> Facture:
    """The invoice as it is once its foyer is ours."""
    verrouiller_foyers(session, select(Facture.foyer_id).where(Facture.id == facture_id))
    lue = session.get(Facture, facture_id, populate_existing=True)
    if lue is None or lue.emise_utc is None or lue.genre != "facture":
        raise RegleViolee("facture_inconnue", "Cette facture n’existe pas.")
    if lue.origine == "importee":
        raise RegleViolee(
            "facture_importee",
            "Cette facture vient d’un autre logiciel\u00a0: l’avoir s’y fait, puis il s’importe ici.",
        )
    if _soldee_par_le_comptable(session, lue):
        # What the Treasury recovered or gave up is no money of the régie's to give back as a credit.
        raise RegleViolee(
            "soldee",
            "Le comptable public a soldé cette facture\u00a0: c’est à lui d’en rendre une partie. Si c’est une erreur, "
            "annulez d’abord cette écriture.",
        )
    return lue


def _soldee_par_le_comptable(session: Session, facture: Facture) -> bool:
    requete = (
        select(func.sum(Affectation.montant_centimes))
        .join(Reglement, Reglement.id == Affectation.reglement_id)
        .where(Affectation.facture_id == facture.id, Reglement.moyen == COMPTABLE)
    )
    return (session.scalar(requete) or 0) > 0


def _libre(montant_libre: tuple[str, int]) -> list[dict[str, Any]]:
    libelle, centimes = montant_libre
    if centimes <= 0:
        raise RegleViolee("montant", "Le montant d’un avoir est plus grand que zéro.", "montant")
    if not libelle.strip():
        raise RegleViolee("ligne", "Dites en quelques mots ce que cet avoir retire.", "libelle")
    return [{"libelle": libelle.strip()[:200], "montant_centimes": -centimes, "garde_centimes": 0}]


def _choisies(reste: ResteAvoir, lignes: Sequence[int] | None) -> list[dict[str, Any]]:
    if lignes is not None and not set(lignes) <= {restante.ligne.id for restante in reste.lignes}:
        raise RegleViolee("ligne", "Une de ces lignes n’est pas de cette facture.", "lignes")
    voulues = [r for r in reste.lignes if r.centimes > 0 and (lignes is None or r.ligne.id in lignes)]
    nouvelles = [
        {
            "enfant_id": r.ligne.enfant_id,
            "unite_id": r.ligne.unite_id,
            "jour": r.ligne.jour,
            "etat": r.ligne.etat,
            "libelle": r.ligne.libelle,
            "quantite": r.ligne.quantite,
            "prix": r.ligne.prix,
            "montant_centimes": -r.centimes,
            "garde_centimes": -r.garde_centimes,
        }
        for r in voulues
    ]
    accorde = sum(r.centimes for r in voulues) - reste.total_centimes
    if lignes is None and accorde > 0:
        # A gesture was made on the whole: it is not given back twice.
        nouvelles.append({"libelle": DEJA_ACCORDE, "montant_centimes": accorde, "garde_centimes": 0})
    return nouvelles


def _emettre(
    session: Session,
    reglages: ReglagesCommune,
    origine: Facture,
    lignes: Iterable[dict[str, Any]],
    motif: str,
    est_refacturable: bool,
    maintenant: datetime,
) -> Facture:
    """A draft, its lines, then its number: what is issued takes no more lines (triggers of migration 0004)."""
    lignes = list(lignes)
    total = sum(ligne["montant_centimes"] for ligne in lignes)
    avoir = Facture(
        foyer_id=origine.foyer_id,
        regie=origine.regie,
        genre="avoir",
        mois=origine.mois,
        libelle=f"Avoir sur la facture {origine.numero}",
        contenu=origine.contenu,
        total_centimes=total,
        avoir_de=origine.id,
        motif=motif[:200],
        est_refacturable=est_refacturable,
        reste_centimes=-total,
    )
    session.add(avoir)
    session.flush()
    vide = {"enfant_id": None, "unite_id": None, "jour": None, "etat": "", "quantite": "", "prix": None}
    session.execute(
        insert(FactureLigne),
        [{**vide, **ligne, "facture_id": avoir.id, "rang": rang} for rang, ligne in enumerate(lignes, 1)],
    )
    emise_le = maintenant.astimezone(PARIS).date()
    serie = serie_de(reglages, origine.regie)
    rang = prochain_rang(session, serie, emise_le.year)
    session.execute(
        update(Facture)
        .where(Facture.id == avoir.id)
        .values(
            serie=serie,
            annee=emise_le.year,
            rang=rang,
            numero=ecrire_numero(emise_le.year, serie, rang),
            emise_utc=maintenant,
            emise_le=emise_le,
        )
    )
    session.refresh(avoir)
    return avoir
