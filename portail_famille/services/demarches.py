"""Démarches: filed, withdrawn, decided. What accepting does belongs to the room of each kind (services/genres)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, Cote, EtatDemarche, verifier_transition
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.services.compteurs import prochain_numero
from portail_famille.services.journal import Auteur, consigner

Application = Callable[[Session, Demarche, Auteur, datetime], None]
"""What accepting a démarche does, in the same transaction. Raises `RegleViolee` when it cannot be done any more."""


def deposer(
    session: Session,
    *,
    genre: str,
    auteur: Auteur,
    maintenant: datetime,
    contenu: Mapping[str, Any],
    avant: Mapping[str, Any] | None = None,
    foyer_id: int | None = None,
    enfant_id: int | None = None,
    personne_id: int | None = None,
    pieces: Iterable[int] = (),
) -> Demarche:
    """Files a request: numbered, in the journal, with its pieces."""
    annee = maintenant.astimezone(PARIS).year
    demarche = Demarche(
        numero=f"D{annee}-{prochain_numero(session, 'demarche', annee):06d}",
        genre=genre,
        etat=EtatDemarche.DEPOSEE.value,
        foyer_id=foyer_id,
        compte_id=auteur.compte_id,
        enfant_id=enfant_id,
        personne_id=personne_id,
        avant=dict(avant or {}),
        contenu=dict(contenu),
        motif="",
        deposee_utc=maintenant,
        modifiee_utc=maintenant,
    )
    session.add(demarche)
    session.flush()
    lignes = [{"demarche_id": demarche.id, "piece_id": piece} for piece in dict.fromkeys(pieces)]
    if lignes:
        session.execute(insert(DemarchePiece), lignes)
    _consigner(session, demarche, auteur, "demarche_deposee", maintenant)
    return demarche


def ouvertes(session: Session, foyer_id: int, genre: str | None = None) -> list[Demarche]:
    """Requests of this foyer still waiting for an answer, oldest first."""
    requete = select(Demarche).where(Demarche.foyer_id == foyer_id, Demarche.etat.in_([etat.value for etat in OUVERTS]))
    if genre is not None:
        requete = requete.where(Demarche.genre == genre)
    return list(session.scalars(requete.order_by(Demarche.id)))


def retirer(session: Session, demarche: Demarche, auteur: Auteur, maintenant: datetime) -> None:
    """The family takes its request back. Raises `RegleViolee` when it is already decided."""
    _passer(session, demarche, demarche.version, EtatDemarche.ANNULEE, auteur, maintenant)
    _consigner(session, demarche, auteur, "demarche_annulee", maintenant)


def accepter(
    session: Session, demarche: Demarche, version: int, auteur: Auteur, maintenant: datetime, appliquer: Application
) -> None:
    """Accepts and applies, in one transaction. Raises `RegleViolee` (decided meanwhile, or cannot be applied)."""
    _passer(session, demarche, version, EtatDemarche.ACCEPTEE, auteur, maintenant)
    appliquer(session, demarche, auteur, maintenant)
    _consigner(session, demarche, auteur, "demarche_acceptee", maintenant)


def refuser(
    session: Session, demarche: Demarche, version: int, motif: str, auteur: Auteur, maintenant: datetime
) -> None:
    """Refuses, with the reason the family will read. Raises `RegleViolee` (decided meanwhile, no reason given)."""
    if not motif.strip():
        raise RegleViolee("motif_absent", "Écrivez pourquoi\u00a0: la famille le lira.", "motif")
    _passer(session, demarche, version, EtatDemarche.REFUSEE, auteur, maintenant, motif=motif.strip())
    _consigner(session, demarche, auteur, "demarche_refusee", maintenant)


def _passer(
    session: Session,
    demarche: Demarche,
    version: int,
    etat: EtatDemarche,
    auteur: Auteur,
    maintenant: datetime,
    motif: str = "",
) -> None:
    """To the next state, only from the version that was on the screen: the second of two agents is told."""
    verifier_transition(EtatDemarche(demarche.etat), etat, auteur.cote)
    valeurs: dict[str, Any] = {"etat": etat.value, "version": version + 1, "modifiee_utc": maintenant, "motif": motif}
    if etat not in OUVERTS:
        valeurs |= {"decidee_utc": maintenant, "decidee_par": auteur.compte_id}
    prise = session.scalar(
        update(Demarche)
        .where(Demarche.id == demarche.id, Demarche.version == version)
        .values(**valeurs)
        .returning(Demarche.id)
    )
    if prise is None:
        raise RegleViolee("demarche_changee", "Quelqu’un d’autre vient de traiter cette demande. La voici à jour.")
    session.refresh(demarche)


def _consigner(session: Session, demarche: Demarche, auteur: Auteur, action: str, maintenant: datetime) -> None:
    consigner(
        session,
        auteur,
        action,
        maintenant,
        foyer_id=demarche.foyer_id,
        enfant_id=demarche.enfant_id,
        personne_id=demarche.personne_id,
        details={"numero": demarche.numero, "genre": demarche.genre},
    )


__all__ = ["Application", "Cote", "accepter", "deposer", "ouvertes", "refuser", "retirer"]
