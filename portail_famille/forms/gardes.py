"""Reads « Demander un changement » of a child's weeks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from portail_famille.domain.gardes import VACANCES, Garde
from portail_famille.services.gardes import DemandeDeGarde

LONGUEUR_MOT = 500
# A week to count from lies in this school year or a neighbouring one; elsewhere it is a slip of the hand.
_ECART = timedelta(days=400)
_UNE_SUR = {"2": 2, "3": 3, "4": 4}


@dataclass(frozen=True, slots=True)
class SaisieGarde:
    """`demande` is None when something has to be corrected; `saisie` fills the form again."""

    demande: DemandeDeGarde | None
    saisie: Mapping[str, str]
    erreurs: dict[str, str] = field(default_factory=dict)


def lire_garde(champs: Mapping[str, str], aujourdhui: date) -> SaisieGarde:
    """One week in n, a week of ours, how holidays are shared, a word to the service."""
    saisie = {nom: _propre(champs.get(nom, "")) for nom in ("une_sur", "semaine", "vacances", "mot")}
    erreurs: dict[str, str] = {}
    une_sur = _UNE_SUR.get(saisie["une_sur"])
    if une_sur is None:
        erreurs["une_sur"] = "Choisissez une semaine sur deux, sur trois ou sur quatre."
    semaine = _lire_jour(saisie["semaine"])
    if semaine is None:
        erreurs["semaine"] = "Choisissez un jour d’une semaine passée chez vous."
    elif abs(semaine - aujourdhui) > _ECART:
        erreurs["semaine"] = "Choisissez une semaine plus proche d’aujourd’hui."
    if saisie["vacances"] not in VACANCES:
        erreurs["vacances"] = "Dites comment les vacances sont partagées."
    if len(saisie["mot"]) > LONGUEUR_MOT:
        erreurs["mot"] = f"Votre mot est trop long\u00a0: {LONGUEUR_MOT} signes au plus."
    if erreurs or une_sur is None or semaine is None:
        return SaisieGarde(None, saisie, erreurs)
    return SaisieGarde(DemandeDeGarde(Garde(semaine, une_sur, saisie["vacances"]), saisie["mot"]), saisie)


def saisie_de(garde: Garde | None) -> dict[str, str]:
    """The form as it opens: what is in force."""
    if garde is None or garde.est_reste:
        return {"vacances": garde.vacances if garde else ""}
    return {"une_sur": str(garde.une_sur), "semaine": garde.semaine_ancre.isoformat(), "vacances": garde.vacances}


def _propre(texte: str) -> str:
    """On one line: line ends become spaces, other characters that no keyboard writes go."""
    return "".join(signe for signe in " ".join(texte.split()) if signe.isprintable())


def _lire_jour(texte: str) -> date | None:
    try:
        return date.fromisoformat(texte)
    except ValueError:
        return None
