"""Événements: one act of an agent cancels many bookings, unbilled; within the hour it can be undone (domain.md §7).

An événement is about a place and its days, never about a family: an agent whose own children are among them declares
it all the same. The parents are told afterwards, by the worker (services/annonces).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, insert, not_, or_, select, update
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.demarches import OUVERTS
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.evenements import (
    EvenementEnVigueur,
    GenreEvenement,
    Portee,
    portee_de,
    verifier_portee,
    verifier_retablissement,
)
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.inscriptions import rang_de_classe
from portail_famille.models.activites import Jauge
from portail_famille.models.demarches import Demarche
from portail_famille.models.evenements import Evenement, EvenementReservation
from portail_famille.models.foyers import Enfant
from portail_famille.models.reservations import ETATS_OCCUPANTS, Reservation
from portail_famille.services.absences import absences_accordees
from portail_famille.services.calendrier import nouvelle_version
from portail_famille.services.chiffrages import LigneReservee, chiffrer
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.regles import CLE_EVENEMENTS, Regles, lire_regles, lire_versions

ANNULABLES = ("demandee", "reservee", "en_attente", "absente_justifiee", "absente_injustifiee")
"""A child marked present came: nothing of his day is undone."""
ANNULATION, RETABLISSEMENT = "annulation", "retablissement"
"""What the parents have still to be told (`contenu["a_dire"]`)."""
TAILLE_PAGE = 50


@dataclass(frozen=True, slots=True)
class SaisieEvenement:
    """What the agent declares. `structures_permises`: where her role allows it, None everywhere."""

    genre: GenreEvenement
    motif: str
    message: str
    portee: Portee
    ferme: bool
    structures_permises: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Apercu:
    """What declaring it would do now."""

    reservations: int
    enfants: int
    familles: int
    montant_centimes: int
    presentes: int
    """Children already marked present: left alone."""

    @property
    def empreinte(self) -> str:
        return f"{self.reservations}-{self.enfants}-{self.familles}"


def apercevoir(session: Session, regles: Regles, saisie: SaisieEvenement, maintenant: datetime) -> Apercu:
    """Counts, and the amount that will not be billed. Raises `RegleViolee`. A few queries whatever the number."""
    verifier_saisie(saisie, maintenant)
    ou = _concernees(regles, saisie.portee)
    lignes = [
        LigneReservee(*ligne)
        for ligne in session.execute(
            select(
                Reservation.foyer_id,
                Reservation.enfant_id,
                Reservation.unite_id,
                Reservation.jour,
                Reservation.etat,
                Reservation.est_hors_delai,
            ).where(ou, Reservation.etat.in_(ANNULABLES))
        )
    ]
    presentes = session.scalar(select(func.count()).select_from(Reservation).where(ou, Reservation.etat == "presente"))
    return Apercu(
        reservations=len(lignes),
        enfants=len({ligne.enfant_id for ligne in lignes}),
        familles=len({ligne.foyer_id for ligne in lignes}),
        montant_centimes=chiffrer(session, regles, lignes, maintenant),
        presentes=presentes or 0,
    )


def verifier_saisie(saisie: SaisieEvenement, maintenant: datetime) -> None:
    """Raises `RegleViolee` with the field at fault."""
    if not saisie.motif.strip():
        raise RegleViolee("motif_absent", "Écrivez le motif\u00a0: les parents le liront.", "motif")
    permises = saisie.structures_permises
    if permises is not None and (not saisie.portee.structures or not saisie.portee.structures <= permises):
        raise RegleViolee("hors_perimetre", "Choisissez une de vos structures.", "structures")
    verifier_portee(saisie.portee, ferme=saisie.ferme, aujourdhui=maintenant.astimezone(PARIS).date())


def declarer_evenement(
    session: Session, regles: Regles, saisie: SaisieEvenement, vu: str, auteur: Auteur, maintenant: datetime
) -> Evenement:
    """Cancels every booking it covers, in the caller's transaction. `vu`: digest of the preview that was shown.

    Raises `RegleViolee`: bookings changed since the preview, nothing to do, the same one is declared already.
    """
    verifier_saisie(saisie, maintenant)
    nouvelle_version(session, CLE_EVENEMENTS)
    lignes = session.execute(
        select(Reservation.id, Reservation.etat, Reservation.enfant_id, Reservation.foyer_id)
        .where(_concernees(regles, saisie.portee), Reservation.etat.in_(ANNULABLES))
        .order_by(Reservation.id)
        .with_for_update()
    ).all()
    if not lignes and not saisie.ferme:
        raise RegleViolee("rien_a_annuler", "Il n’y a aucune réservation à annuler ces jours-là.")
    if saisie.ferme and _deja_declare(session, saisie):
        raise RegleViolee("deja_declare", "Cet événement est déjà déclaré.")
    familles, enfants = {ligne.foyer_id for ligne in lignes}, {ligne.enfant_id for ligne in lignes}
    if vu != f"{len(lignes)}-{len(enfants)}-{len(familles)}":
        raise RegleViolee("apercu_change", "Des réservations ont changé depuis l’aperçu\u00a0: vérifiez à nouveau.")
    evenement = Evenement(
        genre=saisie.genre.value,
        motif=saisie.motif.strip(),
        message=saisie.message.strip(),
        du=saisie.portee.jours[0],
        au=saisie.portee.jours[-1],
        contenu={**saisie.portee.document(), "a_dire": ANNULATION if lignes else "", "dits": 0},
        ferme=saisie.ferme,
        compte_id=auteur.compte_id,
        cree_utc=maintenant,
    )
    session.add(evenement)
    session.flush()
    if lignes:
        session.execute(
            insert(EvenementReservation),
            [{"evenement_id": evenement.id, "reservation_id": ligne.id, "etat_avant": ligne.etat} for ligne in lignes],
        )
        session.execute(
            update(Reservation)
            .where(Reservation.id.in_(_reservations_de(evenement)))
            .values(etat="annulee", modifiee_utc=maintenant)
            .execution_options(synchronize_session=False)
        )
    consigner(session, auteur, "evenement_declare", maintenant, details={"motif": evenement.motif})
    return evenement


def retablir(
    session: Session,
    regles: Regles,
    evenement_id: int,
    auteur: Auteur,
    maintenant: datetime,
    structures_permises: frozenset[str] | None = None,
) -> int:
    """Gives back, within the hour, every booking that nobody touched since, as long as its place is free and it goes
    with the rest of the child's day; how many. Raises `RegleViolee`, or `LookupError` for an événement out of reach."""
    nouvelle_version(session, CLE_EVENEMENTS)
    # The caller's were read before the lock, and the application's memory must not learn what is not committed.
    regles = lire_regles(session, lire_versions(session), regles.calendrier.zone)
    evenement = session.get(Evenement, evenement_id, populate_existing=True, with_for_update=True)
    portee = None if evenement is None else portee_de(evenement.contenu)
    if evenement is None or portee is None or not est_a_portee(portee, structures_permises):
        raise LookupError
    verifier_retablissement(evenement.cree_utc, evenement.annule_utc, maintenant)
    rendues = _a_rendre(session, regles, evenement)
    for etat, demarche_id in {(etat, demarche_id) for _, etat, demarche_id in rendues}:
        session.execute(
            update(Reservation)
            .where(Reservation.id.in_([id_ for id_, *sien in rendues if sien == [etat, demarche_id]]))
            .values(etat=etat, demarche_id=demarche_id, modifiee_utc=maintenant)
            .execution_options(synchronize_session=False)
        )
    evenement.annule_utc, evenement.annule_par = maintenant, auteur.compte_id
    touche = session.scalar(_reservations_de(evenement).limit(1)) is not None
    evenement.contenu = {**evenement.contenu, "a_dire": RETABLISSEMENT if touche else "", "dits": 0}
    session.flush()
    consigner(session, auteur, "evenement_annule", maintenant, details={"motif": evenement.motif})
    return len(rendues)


