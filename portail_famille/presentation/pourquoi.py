"""« Pourquoi ce prix ? »: what the engine kept of a price (domain/factures.PrixFacture), told to a tired parent.

Each step of the rule is one sentence of domain/tarifs; those known here are said the parent's way, in the order of
the reckoning. A step worded otherwise is shown as it is: nothing of a price is ever left out.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from portail_famille.domain.circonstances import Etat
from portail_famille.domain.factures import PrixFacture
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import arrondir

_TARIF = re.compile(r"Tarif «\s(?P<nom>.+?)\s»(?:, en vigueur depuis le (?P<du>.+))?\.")
_TRANCHE = re.compile(
    r"(?P<quoi>Quotient familial|Ressources mensuelles) de (?P<valeur>.+?), tranche «\s(?P<tranche>.+?)\s»\."
)
_BORNES = (
    (re.compile(r"^à partir de (.+), moins de "), r"de \1 à moins de "),
    (re.compile(r"^à partir de (.+), jusqu’à "), r"de \1 à "),
    (re.compile(r"^au-delà de (.+), moins de "), r"de plus de \1 à moins de "),
    (re.compile(r"^au-delà de (.+), jusqu’à "), r"de plus de \1 à "),
)
_FIXE = re.compile(r"Prix fixe\s: (?P<prix>.+)\.")
_RANG = re.compile(r"(?P<rang>\d+e) enfant\s: (?P<suite>.+)\.")
_TAUX = re.compile(
    r"Taux d’effort\s: (?P<taux>.+?)\s% × (?P<base>.+?) \((?P<quoi>.+?)\)(?P<ajout>.*?) = (?P<prix>.+)\."
)
_ENTIERS = re.compile(r"(\d+),(\d{3,})(?=\s€)")
"""An amount before its rounding: « 3,306684 € »."""
_INCONNU = re.compile(r"(?P<quoi>Quotient familial inconnu|Ressources inconnues)\.")
_MAXIMUM = re.compile(r"Tarif maximum\s: (?P<prix>.+?), jusqu’à régularisation\.")
_PAI = "Projet d’accueil individualisé"
_PAI_AUTRE_TARIF = re.compile(_PAI + r"\s: un autre tarif s’applique\.")
_INJUSTIFIEE = "Absence sans justificatif accepté"
_ETATS: tuple[tuple[str, str], ...] = (
    ("Hors commune", "Vous habitez hors de la commune"),
    (_PAI, "{prenom} a un projet d’accueil individualisé"),
    ("Demande hors délai", "La demande est arrivée après la date limite"),
    ("Présent sans réservation", "{prenom} était là sans réservation"),
    ("Absence non justifiée", _INJUSTIFIEE),
    ("Absence justifiée", "L’absence est justifiée"),
)


@dataclass(frozen=True, slots=True)
class Pourquoi:
    """Of one price. `regle`: the dated rule it comes from."""

    nom: str
    centimes: int
    etapes: tuple[str, ...]
    regle: str
    est_sans_quotient: bool
    """The highest price applies for want of a QF: the family can declare it."""


def dire_prix(
    prix: PrixFacture, nom: str, prenom: str, jours: int, *, voit_sante: bool, le: date | None = None
) -> Pourquoi:
    """`jours`: how many days have this price, « ce jour-là » or « ces jours-là ». `voit_sante`: whether the reader may
    know of a PAI; who may not is told of « un tarif particulier ». `le`: the first of these days, that a rule without
    a date of its own is said of."""
    quand = "ce jour-là" if jours == 1 else "ces jours-là"
    regle, etapes = "", list[str]()
    for dite in prix.explication:
        phrase = dite if voit_sante else _taire_la_sante(dite)
        trouve = _TARIF.fullmatch(phrase)
        if trouve is not None and not regle:
            depuis = f", en vigueur depuis le {trouve['du']}" if trouve["du"] else ""
            if le is not None and not depuis:
                depuis = f", tel qu’il était le {ecrire_date(le)}"
            regle = f"Règle appliquée\u00a0: tarif «\u00a0{trouve['nom']}\u00a0»{depuis}."
            continue
        etapes.extend(_redire(phrase, prenom or "Votre enfant", quand, etapes[-1:]))
    etapes = [_ENTIERS.sub(_arrondir, etape) for etape in etapes]
    if len(etapes) > 1 and etapes[-1].startswith("Arrondi") and "environ" in etapes[-2]:
        # « soit environ 1,26 € » has said it.
        etapes.pop()
    if prix.etat == Etat.ABSENTE_INJUSTIFIEE and not any(etape.startswith(_INJUSTIFIEE) for etape in etapes):
        # Nothing is taken off: the rule has no step of its own, and the parent asks why an absence is billed.
        etapes.append(f"{_INJUSTIFIEE}\u00a0: le prix entier.")
    est_sans_quotient = any(_INCONNU.fullmatch(phrase) for phrase in prix.explication)
    return Pourquoi(nom, prix.centimes, tuple(etapes), regle, est_sans_quotient)


def _arrondir(trouve: re.Match[str]) -> str:
    """« environ 3,31 »: nobody pays the fourth decimal, and the last step says the rounding."""
    centimes = arrondir(Fraction(f"{trouve[1]}.{trouve[2]}"))
    return f"environ {centimes // 100},{centimes % 100:02d}"


def _taire_la_sante(phrase: str) -> str:
    if _PAI_AUTRE_TARIF.fullmatch(phrase):
        return "Un tarif particulier s’applique."
    return f"Tarif particulier{phrase.removeprefix(_PAI)}" if phrase.startswith(_PAI) else phrase


def _redire(phrase: str, prenom: str, quand: str, avant: list[str]) -> list[str]:
    for motif, dire in _PHRASES:
        trouve = motif.fullmatch(phrase)
        if trouve is not None:
            return dire(trouve, prenom, quand, avant)
    for debut, dit in _ETATS:
        if phrase.startswith(debut):
            return [dit.format(prenom=prenom) + phrase.removeprefix(debut)]
    return [phrase]


_Dire = Callable[[re.Match[str], str, str, list[str]], list[str]]
"""What matched, first name, « ce jour-là », the sentence before."""


def _dire_tranche(trouve: re.Match[str], _prenom: str, quand: str, _avant: list[str]) -> list[str]:
    votre = "Votre quotient familial était" if trouve["quoi"].startswith("Q") else "Vos ressources mensuelles étaient"
    tranche = trouve["tranche"]
    for motif, dit in _BORNES:
        tranche = motif.sub(dit, tranche)
    return [f"{votre} de {trouve['valeur']} {quand}.", f"C’est la tranche «\u00a0{tranche}\u00a0»."]


def _dire_fixe(trouve: re.Match[str], _prenom: str, _quand: str, avant: list[str]) -> list[str]:
    if not avant:
        return [f"Le prix est de {trouve['prix']}, le même pour toutes les familles."]
    avec = "avec ce tarif" if avant[0].endswith("s’applique.") else "dans cette tranche"
    return [f"Le prix est de {trouve['prix']} {avec}."]


def _dire_rang(trouve: re.Match[str], prenom: str, _quand: str, _avant: list[str]) -> list[str]:
    return [f"{prenom} compte comme {trouve['rang']} enfant\u00a0: {trouve['suite']}."]


def _dire_taux(trouve: re.Match[str], _prenom: str, _quand: str, _avant: list[str]) -> list[str]:
    votre = "votre quotient familial" if trouve["quoi"].startswith("q") else "vos ressources mensuelles"
    return [
        f"Le prix est de {trouve['taux']}\u202f% de {votre} ({trouve['base']}){trouve['ajout']}, soit {trouve['prix']}."
    ]


def _dire_inconnu(trouve: re.Match[str], _prenom: str, quand: str, _avant: list[str]) -> list[str]:
    quoi = "votre quotient familial" if trouve["quoi"].startswith("Q") else "vos ressources"
    return [f"Nous ne connaissions pas {quoi} {quand}."]


def _dire_maximum(trouve: re.Match[str], _prenom: str, _quand: str, _avant: list[str]) -> list[str]:
    return [f"Le prix le plus haut s’applique donc\u00a0: {trouve['prix']}."]


_PHRASES: tuple[tuple[re.Pattern[str], _Dire], ...] = (
    (_TRANCHE, _dire_tranche),
    (_FIXE, _dire_fixe),
    (_RANG, _dire_rang),
    (_TAUX, _dire_taux),
    (_INCONNU, _dire_inconnu),
    (_MAXIMUM, _dire_maximum),
)
