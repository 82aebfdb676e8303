"""Quotient familial: amounts as parents type them, QF of an avis d'imposition, and from when to when one counts.

Pure: days are passed in. The price of a day is always that of the QF of that day (domain.md §8).
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import MOIS
from portail_famille.domain.montants import arrondir, ecrire_nombre

QF_MAXIMUM = 10_000_000
"""Centimes. A QF of more than 100 000 is a yearly income typed in its place."""
REVENU_MAXIMUM = 1_000_000_000
PARTS_MINIMUM, PARTS_MAXIMUM = Fraction(1), Fraction(30)
MOIS_ACCEPTES = 4
"""An attestation is of this month or of one of the three before: older, it says nothing of today."""

_ESPACES = "[ \u00a0\u2009\u202f]"
_MONTANT = re.compile(
    rf"([0-9]{{1,9}}|[0-9]{{1,3}}(?:{_ESPACES}[0-9]{{3}})+)(?:[.,]([0-9]{{1,2}}))?(?:{_ESPACES}*(?:€|euros?))?"
)
_PARTS = re.compile(r"([0-9]{1,2})(?:[.,]([0-9]{1,2}))?")
_CAF = re.compile(r"[0-9]{7}[A-Z]?")
_MSA = re.compile(r"[0-9]{13}(?:[0-9]{2})?")
_UN_JOUR = timedelta(days=1)


def lire_montant(texte: str, champ: str, maximum: int = QF_MAXIMUM) -> int:
    """Centimes of « 639,99 », « 1 250 », « 1250.5 € ». Raises `RegleViolee`.

    « 1.250 » is refused rather than read: one person means a thousand and another one and a quarter.
    """
    lu = _MONTANT.fullmatch(texte.strip().lower())
    if lu is None:
        raise RegleViolee("montant_illisible", "Écrivez un montant en euros, par exemple 639,99.", champ)
    entier = re.sub(r"\D", "", lu[1])
    centimes = int(entier) * 100 + int((lu[2] or "").ljust(2, "0"))
    if centimes > maximum:
        raise RegleViolee(
            "montant_trop_grand", "Ce montant est trop grand\u00a0: vérifiez-le sur votre document.", champ
        )
    return centimes


def lire_parts(texte: str, champ: str) -> Fraction:
    """Tax parts, by quarters (CGI art. 194: a child in garde alternée counts a quarter). Raises `RegleViolee`."""
    lu = _PARTS.fullmatch(texte.strip())
    parts = Fraction(f"{lu[1]}.{lu[2] or 0}") if lu else None
    if parts is None or (parts * 4).denominator != 1 or not PARTS_MINIMUM <= parts <= PARTS_MAXIMUM:
        raise RegleViolee(
            "parts_illisibles", "Écrivez le nombre de parts de votre avis d’imposition, par exemple 2,5.", champ
        )
    return parts


def lire_allocataire(texte: str, organisme: str, champ: str) -> str:
    """The number on the attestation, without its spaces; empty when none was typed. Raises `RegleViolee`.

    CAF: 7 digits, sometimes followed by a letter. MSA: the social security number, with or without its key.
    """
    numero = re.sub(rf"(?:{_ESPACES}|[.-])", "", texte).upper()
    if not numero:
        return ""
    if organisme == "msa":
        if not _MSA.fullmatch(numero):
            raise RegleViolee(
                "allocataire", "Le numéro MSA a 13 chiffres, ou 15 avec sa clé. Vous pouvez le laisser vide.", champ
            )
        return numero
    if not _CAF.fullmatch(numero):
        raise RegleViolee(
            "allocataire", "Le numéro d’allocataire CAF a 7 chiffres. Vous pouvez le laisser vide.", champ
        )
    return numero


@dataclass(frozen=True, slots=True)
class FormuleAvis:
    """How a town makes a QF of an avis d'imposition: revenu fiscal de référence / `mois` / parts."""

    mois: int = 12
    part_parent_isole: Fraction = Fraction(0)
    """Parts added for a lone parent, as the CAF does with its own."""

    def quotient(self, revenu_centimes: int, parts: Fraction, *, est_parent_isole: bool = False) -> int:
        """Centimes; exact until one rounding at the end, half up."""
        diviseur = parts + (self.part_parent_isole if est_parent_isole else 0)
        return arrondir(Fraction(revenu_centimes, 100) / self.mois / diviseur)


def lire_part_isole(texte: str) -> Fraction:
    """The setting `avis_part_parent_isole`; nothing added when it cannot be read."""
    try:
        return max(Fraction(texte.replace(",", ".")), Fraction(0))
    except (ValueError, ZeroDivisionError):
        return Fraction(0)