def est_a_portee(portee: Portee, structures_permises: frozenset[str] | None) -> bool:
    """Whether an agent of these structures (None: of all) may undo it."""
    return structures_permises is None or bool(portee.structures and portee.structures <= structures_permises)


@dataclass(frozen=True, slots=True)
class EvenementListe:
    evenement: Evenement
    reservations: int


def lister_evenements(session: Session, avant: int | None = None) -> list[EvenementListe]:
    """Latest first, one more than a page when there are more, with how many bookings each cancelled. One query."""
    requete = _evenements().order_by(Evenement.id.desc()).limit(TAILLE_PAGE + 1)
    if avant is not None:
        requete = requete.where(Evenement.id < avant)
    return [EvenementListe(evenement, combien) for evenement, combien in session.execute(requete)]


def lire_evenement(session: Session, evenement_id: int) -> EvenementListe | None:
    """One query."""
    ligne = session.execute(_evenements().where(Evenement.id == evenement_id)).one_or_none()
    return EvenementListe(*ligne) if ligne is not None else None


def _evenements() -> Select[Evenement, int]:
    return (
        select(Evenement, func.count(EvenementReservation.reservation_id))
        .outerjoin(EvenementReservation, EvenementReservation.evenement_id == Evenement.id)
        .group_by(Evenement.id)
    )


