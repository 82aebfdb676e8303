"""What attestations state, read when they are asked for: care paid in a year, days of a child, movements of an account.

Of one foyer: the other home of a child has its own invoices, its own days and its own papers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import extract, func, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.attestations import (
    FactureSuivie,
    Versement,
    a_moins_de_six_ans,
    arrondir_ensemble,
    garde_payee,
)
from portail_famille.domain.moyens import SANS_ARGENT
from portail_famille.models.activites import Unite
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement
from portail_famille.models.paiements import Affectation, Reglement
from portail_famille.models.reservations import Reservation
from portail_famille.services.regles import Regles

PRESENTE, RESERVEE = "presente", "reservee"


@dataclass(frozen=True, slots=True)
class Titulaire:
    """For whom a paper is made out."""

    foyer_id: int
    foyer: str
    payeur: str
    adresse: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnfantDit:
    id: int
    prenom: str
    nom: str
    naissance: date


@dataclass(frozen=True, slots=True)
class GardePayee:
    """Care of a child paid to a régie."""

    enfant: EnfantDit
    regie: str
    centimes: int


@dataclass(frozen=True, slots=True)
class Presences:
    """Days of a child in one unit."""

    activite: str
    presents: tuple[date, ...]
    reserves: tuple[date, ...]
    """Booked, and not noted on an attendance sheet."""


def lire_titulaire(session: Session, foyer_id: int) -> Titulaire:
    foyer, prenom, nom = session.execute(
        select(Foyer, Personne.prenom, Personne.nom)
        .outerjoin(Personne, Personne.id == Foyer.payeur_id)
        .where(Foyer.id == foyer_id)
    ).one()
    ville = f"{foyer.code_postal} {foyer.ville}".strip()
    lignes = tuple(ligne.strip() for ligne in (*foyer.adresse.splitlines(), ville) if ligne.strip())
    return Titulaire(foyer.id, foyer.nom, f"{prenom or ''} {nom or ''}".strip() or foyer.nom, lignes)


def enfants_du_foyer(session: Session, foyer_id: int, personne_id: int | None, aujourdhui: date) -> list[EnfantDit]:
    """Of this foyer today, or billed to it once; only those over whom this adult has authority today (None: the desk,
    every one)."""
    requete = select(Enfant.id, Enfant.prenom, Enfant.nom, Enfant.naissance).where(
        or_(
            Enfant.id.in_(select(Rattachement.enfant_id).where(Rattachement.foyer_id == foyer_id)),
            Enfant.id.in_(
                select(FactureLigne.enfant_id)
                .join(Facture, Facture.id == FactureLigne.facture_id)
                .where(Facture.foyer_id == foyer_id)
            ),
        ),
        Enfant.fondu_dans.is_(None),
    )
    if personne_id is not None:
        a_autorite = select(AutoriteParentale.enfant_id).where(
            AutoriteParentale.personne_id == personne_id,
            AutoriteParentale.du <= aujourdhui,
            or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
        )
        requete = requete.where(Enfant.id.in_(a_autorite))
    return [EnfantDit(*ligne) for ligne in session.execute(requete.order_by(Enfant.naissance, Enfant.id))]


def annees_payees(session: Session, foyer_id: int, aujourdhui: date) -> list[int]:
    """Years in which this foyer paid something, latest first."""
    an = extract("year", Affectation.le)
    lues = session.scalars(
        select(an)
        .join(Facture, Facture.id == Affectation.facture_id)
        .where(Facture.foyer_id == foyer_id, Affectation.le <= aujourdhui)
        .distinct()
    )
    annees = {int(annee) for annee in lues}
    # Paid last year for care of this one: this year's attestation tells it.
    if aujourdhui.year - 1 in annees:
        annees.add(aujourdhui.year)
    return sorted(annees, reverse=True)


def lire_garde_payee(session: Session, foyer_id: int, annee: int, enfants: Collection[EnfantDit]) -> list[GardePayee]:
    """Care paid that year for the children under six, by child and régie; rounded together, so that whoever asks, with
    authority over one child or over all, reads the same amounts. Four queries."""
    suivies = _factures_suivies(session, foyer_id, annee)
    parts = {
        (enfant_id, regie): part
        for regie, factures in suivies.items()
        for enfant_id, part in garde_payee(factures, annee).items()
    }
    lues = session.execute(
        select(Enfant.id, Enfant.naissance).where(Enfant.id.in_({enfant_id for enfant_id, _ in parts}))
    )
    naissances: dict[int, date] = {ligne.id: ligne.naissance for ligne in lues}
    comptees = {cle: part for cle, part in parts.items() if a_moins_de_six_ans(naissances[cle[0]], annee)}
    centimes = arrondir_ensemble(comptees)
    return [
        GardePayee(enfant, regie, centimes[enfant.id, regie])
        for enfant in enfants
        for regie in sorted(suivies)
        if centimes.get((enfant.id, regie))
    ]


def lire_presences(
    session: Session, foyer_id: int, enfant_id: int, du: date, au: date, regles: Regles
) -> list[Presences]:
    """Days that this foyer booked, or that the attendance sheets noted for it, by unit. Two queries."""
    lues = session.execute(
        select(Reservation.unite_id, Reservation.etat, Reservation.jour)
        .where(
            Reservation.foyer_id == foyer_id,
            Reservation.enfant_id == enfant_id,
            Reservation.jour.between(du, au),
            Reservation.etat.in_((PRESENTE, RESERVEE)),
        )
        .order_by(Reservation.jour)
    )
    jours: dict[int, dict[str, list[date]]] = defaultdict(lambda: {PRESENTE: [], RESERVEE: []})
    for unite_id, etat, jour in lues:
        jours[unite_id][etat].append(jour)
    noms = _noms_des_unites(session, jours, regles)
    return [
        Presences(noms[unite_id], tuple(siens[PRESENTE]), tuple(siens[RESERVEE]))
        for unite_id, siens in sorted(jours.items(), key=lambda paire: noms[paire[0]])
    ]


def _noms_des_unites(session: Session, ids: Iterable[int], regles: Regles) -> dict[int, str]:
    """« Mercredi, journée »; of one that the town has withdrawn, its code is all that is left."""
    noms = {}
    retires = []
    for unite_id in ids:
        code = regles.unites.get(unite_id)
        if code is None:
            retires.append(unite_id)
            continue
        unite = regles.catalogue.unites[code]
        activite = regles.catalogue.activites[unite.activite]
        if len(activite.unites) == 1:
            noms[unite_id] = activite.nom
        elif activite.nom.casefold() in unite.nom.casefold():
            noms[unite_id] = unite.nom
        else:
            noms[unite_id] = f"{activite.nom}, {unite.nom[:1].lower()}{unite.nom[1:]}"
    for unite_id, code in session.execute(select(Unite.id, Unite.code).where(Unite.id.in_(retires))):
        noms[unite_id] = code.replace("-", " ").replace("_", " ").capitalize()
    return noms


def _factures_suivies(session: Session, foyer_id: int, annee: int) -> dict[str, list[FactureSuivie]]:
    """By régie: the invoices that were paid that year, or the year before for care of that year."""
    payees = (
        select(Affectation.facture_id)
        .join(Facture, Facture.id == Affectation.facture_id)
        .where(Facture.foyer_id == foyer_id, Affectation.le.between(date(annee - 1, 1, 1), date(annee, 12, 31)))
    )
    originale = func.coalesce(Facture.avoir_de, Facture.id)
    lignes = session.execute(
        select(
            originale,
            Facture.regie,
            Facture.mois,
            FactureLigne.enfant_id,
            FactureLigne.unite_id,
            FactureLigne.jour,
            FactureLigne.montant_centimes,
            FactureLigne.garde_centimes,
        )
        .join(Facture, Facture.id == FactureLigne.facture_id)
        .where(originale.in_(payees), Facture.numero.is_not(None))
    )
    regies: dict[int, str] = {}
    detail: dict[int, int] = defaultdict(int)
    total: dict[int, int] = defaultdict(int)
    gardes: dict[int, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
    for facture_id, regie, mois, enfant_id, unite_id, jour, centimes, garde in lignes:
        regies[facture_id] = regie
        total[facture_id] += centimes
        # An amount taken off the whole, for nobody and no day: a gesture, spread over the lines.
        est_geste = centimes < 0 and enfant_id is None and unite_id is None and garde == 0
        if not est_geste:
            detail[facture_id] += centimes
        if enfant_id is not None:
            gardes[facture_id][enfant_id, (jour or mois).year] += garde
    versements = _versements(session, regies)
    suivies: dict[str, list[FactureSuivie]] = defaultdict(list)
    for facture_id, regie in regies.items():
        suivies[regie].append(
            FactureSuivie(detail[facture_id], total[facture_id], gardes[facture_id], tuple(versements[facture_id]))
        )
    return suivies


def _versements(session: Session, factures: Mapping[int, str]) -> dict[int, list[Versement]]:
    """What paid each invoice, net of what was taken back: payments, and credits of other invoices. An avoir on its own
    invoice is no payment, it lowers the price."""
    avoir = aliased(Facture)
    lues = session.execute(
        select(
            Affectation.facture_id,
            Affectation.reglement_id,
            Affectation.avoir_id,
            Affectation.montant_centimes,
            Affectation.le,
            Reglement.montant_centimes,
            Reglement.cesu_employeur_centimes,
            Reglement.moyen,
            avoir.avoir_de,
        )
        .outerjoin(Reglement, Reglement.id == Affectation.reglement_id)
        .outerjoin(avoir, avoir.id == Affectation.avoir_id)
        .where(Affectation.facture_id.in_(factures))
        .order_by(Affectation.id)
    ).all()
    parts_des_avoirs = _parts_des_avoirs(session, {ligne.avoir_de for ligne in lues if ligne.avoir_de is not None})
    sources: dict[tuple[int, int | None, int | None], list[Versement]] = defaultdict(list)
    for facture_id, reglement_id, avoir_id, centimes, le, recu, cesu, moyen, avoir_de in lues:
        assert facture_id is not None
        if avoir_id is not None and avoir_de == facture_id:
            continue
        if reglement_id is not None:
            part = _part_de_la_famille(recu, cesu, moyen)
        else:
            part = parts_des_avoirs.get(avoir_de, Fraction(1))
        cle = (facture_id, reglement_id, avoir_id)
        if centimes > 0:
            sources[cle].append(Versement(le, centimes, part))
        else:
            _reprendre(sources[cle], -centimes)
    versements: dict[int, list[Versement]] = defaultdict(list)
    for (facture_id, _, _), siens in sources.items():
        versements[facture_id] += siens
    return versements


def _reprendre(versements: list[Versement], centimes: int) -> None:
    """Taken back: the latest first, as if it never had been paid."""
    while versements and centimes > 0:
        dernier = versements.pop()
        if dernier.centimes > centimes:
            versements.append(Versement(dernier.le, dernier.centimes - centimes, dernier.part))
        centimes -= dernier.centimes


def _parts_des_avoirs(session: Session, origines: Collection[int]) -> dict[Any, Fraction]:
    """Of the money that paid an invoice and came back as a credit: what was the family's own."""
    if not origines:
        return {}
    recus: dict[int, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
    lues = session.execute(
        select(
            Affectation.facture_id,
            Affectation.montant_centimes,
            Reglement.montant_centimes,
            Reglement.cesu_employeur_centimes,
            Reglement.moyen,
        )
        .join(Reglement, Reglement.id == Affectation.reglement_id)
        .where(Affectation.facture_id.in_(origines))
    )
    for facture_id, centimes, recu, cesu, moyen in lues:
        assert facture_id is not None
        recus[facture_id][0] += centimes
        recus[facture_id][1] += centimes * _part_de_la_famille(recu, cesu, moyen)
    return {facture_id: sien / total for facture_id, (total, sien) in recus.items() if total > 0}


def _part_de_la_famille(recu: int, cesu: int, moyen: str) -> Fraction:
    """Of a payment. What the Treasury settled may be a debt given up: it says itself what it was paid. A trial paid
    nothing."""
    return Fraction(0) if moyen in SANS_ARGENT else Fraction(max(recu - cesu, 0), recu)
