"""Reading a town's file without ever stopping at the first fault: each value is checked, or said to be wrong."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from portail_famille.domain.erreurs import ErreurDocument
from portail_famille.domain.horloge import MINUTES_PAR_JOUR
from portail_famille.domain.libelles import (
    JOURS,
    NOMS_VACANCES,
    est_nom_de_vacances,
    mots_de_periode,
    sans_accents,
    synonyme_de_vacances,
)
from portail_famille.domain.montants import typographier

# The columns that hold these codes in the database.
_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_HEURE = re.compile(r"(\d{1,2})\s*[h:]\s*(\d{2})?")
_FINS_DE_JOURNEE = ("minuit", "fin de journee", "soir")
# Above this, a price or a QF is a slip of the keyboard.
MONTANT_MAXIMAL = 1_000_000


@dataclass(slots=True)
class Lecteur:
    """Collects the faults, each once (a rule shared by several units is read several times)."""

    _erreurs: dict[ErreurDocument, None] = field(default_factory=dict)

    def refuser(self, table: str, cle: str, raison: str) -> None:
        self._erreurs.setdefault(ErreurDocument(table, cle, typographier(raison)))

    @property
    def erreurs(self) -> tuple[ErreurDocument, ...]:
        return tuple(self._erreurs)


def lire_heure(brut: object) -> int | None:
    """Minutes after midnight, 1440 for the end of the day; None when it is no hour.

    « 23 h 59 », « 24 h », « minuit » accept the whole day (domain.md §4).
    """
    if isinstance(brut, time):
        minutes = brut.hour * 60 + brut.minute
        return MINUTES_PAR_JOUR if minutes == MINUTES_PAR_JOUR - 1 else minutes
    if not isinstance(brut, str):
        return None
    texte = " ".join(sans_accents(brut).replace("_", " ").split())
    if texte in _FINS_DE_JOURNEE:
        return MINUTES_PAR_JOUR
    if texte == "midi":
        return MINUTES_PAR_JOUR // 2
    trouve = _HEURE.fullmatch(texte)
    if trouve is None or int(trouve[2] or 0) > 59:
        return None
    minutes = int(trouve[1]) * 60 + int(trouve[2] or 0)
    if minutes == MINUTES_PAR_JOUR - 1:
        return MINUTES_PAR_JOUR
    return minutes if minutes <= MINUTES_PAR_JOUR else None


def lire_jour_de_semaine(brut: object) -> int | None:
    texte = brut.casefold().strip() if isinstance(brut, str) else None
    return JOURS.index(texte) if texte in JOURS else None


def lire_nombre(brut: object) -> Fraction | None:
    """An exact number: TOML integers, Decimals, or Decimals written as text in the stored document. Never a float."""
    if isinstance(brut, bool) or not isinstance(brut, int | Decimal | str):
        return None
    try:
        decimal = Decimal(brut)
    except InvalidOperation:
        return None
    return Fraction(decimal) if decimal.is_finite() and abs(decimal) <= MONTANT_MAXIMAL else None


class Table:
    """One table of the file. Every key asked for becomes a known key; `fermer` refuses the others."""

    def __init__(self, lecteur: Lecteur, nom: str, donnees: Mapping[str, Any], prefixe: str = "") -> None:
        self.lecteur = lecteur
        self.nom = nom
        self.donnees = donnees
        self._prefixe = prefixe
        self._connues: set[str] = set()

    def refuser(self, cle: str, raison: str) -> None:
        self.lecteur.refuser(self.nom, (self._prefixe + cle).rstrip("."), raison)

    def a(self, cle: str) -> bool:
        self._connues.add(cle)
        return self.donnees.get(cle) is not None

    def brut(self, cle: str) -> Any:
        self._connues.add(cle)
        return self.donnees.get(cle)

    def connaitre(self, cles: Iterable[str]) -> None:
        """Keys that another reading of the same table takes care of."""
        self._connues.update(cles)

    def exiger(self, cle: str) -> bool:
        if not self.a(cle):
            self.refuser(cle, "clé obligatoire absente.")
            return False
        return True

    def texte(self, cle: str, obligatoire: bool = False) -> str | None:
        if obligatoire and not self.exiger(cle):
            return None
        brut = self.brut(cle)
        if brut is None:
            return None
        if not isinstance(brut, str) or not brut.strip():
            self.refuser(cle, "il faut un texte entre guillemets.")
            return None
        return brut.strip()

    def code(self, cle: str = "code") -> str | None:
        texte = self.texte(cle, obligatoire=True)
        if texte is not None and not _CODE.fullmatch(texte):
            self.refuser(
                cle, f"« {texte} » : un code s’écrit en minuscules sans accent, chiffres, - ou _ (60 au plus)."
            )
            return None
        return texte

    def choix(self, cle: str, possibles: Sequence[str], defaut: str | None = None) -> str | None:
        texte = self.texte(cle, obligatoire=defaut is None)
        if texte is None:
            return defaut
        if texte not in possibles:
            self.refuser(cle, f"« {texte} » n’existe pas : {suggerer(texte, possibles)}.")
            return defaut
        return texte

    def booleen(self, cle: str) -> bool:
        brut = self.brut(cle)
        if brut is None or isinstance(brut, bool):
            return bool(brut)
        self.refuser(cle, "il faut true ou false, sans guillemets.")
        return False

    def entier(self, cle: str, minimum: int, maximum: int, defaut: int | None = None) -> int | None:
        if defaut is None and not self.exiger(cle):
            return None
        brut = self.brut(cle)
        if brut is None:
            return defaut
        if isinstance(brut, bool) or not isinstance(brut, int) or not minimum <= brut <= maximum:
            self.refuser(cle, f"il faut un nombre entier de {minimum} à {maximum}.")
            return None
        return brut

    def nombre(self, cle: str) -> Fraction | None:
        """A number, zero or more."""
        brut = self.brut(cle)
        if brut is None:
            return None
        nombre = lire_nombre(brut)
        if nombre is None:
            self.refuser(
                cle,
                "il faut un nombre, avec un point pour les décimales (3.05), sans guillemets ni € ni exposant, "
                f"{MONTANT_MAXIMAL} au plus.",
            )
        elif nombre < 0:
            self.refuser(cle, "un nombre négatif n’a pas de sens ici.")
            return None
        return nombre

    def date(self, cle: str, obligatoire: bool = False) -> date | None:
        if obligatoire and not self.exiger(cle):
            return None
        brut = self.brut(cle)
        lue = lire_date(brut)
        if brut is not None and lue is None:
            self.refuser(cle, "il faut une date, sans guillemets : 2026-09-01.")
        return lue

    def heure(self, cle: str) -> int | None:
        """Minutes after midnight."""
        brut = self.brut(cle)
        minutes = lire_heure(brut)
        if brut is not None and minutes is None:
            self.refuser(cle, f'« {brut} » n’est pas une heure : écrivez par exemple "09:30" ou "24:00".')
        return minutes

    def heure_du_jour(self, cle: str) -> time | None:
        brut, minutes = self.brut(cle), self.heure(cle)
        if minutes == MINUTES_PAR_JOUR:
            self.refuser(cle, f'« {brut} » ne désigne pas une heure de la journée : écrivez de "00:00" à "23:58".')
            return None
        return None if minutes is None else time(*divmod(minutes, 60))

    def textes(self, cle: str) -> tuple[str, ...] | None:
        """A list of texts, never empty; None when the key is absent."""
        brut = self.brut(cle)
        if brut is None:
            return None
        if not isinstance(brut, list) or not brut or not all(isinstance(texte, str) and texte for texte in brut):
            self.refuser(cle, 'il faut une liste de textes, par exemple ["lundi", "mardi"].')
            return None
        if len(set(brut)) != len(brut):
            self.refuser(cle, "la liste contient deux fois la même valeur.")
        return tuple(brut)

    def jours(self, cle: str) -> frozenset[int] | None:
        textes = self.textes(cle)
        if textes is None:
            return None
        lus = {texte: lire_jour_de_semaine(texte) for texte in textes}
        for texte, rang in lus.items():
            if rang is None:
                self.refuser(cle, f"« {texte} » n’est pas un jour : {suggerer(texte, JOURS)}.")
        return frozenset(rang for rang in lus.values() if rang is not None)

    def nom_de_vacances(self, cle: str, nom: str) -> bool:
        """Whether the calendar can ever hold holidays of that name, in any year."""
        if est_nom_de_vacances(nom):
            return True
        synonyme = synonyme_de_vacances(nom)
        conseil = f"dans le calendrier, « {synonyme} »" if synonyme else _suggerer_vacances(nom)
        self.refuser(cle, f"« {nom} » n’est le nom d’aucunes vacances : {conseil}.")
        return False

    def references(self, cle: str, possibles: Iterable[str], quoi: str) -> tuple[str, ...] | None:
        """A list of codes that must exist."""
        textes = self.textes(cle)
        if textes is None:
            return None
        connus = tuple(possibles)
        for texte in textes:
            if texte not in connus:
                self.refuser(cle, f"{quoi} « {texte} » : code inconnu ; {suggerer(texte, connus)}.")
        return tuple(texte for texte in textes if texte in connus)

    def sous_table(self, cle: str) -> "Table | None":
        brut = self.brut(cle)
        if brut is None:
            return None
        if not isinstance(brut, Mapping):
            self.refuser(cle, "il faut une table entre accolades : { cle = valeur }.")
            return None
        return Table(self.lecteur, self.nom, brut, f"{self._prefixe}{cle}.")

    def sous_tables(self, cle: str) -> "list[Table]":
        """A list of tables; the n-th is called `cle[n]`, from 1."""
        brut = self.brut(cle)
        if brut is None:
            return []
        if isinstance(brut, Mapping) and not self._prefixe and cle != "tranches":
            orpheline = cle == "activite" and brut.keys() == {"unite"}
            conseil = "une [[activite.unite]] vient après sa [[activite]]" if orpheline else f"écrivez [[{cle}]]"
            self.refuser(cle, f"{conseil}, avec deux crochets.")
            return []
        if not isinstance(brut, list) or not brut or not all(isinstance(table, Mapping) for table in brut):
            self.refuser(cle, "il faut une liste de tables : [ { … }, { … } ].")
            return []
        return [
            Table(self.lecteur, self.nom, table, f"{self._prefixe}{cle}[{rang}].") for rang, table in enumerate(brut, 1)
        ]

    def une_seule(self, cles: Sequence[str], quoi: str) -> str | None:
        """The one key of a family that is present; none or several are refused."""
        presentes = [cle for cle in cles if self.a(cle)]
        if len(presentes) == 1:
            return presentes[0]
        liste = ", ".join(presentes or cles)
        self.refuser("", f"{quoi} : il faut une seule de ces clés, {'pas à la fois ' if presentes else ''}{liste}.")
        return None

    def fermer(self) -> None:
        for cle in self.donnees:
            if cle not in self._connues:
                self.refuser(cle, f"clé inconnue ; {suggerer(cle, sorted(self._connues))}.")


def lire_date(brut: object) -> date | None:
    """A TOML date, or the ISO text it becomes in the stored document; no year of another century."""
    if isinstance(brut, str):
        try:
            brut = date.fromisoformat(brut)
        except ValueError:
            return None
    if not isinstance(brut, date) or isinstance(brut, datetime) or not 2000 <= brut.year < 2100:
        return None
    return brut


def suggerer(texte: str, possibles: Sequence[str]) -> str:
    """The nearest choice, or all the choices when nothing is near."""
    if not possibles:
        return "aucun n’est déclaré"
    proche = difflib.get_close_matches(sans_accents(texte), possibles, n=1, cutoff=0.6)
    if proche:
        return f"le plus proche est « {proche[0]} »"
    return f"choisissez parmi {', '.join(possibles)}"


def _suggerer_vacances(nom: str) -> str:
    noms = {sans_accents(possible): possible for possible in NOMS_VACANCES}
    proche = difflib.get_close_matches(mots_de_periode(nom)[0], list(noms), n=1, cutoff=0.6)
    return f"le plus proche est « {noms[proche[0]]} »" if proche else f"choisissez parmi {', '.join(NOMS_VACANCES)}"
