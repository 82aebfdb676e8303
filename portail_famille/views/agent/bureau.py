"""What the pages of the desk share: where this agent works, who signs, names of structures."""

from datetime import timedelta
from typing import Any, NoReturn, cast

from flask import abort, current_app, g, url_for
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.domain.droits import Action, structures
from portail_famille.services import suivi
from portail_famille.services.bureau import SANS_AGENT, compter_en_attente, compter_reperes
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import Auteur, a_deja_lu
from portail_famille.services.perimetres import (
    SA_FAMILLE,
    Perimetre,
    est_a_soi,
    est_dans_le_perimetre,
)
from portail_famille.services.regles import Regles, charger_regles
from portail_famille.views.acces import qui_agent
from portail_famille.views.web import bd, lecture, maintenant, reglages

A_MOI = "moi"
"""In an address: the agent logged in, whoever opens it."""
RELECTURE = timedelta(minutes=10)
"""Opening the same file again within this time is the same reading."""


def perimetre(action: Action = Action.LIRE) -> Perimetre:
    """Where the agent logged in may do this."""
    return Perimetre(structures(qui_agent().attributions, action), jour_de(maintenant()), qui_agent().proches)


def auteur() -> Auteur:
    return Auteur(Cote.AGENT, qui_agent().compte_id)


def retenir_en_attente(nombre: int) -> None:
    """A page that counted them spares the badge its query."""
    g.demandes_en_attente = nombre


def demandes_en_attente() -> int:
    """Requests that wait for the town, for the badge of the tab. One query, once per request."""
    if "demandes_en_attente" not in g:
        g.demandes_en_attente = compter_en_attente(lecture(), perimetre()) if qui_agent().peut(Action.LIRE) else 0
    return cast(int, g.demandes_en_attente)


def reperes() -> list[tuple[str, int, str]]:
    """Words, number, address: what an agent picks up first. One query."""
    lus = compter_reperes(lecture(), perimetre(), qui_agent().compte_id)
    return [
        ("Délai dépassé", lus.en_retard, url_for("agent_demarches.liste", retard="oui", tri="echeance")),
        ("À moi", lus.a_moi, url_for("agent_demarches.liste", agent=A_MOI)),
        ("Sans agent", lus.sans_agent, url_for("agent_demarches.liste", agent=SANS_AGENT)),
    ]


def foyer_ou_404(session: Session, foyer_id: int) -> None:
    """The foyer of another structure is none, nor is the agent's own."""
    if not est_dans_le_perimetre(session, perimetre(Action.INSTRUIRE), foyer_id):
        introuvable(foyer_id)


def introuvable(foyer_id: int | None) -> NoReturn:
    """404; with a sentence when it is the agent's own foyer, whose file she reads as any parent."""
    abort(404, description=SA_FAMILLE if est_a_soi(perimetre(), foyer_id) else None)


def noter_lecture(foyer_id: int) -> None:
    """A line of the journal for each reading of a family's file, or of a part of it."""
    compte_id = qui_agent().compte_id
    if not a_deja_lu(lecture(), foyer_id, compte_id, "foyer_vu", maintenant() - RELECTURE):
        suivi.noter_lecture(bd(), compte_id, foyer_id, "foyer_vu", maintenant())


def noter_papiers(quoi: str) -> None:
    """A line of the journal for what is printed of many families."""
    suivi.noter_papiers(bd(), qui_agent().compte_id, quoi, maintenant())


def regles() -> Regles:
    """The rules in force: one query as long as nothing changed, once per request."""
    if "regles" not in g:
        cache = cast(dict[str, Any], current_app.extensions.setdefault("regles", {}))
        g.regles = charger_regles(lecture(), cache, reglages().zone)
    return cast(Regles, g.regles)


def nom_de_structure(code: str) -> str:
    """The town's words for it; a withdrawn one keeps its code."""
    fiche = regles().catalogue.structures.get(code)
    return fiche.nom if fiche is not None else code


def choix_de_structures() -> tuple[tuple[str, str], ...]:
    return tuple((code, fiche.nom) for code, fiche in regles().catalogue.structures.items())
