"""« Adhésion à la facture en ligne »: a foyer chooses to have no paper, and may go back (domain.md §9).

Any adult of the foyer chooses for it. Dated: what was in force on a day is known; nothing is erased.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from portail_famille.models.factures import AdhesionFacture
from portail_famille.models.foyers import Personne
from portail_famille.services.comptes import Acteur
from portail_famille.services.journal import Auteur, consigner


@dataclass(frozen=True, slots=True)
class AdhesionLue:
    """`qui`, `finie_par`: names; "" when the person is known no more."""

    a_utc: datetime
    qui: str
    fin_utc: datetime | None
    finie_par: str


def adherer(session: Session, acteur: Acteur, auteur: Auteur, maintenant: datetime) -> bool:
    """Whether it is this call that joined: twice, or by two adults at once, is once (unique index, the last word)."""
    if est_adherent(session, acteur.foyer_id):
        return False
    try:
        with session.begin_nested():
            session.add(AdhesionFacture(foyer_id=acteur.foyer_id, personne_id=acteur.personne_id, a_utc=maintenant))
    except IntegrityError:
        return False
    consigner(session, auteur, "facture_en_ligne_choisie", maintenant, foyer_id=acteur.foyer_id)
    return True


def quitter(session: Session, acteur: Acteur, auteur: Auteur, maintenant: datetime) -> bool:
    """Back to paper; whether there was something to leave."""
    close = session.execute(
        update(AdhesionFacture)
        .where(AdhesionFacture.foyer_id == acteur.foyer_id, AdhesionFacture.fin_utc.is_(None))
        .values(fin_utc=maintenant, finie_par=acteur.personne_id)
        .returning(AdhesionFacture.id)
    ).scalar()
    if close is None:
        return False
    consigner(session, auteur, "facture_en_ligne_quittee", maintenant, foyer_id=acteur.foyer_id)
    return True


def est_adherent(session: Session, foyer_id: int) -> bool:
    en_vigueur = select(AdhesionFacture.id).where(
        AdhesionFacture.foyer_id == foyer_id, AdhesionFacture.fin_utc.is_(None)
    )
    return session.scalar(en_vigueur) is not None


def historique(session: Session, foyer_id: int) -> list[AdhesionLue]:
    """Latest first; its first row says what holds now. One query."""
    qui, fin = aliased(Personne), aliased(Personne)
    lignes = session.execute(
        select(AdhesionFacture.a_utc, qui.prenom, qui.nom, AdhesionFacture.fin_utc, fin.prenom, fin.nom)
        .outerjoin(qui, qui.id == AdhesionFacture.personne_id)
        .outerjoin(fin, fin.id == AdhesionFacture.finie_par)
        .where(AdhesionFacture.foyer_id == foyer_id)
        .order_by(AdhesionFacture.id.desc())
    )
    return [
        AdhesionLue(a_utc, _nommer(prenom, nom), fin_utc, _nommer(prenom_fin, nom_fin))
        for a_utc, prenom, nom, fin_utc, prenom_fin, nom_fin in lignes
    ]


def _nommer(prenom: str | None, nom: str | None) -> str:
    return f"{prenom or ''} {nom or ''}".strip()
