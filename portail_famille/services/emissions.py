"""The issue of a run: its drafts become invoices and avoirs, all in one short transaction, or none (domain.md §9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import String, case, cast, exists, func, literal, select, update
from sqlalchemy.orm import Session, aliased

from portail_famille.config.reglages import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.regies import Regie
from portail_famille.models.factures import Facturation, Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Reglement
from portail_famille.services.campagnes import ecarts, empreinte
from portail_famille.services.compteurs import prochain_rang, serie_de
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.livres import ecrire_emplois, ouvrir_comptes, verrouiller_foyers

_CHIFFRES = 6
"""Of the number in its series: domain/factures.ecrire_numero."""


@dataclass(frozen=True, slots=True)
class Emission:
    nombre_factures: int
    nombre_avoirs: int
    total_centimes: int
    """Invoices less avoirs."""


def emettre(
    session: Session,
    reglages: ReglagesCommune,
    facturation_id: int,
    emise_le: date,
    auteur: Auteur,
    maintenant: datetime,
) -> Emission:
    """Numbers the drafts (order: foyer's name, id), lets credits pay them, writes the journal. A run already issued:
    the same answer, nothing done. Raises `RegleViolee`: facturation_inconnue, facturation_non_prete,
    facturation_perimee, date."""
    facturation = session.get(Facturation, facturation_id, with_for_update=True, populate_existing=True)
    if facturation is None:
        raise RegleViolee("facturation_inconnue", "Cette facturation n’existe pas.")
    if facturation.etat == "emise":
        return _emission(session, facturation_id)
    if facturation.etat != "prete":
        raise RegleViolee("facturation_non_prete", "Cette facturation n’est pas prête\u00a0: préparez-la d’abord.")
    serie = serie_de(reglages, facturation.regie)
    # Payments and avoirs of these foyers wait, or were there before: a credit is seen once, and by one of the two.
    verrouiller_foyers(session, select(Facture.foyer_id).where(Facture.facturation_id == facturation_id))
    _verifier_fraicheur(session, reglages, facturation)
    _numeroter(session, reglages, facturation, serie, emise_le, maintenant)
    _utiliser_credits(session, facturation, maintenant)
    facturation.etat, facturation.emise_utc, facturation.emise_par = "emise", maintenant, auteur.compte_id
    emission = _emission(session, facturation_id)
    details = {"regie": facturation.regie, "mois": facturation.mois.isoformat(), "factures": emission.nombre_factures}
    consigner(session, auteur, "facturation_emise", maintenant, details=details)
    session.flush()
    return emission


def _verifier_fraicheur(session: Session, reglages: ReglagesCommune, facturation: Facturation) -> None:
    changes = ecarts(facturation.empreinte, empreinte(session, reglages, facturation.regie, facturation.mois))
    if changes:
        raise facturation_perimee(changes)
    # An agent may have written an avoir by hand since: an invoice is never taken off more than once.
    avoir, origine = aliased(Facture), aliased(Facture)
    otes = (
        select(func.sum(-avoir.total_centimes))
        .where(avoir.avoir_de == origine.id)
        .where((avoir.emise_utc.is_not(None)) | (avoir.facturation_id == facturation.id))
        .correlate(origine)
        .scalar_subquery()
    )
    des_brouillons = select(Facture.avoir_de).where(Facture.facturation_id == facturation.id)
    trop = select(origine.id).where(origine.id.in_(des_brouillons), otes > origine.total_centimes)
    if session.scalar(trop.limit(1)) is not None:
        raise facturation_perimee(("les avoirs",))


def facturation_perimee(changes: Sequence[str]) -> RegleViolee:
    """Says what changed."""
    return RegleViolee(
        "facturation_perimee", f"Ont changé depuis la préparation\u00a0: {', '.join(changes)}. Préparez à nouveau."
    )


def _numeroter(
    session: Session,
    reglages: ReglagesCommune,
    facturation: Facturation,
    serie: str,
    emise_le: date,
    maintenant: datetime,
) -> None:
    """One UPDATE for the whole run: the writer's lock is held as little as can be."""
    combien = session.scalar(select(func.count()).where(Facture.facturation_id == facturation.id)) or 0
    if combien == 0:
        return
    annee = emise_le.year
    dernier = prochain_rang(session, serie, annee, combien)
    # After the counter: its lock makes the issues of a series follow each other.
    _verifier_jour(session, facturation, serie, emise_le, maintenant)
    ordre = (
        select(Facture.id, func.row_number().over(order_by=(Foyer.nom, Facture.id)).label("n"))
        .join(Foyer, Foyer.id == Facture.foyer_id)
        .where(Facture.facturation_id == facturation.id)
        .subquery()
    )
    rang = ordre.c.n + (dernier - combien)
    chiffres = cast(rang, String)
    zeros = func.substr("0" * (_CHIFFRES - 1) + chiffres, func.length(chiffres))
    echeance = echeance_de(reglages.regies[facturation.regie], emise_le, maintenant.astimezone(PARIS).date())
    session.execute(
        update(Facture)
        .where(Facture.id == ordre.c.id)
        .values(
            serie=serie,
            annee=annee,
            rang=rang,
            numero=literal(f"{annee}-{serie}-") + case((rang >= 10**_CHIFFRES, chiffres), else_=zeros),
            emise_utc=maintenant,
            emise_le=emise_le,
            echeance=case((Facture.genre == "facture", echeance)),
            reste_centimes=func.abs(Facture.total_centimes),
        )
        .execution_options(synchronize_session=False)
    )
    session.expire_all()


def echeance_de(regie: Regie, emise_le: date, aujourdhui: date) -> date:
    """Last day to pay what is issued today, dated `emise_le`. Raises `RegleViolee` (`date`): it would be late already,
    and reminded of before it was read."""
    echeance = regie.a_regler_avant(emise_le, aujourdhui)
    if echeance <= aujourdhui:
        raise RegleViolee(
            "date",
            f"Datées du {emise_le:%d/%m/%Y}, ces factures seraient à régler avant le {echeance:%d/%m/%Y}, déjà passé"
            "\u00a0: choisissez une date plus récente.",
            "emise_le",
        )
    return echeance


def _verifier_jour(
    session: Session, facturation: Facturation, serie: str, emise_le: date, maintenant: datetime
) -> None:
    """Numbers follow dates, and nothing is issued tomorrow. What is paid in advance is dated before its month."""
    aujourdhui = maintenant.astimezone(PARIS).date()
    if emise_le > aujourdhui:
        raise RegleViolee("date", "Une facture ne porte pas une date à venir.", "emise_le")
    au_plus_tot = min(facturation.mois, aujourdhui.replace(day=1))
    if emise_le < au_plus_tot:
        raise RegleViolee("date", f"Ces factures se datent du {au_plus_tot:%d/%m/%Y} au plus tôt.", "emise_le")
    derniere = session.scalar(
        select(func.max(Facture.emise_le)).where(Facture.serie == serie, Facture.annee == emise_le.year)
    )
    if derniere is not None and emise_le < derniere:
        raise RegleViolee("date", f"Une facture de cette série porte déjà la date du {derniere:%d/%m/%Y}.", "emise_le")


def _utiliser_credits(session: Session, facturation: Facturation, maintenant: datetime) -> None:
    """Avoirs of the run and what families had in advance pay at once; most foyers have neither."""
    sienne = Facture.facturation_id == facturation.id
    autre = aliased(Facture)
    en_credit = exists().where(
        Reglement.foyer_id == Facture.foyer_id, Reglement.regie == facturation.regie, Reglement.reste_centimes > 0
    )
    avec_avoir = exists().where(
        autre.foyer_id == Facture.foyer_id,
        autre.regie == facturation.regie,
        autre.genre == "avoir",
        autre.emise_utc.is_not(None),
        autre.reste_centimes > 0,
    )
    foyers = session.scalars(select(Facture.foyer_id).where(sienne, en_credit | avec_avoir).distinct()).all()
    aujourdhui = maintenant.astimezone(PARIS).date()
    comptes = ouvrir_comptes(session, foyers, facturation.regie, aujourdhui)
    employes = [(compte, compte.livre.utiliser_credits()) for compte in comptes.values()]
    ecrire_emplois(session, employes, aujourdhui, maintenant)


def _emission(session: Session, facturation_id: int) -> Emission:
    ligne = session.execute(
        select(
            func.count().filter(Facture.genre == "facture"),
            func.count().filter(Facture.genre == "avoir"),
            func.coalesce(func.sum(Facture.total_centimes), 0),
        ).where(Facture.facturation_id == facturation_id)
    ).one()
    return Emission(*ligne)