def classes_connues(session: Session) -> list[str]:
    """As they are written in the children's files, in the order of a school. One query."""
    return sorted(session.scalars(select(Enfant.classe).where(Enfant.classe != "").distinct()), key=rang_de_classe)


def jours_entre(du: date, au: date) -> tuple[date, ...]:
    return tuple(du + timedelta(days=n) for n in range((au - du).days + 1))


def _concernees(regles: Regles, portee: Portee) -> ColumnElement[bool]:
    """The condition on a booking. A code that the town withdrew matches nothing."""
    conditions: list[ColumnElement[bool]] = [Reservation.jour.in_(portee.jours)]
    for codes, ids, colonne in (
        (portee.structures, regles.structure_ids, Reservation.structure_id),
        (portee.unites, regles.unite_ids, Reservation.unite_id),
    ):
        if codes:
            conditions.append(colonne.in_([ids[code] for code in sorted(codes) if code in ids]))
    if portee.classes:
        eleve = aliased(Enfant)
        conditions.append(
            exists(select(eleve.id).where(eleve.id == Reservation.enfant_id, eleve.classe.in_(sorted(portee.classes))))
        )
    return and_(*conditions)


def _reservations_de(evenement: Evenement) -> Select[int]:
    return select(EvenementReservation.reservation_id).where(EvenementReservation.evenement_id == evenement.id)


def _deja_declare(session: Session, saisie: SaisieEvenement) -> bool:
    """A closure sent twice: the second has nothing left to cancel, and would close again."""
    jumeaux = session.scalars(
        select(Evenement.contenu).where(
            Evenement.annule_utc.is_(None),
            Evenement.genre == saisie.genre.value,
            Evenement.motif == saisie.motif.strip(),
            Evenement.du == saisie.portee.jours[0],
            Evenement.ferme,
        )
    )
    return any(portee_de(contenu) == saisie.portee for contenu in jumeaux)


