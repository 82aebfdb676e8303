"""What an agent chose to see of the queue, in the address: the list, its spreadsheet and the way back read it alike."""

from collections.abc import Mapping

from portail_famille.domain.genres import GENRES
from portail_famille.services.bureau import GROUPES, SANS_AGENT, TRIS, Filtre
from portail_famille.views.acces import qui_agent
from portail_famille.views.agent.bureau import A_MOI, regles
from portail_famille.views.web import numero_de_ligne

CLES = ("etat", "genre", "q", "structure", "agent", "retard", "tri")


def lire_filtre(valeurs: Mapping[str, str]) -> Filtre:
    """Anything unknown is as if it were not there."""
    structure = valeurs.get("structure", "")
    return Filtre(
        groupe=_parmi(valeurs.get("etat", ""), GROUPES, "a_traiter"),
        genre=_parmi(valeurs.get("genre", ""), GENRES, ""),
        recherche=valeurs.get("q", "").strip()[:100],
        structure_id=regles().structure_ids.get(structure) if structure else None,
        assignee=_assignee(valeurs.get("agent", "")),
        est_en_retard=valeurs.get("retard") == "oui",
        tri=_parmi(valeurs.get("tri", ""), dict.fromkeys(TRIS), TRIS[0]),
    )


def criteres(valeurs: Mapping[str, str]) -> dict[str, str]:
    """The same as they were in the address, empty ones left out: for links that lead back there."""
    return {cle: valeurs[cle][:100] for cle in CLES if valeurs.get(cle)}


def _assignee(valeur: str) -> int | str:
    if valeur == A_MOI:
        return qui_agent().compte_id
    if valeur == SANS_AGENT:
        return SANS_AGENT
    try:
        return numero_de_ligne(valeur)
    except ValueError:
        return ""


def _parmi(valeur: str, permises: Mapping[str, object], defaut: str) -> str:
    return valeur if valeur in permises else defaut
