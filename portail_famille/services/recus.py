"""Receipts kept and listed: a foyer reads its own, whichever of its adults validated."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Personne
from portail_famille.models.reservations import Recu

TAILLE_PAGE = 30
# What a receipt's number looks like; an address may hold characters that PostgreSQL will not even compare.
_NUMERO = re.compile(r"[0-9]{4}-[0-9]{6,9}")


def lire_recu(session: Session, foyer_id: int, numero: str) -> tuple[Recu, str] | None:
    """The receipt and the name of who validated it; None for another foyer's as for none."""
    if not _NUMERO.fullmatch(numero):
        return None
    ligne = session.execute(
        select(Recu, Personne.prenom, Personne.nom)
        .join(Compte, Compte.id == Recu.compte_id)
        .join(Personne, Personne.id == Compte.personne_id)
        .where(Recu.foyer_id == foyer_id, Recu.numero == numero)
    ).one_or_none()
    return None if ligne is None else (ligne[0], f"{ligne[1]} {ligne[2]}")


def lister_recus(session: Session, foyer_id: int, avant: int | None = None) -> list[Recu]:
    """Latest first, one more than a page when there are more; `avant` is the id of the last one already shown."""
    requete = select(Recu).where(Recu.foyer_id == foyer_id).order_by(Recu.id.desc()).limit(TAILLE_PAGE + 1)
    if avant is not None:
        requete = requete.where(Recu.id < avant)
    return list(session.scalars(requete))
