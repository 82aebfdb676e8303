"""Receipts kept and listed: a foyer reads its own, whichever of its adults validated.

A step-parent acts for the foyer without authority over each child: she reads what she validated, and what is about
children she may see today (domain.md §1).
"""

import re
from datetime import date

from sqlalchemy import ColumnElement, String, TableValuedAlias, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Personne
from portail_famille.models.reservations import Recu
from portail_famille.services.comptes import Acteur

TAILLE_PAGE = 30
# What a receipt's number looks like; an address may hold characters that PostgreSQL will not even compare.
_NUMERO = re.compile(r"[0-9]{4}-[0-9]{6,9}")


def lire_recu(session: Session, acteur: Acteur, jour: date, numero: str) -> tuple[Recu, str] | None:
    """The receipt and the name of who validated it; None for one she may not read as for none."""
    if not _NUMERO.fullmatch(numero):
        return None
    ligne = session.execute(
        select(Recu, Personne.prenom, Personne.nom)
        .join(Compte, Compte.id == Recu.compte_id)
        .join(Personne, Personne.id == Compte.personne_id)
        .where(Recu.foyer_id == acteur.foyer_id, Recu.numero == numero, est_lisible(session, acteur, jour))
    ).one_or_none()
    return None if ligne is None else (ligne[0], f"{ligne[1]} {ligne[2]}")


def lister_recus(session: Session, acteur: Acteur, jour: date, avant: int | None = None) -> list[Recu]:
    """Latest first, one more than a page when there are more; `avant` is the id of the last one already shown."""
    requete = (
        select(Recu)
        .where(Recu.foyer_id == acteur.foyer_id, est_lisible(session, acteur, jour))
        .order_by(Recu.id.desc())
        .limit(TAILLE_PAGE + 1)
    )
    if avant is not None:
        requete = requete.where(Recu.id < avant)
    return list(session.scalars(requete))


def lire_tous(session: Session, acteur: Acteur, jour: date) -> list[Recu]:
    """Every receipt of her foyers that she may read, oldest first: her own export."""
    foyers = [foyer.id for foyer in acteur.foyers]
    return list(
        session.scalars(
            select(Recu).where(Recu.foyer_id.in_(foyers), est_lisible(session, acteur, jour)).order_by(Recu.id)
        )
    )


def est_lisible(session: Session, acteur: Acteur, jour: date) -> ColumnElement[bool]:
    """Hers, or without any child that she may not see that day."""
    visibles = select(cast(AutoriteParentale.enfant_id, String)).where(
        AutoriteParentale.personne_id == acteur.personne_id,
        AutoriteParentale.du <= jour,
        or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= jour),
    )
    enfants = _enfants(session)
    return or_(
        Recu.compte_id == acteur.compte_id,
        ~exists(select(1).select_from(enfants).where(enfants.c.key.not_in(visibles))),
    )


def concerne(session: Session, enfant_id: int) -> ColumnElement[bool]:
    """Something of this child was booked or cancelled."""
    enfants = _enfants(session)
    return exists(select(1).select_from(enfants).where(enfants.c.key == str(enfant_id)))


def _enfants(session: Session) -> TableValuedAlias:
    """The children a receipt is about: column `key`, as text."""
    if session.get_bind().dialect.name == "postgresql":
        return func.jsonb_object_keys(Recu.contenu["enfants"]).table_valued("key").render_derived()
    return func.json_each(Recu.contenu, "$.enfants").table_valued("key")
