"""What a family does with the town's activities, for the agent who opens its file: enrolments in force, what is booked
in the coming days, absences, latest receipts. Four queries, whatever the family."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from portail_famille.models.activites import Activite, Inscription, Structure, Unite
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Enfant, Rattachement
from portail_famille.models.reservations import Recu, Reservation
from portail_famille.services.perimetres import Perimetre

JOURS_A_VENIR = 14
JOURS_D_ABSENCES = 60
"""Before today: those of the last invoices, which families ask about."""
_ABSENCES = ("absente_justifiee", "absente_injustifiee")
_A_VENIR = ("demandee", "reservee", "en_attente", "presente")
_RECUS = 5
_RECUS_LUS = 25
"""Among which those this agent may read are looked for."""


@dataclass(frozen=True, slots=True)
class InscriptionLue:
    """Codes of the town's rules."""

    enfant_id: int
    activite: str
    structure: str
    du: date
    au: date


@dataclass(frozen=True, slots=True)
class JourLu:
    """A booked unit or an absence. `demande`: number of the request that decided of it, "" for none."""

    enfant_id: int
    unite: str
    jour: date
    etat: str
    demande: str

    @property
    def est_absence(self) -> bool:
        return self.etat in _ABSENCES


@dataclass(frozen=True, slots=True)
class VieDuFoyer:
    """`enfants`: id and name of those the agent follows."""

    enfants: tuple[tuple[int, str], ...]
    inscriptions: tuple[InscriptionLue, ...]
    jours: tuple[JourLu, ...]
    recus: tuple[Recu, ...]


def lire_vie(session: Session, perimetre: Perimetre, foyer_id: int) -> VieDuFoyer:
    """Of the children the agent follows, and on this foyer's side: what the other home books is in its own file. A
    receipt that tells of another child is not read by who does not follow it."""
    enfants = _enfants(session, perimetre, foyer_id)
    suivis, aujourdhui = [enfant_id for enfant_id, _ in enfants], perimetre.aujourdhui
    inscriptions = session.execute(
        select(Inscription.enfant_id, Activite.code, Structure.code, Inscription.du, Inscription.au)
        .join(Activite, Activite.id == Inscription.activite_id)
        .join(Structure, Structure.id == Inscription.structure_id)
        .where(Inscription.foyer_id == foyer_id, Inscription.enfant_id.in_(suivis), Inscription.au >= aujourdhui)
        .order_by(Inscription.du, Inscription.id)
    )
    est_a_venir = and_(Reservation.jour >= aujourdhui, Reservation.etat.in_(_A_VENIR))
    jours = session.execute(
        select(Reservation.enfant_id, Unite.code, Reservation.jour, Reservation.etat, Demarche.numero)
        .join(Unite, Unite.id == Reservation.unite_id)
        .outerjoin(Demarche, Demarche.id == Reservation.demarche_id)
        .where(
            Reservation.foyer_id == foyer_id,
            Reservation.enfant_id.in_(suivis),
            Reservation.jour >= aujourdhui - timedelta(JOURS_D_ABSENCES),
            Reservation.jour < aujourdhui + timedelta(JOURS_A_VENIR),
            or_(Reservation.etat.in_(_ABSENCES), est_a_venir),
        )
        .order_by(Reservation.jour, Unite.id)
    )
    recus = session.scalars(select(Recu).where(Recu.foyer_id == foyer_id).order_by(Recu.id.desc()).limit(_RECUS_LUS))
    lisibles = [recu for recu in recus if perimetre.est_partout or {*map(str, suivis)} >= set(recu.contenu["enfants"])]
    return VieDuFoyer(
        tuple(enfants),
        tuple(InscriptionLue(*ligne) for ligne in inscriptions),
        tuple(JourLu(*ligne[:4], ligne[4] or "") for ligne in jours),
        tuple(lisibles[:_RECUS]),
    )


def _enfants(session: Session, perimetre: Perimetre, foyer_id: int) -> list[tuple[int, str]]:
    lignes = session.execute(
        select(Enfant.id, Enfant.prenom, Enfant.nom)
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .where(Rattachement.foyer_id == foyer_id, perimetre.enfants(Enfant))
        .order_by(Enfant.naissance, Enfant.id)
    )
    return [(enfant_id, f"{prenom} {nom}") for enfant_id, prenom, nom in lignes]
