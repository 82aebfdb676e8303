"""What many bookings of many families cost together: the rules of `Dossier`, read for all foyers at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.brouillons import Brouillon
from portail_famille.models.activites import Inscription
from portail_famille.models.foyers import Enfant, Foyer, Rattachement
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.dossiers import Dossier, EnfantLu, InscriptionLue, ReservationLue
from portail_famille.services.regles import Regles


@dataclass(frozen=True, slots=True)
class LigneReservee:
    foyer_id: int
    enfant_id: int
    unite_id: int
    jour: date
    etat: str
    est_hors_delai: bool


def chiffrer(session: Session, regles: Regles, lignes: Iterable[LigneReservee], maintenant: datetime) -> int:
    """Centimes, each booking in the state it is in, by the QF, the rank and the residence of its own foyer. Five
    queries. A unit or a child that is no longer known costs nothing."""
    lignes = list(lignes)
    dossiers = charger_dossiers(session, regles, {ligne.foyer_id for ligne in lignes}, maintenant)
    _charger_jours(session, dossiers, {ligne.jour for ligne in lignes})
    total = 0
    for ligne in lignes:
        dossier = dossiers.get(ligne.foyer_id)
        enfant = None if dossier is None else dossier.enfants.get(ligne.enfant_id)
        if dossier is None or enfant is None or ligne.unite_id not in regles.unites:
            continue
        lue = ReservationLue(0, ligne.etat, ligne.foyer_id, 0, ligne.est_hors_delai, None)
        prix = dossier.prix_reserve(enfant, (ligne.unite_id, ligne.jour), lue, apres=False)
        total += prix.centimes if prix is not None else 0
    return total


def charger_dossiers(
    session: Session,
    regles: Regles,
    foyers: Collection[int],
    maintenant: datetime,
    concernes: Collection[tuple[int, int]] = (),
) -> dict[int, Dossier]:
    """Foyers with their QF, children and enrolments, bookings not loaded. Four queries, one more when `concernes`
    (foyer, child) names a child who has left since: what this foyer booked is still its own."""
    ids = sorted(foyers)
    quotients: dict[int, list[tuple[date, date | None, Decimal]]] = defaultdict(list)
    for qf in session.scalars(
        select(QuotientFamilial)
        .where(QuotientFamilial.foyer_id.in_(ids))
        .order_by(QuotientFamilial.du.desc(), QuotientFamilial.id.desc())
    ):
        quotients[qf.foyer_id].append((qf.du, qf.au, Decimal(qf.valeur_centimes) / 100))
    enfants = _enfants(session, regles, ids, concernes)
    dossiers = {}
    for foyer in session.scalars(select(Foyer).where(Foyer.id.in_(ids))):
        ressources = foyer.ressources_mensuelles_centimes
        dossiers[foyer.id] = Dossier(
            maintenant=maintenant,
            regles=regles,
            compte_id=0,
            foyer_id=foyer.id,
            est_resident=foyer.est_resident,
            personnes_a_charge=foyer.personnes_a_charge,
            ressources=None if ressources is None else Decimal(ressources) / 100,
            quotients=quotients[foyer.id],
            brouillon_id=None,
            brouillon=Brouillon(),
            enfants=enfants[foyer.id],
        )
    return dossiers


def _enfants(
    session: Session, regles: Regles, foyers: list[int], concernes: Collection[tuple[int, int]]
) -> dict[int, dict[int, EnfantLu]]:
    enfants: dict[int, dict[int, EnfantLu]] = defaultdict(dict)
    lus = [
        (ligne[0], ligne[1])
        for ligne in session.execute(
            select(Rattachement.foyer_id, Enfant)
            .join(Enfant, Enfant.id == Rattachement.enfant_id)
            .where(Rattachement.foyer_id.in_(foyers))
        )
    ]
    absents = set(concernes) - {(foyer_id, e.id) for foyer_id, e in lus}
    if absents:
        partis = {e.id: e for e in session.scalars(select(Enfant).where(Enfant.id.in_({e for _, e in absents})))}
        lus += [(foyer_id, partis[enfant_id]) for foyer_id, enfant_id in absents]
    for foyer_id, e in sorted(lus, key=lambda lu: (lu[1].naissance, lu[1].id)):
        rang = len(enfants[foyer_id]) + 1
        enfants[foyer_id][e.id] = EnfantLu(
            e.id, e.prenom, e.nom, e.naissance, e.classe, e.structure_id, e.pai, rang, True, None, "", None
        )
    for i in session.scalars(select(Inscription).where(Inscription.foyer_id.in_(foyers)).order_by(Inscription.id)):
        enfant = enfants[i.foyer_id].get(i.enfant_id)
        activite, structure = regles.activites.get(i.activite_id), regles.structures.get(i.structure_id)
        if enfant is not None and activite is not None and structure is not None:
            enfant.inscriptions.append(InscriptionLue(i.id, activite, structure, i.structure_id, i.du, i.au))
    return enfants


def _charger_jours(session: Session, dossiers: dict[int, Dossier], jours: set[date]) -> None:
    """All that these foyers booked on these days: some ranks count who is present."""
    if not dossiers or not jours:
        return
    lues = session.execute(
        select(
            Reservation.foyer_id,
            Reservation.enfant_id,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.id,
            Reservation.etat,
            Reservation.structure_id,
            Reservation.est_hors_delai,
        ).where(Reservation.foyer_id.in_(sorted(dossiers)), Reservation.jour.in_(sorted(jours)))
    )
    for foyer_id, enfant_id, unite_id, jour, id_, etat, structure_id, est_hors_delai in lues:
        dossiers[foyer_id].reservations[enfant_id, unite_id, jour] = ReservationLue(
            id_, etat, foyer_id, structure_id, est_hors_delai, None
        )
