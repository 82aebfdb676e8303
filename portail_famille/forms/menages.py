"""Reads the desk's form of a separation: who leaves, where, what becomes of each child, from which day."""

from collections.abc import Iterable, Mapping
from datetime import date

from werkzeug.datastructures import MultiDict

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.gardes import Garde
from portail_famille.services.menages import ALTERNE, RESTE, SORTS, Separation

NOUVEAU = "nouveau"


def lire_separation(foyer_id: int, champs: MultiDict[str, str], enfants: Iterable[int]) -> Separation:
    """Raises `RegleViolee` with the field at fault."""
    sorts, gardes = {}, {}
    for enfant in enfants:
        sort = champs.get(f"enfant-{enfant}", RESTE)
        sorts[enfant] = sort if sort in SORTS else RESTE
        if sorts[enfant] == ALTERNE:
            une_sur = champs.get(f"une_sur-{enfant}", "2")
            gardes[enfant] = Garde(
                lire_date(champs, f"semaine-{enfant}"),
                int(une_sur) if une_sur in ("2", "3", "4") else 2,
            )
    vers = champs.get("vers", NOUVEAU)
    return Separation(
        foyer_id,
        tuple(int(valeur) for valeur in champs.getlist("adultes") if valeur.isdecimal() and len(valeur) < 10),
        lire_date(champs, "du"),
        sorts,
        gardes,
        int(vers) if vers.isdecimal() and len(vers) < 10 else None,
        **{nom: champs.get(nom, "").strip()[:120] for nom in ("adresse", "code_postal", "ville")},
        est_resident=champs.get("resident", "") == "oui",
    )


def lire_date(champs: Mapping[str, str], nom: str) -> date:
    """Raises `RegleViolee` with this field."""
    try:
        lue = date.fromisoformat(champs.get(nom, ""))
    except ValueError:
        raise RegleViolee("date_illisible", "Écrivez une date, par exemple 01/09/2026.", nom) from None
    if not 2000 <= lue.year <= 2100:
        raise RegleViolee("date_illisible", "Vérifiez l’année de la date.", nom)
    return lue
