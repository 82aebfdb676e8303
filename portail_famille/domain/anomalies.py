"""What a run finds odd: said to the régie before it issues, never a reason to stop.

By ids, not by names: the list is kept with the run, long after a family may have asked to be forgotten.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

SANS_QF = "sans_qf"
SANS_TARIF = "sans_tarif"
JOUR_FERME = "jour_ferme"
UNITES_EXCLUSIVES = "unites_exclusives"
DEMANDE_PASSEE = "demande_passee"
NON_POINTEE = "non_pointee"
SANS_ADRESSE = "sans_adresse"
INJOIGNABLE = "injoignable"
FOYER_PARTI = "foyer_parti"

PHRASES = {
    SANS_QF: "Ni quotient ni ressources connus\u00a0: facturé au tarif maximum.",
    SANS_TARIF: "Aucun tarif connu ce jour-là\u00a0: non facturé.",
    JOUR_FERME: "Noté présent un jour de fermeture\u00a0: facturé.",
    UNITES_EXCLUSIVES: "Présent deux fois, alors que l’une exclut l’autre\u00a0: les deux sont facturées.",
    DEMANDE_PASSEE: "Demande restée sans réponse, le jour est passé\u00a0: non facturée.",
    NON_POINTEE: "Pas pointé, alors que d’autres l’ont été ce jour-là\u00a0: facturé comme réservé.",
    SANS_ADRESSE: "Pas d’adresse postale.",
    INJOIGNABLE: "Ni adresse postale ni adresse mail\u00a0: rien ne peut lui parvenir.",
    FOYER_PARTI: "Ce foyer est parti.",
}
"""One sentence per code, in the order they are told."""
MAXIMUM_PAR_CODE = 200
"""Kept in full; beyond, they are counted only."""


@dataclass(frozen=True, slots=True)
class Anomalie:
    """`jour`: the first one, when there are several for the same child and unit (`nombre`)."""

    code: str
    foyer_id: int
    enfant: int | None = None
    unite: int | None = None
    jour: date | None = None
    nombre: int = 1

    @property
    def phrase(self) -> str:
        return PHRASES[self.code]

    def en_document(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "foyer_id": self.foyer_id,
            "enfant": self.enfant,
            "unite": self.unite,
            "jour": None if self.jour is None else self.jour.isoformat(),
            "nombre": self.nombre,
            "phrase": self.phrase,
        }


class Releve:
    """Anomalies of a whole run, bounded: those of one foyer, child and unit make one."""

    def __init__(self) -> None:
        self._par_code: dict[str, list[Anomalie]] = {code: [] for code in PHRASES}
        self._nombres = dict.fromkeys(PHRASES, 0)

    def ajouter(self, trouvees: "Collecte") -> None:
        for anomalie in trouvees.anomalies():
            gardees = self._par_code[anomalie.code]
            self._nombres[anomalie.code] += 1
            if len(gardees) < MAXIMUM_PAR_CODE:
                gardees.append(anomalie)

    def en_document(self) -> list[dict[str, Any]]:
        return [anomalie.en_document() for gardees in self._par_code.values() for anomalie in gardees]

    def nombres(self) -> dict[str, int]:
        """How many of each code, those left out included."""
        return {code: nombre for code, nombre in self._nombres.items() if nombre}


class Collecte:
    """Anomalies of one foyer, as its slots are priced."""

    def __init__(self, foyer_id: int) -> None:
        self.foyer_id = foyer_id
        self._vues: dict[tuple[str, int | None, int | None], tuple[date | None, int]] = {}

    def noter(self, code: str, enfant: int | None = None, unite: int | None = None, jour: date | None = None) -> None:
        cle = (code, enfant, unite)
        premier, nombre = self._vues.get(cle, (jour, 0))
        if jour is not None and premier is not None:
            premier = min(premier, jour)
        self._vues[cle] = (premier, nombre + 1)

    def anomalies(self) -> list[Anomalie]:
        return [
            Anomalie(code, self.foyer_id, enfant, unite, jour, nombre)
            for (code, enfant, unite), (jour, nombre) in self._vues.items()
        ]