@dataclass(frozen=True, slots=True)
class Validite:
    """From when to when an accepted declaration counts, by the town's settings."""

    genre: str = "annee_civile"
    mois: int = 12
    effet: str = "jour"
    renouvellement_jours: int = 30
    """Days before the end in which the family is asked for the next QF: what it sends then holds until the next end."""

    def debut(self, declaree: date) -> date:
        """First day of a declaration filed that day. With `effet` "mois" it is the first of that month: the règlement
        says so, no agent has to. Any day before this one is retroactive."""
        if self.effet == "mois":
            return declaree.replace(day=1)
        if self.effet == "mois_suivant":
            return _premier_du_mois(declaree, 1)
        return declaree

    def fin(self, du: date, mois: date | None = None) -> date:
        """Last day, included. `mois`: the month the document speaks of, where the validity counts from it."""
        if self.genre == "mois":
            fin = _premier_du_mois(mois or du, self.mois) - _UN_JOUR
            return max(fin, _fin_du_mois(du))
        fin = date(du.year, 12, 31) if self.genre == "annee_civile" else _fin_d_annee_scolaire(du)
        if (fin - du).days <= self.renouvellement_jours:
            fin = fin.replace(year=fin.year + 1)
        return fin


@dataclass(frozen=True, slots=True)
class Periode:
    """A QF of a foyer as it is kept. `au` included; None: until further notice."""

    id: int
    du: date
    au: date | None
    valeur_centimes: int

    def couvre(self, jour: date) -> bool:
        return self.du <= jour and (self.au is None or jour <= self.au)


def en_vigueur(periodes: Iterable[Periode], jour: date) -> Periode | None:
    """The one that counts that day: of several, the latest start."""
    valables = [periode for periode in periodes if periode.couvre(jour)]
    return max(valables, key=lambda periode: (periode.du, periode.id)) if valables else None


@dataclass(frozen=True, slots=True)
class Pose:
    """What writing a QF does to those already there."""

    au: date | None
    """Its own end: the day before a QF that begins later, which stays."""
    coupees: tuple[int, ...]
    """Those that end the day before it begins."""
    remplacees: tuple[int, ...]
    """Those that begin the same day: the new one takes their place."""
    suivante: Periode | None
    """The later one that stays, where it cuts this one short."""


def poser(periodes: Iterable[Periode], du: date, au: date | None) -> Pose:
    """Neither overlap nor hole where the new one meets the old: those begun before end the day before, one that begins
    later keeps its days. Raises `RegleViolee` when it ends before it begins."""
    if au is not None and au < du:
        raise RegleViolee("dates_inversees", "La fin vient avant le début\u00a0: corrigez une des deux dates.", "au")
    connues = list(periodes)
    suivantes = [periode for periode in connues if periode.du > du and (au is None or periode.du <= au)]
    suivante = min(suivantes, key=lambda periode: periode.du, default=None)
    return Pose(
        au=au if suivante is None else suivante.du - _UN_JOUR,
        coupees=tuple(p.id for p in connues if p.du < du and (p.au is None or p.au >= du)),
        remplacees=tuple(p.id for p in connues if p.du == du),
        suivante=suivante,
    )


def lendemain_sans_suite(periodes: Iterable[Periode], du: date, au: date) -> date | None:
    """First day without any QF once the new one ends; None where another one follows it at once."""
    connues = list(periodes)
    fin = poser(connues, du, au).au
    if fin is None:
        return None
    lendemain = fin + _UN_JOUR
    suit = any(periode.du > du and periode.couvre(lendemain) for periode in connues)
    return None if suit else lendemain


def mois_acceptes(aujourdhui: date) -> list[date]:
    """First days of the months an attestation may be of, the latest first."""
    return [_premier_du_mois(aujourdhui, -n) for n in range(MOIS_ACCEPTES)]


def en_euros(centimes: int) -> Decimal:
    return Decimal(centimes) / 100


def ecrire_quotient(centimes: int) -> str:
    """« 639,99 », « 1 250 »: a QF is read without its euros."""
    return ecrire_nombre(en_euros(centimes))


def ecrire_mois(jour: date) -> str:
    """« novembre 2026 »."""
    return f"{MOIS[jour.month - 1]} {jour.year}"


def _premier_du_mois(jour: date, dans: int) -> date:
    annee, mois = divmod(jour.year * 12 + jour.month - 1 + dans, 12)
    return date(annee, mois + 1, 1)


def _fin_du_mois(jour: date) -> date:
    return jour.replace(day=monthrange(jour.year, jour.month)[1])


def _fin_d_annee_scolaire(jour: date) -> date:
    return date(jour.year if jour.month <= 8 else jour.year + 1, 8, 31)
