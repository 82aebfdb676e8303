"""Reads what an attestation is asked for: a year, a child, two dates."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from portail_famille.forms.demarches.base import SaisieInvalide
from portail_famille.forms.demarches.champs import lire_date_tapee

UN_AN = timedelta(days=366)
DIX_ANS = timedelta(days=3653)
_PREMIERE, _DERNIERE = date(2000, 1, 1), date(2199, 12, 31)
_A_LIRE = "Écrivez une date comme 07/12/2026."


def lire_annee(champs: Mapping[str, str], annees: Sequence[int]) -> int:
    """One of these. Raises `SaisieInvalide`."""
    tapee = champs.get("annee", "")
    if tapee not in {str(annee) for annee in annees}:
        raise SaisieInvalide({"annee": "Choisissez une des années proposées."})
    return int(tapee)


def lire_enfant(champs: Mapping[str, str], enfants: Sequence[int]) -> int:
    """One of these. Raises `SaisieInvalide`."""
    tape = champs.get("enfant", "")
    if tape not in {str(enfant) for enfant in enfants}:
        raise SaisieInvalide({"enfant": "Choisissez un enfant."})
    return int(tape)


def lire_periode(champs: Mapping[str, str], prefixe: str, longueur: timedelta) -> tuple[date, date]:
    """Two dates, both included, in order, not too far apart. Errors are told by the id of the field. Raises
    `SaisieInvalide`."""
    erreurs: dict[str, str] = {}
    lues: dict[str, date] = {}
    for nom in ("du", "au"):
        lue = lire_date_tapee(champs.get(nom, ""))
        if lue is None or not _PREMIERE <= lue <= _DERNIERE:
            erreurs[f"{prefixe}-{nom}"] = _A_LIRE
        else:
            lues[nom] = lue
    if not erreurs and lues["au"] < lues["du"]:
        erreurs[f"{prefixe}-au"] = "La fin vient avant le début."
    if not erreurs and lues["au"] - lues["du"] > longueur:
        combien = "un an" if longueur == UN_AN else "dix ans"
        erreurs[f"{prefixe}-au"] = f"Choisissez une période de {combien} au plus."
    if erreurs:
        raise SaisieInvalide(erreurs)
    return lues["du"], lues["au"]
