"""Names of people as they are written in France: accents, particles, hyphens, apostrophes (circulaire du 23 juillet
2014 relative à l’état civil), and the names of everywhere else."""

import re
import unicodedata

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import sans_accents

_LONGUEUR = 60
_FEMININS = frozenset({"ville", "commune"})
# What keyboards and word processors put for an apostrophe or a hyphen.
_VARIANTES = str.maketrans({"'": "’", "ʼ": "’", "‘": "’", "`": "’", "´": "’", "‐": "-", "‑": "-", "–": "-", "—": "-"})
_ESPACES = re.compile(r"[ \u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_LIAISONS = frozenset(" -’.")
# Letters whose accent is part of them: decomposing does nothing.
_LETTRES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "ı": "i", "þ": "th"})


def lire_nom(saisie: str, *, quoi: str = "nom", longueur: int = _LONGUEUR) -> str:
    """The name as it is kept: NFC, one space between words, ’ for '. `quoi` is said in the sentences: « prénom »…

    Raises `RegleViolee` (nom_vide, nom_trop_long, nom_chiffre, nom_caractere).
    """
    nom = _ESPACES.sub(" ", unicodedata.normalize("NFC", saisie.strip())).strip().translate(_VARIANTES)
    le = "la" if quoi in _FEMININS else "le"
    if not nom:
        raise RegleViolee("nom_vide", f"Il manque {le} {quoi}.")
    for rang, caractere in enumerate(nom):
        _verifier(caractere, nom[rang - 1] if rang else "", f"{le.capitalize()} {quoi}")
    if not any(caractere.isalpha() for caractere in nom):
        raise RegleViolee("nom_vide", f"{le.capitalize()} {quoi} ne contient aucune lettre.")
    if len(nom) > longueur:
        raise RegleViolee("nom_trop_long", f"{le.capitalize()} {quoi} dépasse {longueur} caractères.")
    return nom


def cle_de_nom(texte: str) -> str:
    """What two writings of one name have in common: « LE GALL », « Le Gall » and « Le-Gall » have the same key."""
    plat = sans_accents(texte).translate(_LETTRES)
    return "".join(caractere for caractere in plat if caractere.isalnum())


def _verifier(caractere: str, precedent: str, sujet: str) -> None:
    genre = unicodedata.category(caractere)
    if genre[0] == "L" or caractere in _LIAISONS:
        return
    if genre[0] == "M" and precedent and unicodedata.category(precedent)[0] in "LM":
        return
    if genre[0] == "N":
        raise RegleViolee("nom_chiffre", f"{sujet} ne peut pas contenir de chiffre.")
    if genre[0] in "CZ":
        raise RegleViolee(
            "nom_caractere", f"{sujet} contient un caractère invisible\u00a0: effacez et tapez à nouveau."
        )
    raise RegleViolee("nom_caractere", f"{sujet} ne peut pas contenir «\u00a0{caractere}\u00a0».")
