"""What the views of a foyer share: its dossier, and the addresses its screens link to."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import abort, current_app, url_for
from sqlalchemy.orm import Session

from portail_famille.services.brouillons import BrouillonDepasse
from portail_famille.services.dossiers import Dossier, EnfantLu, Introuvable, charger_dossier
from portail_famille.views.acces import qui
from portail_famille.views.web import ecriture, maintenant

_ESSAIS = 3
R = TypeVar("R")


def dossier(session: Session) -> Dossier:
    """The acting foyer as this person may see it."""
    acteur = qui()
    return charger_dossier(
        session,
        compte_id=acteur.compte_id,
        personne_id=acteur.personne_id,
        foyer_id=acteur.foyer_id,
        maintenant=maintenant(),
        cache=cast(dict[str, Any], current_app.extensions.setdefault("regles", {})),
    )


def enfant_ou_404(lu: Dossier, enfant_id: int) -> EnfantLu:
    try:
        return lu.enfant(enfant_id)
    except Introuvable:
        abort(404)


def ecrire(faire: Callable[[Session], R]) -> R:
    """Runs a use case in the writing session, again from the start when another request wrote the draft meanwhile."""
    session = ecriture()
    for _ in range(_ESSAIS - 1):
        try:
            return faire(session)
        except BrouillonDepasse:
            session.rollback()
    return faire(session)


def hrefs_agenda(lu: Dossier, **valeurs: Any) -> dict[int, str]:
    """Address of each visible child's agenda."""
    return {e.id: url_for("agenda.agenda", enfant_id=e.id, **valeurs) for e in lu.visibles}
