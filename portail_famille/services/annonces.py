"""Parents told of an événement: written by the worker, some families at a time, each once.

A strike is declared in one short transaction; a thousand mails take longer than the base may be held. How far one got
is in `Evenement.contenu`, written with the mails themselves: a worker killed in between leaves nothing told twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import JOURS, MOIS
from portail_famille.models.evenements import Evenement, EvenementReservation
from portail_famille.models.foyers import AutoriteParentale, Enfant
from portail_famille.models.reservations import Reservation
from portail_famille.services.courriels import Commune, deposer_courriel
from portail_famille.services.destinataires import Destinataire, adultes_a_prevenir
from portail_famille.services.evenements import RETABLISSEMENT
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.regles import Regles

FAMILLES_PAR_FOIS = 100
_OUBLI = timedelta(days=2)
"""After that, a mail would surprise more than it tells."""


@dataclass(frozen=True, slots=True)
class Touche:
    """A booking of a family, as the événement left it."""

    enfant_id: int
    prenom: str
    unite_id: int
    jour: date
    est_annulee: bool


def a_annoncer(session: Session, maintenant: datetime) -> int | None:
    """The id of an événement whose families are still to be told. One query: the worker asks every second."""
    recents = or_(Evenement.cree_utc > maintenant - _OUBLI, Evenement.annule_utc > maintenant - _OUBLI)
    requete = select(Evenement.id).where(recents, Evenement.contenu["a_dire"].as_string() != "")
    return session.scalar(requete.order_by(Evenement.id).limit(1))


def annoncer(session: Session, evenement_id: int, regles: Regles, reglages: Commune, maintenant: datetime) -> int:
    """Writes the mails of the next families; how many mails. Nothing left: the événement is told."""
    evenement = session.get_one(Evenement, evenement_id, populate_existing=True, with_for_update=True)
    a_dire = evenement.contenu["a_dire"]
    if not a_dire:
        return 0
    est_retabli = a_dire == RETABLISSEMENT
    par_foyer = _touches(session, evenement, est_retabli=est_retabli)
    if not par_foyer:
        evenement.contenu = {**evenement.contenu, "a_dire": ""}
        return 0
    aujourdhui = maintenant.astimezone(PARIS).date()
    parents = _parents(session, list(par_foyer), aujourdhui)
    envoyes = 0
    for foyer_id, touches in par_foyer.items():
        for adulte, siens in parents[foyer_id].items():
            lignes = [touche for touche in touches if touche.enfant_id in siens]
            if lignes:
                _ecrire(session, evenement, adulte, lignes, regles, reglages, maintenant, est_retabli=est_retabli)
                envoyes += 1
        consigner(
            session,
            Auteur(Cote.AGENT, evenement.annule_par if est_retabli else evenement.compte_id),
            "reservations_retablies" if est_retabli else "reservations_annulees",
            maintenant,
            foyer_id=foyer_id,
            details={"motif": evenement.motif},
        )
    evenement.contenu = {**evenement.contenu, "dits": max(par_foyer)}
    return envoyes


def _touches(session: Session, evenement: Evenement, *, est_retabli: bool) -> dict[int, list[Touche]]:
    """Of the next families, what the act touched and nobody changed since. Two queries."""
    instants = [evenement.cree_utc, evenement.annule_utc] if est_retabli else [evenement.cree_utc]
    siennes = (
        EvenementReservation.evenement_id == evenement.id,
        Reservation.modifiee_utc.in_([instant for instant in instants if instant is not None]),
        Reservation.foyer_id > int(evenement.contenu["dits"]),
    )
    foyers = session.scalars(
        select(Reservation.foyer_id)
        .join(EvenementReservation, EvenementReservation.reservation_id == Reservation.id)
        .where(*siennes)
        .distinct()
        .order_by(Reservation.foyer_id)
        .limit(FAMILLES_PAR_FOIS)
    ).all()
    par_foyer: dict[int, list[Touche]] = {foyer: [] for foyer in foyers}
    if not foyers:
        return {}
    lignes = session.execute(
        select(
            Reservation.foyer_id,
            Reservation.enfant_id,
            Enfant.prenom,
            Reservation.unite_id,
            Reservation.jour,
            Reservation.etat,
        )
        .join(EvenementReservation, EvenementReservation.reservation_id == Reservation.id)
        .join(Enfant, Enfant.id == Reservation.enfant_id)
        .where(*siennes, Reservation.foyer_id.in_(foyers))
        .order_by(Enfant.naissance, Enfant.id, Reservation.jour, Reservation.unite_id)
    )
    for foyer_id, enfant_id, prenom, unite_id, jour, etat in lignes:
        par_foyer[foyer_id].append(Touche(enfant_id, prenom, unite_id, jour, etat == "annulee"))
    return par_foyer


def _parents(session: Session, foyers: Sequence[int], aujourdhui: date) -> dict[int, dict[Destinataire, set[int]]]:
    """Adults of these foyers who are written to, and the children each has authority over today. Two queries."""
    adultes = adultes_a_prevenir(session, foyers)
    lignes = session.execute(
        select(AutoriteParentale.personne_id, AutoriteParentale.enfant_id).where(
            AutoriteParentale.personne_id.in_({adulte.personne_id for adulte in adultes}),
            AutoriteParentale.du <= aujourdhui,
            or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
        )
    )
    enfants: dict[int, set[int]] = defaultdict(set)
    for personne_id, enfant_id in lignes:
        enfants[personne_id].add(enfant_id)
    parents: dict[int, dict[Destinataire, set[int]]] = defaultdict(dict)
    for adulte in adultes:
        parents[adulte.foyer_id][adulte] = enfants[adulte.personne_id]
    return parents


def _ecrire(
    session: Session,
    evenement: Evenement,
    adulte: Destinataire,
    touches: Sequence[Touche],
    regles: Regles,
    reglages: Commune,
    maintenant: datetime,
    *,
    est_retabli: bool,
) -> None:
    deposer_courriel(
        session,
        modele="evenement_retabli" if est_retabli else "evenement_annule",
        destinataire=adulte.courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=adulte.prenom,
        motif=evenement.motif,
        message=evenement.message,
        lignes=_dire([touche for touche in touches if touche.est_annulee is not est_retabli], regles),
        perdues=_dire([touche for touche in touches if touche.est_annulee], regles) if est_retabli else [],
    )


def _dire(touches: Sequence[Touche], regles: Regles) -> list[str]:
    """« Léa, Repas : jeudi 10 décembre, vendredi 11 décembre »."""
    groupes: dict[tuple[int, str, int], list[date]] = {}
    for touche in touches:
        groupes.setdefault((touche.enfant_id, touche.prenom, touche.unite_id), []).append(touche.jour)
    return [
        f"{prenom}, {_nom(regles, unite_id)}\u00a0: {', '.join(_jour(jour) for jour in jours)}"
        for (_, prenom, unite_id), jours in groupes.items()
    ]


def _nom(regles: Regles, unite_id: int) -> str:
    code = regles.unites.get(unite_id)
    return "réservation" if code is None else regles.catalogue.unites[code].nom


def _jour(jour: date) -> str:
    return f"{JOURS[jour.weekday()]} {'1er' if jour.day == 1 else jour.day} {MOIS[jour.month - 1]}"
