"""Reminders of unpaid invoices by mail, on the days after the due date that the régie says (domain/regies.relances),
or after the day the family was told of the invoice, or that what had paid it was taken back, should that be later.

Written by the worker once a day. A debt blocks nothing (droit de chaque enfant, code de l’éducation L131-13): the mail
says what is left to pay, and whom to call. Each reminder once, in the transaction of its mails, and none before the one
that precedes it: after a worker that slept, the first one goes first, the others keep their distance from it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from portail_famille.domain.horloge import fin_du_jour
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.regies import Regie
from portail_famille.models.factures import Facture, Relance
from portail_famille.models.paiements import Affectation, Paiement
from portail_famille.services.courriels import Commune as CommuneCourriel
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.destinataires import a_qui_ecrire, adultes_a_prevenir
from portail_famille.services.dossiers import jour_de
from portail_famille.services.prelevements import sans_prelevement

_PAR_FOIS = 100
"""Invoices per transaction."""


class Commune(CommuneCourriel, Protocol):
    @property
    def regies(self) -> Mapping[str, Regie]: ...


def relancer(session: Session, reglages: Commune, maintenant: datetime) -> int:
    """Reminds of some invoices; how many. To be called again until it is 0."""
    aujourdhui = jour_de(maintenant)
    for regie in reglages.regies.values():
        for rang in range(1, len(regie.relances) + 1):
            dues = session.scalars(
                select(Facture)
                .where(_a_relancer(regie, rang, aujourdhui))
                .order_by(Facture.id)
                .limit(_PAR_FOIS)
                # Another worker's batch is left to it; the unique (facture, rang) has the last word.
                .with_for_update(skip_locked=True)
            ).all()
            if dues:
                _relancer(session, dues, rang, regie, reglages, maintenant)
                return len(dues)
    return 0


def jours_des_relances(session: Session, facture_id: int) -> tuple[date, ...]:
    """When the family was reminded of it, for who calls her next. One query."""
    parties = session.scalars(select(Relance.a_utc).where(Relance.facture_id == facture_id).order_by(Relance.rang))
    return tuple(jour_de(partie) for partie in parties)


def _a_relancer(regie: Regie, rang: int, aujourdhui: date) -> ColumnElement[bool]:
    """Left to pay that many days after its date and its announcement, by who has something to do: no direct debit
    awaited, not with the Treasury, no payment under way, and a mail that somebody will read. What was late already when
    another software sent it in may have been paid there: the régie follows it, no machine reminds of it."""
    jours = regie.relances[rang - 1]
    precedente: ColumnElement[bool] = true()
    if rang > 1:
        ecart = jours - regie.relances[rang - 2]
        precedente = exists().where(
            Relance.facture_id == Facture.id, Relance.rang == rang - 1, Relance.a_utc < _fin(aujourdhui, ecart)
        )
    return and_(
        Facture.regie == regie.code,
        Facture.genre == "facture",
        Facture.reste_centimes > 0,
        Facture.echeance <= aujourdhui - timedelta(days=jours),
        Facture.annoncee_utc < _fin(aujourdhui, jours),
        ~_rendue_depuis(aujourdhui - timedelta(days=jours)),
        or_(Facture.origine == "portail", func.date(Facture.emise_utc) <= Facture.echeance),
        precedente,
        Facture.transmise_le.is_(None),
        sans_prelevement(aujourdhui),
        ~exists().where(Relance.facture_id == Facture.id, Relance.rang >= rang),
        ~exists().where(Paiement.facture_id == Facture.id, Paiement.est_bloquant),
        a_qui_ecrire(Facture.foyer_id),
    )


def _rendue_depuis(jour: date) -> ColumnElement[bool]:
    """A payment of it was taken back after that day: its own mail has just asked for it."""
    return exists().where(Affectation.facture_id == Facture.id, Affectation.montant_centimes < 0, Affectation.le > jour)


def _fin(aujourdhui: date, jours: int) -> datetime:
    """What is before it happened that many days ago, or more."""
    return fin_du_jour(aujourdhui - timedelta(days=jours))


def _relancer(
    session: Session,
    dues: Sequence[Facture],
    rang: int,
    regie: Regie,
    reglages: Commune,
    maintenant: datetime,
) -> None:
    session.add_all(Relance(facture_id=facture.id, rang=rang, a_utc=maintenant) for facture in dues)
    par_foyer: dict[int, list[Facture]] = defaultdict(list)
    for facture in dues:
        par_foyer[facture.foyer_id].append(facture)
    for adulte in adultes_a_prevenir(session, par_foyer):
        deposer_courriel(
            session,
            modele="facture_relance",
            destinataire=adulte.courriel,
            maintenant=maintenant,
            reglages=reglages,
            prenom=adulte.prenom,
            regie=regie,
            factures=[
                {
                    "id": facture.id,
                    "numero": facture.numero,
                    "reste": ecrire_centimes(facture.reste_centimes),
                    "avant": ecrire_date(facture.echeance) if facture.echeance else "",
                }
                for facture in par_foyer[adulte.foyer_id]
            ],
        )
