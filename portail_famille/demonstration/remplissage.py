"""Fills some coming days with the children of invented families: a portal without a full day teaches nothing."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portail_famille.demonstration.places import Places
from portail_famille.domain.capacites import Jauge
from portail_famille.domain.horloge import PARIS
from portail_famille.models.activites import Inscription
from portail_famille.models.reservations import Reservation
from portail_famille.services.regles import Regles

# Far enough to be seen while leafing through the months, near enough to be met without searching.
_HORIZON = timedelta(days=70)
# Among the coming days that can still be booked: full, then nearly so; the others keep their places.
_RANGS_COMPLETS = (1, 4, 9)
_RANGS_PRESQUE = (2, 7)
_DERNIERES_PLACES = 2


def remplir(
    session: Session, regles: Regles, jauges: Iterable[str], maintenant: datetime, enfants_nommes: Iterable[int]
) -> list[tuple[str, date]]:
    """Fill some days of each capacity, never with the named children; gives the full days."""
    aujourdhui = maintenant.astimezone(PARIS).date()
    nommes = set(enfants_nommes)
    complets = []
    for code in jauges:
        jauge = regles.catalogue.jauges[code]
        jours = _jours_a_venir(regles, jauge, maintenant, aujourdhui)
        places = Places(session, regles, jours, marge=0)
        for rang, jour in enumerate(jours):
            if rang in _RANGS_COMPLETS:
                if _occuper(session, regles, places, jauge, jour, 0, nommes, maintenant):
                    complets.append((code, jour))
            elif rang in _RANGS_PRESQUE:
                _occuper(session, regles, places, jauge, jour, _DERNIERES_PLACES, nommes, maintenant)
    return complets


def _jours_a_venir(regles: Regles, jauge: Jauge, maintenant: datetime, aujourdhui: date) -> list[date]:
    """Days to come on which a unit of this capacity can still be booked."""
    lieux = _lieux(regles, jauge)
    jours = []
    for rang in range(1, _HORIZON.days + 1):
        jour = aujourdhui + timedelta(days=rang)
        for unite, structure in lieux:
            limite = regles.limite_ajout(unite, structure, jour)
            if regles.ouverture(unite, structure, jour).ouvert and (limite is None or maintenant < limite):
                jours.append(jour)
                break
    return jours


def _lieux(regles: Regles, jauge: Jauge) -> list[tuple[str, str]]:
    catalogue = regles.catalogue
    return [
        (unite, structure)
        for unite in sorted(jauge.unites)
        for structure in catalogue.activites[catalogue.unites[unite].activite].structures
        if jauge.concerne(unite, structure)
    ]


def _occuper(
    session: Session,
    regles: Regles,
    places: Places,
    jauge: Jauge,
    jour: date,
    laisser: int,
    nommes: set[int],
    maintenant: datetime,
) -> bool:
    """Book enrolled children who can come that day until `laisser` places are left; whether that could be done."""
    unites = set(jauge.unites).union(*(regles.catalogue.unites[unite].exclut for unite in jauge.unites))
    deja = select(Reservation.enfant_id).where(
        Reservation.jour == jour, Reservation.unite_id.in_([regles.unite_ids[unite] for unite in sorted(unites)])
    )
    pris = set(session.scalars(deja)) | nommes
    lignes = []
    for unite, structure in _lieux(regles, jauge):
        if not regles.ouverture(unite, structure, jour).ouvert:
            continue
        inscrits = session.execute(
            select(Inscription.enfant_id, Inscription.foyer_id)
            .where(
                Inscription.activite_id == regles.activite_ids[regles.catalogue.unites[unite].activite],
                Inscription.structure_id == regles.structure_ids[structure],
                Inscription.du <= jour,
                Inscription.au >= jour,
            )
            .order_by(Inscription.enfant_id)
        )
        for enfant_id, foyer_id in inscrits:
            if places.restantes(jauge.code, jour) <= laisser:
                break
            if enfant_id not in pris and places.prendre(unite, structure, jour):
                pris.add(enfant_id)
                lignes.append(
                    {
                        "enfant_id": enfant_id,
                        "unite_id": regles.unite_ids[unite],
                        "jour": jour,
                        "structure_id": regles.structure_ids[structure],
                        "foyer_id": foyer_id,
                        "etat": "reservee",
                        "modifiee_utc": maintenant,
                    }
                )
    if lignes:
        session.execute(insert(Reservation), lignes)
    return places.restantes(jauge.code, jour) <= laisser
