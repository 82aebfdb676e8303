"""Cells that the town's files share: dates, amounts, references, addresses, as people and spreadsheets write them.

Each raises RegleViolee with the remedy; who reads the file adds the line and the column.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portail_famille.domain.courriels import est_courriel
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import sans_accents
from portail_famille.domain.tableur import Faute, Tableau

_OUI = frozenset({"o", "oui", "1", "vrai", "x", "true", "yes"})
_NON = frozenset({"n", "non", "0", "faux", "false", "no"})
_DATE = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?: 0?0:00(?::00)?)?")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_:-]{0,59}")
_MONTANT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,9}))?")
_MONTANT_MAXIMAL = 100_000


@dataclass(frozen=True, slots=True)
class LigneLue:
    """A line of a file: what could be read of it by column, and its cells as they are written."""

    numero: int
    valeurs: Mapping[str, Any]
    textes: Mapping[str, str]


def lire_date(texte: str) -> date:
    """« 17/04/2018 », « 17-04-2018 », « 2018-04-17 », with the midnight that spreadsheets add. Raises RegleViolee."""
    francaise, iso = _DATE.fullmatch(texte), _ISO.fullmatch(texte)
    try:
        if francaise:
            lue = date(int(francaise[3]), int(francaise[2]), int(francaise[1]))
        elif iso:
            lue = date(int(iso[1]), int(iso[2]), int(iso[3]))
        else:
            raise refus(_date_illisible(texte))
    except ValueError:
        raise refus("cette date n’existe pas") from None
    if not 1900 <= lue.year < 2100:
        raise refus("vérifiez l’année")
    return lue


def lire_adresse_mail(texte: str) -> str:
    """Lower case, an accented domain in its ASCII form. Raises RegleViolee."""
    nom, arobase, domaine = texte.lower().rpartition("@")
    if not nom.isascii():
        raise refus("une adresse mail s’écrit sans accent avant l’arobase")
    try:
        domaine = domaine if domaine.isascii() else domaine.encode("idna").decode()
    except UnicodeError:
        domaine = ""
    if not est_courriel(f"{nom}{arobase}{domaine}") or "." not in domaine:
        raise refus("ce n’est pas une adresse mail")
    return f"{nom}{arobase}{domaine}"


def lire_reference(texte: str) -> str:
    if not _REFERENCE.fullmatch(texte):
        raise refus("une référence a 60 caractères au plus : lettres sans accent, chiffres, espaces et . / _ : -")
    return texte


def lire_oui_non(texte: str) -> bool:
    mot = sans_accents(texte)
    if mot not in _OUI | _NON:
        raise refus("il faut O ou N")
    return mot in _OUI


def lire_texte(texte: str, longueur: int) -> str:
    propre = " ".join(texte.split())
    if len(propre) > longueur:
        raise refus(f"{len(propre)} caractères, {longueur} au plus")
    return propre


def lire_centimes(texte: str) -> int:
    """« 842,50 », « 1 234.5 € »: never a float, never a third decimal. Raises RegleViolee."""
    lu = _MONTANT.fullmatch("".join(texte.split()).removesuffix("€"))
    if lu is None:
        raise refus("il faut un montant, par exemple 842,50")
    euros, decimales = lu[1], (lu[2] or "").rstrip("0")
    if len(decimales) > 2:
        raise refus("deux décimales au plus")
    centimes = int(euros) * 100 + int(decimales.ljust(2, "0"))
    if centimes > _MONTANT_MAXIMAL * 100:
        raise refus(f"il faut un montant de 0 à {_MONTANT_MAXIMAL}")
    return centimes


def lire_centimes_signes(texte: str) -> int:
    """The same, in favour of the family when it is negative. Raises RegleViolee."""
    sans_signe = texte.removeprefix("-").removeprefix("\u2212")
    centimes = lire_centimes(sans_signe)
    return centimes if sans_signe == texte else -centimes


def lire_cellules(
    tableau: Tableau, lecteurs: Mapping[str, Callable[[str], Any]], obligatoires: Collection[str]
) -> tuple[list[LigneLue], list[Faute]]:
    """Every line, and every fault of its cells, taken one by one. `obligatoires`: never empty."""
    fautes = list(tableau.fautes)
    deja = {(faute.ligne, faute.colonne) for faute in fautes}
    lues = []
    for numero, textes in tableau.lignes:
        valeurs = {}
        for colonne, texte in textes.items():
            if (numero, colonne) in deja:
                continue
            try:
                valeurs[colonne] = lecteurs[colonne](texte)
            except RegleViolee as violee:
                fautes.append(Faute(numero, colonne, texte, violee.message.rstrip(".")))
        fautes += [
            Faute(numero, colonne, "", "cellule obligatoire vide") for colonne in obligatoires if colonne not in textes
        ]
        lues.append(LigneLue(numero, valeurs, textes))
    return lues, fautes


def en_ordre(fautes: Iterable[Faute], tableau: Tableau) -> list[Faute]:
    """As one reads the file: by line, then by column."""
    rangs = {nom: rang for rang, nom in enumerate(tableau.colonnes)}
    return sorted(fautes, key=lambda faute: (faute.ligne, rangs.get(faute.colonne, len(rangs))))


def refus(raison: str) -> RegleViolee:
    return RegleViolee("cellule", raison)


def _date_illisible(texte: str) -> str:
    if re.fullmatch(r"[1-9]\d{4}", texte):
        return "c’est le nombre que le tableur garde ; mettez la colonne au format « date »"
    if re.fullmatch(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}", texte):
        return "l’année s’écrit avec quatre chiffres"
    return "il faut une date : 17/04/2018"
