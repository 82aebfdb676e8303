"""The reading statements of the booking journey, built once.

Building one costs more than running it (an agenda spent 40 % of its time there). They are plain Core statements on the
tables: a page of a hundred slots has no use for an identity map.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.models.activites import Inscription
from portail_famille.models.base import Base
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import ETATS_OCCUPANTS, Brouillon, Reservation

_TABLES = Base.metadata.tables
_foyer, _qf, _brouillon = (_TABLES[m.__tablename__] for m in (Foyer, QuotientFamilial, Brouillon))
_enfant, _personne, _autorite = (_TABLES[m.__tablename__] for m in (Enfant, Personne, AutoriteParentale))
_rattachement, _inscription, _reservation = (_TABLES[m.__tablename__] for m in (Rattachement, Inscription, Reservation))


def lire(session: Session, requete: Select[*tuple[Any, ...]], **valeurs: Any) -> Sequence[Any]:
    """All rows of a prepared statement, in the session's transaction."""
    return session.connection().execute(requete, valeurs).all()


FOYER = (
    select(
        _foyer.c.est_resident,
        _foyer.c.personnes_a_charge,
        _foyer.c.ressources_mensuelles_centimes,
        _qf.c.du,
        _qf.c.au,
        _qf.c.valeur_centimes,
        _brouillon.c.id.label("brouillon_id"),
        _brouillon.c.version,
        _brouillon.c.contenu,
    )
    .select_from(_foyer)
    .outerjoin(_qf, _qf.c.foyer_id == _foyer.c.id)
    .outerjoin(_brouillon, and_(_brouillon.c.foyer_id == _foyer.c.id, _brouillon.c.compte_id == bindparam("compte_id")))
    .where(_foyer.c.id == bindparam("foyer_id"))
    .order_by(_qf.c.du.desc(), _qf.c.id.desc())
)
"""One row per QF (latest start first), with the foyer and the draft of this compte."""

_autre = _rattachement.alias("autre")
_autre_foyer, _autre_payeur = _foyer.alias("autre_foyer"), _personne.alias("autre_payeur")

ENFANTS = (
    select(
        _enfant.c.id,
        _enfant.c.prenom,
        _enfant.c.nom,
        _enfant.c.naissance,
        _enfant.c.classe,
        _enfant.c.structure_id,
        _enfant.c.pai,
        _rattachement.c.semaine_ancre,
        _rattachement.c.une_sur,
        _rattachement.c.vacances,
        _autorite.c.id.label("autorite_id"),
        _autre_payeur.c.prenom.label("autre_parent"),
        _autre_foyer.c.id.label("autre_foyer_id"),
        _autre.c.semaine_ancre.label("autre_ancre"),
        _autre.c.une_sur.label("autre_une_sur"),
        _autre.c.vacances.label("autre_vacances"),
        _autre.c.est_masque.label("autre_masque"),
        _inscription.c.id.label("inscription_id"),
        _inscription.c.activite_id,
        _inscription.c.structure_id.label("inscription_structure_id"),
        _inscription.c.du,
        _inscription.c.au,
    )
    .select_from(_rattachement)
    .join(_enfant, _enfant.c.id == _rattachement.c.enfant_id)
    .outerjoin(
        _autorite,
        and_(
            _autorite.c.enfant_id == _enfant.c.id,
            _autorite.c.personne_id == bindparam("personne_id"),
            _autorite.c.du <= bindparam("aujourdhui"),
            or_(_autorite.c.au.is_(None), _autorite.c.au >= bindparam("aujourdhui")),
        ),
    )
    .outerjoin(_autre, and_(_autre.c.enfant_id == _enfant.c.id, _autre.c.foyer_id != bindparam("foyer_id")))
    .outerjoin(_autre_foyer, _autre_foyer.c.id == _autre.c.foyer_id)
    .outerjoin(_autre_payeur, _autre_payeur.c.id == _autre_foyer.c.payeur_id)
    .outerjoin(
        _inscription,
        and_(_inscription.c.enfant_id == _enfant.c.id, _inscription.c.foyer_id == bindparam("foyer_id")),
    )
    .where(_rattachement.c.foyer_id == bindparam("foyer_id"))
    .order_by(_enfant.c.naissance, _enfant.c.id, _inscription.c.du, _inscription.c.id)
)
"""One row per child and enrolment paid by this foyer, oldest child first, with the other foyer of a shared child."""

_colonnes_reservation = (
    _reservation.c.enfant_id,
    _reservation.c.unite_id,
    _reservation.c.jour,
    _reservation.c.id,
    _reservation.c.etat,
    _reservation.c.foyer_id,
    _reservation.c.structure_id,
    _reservation.c.est_hors_delai,
    _reservation.c.recu_id,
)


def reservations(periodes: int) -> Select[*tuple[Any, ...]]:
    """Bookings of some children over `periodes` periods of days (`du_0`, `au_0`…), other foyers' included."""
    requete = _RESERVATIONS.get(periodes)
    if requete is None:
        dans = (_reservation.c.jour.between(bindparam(f"du_{n}"), bindparam(f"au_{n}")) for n in range(periodes))
        requete = _RESERVATIONS[periodes] = select(*_colonnes_reservation).where(
            _reservation.c.enfant_id.in_(bindparam("enfants", expanding=True)), or_(*dans)
        )
    return requete


_RESERVATIONS: dict[int, Select[*tuple[Any, ...]]] = {}

PLACES = (
    select(_reservation.c.unite_id, _reservation.c.structure_id, _reservation.c.jour, func.count())
    .where(
        _reservation.c.unite_id.in_(bindparam("unites", expanding=True)),
        _reservation.c.jour.between(bindparam("du"), bindparam("au")),
        _reservation.c.etat.in_(ETATS_OCCUPANTS),
    )
    .group_by(_reservation.c.unite_id, _reservation.c.jour, _reservation.c.structure_id)
)
"""Places taken by unit, structure and day."""
