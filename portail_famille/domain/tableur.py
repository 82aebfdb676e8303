"""A table saved by a spreadsheet (CSV with semicolons), read without ever stopping at the first fault.

What goes wrong between a spreadsheet and a server is known: the encoding, the separator, quotes, cells that are
formulas, columns misspelt or doubled. Each is said with its line, its column and its remedy.
"""

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portail_famille.domain.libelles import sans_accents
from portail_famille.domain.montants import typographier

TAILLE_MAXIMALE = 50_000_000
"""Bytes: ten times the file of the largest town."""
LIGNES_MAXIMALES = 200_000
COLONNES_MAXIMALES = 100
LONGUEUR_MAXIMALE = 20_000
"""Characters of a line."""
_SEPARATEURS = {",": "des virgules", "\t": "des tabulations", "|": "des barres"}
_UTF8_DE_DEUX_OCTETS = re.compile(rb"\xc3[\x80-\xbf]")
_ACCENTS_ABIMES = re.compile("[ÂÃ][\u0080-\u00bf]|â€|\ufffd")
_SIGNATURES = (
    (b"PK\x03\x04", "c’est un classeur (xlsx ou ods) ; enregistrez la feuille au format « CSV UTF-8 »"),
    (b"\xd0\xcf\x11\xe0", "c’est un classeur (xls) ; enregistrez la feuille au format « CSV UTF-8 »"),
    (b"%PDF", "c’est un PDF, pas un tableau"),
    (b"\xff\xfe", "le fichier est en UTF-16 ; enregistrez-le au format « CSV UTF-8 »"),
    (b"\xfe\xff", "le fichier est en UTF-16 ; enregistrez-le au format « CSV UTF-8 »"),
)


@dataclass(frozen=True, slots=True)
class Faute:
    """One fault of the file. `ligne` as a text editor numbers it, 0 for the whole file; `colonne` by its header."""

    ligne: int
    colonne: str
    valeur: str
    raison: str

    def __str__(self) -> str:
        lieu = f"ligne {self.ligne}" if self.ligne else "fichier"
        colonne = f", colonne « {self.colonne} »" if self.colonne else ""
        valeur = f", « {_abreger(self.valeur)} »" if self.valeur else ""
        return typographier(f"{lieu}{colonne}{valeur} : {self.raison}.")


class FichierRefuse(Exception):
    """The file cannot be imported. All its faults, in the order of the file."""

    def __init__(self, fautes: Sequence[Faute]) -> None:
        super().__init__("\n".join(map(str, fautes)))
        self.fautes = tuple(fautes)


@dataclass(frozen=True, slots=True)
class Tableau:
    """`lignes`: (number, {column: cell, trimmed, never empty}); rows without any cell are left out."""

    colonnes: tuple[str, ...]
    lignes: tuple[tuple[int, Mapping[str, str]], ...]
    fautes: tuple[Faute, ...]


def decoder(octets: bytes) -> str:
    """UTF-8, with its mark or not, else Windows-1252. Raises FichierRefuse."""
    if not octets.strip():
        raise _refus("le fichier est vide")
    if len(octets) > TAILLE_MAXIMALE:
        raise _refus(f"le fichier dépasse {TAILLE_MAXIMALE // 1_000_000} Mo ; coupez-le en plusieurs")
    for signature, raison in _SIGNATURES:
        if octets.startswith(signature):
            raise _refus(raison)
    if b"\x00" in octets:
        raise _refus("ce n’est pas un fichier texte", octets.count(b"\n", 0, octets.index(b"\x00")) + 1)
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as erreur:
        faux = erreur.start
    melange = _UTF8_DE_DEUX_OCTETS.search(octets)
    if melange:
        ligne = octets.count(b"\n", 0, faux) + 1
        raise _refus("le fichier mélange UTF-8 et Windows-1252 ; enregistrez-le entier au format « CSV UTF-8 »", ligne)
    try:
        return octets.decode("cp1252")
    except UnicodeDecodeError as erreur:
        ligne = octets.count(b"\n", 0, erreur.start) + 1
        raise _refus("le fichier n’est ni en UTF-8 ni en Windows-1252", ligne) from None


