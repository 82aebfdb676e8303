"""Whether the régies of commune.toml and the activities of the town know of each other."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portail_famille.domain.catalogue import Catalogue
from portail_famille.domain.couverture_regies import avertissements
from portail_famille.domain.montants import typographier
from portail_famille.domain.regies import Regie
from portail_famille.models.activites import Activite, Structure
from portail_famille.models.factures import Facture
from portail_famille.services.regles import regles_connues


def avertir_des_regies(session: Session, regies: Mapping[str, Regie], catalogue: Catalogue | None = None) -> list[str]:
    """Sentences, none when all is well. `catalogue`: one that is only tried; else the one in force. Two queries."""
    activites, structures = session.scalars(select(Activite.code)).all(), session.scalars(select(Structure.code)).all()
    lu = catalogue or regles_connues(session).catalogue
    return [typographier(phrase) for phrase in avertissements(regies, lu, activites, structures)]


def regies_disparues(session: Session, regies: Mapping[str, Regie]) -> dict[str, int]:
    """Unpaid invoices by code of a régie that commune.toml declares no more. One query."""
    lues = session.execute(
        select(Facture.regie, func.count())
        .where(
            Facture.numero.is_not(None),
            Facture.genre == "facture",
            Facture.reste_centimes > 0,
            Facture.regie.not_in(sorted(regies)),
        )
        .group_by(Facture.regie)
        .order_by(Facture.regie)
    )
    return {ligne.regie: ligne[1] for ligne in lues}
