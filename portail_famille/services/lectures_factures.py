"""What is read to price a month: the run itself, the bookings of some foyers, what was billed of them already."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.circonstances import Etat
from portail_famille.domain.facturation import FACTURABLES, debut_des_oublis, etat_a_facturer
from portail_famille.domain.regies import Regie, fin_du_mois
from portail_famille.models.factures import Facture, FactureLigne
from portail_famille.models.reservations import Reservation
from portail_famille.services.regles import Regles

Cle = tuple[int, int, date]
"""Child, unit, day."""
_ORIGINALE = func.coalesce(Facture.avoir_de, Facture.id)
"""An avoir is taken off the invoice that it corrects."""


@dataclass(frozen=True, slots=True)
class Campagne:
    """What a run reads once. `unites`: of this régie, by (unit, structure); `pointees`: attendance sheets that were
    filled in, by (unit, structure, day)."""

    regie: Regie
    mois: date
    couverts: tuple[date, ...]
    regles: Regles
    unites: frozenset[tuple[int, int]]
    structures: Mapping[int, str]
    """Every place, those that the town has withdrawn included."""
    pointees: frozenset[Cle]
    maintenant: datetime
    anciennes: dict[int, Regles] = field(default_factory=dict)
    """By version of the document of activities, as invoices to correct ask for them."""

    @property
    def du(self) -> date:
        return self.couverts[0]

    @property
    def au(self) -> date:
        return fin_du_mois(self.mois)

    @property
    def pardonne(self) -> bool:
        """Whether a tarif forgives the first oversights: they have then to be counted."""
        return any(
            modificateur.oublis_pardonnes
            for tarif in self.regles.catalogue.tarifs.values()
            for version in tarif.versions
            for _, modificateurs in version.etats
            for modificateur in modificateurs
        )


@dataclass(frozen=True, slots=True)
class Originale:
    """An issued invoice that may be corrected; `plafond`: what avoirs may still take off it."""

    numero: str
    mois: date
    plafond: int


def lire_reservations(session: Session, campagne: Campagne, foyers: list[int]) -> dict[int, list[Row[Any]]]:
    """Every booking of theirs in the covered months: some ranks count who is present."""
    lues = session.execute(
        select(
            Reservation.foyer_id,
            Reservation.id,
            Reservation.enfant_id,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.structure_id,
            Reservation.etat,
            Reservation.est_hors_delai,
            Reservation.est_non_reservee,
        )
        .where(Reservation.foyer_id.in_(foyers), Reservation.jour.between(campagne.du, campagne.au))
        .order_by(Reservation.jour, Reservation.id)
    )
    return _ranger(lues, campagne.couverts)


def lire_emises(session: Session, campagne: Campagne, foyers: list[int]) -> dict[int, list[Row[Any]]]:
    """What was billed of the covered months, avoirs included, by whatever régie."""
    lues = session.execute(
        select(
            Facture.foyer_id,
            Facture.id,
            Facture.regie,
            Facture.genre,
            Facture.est_refacturable,
            _ORIGINALE.label("originale"),
            FactureLigne.enfant_id,
            FactureLigne.unite_id,
            FactureLigne.jour,
            FactureLigne.montant_centimes,
            FactureLigne.garde_centimes,
            FactureLigne.prix,
        )
        .join(FactureLigne, FactureLigne.facture_id == Facture.id)
        .where(
            Facture.foyer_id.in_(foyers),
            Facture.numero.is_not(None),
            FactureLigne.jour.between(campagne.du, campagne.au),
            FactureLigne.enfant_id.is_not(None),
            FactureLigne.unite_id.is_not(None),
        )
        .order_by(Facture.id)
    )
    return _ranger(lues, campagne.couverts)


def _ranger(lues: Iterable[Any], couverts: Collection[date]) -> dict[int, list[Row[Any]]]:
    rangees: dict[int, list[Row[Any]]] = defaultdict(list)
    for ligne in lues:
        if ligne.jour.replace(day=1) in couverts:
            rangees[ligne.foyer_id].append(ligne)
    return rangees


def lire_prix_factures(
    session: Session, emises: Mapping[int, Iterable[Row[Any]]]
) -> dict[tuple[int, int, int, date], Mapping[str, Any]]:
    """By foyer and slot, what the latest invoice computed its price from."""
    factures = [
        (foyer_id, ligne)
        for foyer_id, lues in emises.items()
        for ligne in lues
        if ligne.genre == "facture" and ligne.prix is not None
    ]
    if not factures:
        return {}
    ids = {ligne.id for _, ligne in factures}
    lus = session.execute(select(Facture.id, Facture.contenu).where(Facture.id.in_(ids)))
    contenus = {ligne.id: ligne.contenu for ligne in lus}
    return {
        (foyer_id, ligne.enfant_id, ligne.unite_id, ligne.jour): contenus[ligne.id]["prix"][ligne.prix]
        for foyer_id, ligne in factures
    }


def lire_originales(session: Session, ids: Collection[int]) -> dict[int, Originale]:
    if not ids:
        return {}
    lues = session.execute(
        select(Facture.id, Facture.avoir_de, Facture.numero, Facture.mois, Facture.total_centimes).where(
            or_(Facture.id.in_(ids), Facture.avoir_de.in_(ids)), Facture.numero.is_not(None)
        )
    ).all()
    plafonds: dict[int, int] = defaultdict(int)
    for ligne in lues:
        plafonds[ligne.avoir_de or ligne.id] += ligne.total_centimes
    return {
        ligne.id: Originale(ligne.numero, ligne.mois, max(plafonds[ligne.id], 0))
        for ligne in lues
        if ligne.avoir_de is None
    }


def lire_oublis(
    session: Session, campagne: Campagne, enfants: Collection[int]
) -> dict[tuple[int, int, Etat], list[date]]:
    """Days of each state that is not the ordinary one, in order, since the 1 September before."""
    lues = session.execute(
        select(
            Reservation.enfant_id,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.etat,
            Reservation.est_hors_delai,
            Reservation.est_non_reservee,
        )
        .where(
            Reservation.enfant_id.in_(sorted(enfants)),
            Reservation.jour.between(debut_des_oublis(campagne.du), campagne.au),
            Reservation.etat.in_(FACTURABLES),
            or_(
                Reservation.est_hors_delai,
                Reservation.est_non_reservee,
                Reservation.etat.in_(("absente_justifiee", "absente_injustifiee")),
            ),
        )
        .order_by(Reservation.jour)
    )
    jours: dict[tuple[int, int, Etat], list[date]] = defaultdict(list)
    for ligne in lues:
        etat = etat_a_facturer(ligne.etat, est_hors_delai=ligne.est_hors_delai, est_non_reservee=ligne.est_non_reservee)
        if etat is not None:
            jours[ligne.enfant_id, ligne.unite_id, etat].append(ligne.jour)
    return jours