def lire_tableau(texte: str, colonnes: Sequence[str], obligatoires: Sequence[str]) -> Tableau:
    """Rows under their headers; the order of columns is free. Raises FichierRefuse when the header cannot be used."""
    fautes: list[Faute] = []
    for numero, ligne in enumerate(io.StringIO(texte, newline=""), 1):
        if len(ligne) > LONGUEUR_MAXIMALE:
            raise _refus(f"la ligne a {len(ligne)} caractères : ce n’est pas le fichier attendu", numero)
    rangees = _rangees(texte, fautes)
    numero, entete = next(rangees, (1, []))
    noms = _lire_entete(numero, entete, colonnes, obligatoires, fautes)
    lignes: list[tuple[int, Mapping[str, str]]] = []
    for numero, cellules in rangees:
        propres = [cellule.strip() for cellule in cellules]
        if not any(propres):
            continue
        if len(lignes) == LIGNES_MAXIMALES:
            fautes.append(Faute(numero, "", "", f"le fichier dépasse {LIGNES_MAXIMALES} lignes ; coupez-le"))
            break
        if any(propres[len(noms) :]):
            raison = f"{len(propres)} cellules pour {len(noms)} colonnes (un point-virgule de trop ?)"
            fautes.append(Faute(numero, "", "", raison))
            continue
        # A faulty cell stays, so that it is not said to be missing as well.
        remplies = {nom: cellule for nom, cellule in zip(noms, propres, strict=False) if cellule}
        for nom, cellule in remplies.items():
            raison = _verifier(nom, cellule)
            if raison:
                fautes.append(Faute(numero, nom, cellule, raison))
        lignes.append((numero, remplies))
    return Tableau(tuple(noms), tuple(lignes), tuple(fautes))


def _rangees(texte: str, fautes: list[Faute]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of its first line: a quoted cell may hold line ends."""
    lecteur = csv.reader(io.StringIO(texte, newline=""), delimiter=";", strict=True)
    while True:
        debut = lecteur.line_num + 1
        try:
            rangee = next(lecteur, None)
        except csv.Error:
            raison = "un guillemet n’est pas refermé, ou n’entoure pas toute la cellule ; la suite n’a pas été lue"
            fautes.append(Faute(debut, "", "", raison))
            return
        if rangee is None:
            return
        yield debut, rangee


def _lire_entete(
    numero: int, entete: list[str], connues: Sequence[str], obligatoires: Sequence[str], fautes: list[Faute]
) -> list[str]:
    if len(entete) > COLONNES_MAXIMALES:
        raise FichierRefuse([Faute(numero, "", "", f"{len(entete)} colonnes : ce n’est pas le fichier attendu")])
    if len(entete) == 1:
        autre = next((mot for signe, mot in _SEPARATEURS.items() if entete[0].count(signe) > 1), None)
        if autre:
            raison = f"les colonnes sont séparées par {autre} ; il faut des points-virgules"
            raise FichierRefuse([*fautes, Faute(numero, "", "", raison)])
    noms = ["_".join(sans_accents(cellule).replace("-", " ").replace("_", " ").split()) for cellule in entete]
    de_l_entete = list(fautes)
    for rang, nom in enumerate(noms):
        if nom and nom not in connues:
            de_l_entete.append(Faute(numero, entete[rang].strip(), "", f"colonne inconnue ; {_proposer(nom, connues)}"))
        elif nom and nom in noms[:rang]:
            de_l_entete.append(Faute(numero, nom, "", "cette colonne est là deux fois"))
    for nom in obligatoires:
        if nom not in noms:
            de_l_entete.append(Faute(numero, nom, "", "colonne obligatoire absente de la première ligne"))
    if de_l_entete:
        raise FichierRefuse(de_l_entete)
    return noms


def _verifier(nom: str, cellule: str) -> str:
    """What is wrong with a cell whatever its column; "" when nothing is."""
    if not nom:
        return "cette cellule n’a pas de nom de colonne"
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and c not in "\n\r\t" for c in cellule):
        return "la cellule contient un caractère invisible ; effacez-la et tapez-la à nouveau"
    if _ACCENTS_ABIMES.search(cellule):
        return "les accents sont abîmés ; exportez à nouveau le fichier au format « CSV UTF-8 »"
    if cellule[0] in "=@" or (cellule[0] in "+-" and not cellule[1:2].isdigit()):
        return "c’est une formule ; collez la valeur"
    if cellule.startswith("#") and cellule.rstrip("!?").isupper():
        return "c’est une erreur du tableur"
    return ""


def _proposer(nom: str, connues: Sequence[str]) -> str:
    proches = difflib.get_close_matches(nom[:60], connues, n=1, cutoff=0.6)
    return f"la plus proche est « {proches[0]} »" if proches else "voyez la liste dans la documentation"


def _refus(raison: str, ligne: int = 0) -> FichierRefuse:
    return FichierRefuse([Faute(ligne, "", "", raison)])


def _abreger(valeur: str) -> str:
    en_ligne = "".join(c if c.isprintable() else "·" for c in valeur)
    return en_ligne if len(en_ligne) <= 60 else f"{en_ligne[:59]}…"
