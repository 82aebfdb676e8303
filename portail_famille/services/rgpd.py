"""The right to be forgotten (RGPD art. 17): asked by a parent, decided by an agent, carried through by `purger`.

Accepting closes the login at once. The file itself goes when its retention periods end: what the law makes the town
keep (RGPD art. 17.3.b) is in docs/conservation.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.comptes import (
    CleAcces,
    CodeSecours,
    Compte,
    JetonCompte,
    RoleAgent,
    SecondFacteur,
    SessionCompte,
)
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer, Responsable
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import ETATS_OCCUPANTS, Reservation
from portail_famille.services import demarches
from portail_famille.services.comptes import Acteur
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur, consigner

GENRE = "effacement"
PAUSE_ENTRE_EXPORTS = timedelta(minutes=1)
"""An export reads everything there is about a family: not on a loop."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the page says before a request for deletion: the one under way, and bookings that it would not cancel."""

    demande: Demarche | None
    reservations_a_venir: int


def lire_situation(session: Session, acteur: Acteur, maintenant: datetime) -> Situation:
    """Two queries."""
    a_venir = session.scalar(
        select(func.count())
        .select_from(Reservation)
        .where(
            Reservation.foyer_id.in_([foyer.id for foyer in acteur.foyers]),
            Reservation.jour > jour_de(maintenant),
            Reservation.etat.in_(ETATS_OCCUPANTS),
        )
    )
    return Situation(_demande_ouverte(session, acteur.compte_id), a_venir or 0)


def demander_effacement(session: Session, acteur: Acteur, maintenant: datetime) -> Demarche:
    """Files the request. Raises `RegleViolee` when one is already waiting: one at a time."""
    # Two taps at once: the second one waits here, then finds the first one's request.
    session.execute(select(Compte.id).where(Compte.id == acteur.compte_id).with_for_update())
    if _demande_ouverte(session, acteur.compte_id) is not None:
        raise RegleViolee(
            "effacement_deja_demande", "Vous avez déjà demandé l’effacement de vos données. La mairie va répondre."
        )
    return demarches.deposer(
        session,
        genre=GENRE,
        auteur=Auteur(Cote.FAMILLE, acteur.compte_id),
        maintenant=maintenant,
        contenu={},
        foyer_id=acteur.foyer_id,
        personne_id=acteur.personne_id,
    )


def retirer_demande(session: Session, acteur: Acteur, maintenant: datetime) -> None:
    """Takes the request back. Raises `RegleViolee` when there is none any more."""
    demande = _demande_ouverte(session, acteur.compte_id)
    if demande is None:
        raise RegleViolee("effacement_clos", "Cette demande n’est plus en attente\u00a0: rien n’a été changé.")
    demarches.retirer(session, demande, Auteur(Cote.FAMILLE, acteur.compte_id), maintenant)


def appliquer_effacement(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """What accepting does: the login is closed for good, and each foyer left without anybody who can log in has left.

    Raises `RegleViolee` for an agent's compte: her roles are taken back first.
    """
    compte = session.scalar(select(Compte).where(Compte.personne_id == demarche.personne_id))
    if compte is None:
        raise RegleViolee("compte_absent", "Ce compte n’existe plus\u00a0: il n’y a rien à effacer.")
    if session.scalar(select(exists().where(RoleAgent.compte_id == compte.id))):
        raise RegleViolee(
            "compte_agent", "Cette personne est aussi agent de la mairie\u00a0: retirez-lui d’abord ses rôles."
        )
    fermer_compte(session, compte.id, maintenant)
    for foyer_id in session.scalars(select(Responsable.foyer_id).where(Responsable.personne_id == compte.personne_id)):
        if _a_encore_un_compte(session, foyer_id):
            continue
        depart = update(Foyer).where(Foyer.id == foyer_id, Foyer.parti_le.is_(None)).returning(Foyer.id)
        if session.scalar(depart.values(parti_le=jour_de(maintenant))) is not None:
            # What tells this departure from another: `familles.rouvrir_compte` undoes this one only.
            details = {"numero": demarche.numero, "genre": GENRE}
            consigner(session, auteur, "foyer_parti", maintenant, foyer_id=foyer_id, details=details)
    consigner(session, auteur, "compte_ferme", maintenant, foyer_id=demarche.foyer_id, personne_id=demarche.personne_id)


def fermer_compte(session: Session, compte_id: int, maintenant: datetime) -> None:
    """No password, no link, no passkey opens it any more; its sessions end now."""
    session.execute(update(Compte).where(Compte.id == compte_id).values(est_actif=False, empreinte_mot_de_passe=""))
    session.execute(
        update(SessionCompte)
        .where(SessionCompte.compte_id == compte_id, SessionCompte.fermee_utc.is_(None))
        .values(fermee_utc=maintenant)
    )
    for modele in (JetonCompte, CleAcces, SecondFacteur, CodeSecours):
        session.execute(delete(modele).where(modele.compte_id == compte_id))


def noter_export(session: Session, acteur: Acteur, maintenant: datetime) -> None:
    """A line in the journal. Raises `RegleViolee` when the last export was a moment ago."""
    session.execute(select(Compte.id).where(Compte.id == acteur.compte_id).with_for_update())
    recent = exists().where(
        ActeJournal.compte_id == acteur.compte_id,
        ActeJournal.action == "donnees_exportees",
        ActeJournal.a_utc > maintenant - PAUSE_ENTRE_EXPORTS,
        ActeJournal.a_utc <= maintenant,
    )
    if session.scalar(select(recent)):
        raise RegleViolee(
            "export_trop_tot",
            "Vos données viennent d’être téléchargées. Attendez une minute avant de recommencer.",
        )
    auteur = Auteur(Cote.FAMILLE, acteur.compte_id)
    consigner(
        session,
        auteur,
        "donnees_exportees",
        maintenant,
        foyer_id=acteur.foyer_id,
        personne_id=acteur.personne_id,
    )


def _demande_ouverte(session: Session, compte_id: int) -> Demarche | None:
    return session.scalar(
        select(Demarche)
        .where(
            Demarche.compte_id == compte_id,
            Demarche.genre == GENRE,
            Demarche.etat.in_([etat.value for etat in OUVERTS]),
        )
        .order_by(Demarche.id)
        .limit(1)
    )


def _a_encore_un_compte(session: Session, foyer_id: int) -> bool:
    """An adult of this foyer may still log in, today or behind her activation mail."""
    return bool(
        session.scalar(
            select(
                exists()
                .where(Responsable.foyer_id == foyer_id)
                .where(Compte.personne_id == Responsable.personne_id, Compte.est_actif)
            )
        )
    )
