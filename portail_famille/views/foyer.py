"""What the views of a foyer share: its dossier, and the addresses its screens link to."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import abort, current_app, g, url_for
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound, ServiceUnavailable

from portail_famille.presentation.formats import enumerer
from portail_famille.presentation.vues import AutreFoyer, FoyerChoix
from portail_famille.services.brouillons import BrouillonDepasse
from portail_famille.services.dossiers import Dossier, EnfantLu, Introuvable, charger_dossier, jour_de
from portail_famille.services.foyers import lire_prenoms
from portail_famille.views.acces import acteur_pour_gabarit, page_de_retour, qui
from portail_famille.views.web import ecriture, lecture, maintenant

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


class DansUnAutreFoyer(NotFound):
    """A child of this person, in another of her foyers: still 404, with the way there."""

    def __init__(self, autre: AutreFoyer) -> None:
        super().__init__()
        self.autre = autre


def enfant_ou_404(lu: Dossier, enfant_id: int) -> EnfantLu:
    try:
        return lu.enfant(enfant_id)
    except Introuvable:
        prenoms = _prenoms()
        for foyer in mes_foyers():
            if enfant_id in prenoms[foyer.id]:
                # Back to the page asked for, or the one that a form was on.
                suite = page_de_retour() or url_for("agenda.agenda", enfant_id=enfant_id)
                raise DansUnAutreFoyer(AutreFoyer(foyer, prenoms[foyer.id][enfant_id], suite)) from None
        abort(404)


def mes_foyers() -> tuple[FoyerChoix, ...]:
    """The foyers to choose from, told by their children; empty for whoever has a single one, or none."""
    acteur = acteur_pour_gabarit()
    if acteur is None or len(acteur.foyers) < 2:
        return ()
    prenoms = _prenoms()
    return tuple(
        FoyerChoix(foyer.id, foyer.nom, enumerer(list(prenoms[foyer.id].values())), foyer.id == acteur.foyer_id)
        for foyer in acteur.foyers
    )


def foyers_pour_gabarit() -> tuple[FoyerChoix, ...]:
    """As above, but a page that says the database is away must not ask it whose children these are."""
    try:
        return mes_foyers()
    except SQLAlchemyError:
        return ()


def _prenoms() -> dict[int, dict[int, str]]:
    """One query, and none for a person of a single foyer."""
    if "prenoms" not in g:
        acteur = qui()
        ids = [foyer.id for foyer in acteur.foyers] if len(acteur.foyers) > 1 else []
        g.prenoms = lire_prenoms(lecture(), acteur.personne_id, ids, jour_de(maintenant())) if ids else {}
    return cast(dict[int, dict[int, str]], g.prenoms)


def ecrire(faire: Callable[[Session], R]) -> R:
    """Runs a use case in the writing session, again from the start when another request wrote the draft meanwhile.

    Lost several times in a row, it answers 503: the agenda's script, or the parent, tries again.
    """
    session = ecriture()
    for _ in range(_ESSAIS):
        try:
            return faire(session)
        except BrouillonDepasse:
            session.rollback()
    raise ServiceUnavailable


def hrefs_agenda(lu: Dossier, **valeurs: Any) -> dict[int, str]:
    """Address of each visible child's agenda."""
    return {e.id: url_for("agenda.agenda", enfant_id=e.id, **valeurs) for e in lu.visibles}
