"""Reading INSTANCE/<slug>/commune.toml.

A wrong or unknown key stops the start, all faults told at once: a setting that is silently ignored is found out on
the day it was needed.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from portail_famille.config.cles import DEMARCHE, PIECE, RACINE, REGIE, TABLES
from portail_famille.config.coherences import fautes_de_demarche, fautes_entre_cles, fautes_entre_regies
from portail_famille.config.reglables import REFUS
from portail_famille.config.reglages import (
    ReglagesApparence,
    ReglagesCommune,
    ReglagesComptes,
    ReglagesConservation,
    ReglagesDocuments,
    ReglagesPayfip,
    ReglagesQuotient,
    ReglagesSession,
    ReglagesSmtp,
)
from portail_famille.config.verifications import GENRES as MOTS_DES_TYPES
from portail_famille.config.verifications import Cle
from portail_famille.domain.couleurs import CONTRASTE_TEXTE, contraste, eclaircir_jusqua
from portail_famille.domain.genres import GENRES, Genre
from portail_famille.domain.pieces import GENRES_PIECES, GenrePiece
from portail_famille.domain.quotients import lire_montant
from portail_famille.domain.regies import Regie

FICHIER = "commune.toml"
BASE_SQLITE = "portail.sqlite3"
# Grounds of the screens (design of the look): what the commune's colour must be read on.
FOND_CLAIR, BLANC = "#f9f5ee", "#ffffff"
FOND_SOMBRE = "#171512"
_CONTRASTE_SOMBRE = 7.0
_FORME_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_CODE_DE_PIECE = re.compile(r"[a-z0-9][a-z0-9_]{0,29}")
_CODE_DE_REGIE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
_LISTES_DE_REGIE = ("activites", "structures", "relances", "moyens")
# Prefixes the server keeps for itself.
_SLUGS_RESERVES = frozenset({"static", "statique"})


class ReglagesInvalides(Exception):
    """A commune.toml that cannot be used: its path and every fault, in French."""

    def __init__(self, fichier: Path, fautes: tuple[str, ...]) -> None:
        super().__init__("\n".join(f"{fichier} : {faute}" for faute in fautes))
        self.fichier = fichier
        self.fautes = fautes


def dossier_instance() -> Path:
    """Folder of all communes: PORTAIL_FAMILLE_INSTANCE, else INSTANCE (as `make demo` takes it), else `instance`."""
    return Path(os.environ.get("PORTAIL_FAMILLE_INSTANCE") or os.environ.get("INSTANCE") or "instance").absolute()


def est_slug(texte: str) -> bool:
    return _FORME_SLUG.fullmatch(texte) is not None and texte not in _SLUGS_RESERVES


def charger_reglages(dossier: Path) -> ReglagesCommune:
    """Read `dossier`/commune.toml. Raises ReglagesInvalides with every fault."""
    fichier = dossier / FICHIER
    brut = _lire_toml(fichier)
    fautes: list[str] = []
    valeurs = _verifier_table(brut, RACINE, "", fautes)
    tables = {nom: _verifier_table(valeurs.pop(nom, {}), cles, nom, fautes) for nom, cles in TABLES.items()}
    pieces = _lire_pieces(valeurs.pop("pieces", {}), fautes)
    demarches = _lire_demarches(valeurs.pop("demarches", {}), pieces, fautes)
    regies = _lire_regies(valeurs.pop("regies", {}), fautes)
    fautes.extend(fautes_entre_cles(tables, fautes))
    if not est_slug(dossier.name):
        fautes.append(f"le dossier « {dossier.name} » ne peut pas servir de préfixe (a-z, 0-9 et tirets)")
    fautes.extend(_fautes_de_couleur(tables["apparence"]))
    fautes.extend(_fautes_de_logo(dossier, tables["apparence"].get("logo", "")))
    if fautes:
        raise ReglagesInvalides(fichier, tuple(fautes))
    apparence = tables["apparence"]
    if "couleur" in apparence and "couleur_sombre" not in apparence:
        apparence["couleur_sombre"] = eclaircir_jusqua(apparence["couleur"], FOND_SOMBRE, _CONTRASTE_SOMBRE)
    valeurs["url_publique"] = valeurs["url_publique"].rstrip("/")
    valeurs["cle_coffre"] = valeurs.get("cle_coffre") or valeurs["cle_secrete"]
    valeurs["base_de_donnees"] = valeurs.get("base_de_donnees") or f"sqlite:///{dossier.absolute() / BASE_SQLITE}"
    smtp = tables["smtp"]
    smtp["expediteur"] = smtp.get("expediteur") or valeurs["courriel"]
    return ReglagesCommune(
        slug=dossier.name,
        dossier=dossier.absolute(),
        smtp=ReglagesSmtp(**smtp),
        apparence=ReglagesApparence(**apparence),
        session=ReglagesSession(**tables["session"]),
        comptes=ReglagesComptes(**tables["comptes"]),
        conservation=ReglagesConservation(**tables["conservation"]),
        documents=ReglagesDocuments(**tables["documents"]),
        quotient=ReglagesQuotient(**tables["quotient"]),
        demarches=demarches,
        pieces=pieces,
        payfip=ReglagesPayfip(**{cle: valeur for cle, valeur in tables["payfip"].items() if valeur}),
        regies=regies,
        champs=tables["champs"],
        **valeurs,
    )


def _lire_toml(fichier: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(fichier.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReglagesInvalides(fichier, ("le fichier n’existe pas",)) from None
    except UnicodeDecodeError:
        raise ReglagesInvalides(fichier, ("le fichier n’est pas en UTF-8",)) from None
    except OSError as erreur:
        raise ReglagesInvalides(fichier, (f"le fichier ne se lit pas ({erreur.strerror})",)) from None
    except tomllib.TOMLDecodeError as erreur:
        raise ReglagesInvalides(fichier, (f"ce n’est pas du TOML : {erreur}",)) from None


def _verifier_table(table: Any, cles: dict[str, Cle], nom: str, fautes: list[str]) -> dict[str, Any]:
    prefixe = f"{nom}." if nom else ""
    if not isinstance(table, dict):
        fautes.append(f"clé « {nom} » : une table [{nom}] est attendue")
        return {}
    for inconnue in table.keys() - cles.keys():
        proches = difflib.get_close_matches(inconnue, cles, n=1)
        conseil = f" ; vouliez-vous dire « {prefixe}{proches[0]} » ?" if proches else ""
        fautes.append(f"clé « {prefixe}{inconnue} » inconnue{conseil}")
    gardees: dict[str, Any] = {}
    for cle, attendu in cles.items():
        if cle not in table:
            if attendu.obligatoire:
                fautes.append(f"clé « {prefixe}{cle} » manquante")
            continue
        valeur = table[cle]
        # bool is an int for Python, never for a town.
        if not isinstance(valeur, attendu.genre) or (isinstance(valeur, bool) and attendu.genre is not bool):
            fautes.append(f"clé « {prefixe}{cle} » : {MOTS_DES_TYPES[attendu.genre]}")
            continue
        raison = attendu.verifier(valeur) if attendu.verifier else None
        if raison:
            fautes.append(f"clé « {prefixe}{cle} » : {raison}")
            continue
        gardees[cle] = valeur
    return gardees


def _lire_pieces(brut: Any, fautes: list[str]) -> dict[str, GenrePiece]:
    """The kinds of documents that everyone knows, as the town names them, and its own."""
    genres = dict(GENRES_PIECES)
    for code, table in brut.items():
        reglage = _verifier_table(table, PIECE, f"pieces.{code}", fautes)
        if not _CODE_DE_PIECE.fullmatch(code):
            fautes.append(f"clé « pieces.{code} » : un code s’écrit en minuscules sans accent, chiffres et _")
        elif code not in genres and isinstance(table, dict) and "nom" not in table:
            fautes.append(f"clé « pieces.{code}.nom » manquante{_suggerer(code, genres)}")
        else:
            genres[code] = replace(genres.get(code, GenrePiece(code, code)), **reglage)
    return genres


def _lire_demarches(brut: Any, pieces: dict[str, GenrePiece], fautes: list[str]) -> dict[str, Genre]:
    genres = dict(GENRES)
    for code, table in brut.items():
        if code not in genres:
            fautes.append(f"clé « demarches.{code} » inconnue{_suggerer(code, genres)}")
            continue
        reglage = _verifier_table(table, DEMARCHE, f"demarches.{code}", fautes)
        fautes += [
            f"clé « demarches.{code}.{cle} » : {pourquoi}" for cle, pourquoi in REFUS[code].items() if cle in reglage
        ]
        genres[code] = genres[code].regle_par(reglage)
        fautes += fautes_de_demarche(genres[code])
        for cle in ("pieces", "pieces_facultatives"):
            for piece in reglage.get(cle, ()):
                if piece not in pieces:
                    conseil = _suggerer(piece, pieces)
                    fautes.append(f"clé « demarches.{code}.{cle} » : document « {piece} » inconnu{conseil}")
    return genres


def _lire_regies(brut: Any, fautes: list[str]) -> dict[str, Regie]:
    regies = {}
    for code, table in brut.items():
        avant = len(fautes)
        reglage = _verifier_table(table, REGIE, f"regies.{code}", fautes)
        if not _CODE_DE_REGIE.fullmatch(code):
            fautes.append(f"clé « regies.{code} » : un code s’écrit en minuscules sans accent, chiffres, - et _")
        if len(fautes) > avant:
            continue
        listes: dict[str, Any] = {cle: tuple(reglage.pop(cle)) for cle in _LISTES_DE_REGIE if cle in reglage}
        minimum = reglage.pop("minimum", None)
        if minimum is not None:
            listes["minimum_centimes"] = lire_montant(minimum, "minimum")
        regies[code] = Regie(code=code, **reglage, **listes)
    fautes += fautes_entre_regies(regies.values())
    return regies


def _suggerer(code: str, connus: Iterable[str]) -> str:
    proches = difflib.get_close_matches(code, connus, n=1)
    return f" ; vouliez-vous dire « {proches[0]} » ?" if proches else ""


def _fautes_de_couleur(apparence: dict[str, Any]) -> list[str]:
    fautes = []
    for cle, fonds in (("couleur", (FOND_CLAIR, BLANC)), ("couleur_sombre", (FOND_SOMBRE,))):
        couleur = apparence.get(cle)
        if couleur is None:
            continue
        faible = min(contraste(couleur, fond) for fond in fonds)
        if faible < CONTRASTE_TEXTE:
            conseil = "plus foncée" if cle == "couleur" else "plus claire"
            fautes.append(
                f"clé « apparence.{cle} » : contraste de {faible:.1f}, il faut au moins {CONTRASTE_TEXTE} "
                f"pour être lue par tous (RGAA 3.2) ; prenez une couleur {conseil}"
            )
    return fautes


def _fautes_de_logo(dossier: Path, logo: str) -> list[str]:
    if not logo:
        return []
    if Path(logo).name != logo or not logo.endswith((".svg", ".png")):
        return ["clé « apparence.logo » : un fichier .svg ou .png placé à côté de commune.toml est attendu"]
    if not (dossier / logo).is_file():
        return [f"clé « apparence.logo » : le fichier « {logo} » n’existe pas à côté de commune.toml"]
    return []