def _a_rendre(session: Session, regles: Regles, evenement: Evenement) -> list[tuple[int, str, int | None]]:
    """Bookings to give back, with their state and their request: those before, or what an absence accepted since made
    of them. A day asked for comes back as long as its request waits for an answer."""
    _verrouiller(session, regles, evenement)
    autres = [e for e in regles.evenements if e != _en_vigueur(evenement)]
    recouvertes = or_(false(), *(_concernees(regles, autre.portee) for autre in autres))
    lignes = session.execute(
        select(
            Reservation.id,
            Reservation.enfant_id,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.structure_id,
            Reservation.foyer_id,
            Reservation.demarche_id,
            EvenementReservation.etat_avant,
        )
        .join(EvenementReservation, EvenementReservation.reservation_id == Reservation.id)
        .outerjoin(Demarche, Demarche.id == Reservation.demarche_id)
        .where(
            EvenementReservation.evenement_id == evenement.id,
            Reservation.etat == "annulee",
            Reservation.modifiee_utc == evenement.cree_utc,
            not_(recouvertes),
            or_(EvenementReservation.etat_avant != "demandee", Demarche.etat.in_([etat.value for etat in OUVERTS])),
        )
        .order_by(Reservation.id)
        .with_for_update(of=Reservation)
    ).all()
    places = _Places(session, regles, {ligne.jour for ligne in lignes})
    accordees = absences_accordees(session, {ligne.enfant_id for ligne in lignes}, evenement.cree_utc)
    rendues: list[tuple[int, str, int | None]] = []
    for ligne in lignes:
        unite, structure = regles.unites.get(ligne.unite_id), regles.structures.get(ligne.structure_id)
        if unite is None or structure is None:
            continue
        if places.prendre(ligne.enfant_id, unite, structure, ligne.jour, occupe=ligne.etat_avant != "en_attente"):
            creneau = (ligne.enfant_id, ligne.foyer_id, ligne.unite_id, ligne.jour.isoformat())
            rendues.append((ligne.id, *accordees.get(creneau, (ligne.etat_avant, ligne.demarche_id))))
    return rendues


def _en_vigueur(evenement: Evenement) -> EvenementEnVigueur:
    return EvenementEnVigueur(evenement.motif, portee_de(evenement.contenu), evenement.ferme)


def _verrouiller(session: Session, regles: Regles, evenement: Evenement) -> None:
    """In the order of « Valider » (services/reservations): children, then jauges, by id."""
    if session.get_bind().dialect.name != "postgresql":
        return
    ids = _reservations_de(evenement)
    enfants = select(Reservation.enfant_id).where(Reservation.id.in_(ids))
    session.execute(select(Enfant.id).where(Enfant.id.in_(enfants)).order_by(Enfant.id).with_for_update())
    session.execute(
        select(Jauge.id).where(Jauge.code.in_(sorted(regles.jauge_ids))).order_by(Jauge.id).with_for_update()
    )


class _Places:
    """Who is where on these days: what is given back takes its place, one after the other."""

    def __init__(self, session: Session, regles: Regles, jours: Sequence[date] | set[date]) -> None:
        self._regles = regles
        self._prises: dict[tuple[str, date], int] = {}
        self._du_jour: dict[tuple[int, date], set[str]] = {}
        actives = session.execute(
            select(
                Reservation.enfant_id,
                Reservation.unite_id,
                Reservation.structure_id,
                Reservation.jour,
                Reservation.etat,
            ).where(Reservation.jour.in_(sorted(jours)), Reservation.etat != "annulee")
        )
        for ligne in actives:
            unite, structure = regles.unites.get(ligne.unite_id), regles.structures.get(ligne.structure_id)
            if unite is not None and structure is not None:
                self._noter(ligne.enfant_id, unite, structure, ligne.jour, occupe=ligne.etat in ETATS_OCCUPANTS)

    def prendre(self, enfant_id: int, unite: str, structure: str, jour: date, *, occupe: bool) -> bool:
        """False when no place is left, or when the child was booked meanwhile on what this unit excludes."""
        catalogue = self._regles.catalogue
        if catalogue.unites[unite].exclut & self._du_jour.get((enfant_id, jour), set()):
            return False
        jauges = catalogue.jauges_de(unite, structure) if occupe else ()
        if any(jauge.restantes(self._prises.get((jauge.code, jour), 0)) <= 0 for jauge in jauges):
            return False
        self._noter(enfant_id, unite, structure, jour, occupe=occupe)
        return True

    def _noter(self, enfant_id: int, unite: str, structure: str, jour: date, *, occupe: bool) -> None:
        self._du_jour.setdefault((enfant_id, jour), set()).add(unite)
        for jauge in self._regles.catalogue.jauges_de(unite, structure) if occupe else ():
            self._prises[jauge.code, jour] = self._prises.get((jauge.code, jour), 0) + 1
