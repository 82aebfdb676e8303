"""A change of situation in words, for both sides."""

from collections.abc import Mapping
from typing import Any

from portail_famille.domain.situations import SITUATIONS
from portail_famille.presentation.changements import Changement, dire_jour
from portail_famille.services.regles import Regles

EFFET = (
    "Faites d’abord ce qui convient (séparer le foyer, ajouter un adulte…), puis acceptez\u00a0: la famille reçoit "
    "votre réponse. Seule la personne qui demande voit cette demande."
)


def dire_situation(avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    situation = SITUATIONS.get(str(contenu.get("changement")))
    lignes = [
        Changement("Ce qui change", None, situation.libelle if situation else str(contenu.get("changement", ""))),
        Changement("Date", None, dire_jour(str(contenu.get("date", "")))),
    ]
    if contenu.get("adresse"):
        lignes.append(Changement("Adresse", _adresse(avant), _adresse(contenu)))
        lignes.append(
            Changement(
                "Dans la commune", str(avant.get("dans_la_commune", "")), str(contenu.get("dans_la_commune", ""))
            )
        )
    if contenu.get("mot"):
        lignes.append(Changement("Message", None, str(contenu["mot"])))
    return lignes


def _adresse(valeurs: Mapping[str, Any]) -> str:
    lieu = f"{valeurs.get('code_postal', '')} {valeurs.get('ville', '')}".strip()
    return ", ".join(morceau for morceau in (str(valeurs.get("adresse", "")), lieu) if morceau) or "inconnue"
