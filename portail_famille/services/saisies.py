"""Forms being filled: kept at each step, one per person, foyer and kind, so that another phone goes on.

Two tabs, or two phones, meet here: a step is written over only by who saw what it held.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import DemarcheSaisie
from portail_famille.services.comptes import Acteur

DEMANDES, PIECES, A_REVOIR = "demandes", "pieces", "a_revoir"
"""Keys of the content that are no step: what the address said, the documents ticked, the steps to go through again."""


@dataclass(frozen=True, slots=True)
class SaisieEnCours:
    """A form that was left before the end, as listed."""

    genre: str
    modifiee_utc: datetime


class EtapeChangee(Exception):
    """Another tab wrote this step meanwhile."""


def lire(session: Session, acteur: Acteur, genre: str, *, verrou: bool = False) -> DemarcheSaisie | None:
    """What this person has begun for this foyer. `verrou`: until the end of the transaction, nobody else writes it."""
    requete = select(DemarcheSaisie).where(
        DemarcheSaisie.compte_id == acteur.compte_id,
        DemarcheSaisie.foyer_id == acteur.foyer_id,
        DemarcheSaisie.genre == genre,
    )
    if verrou:
        requete = requete.with_for_update().execution_options(populate_existing=True)
    return session.scalar(requete)


def lister(session: Session, acteur: Acteur) -> list[SaisieEnCours]:
    """What is waiting to be finished, latest first. One query."""
    lignes = session.execute(
        select(DemarcheSaisie.genre, DemarcheSaisie.modifiee_utc)
        .where(DemarcheSaisie.compte_id == acteur.compte_id, DemarcheSaisie.foyer_id == acteur.foyer_id)
        .order_by(DemarcheSaisie.modifiee_utc.desc())
    )
    return [SaisieEnCours(genre, modifiee) for genre, modifiee in lignes]


def commencer(
    session: Session, acteur: Acteur, genre: str, demandes: Mapping[str, str], maintenant: datetime
) -> DemarcheSaisie:
    """A new form, or the one already begun: a button pressed twice, two phones at once."""
    deja = lire(session, acteur, genre)
    if deja is not None:
        return deja
    saisie = DemarcheSaisie(
        compte_id=acteur.compte_id,
        foyer_id=acteur.foyer_id,
        genre=genre,
        cle=secrets.token_urlsafe(24),
        contenu={DEMANDES: dict(demandes)} if demandes else {},
        version=0,
        creee_utc=maintenant,
        modifiee_utc=maintenant,
    )
    try:
        with session.begin_nested():
            session.add(saisie)
    except IntegrityError:
        return session.scalars(
            select(DemarcheSaisie).where(
                DemarcheSaisie.compte_id == acteur.compte_id,
                DemarcheSaisie.foyer_id == acteur.foyer_id,
                DemarcheSaisie.genre == genre,
            )
        ).one()
    return saisie


def ecrire_etape(
    session: Session,
    saisie: DemarcheSaisie,
    etape: str,
    valeurs: Mapping[str, Any],
    vu: str,
    a_revoir: Collection[str],
    maintenant: datetime,
) -> None:
    """Keeps a step; `vu` is the digest of what its page showed, `a_revoir` the later steps that must be gone through
    again. `saisie` is locked. Raises `EtapeChangee`, nothing written."""
    garde = saisie.contenu.get(etape)
    if garde == valeurs and etape not in saisie.contenu.get(A_REVOIR, ()):
        return
    if garde != valeurs and vu != empreinte(garde):
        raise EtapeChangee
    contenu = {cle: valeur for cle, valeur in saisie.contenu.items() if cle != A_REVOIR} | {etape: dict(valeurs)}
    _ecrire(saisie, contenu | ({A_REVOIR: sorted(a_revoir)} if a_revoir else {}), maintenant)


def ecrire_pieces(saisie: DemarcheSaisie, pieces: Mapping[str, Collection[int]], maintenant: datetime) -> None:
    """The documents chosen, by kind; the page of documents has been through. `saisie` is locked."""
    _ecrire(saisie, saisie.contenu | {PIECES: {genre: sorted(ids) for genre, ids in pieces.items()}}, maintenant)


def effacer(session: Session, acteur: Acteur, genre: str) -> None:
    """Drops what was begun; the documents sent meanwhile stay in the porte-documents."""
    session.execute(
        delete(DemarcheSaisie).where(
            DemarcheSaisie.compte_id == acteur.compte_id,
            DemarcheSaisie.foyer_id == acteur.foyer_id,
            DemarcheSaisie.genre == genre,
        )
    )


def verifier_version(saisie: DemarcheSaisie, version: int) -> None:
    """Raises `RegleViolee` when the summary that was on the screen is not what would be sent."""
    if saisie.version != version:
        raise RegleViolee(
            "saisie_changee",
            "Votre demande a changé dans un autre onglet ou sur un autre appareil. La voici à jour\u00a0: vérifiez-la, "
            "puis envoyez.",
        )


def empreinte(valeurs: Any) -> str:
    """Digest of what a step holds; the same for the same values."""
    return hashlib.sha256(json.dumps(valeurs, sort_keys=True).encode()).hexdigest()[:16]


def _ecrire(saisie: DemarcheSaisie, contenu: dict[str, Any], maintenant: datetime) -> None:
    saisie.contenu = contenu
    saisie.version += 1
    saisie.modifiee_utc = maintenant
