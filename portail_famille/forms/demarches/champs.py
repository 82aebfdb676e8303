"""Reads the fields of a generic step: what was typed, by the kind of each field, or a sentence that says what to do."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from portail_famille.domain.libelles import ecrire_date
from portail_famille.forms.demarches.base import Champ, Contexte, Etape, Saisie, SaisieInvalide, toujours

_A_LA_FRANCAISE = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")
_MONTANT = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")
_MANQUES = {
    "zone": "Écrivez votre message.",
    "choix": "Choisissez une réponse.",
    "liste": "Choisissez dans la liste.",
    "cases": "Cochez au moins une case.",
    "case": "Cochez cette case pour continuer.",
    "date": "Écrivez la date, par exemple 07/12/2026.",
    "montant": "Écrivez le montant, par exemple 639,99.",
    "nombre": "Écrivez un nombre, par exemple 3.",
}
_INVISIBLES = ("Cc", "Cf", "Cs", "Co", "Cn")


class _Refus(Exception):
    """Why a field cannot be kept as it is typed."""


def lire_champs(champs: Sequence[Champ], saisie: Saisie) -> dict[str, Any]:
    """JSON values by field: text, ISO date, centimes, whole number, list of codes, bool; "" (or None for a number) for
    what was left out. Raises `SaisieInvalide`."""
    valeurs: dict[str, Any] = {}
    erreurs: dict[str, str] = {}
    for champ in champs:
        try:
            valeurs[champ.nom] = _lire(champ, saisie)
        except _Refus as refus:
            erreurs[champ.nom] = str(refus)
    if erreurs:
        raise SaisieInvalide(erreurs)
    return valeurs


def etape_simple(
    code: str,
    titre: str,
    champs: Callable[[Contexte], Sequence[Champ]],
    est_utile: Callable[[Contexte], bool] = toujours,
) -> Etape:
    """A step made of generic fields only."""
    return Etape(
        code, titre, lambda contexte, saisie: lire_champs(champs(contexte), saisie), champs, est_utile=est_utile
    )


def lire_date_tapee(texte: str) -> date | None:
    """As a date field sends it (2026-12-07), or typed by hand (7/12/2026); None for anything else."""
    texte = texte.strip()
    francaise = _A_LA_FRANCAISE.fullmatch(texte)
    try:
        if francaise:
            jour, mois, annee = map(int, francaise.groups())
            return date(annee, mois, jour)
        return date.fromisoformat(texte) if len(texte) == 10 else None
    except ValueError:
        return None


def lire_montant_tape(texte: str) -> int | None:
    """Centimes of « 639,99 », « 1 250 € », « 12.5 »; None for anything else."""
    uni = "".join(texte.split()).replace("\u202f", "").removesuffix("€").removesuffix("euros")
    trouve = _MONTANT.fullmatch(uni)
    if trouve is None:
        return None
    euros, centimes = trouve.groups()
    return int(euros) * 100 + int((centimes or "0").ljust(2, "0"))


def retaper(champ: Champ | None, valeur: Any) -> Any:
    """A kept value as it would be typed: « 639,99 », « oui »; a list stays one."""
    if isinstance(valeur, list):
        return [str(element) for element in valeur]
    if valeur is None or valeur is False:
        return ""
    if valeur is True:
        return "oui"
    if champ is not None and champ.genre == "montant" and isinstance(valeur, int):
        return f"{valeur // 100},{valeur % 100:02d}"
    return str(valeur)


def _lire(champ: Champ, saisie: Saisie) -> Any:
    if champ.genre == "cases":
        connus = [code for code, _ in champ.choix]
        cochees = [code for code in connus if code in saisie.getlist(champ.nom)]
        return cochees if cochees or champ.est_facultatif else _manquer(champ)
    brut = saisie.get(champ.nom, "")
    if champ.genre == "case":
        return bool(brut) if brut or champ.est_facultatif else _manquer(champ)
    texte = _texte(brut, plusieurs_lignes=champ.genre == "zone")
    if not texte:
        vide = None if champ.genre in ("montant", "nombre") else ""
        return vide if champ.est_facultatif else _manquer(champ)
    return _LECTURES.get(champ.genre, _lire_texte)(champ, texte)


def _manquer(champ: Champ) -> Any:
    raise _Refus(champ.manque or _MANQUES.get(champ.genre, "Remplissez cette ligne."))


def _lire_texte(champ: Champ, texte: str) -> str:
    if len(texte) > champ.longueur:
        raise _Refus(f"Il y a {len(texte)} caractères\u00a0: {champ.longueur} au plus.")
    return texte


def _lire_choix(champ: Champ, texte: str) -> str:
    if texte not in [code for code, _ in champ.choix]:
        raise _Refus(champ.manque or _MANQUES[champ.genre])
    return texte


def _lire_date(champ: Champ, texte: str) -> str:
    jour = lire_date_tapee(texte)
    if jour is None:
        raise _Refus(_MANQUES["date"])
    if champ.debut is not None and jour < champ.debut:
        raise _Refus(f"Choisissez une date à partir du {ecrire_date(champ.debut)}.")
    if champ.fin is not None and jour > champ.fin:
        raise _Refus(f"Choisissez une date jusqu’au {ecrire_date(champ.fin)}.")
    return jour.isoformat()


def _lire_montant(_champ: Champ, texte: str) -> int:
    centimes = lire_montant_tape(texte)
    if centimes is None:
        raise _Refus(_MANQUES["montant"])
    return centimes


def _lire_nombre(_champ: Champ, texte: str) -> int:
    if not (texte.isascii() and texte.isdigit() and len(texte) < 8):
        raise _Refus(_MANQUES["nombre"])
    return int(texte)


_LECTURES: Mapping[str, Callable[[Champ, str], Any]] = {
    "choix": _lire_choix,
    "liste": _lire_choix,
    "date": _lire_date,
    "montant": _lire_montant,
    "nombre": _lire_nombre,
}


def _texte(brut: str, *, plusieurs_lignes: bool) -> str:
    """One kind of line end, no invisible character but the spaces and joiners that a phone puts in."""
    unies = unicodedata.normalize("NFC", brut).replace("\r\n", "\n").replace("\r", "\n")
    permis = "\n\t" if plusieurs_lignes else ""
    gardes = (c for c in unies if c in permis or unicodedata.category(c) not in _INVISIBLES or c == "\u200d")
    return "".join(gardes).strip().replace("'", "’")
