"""The attendance sheet (docs/fichier-presences.md): who came and who did not, and what it makes of each booking.

Nothing here knows the database: finding children again and writing their days is in services/import_presences.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portail_famille.domain.cellules import lire_cellules, lire_date, lire_reference, lire_texte, refus
from portail_famille.domain.lecture import suggerer
from portail_famille.domain.libelles import sans_accents
from portail_famille.domain.tableur import Faute, Tableau

COLONNES = ("jour", "enfant", "enfant_prenom", "enfant_nom", "enfant_naissance", "unite", "etat")
OBLIGATOIRES = ("jour", "unite", "etat")
_NOM = ("enfant_prenom", "enfant_nom", "enfant_naissance")
_PRESENT = frozenset({"present", "presente", "p", "1", "o", "oui", "x"})
_ABSENT = frozenset({"absent", "absente", "a", "0", "n", "non"})
PASSE_MAXIMUM = timedelta(days=400)
"""Further back, a day is a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class ReperesPresences:
    """What cells refer to: codes of the units in force."""

    aujourdhui: date
    unites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PresenceDuFichier:
    """A child, a unit, a day. The child by its reference, else by what tells people apart."""

    ligne: int
    jour: date
    unite: str
    est_presente: bool
    enfant: str = ""
    prenom: str = ""
    nom: str = ""
    naissance: date | None = None


@dataclass(frozen=True, slots=True)
class Pointage:
    """State of a booking after the sheet."""

    etat: str
    est_non_reservee: bool = False


def lire_presences(tableau: Tableau, reperes: ReperesPresences) -> tuple[list[PresenceDuFichier], list[Faute]]:
    """The lines that are right, and every fault."""
    lues, fautes = lire_cellules(tableau, _lecteurs(reperes), OBLIGATOIRES)
    presences = []
    for lue in lues:
        if "enfant" not in lue.textes and not all(colonne in lue.textes for colonne in _NOM):
            raison = "il faut la référence de l’enfant, ou son prénom, son nom et sa naissance"
            fautes.append(Faute(lue.numero, "enfant", "", raison))
        elif lue.valeurs.keys() == lue.textes.keys() and lue.valeurs.keys() >= set(OBLIGATOIRES):
            v = lue.valeurs
            presences.append(
                PresenceDuFichier(
                    lue.numero,
                    v["jour"],
                    v["unite"],
                    v["etat"],
                    v.get("enfant", ""),
                    v.get("enfant_prenom", ""),
                    v.get("enfant_nom", ""),
                    v.get("enfant_naissance"),
                )
            )
    return presences, fautes


def pointer(etat: str | None, *, est_non_reservee: bool, est_presente: bool) -> Pointage | None:
    """What the sheet makes of a slot: `etat` is the booking's, None without any. None: nothing changes.

    An absence that was justified stays, whatever the sheet says: an agent decided it. A request that nobody answered is
    a booking once the child came, and stays a request when it did not. Who came without a booking is written so, and is
    no longer there when a later sheet says that nobody came.
    """
    if etat == "absente_justifiee":
        return None
    if est_presente:
        if etat in ("reservee", "demandee", "absente_injustifiee"):
            return Pointage("presente")
        return None if etat == "presente" else Pointage("presente", est_non_reservee=True)
    if etat == "presente" and est_non_reservee:
        return Pointage("annulee")
    return Pointage("absente_injustifiee") if etat in ("reservee", "presente") else None


def _lecteurs(reperes: ReperesPresences) -> dict[str, Callable[[str], Any]]:
    return {
        "jour": lambda texte: _jour(texte, reperes.aujourdhui),
        "enfant": lire_reference,
        "enfant_prenom": lambda texte: lire_texte(texte, 80),
        "enfant_nom": lambda texte: lire_texte(texte, 80),
        "enfant_naissance": lire_date,
        "unite": lambda texte: _unite(texte, reperes.unites),
        "etat": _etat,
    }


def _jour(texte: str, aujourdhui: date) -> date:
    jour = lire_date(texte)
    if jour > aujourdhui:
        raise refus("ce jour n’est pas encore passé")
    if jour < aujourdhui - PASSE_MAXIMUM:
        raise refus("ce jour a plus d’un an ; vérifiez l’année")
    return jour


def _unite(texte: str, unites: tuple[str, ...]) -> str:
    if texte not in unites:
        raise refus(f"prestation inconnue ; {suggerer(texte, unites)}")
    return texte


def _etat(texte: str) -> bool:
    mot = sans_accents(texte)
    if mot not in _PRESENT | _ABSENT:
        raise refus("il faut « présent » ou « absent »")
    return mot in _PRESENT
