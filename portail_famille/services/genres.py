"""What an agent's answer to a démarche does, by its kind. Adding a kind is one line here and one file a room."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.models.demarches import Demarche
from portail_famille.services.demarches import Application
from portail_famille.services.enfants import appliquer_ajout
from portail_famille.services.espaces import appliquer_espace
from portail_famille.services.fiches import appliquer_coordonnees
from portail_famille.services.gardes import appliquer_garde
from portail_famille.services.rgpd import appliquer_effacement
from portail_famille.services.sante import appliquer_sante
from portail_famille.services.situations import appliquer_situation, lire_decision_situation, preparer_situation

APPLICATIONS: dict[str, Application] = {
    "coordonnees": appliquer_coordonnees,
    "enfant": appliquer_ajout,
    "sante": appliquer_sante,
    "garde": appliquer_garde,
    "espace": appliquer_espace,
    "effacement": appliquer_effacement,
    "situation": appliquer_situation,
}
"""What accepting does, in the same transaction."""

Preparation = Callable[[Session, Demarche, ReglagesCommune, datetime], Mapping[str, Any]]
"""Reads what the template agent/decisions/<kind>.html shows inside « Accepter »: dates proposed, effect on prices."""
LectureDecision = Callable[[Session, Demarche, Mapping[str, str], ReglagesCommune, datetime], dict[str, Any]]
"""What the agent filled in there, checked, as JSON: kept in `demarche.contenu["decision"]` before the application.
Raises `RegleViolee` with the field at fault."""

PREPARATIONS: dict[str, Preparation] = {
    "situation": preparer_situation,
}
DECISIONS: dict[str, LectureDecision] = {
    "situation": lire_decision_situation,
}
RETRAITS: dict[str, Application] = {}
"""What a family that takes such a request back gives up with it (bookings that waited for an agent…), in the same
transaction."""
