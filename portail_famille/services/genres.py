"""What an agent's answer to a démarche does, by its kind. Adding a kind is one line here and one file a room."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.genres import Genre
from portail_famille.models.demarches import Demarche
from portail_famille.services.absences import (
    appliquer_absence,
    est_decidee_d_office,
    lire_decision_absence,
    preparer_absence,
)
from portail_famille.services.demandes_libres import appliquer_reponse
from portail_famille.services.demarches import Application
from portail_famille.services.enfants import appliquer_ajout
from portail_famille.services.espaces import appliquer_espace
from portail_famille.services.fiches import appliquer_coordonnees
from portail_famille.services.gardes import appliquer_garde
from portail_famille.services.inscriptions import (
    Suite,
    appliquer_inscription,
    est_acceptable_d_office,
    lire_decision_inscription,
    preparer_inscription,
    suivre_inscription,
)
from portail_famille.services.inscriptions_scolaires import (
    appliquer_scolaire,
    lire_decision_scolaire,
    preparer_scolaire,
)
from portail_famille.services.prix_quotients import preparer_quotient
from portail_famille.services.quotients import appliquer_quotient, lire_decision
from portail_famille.services.quotients import est_decidee_d_office as est_quotient_decide_d_office
from portail_famille.services.regles import Regles
from portail_famille.services.rgpd import appliquer_effacement
from portail_famille.services.sante import appliquer_sante
from portail_famille.services.situations import appliquer_situation, lire_decision_situation, preparer_situation
from portail_famille.services.validations import (
    appliquer_validation,
    liberer,
    lire_decision_validation,
    preparer_validation,
)

APPLICATIONS: dict[str, Application] = {
    "coordonnees": appliquer_coordonnees,
    "enfant": appliquer_ajout,
    "sante": appliquer_sante,
    "garde": appliquer_garde,
    "espace": appliquer_espace,
    "effacement": appliquer_effacement,
    "situation": appliquer_situation,
    "inscription": appliquer_inscription,
    "scolaire": appliquer_scolaire,
    "reservation": appliquer_validation,
    "quotient": appliquer_quotient,
    "absence": appliquer_absence,
    "question": appliquer_reponse,
    "attestation": appliquer_reponse,
    "reclamation": appliquer_reponse,
}
"""What accepting does, in the same transaction."""

Preparation = Callable[[Session, Demarche, ReglagesCommune, datetime], Mapping[str, Any]]
"""Reads what the template agent/decisions/<kind>.html shows inside « Accepter »: dates proposed, effect on prices."""
LectureDecision = Callable[[Session, Demarche, Mapping[str, str], ReglagesCommune, datetime], dict[str, Any]]
"""What the agent filled in there, checked, as JSON: kept in `demarche.contenu["decision"]` before the application.
Raises `RegleViolee` with the field at fault."""

PREPARATIONS: dict[str, Preparation] = {
    "situation": preparer_situation,
    "inscription": preparer_inscription,
    "scolaire": preparer_scolaire,
    "reservation": preparer_validation,
    "quotient": preparer_quotient,
    "absence": preparer_absence,
}
DECISIONS: dict[str, LectureDecision] = {
    "situation": lire_decision_situation,
    "inscription": lire_decision_inscription,
    "scolaire": lire_decision_scolaire,
    "reservation": lire_decision_validation,
    "quotient": lire_decision,
    "absence": lire_decision_absence,
}
RETRAITS: dict[str, Application] = {"reservation": liberer}
"""What goes with such a request when the family takes it back, or the town refuses it (bookings that waited for an
agent…), in the same transaction."""

Automatisme = Callable[[Session, Demarche, Genre, datetime], bool]
AUTOMATISMES: dict[str, Automatisme] = {
    "inscription": est_acceptable_d_office,
    "absence": est_decidee_d_office,
    "quotient": est_quotient_decide_d_office,
}
"""Whether the rules accept this request at once, for kinds where it depends on more than the town's setting."""


class Suivi(Protocol):
    """What follows a request, said to its family; `connues`: the rules, where the caller has them."""

    def __call__(
        self, session: Session, demarche: Demarche, maintenant: datetime, connues: Regles | None = None
    ) -> Suite | None: ...


SUITES: dict[str, Suivi] = {"inscription": suivre_inscription}
"""A rank on a waiting list, where to go once it is accepted."""
