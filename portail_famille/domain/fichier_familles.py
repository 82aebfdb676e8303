"""The file of families a town exports from its former software: columns, and what each cell may say.

One line per child and foyer (docs/fichier-familles.md). Nothing here knows the database: grouping lines into foyers is
in domain/familles_du_fichier, finding them again in services/rapprochement.
"""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portail_famille.domain.cellules import (
    lire_adresse_mail,
    lire_centimes,
    lire_date,
    lire_oui_non,
    lire_reference,
    lire_texte,
    refus,
)
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.fiches import CIVILITES, PAR_CODE, lire_valeur
from portail_famille.domain.gardes import IMPAIRES, PAIRES, UNE_SUR
from portail_famille.domain.lecture import suggerer
from portail_famille.domain.libelles import sans_accents
from portail_famille.domain.tableur import Faute, Tableau

_ADULTE = (
    "reference", "civilite", "prenom", "nom", "nom_naissance", "courriel", "telephone", "telephone_domicile",
    "telephone_travail",
)  # fmt: skip
COLONNES_FOYER = (
    "foyer", "foyer_nom", "adresse", "code_postal", "ville", "resident", "personnes_a_charge", "ressources_mensuelles",
    "qf", "qf_du", "qf_au",
)  # fmt: skip
COLONNES_ADULTES = tuple(tuple(f"responsable{rang}_{nom}" for nom in _ADULTE) for rang in (1, 2))
COLONNES_ENFANT = ("enfant_reference", "enfant_prenom", "enfant_nom", "enfant_naissance", "structure", "classe", "pai")
COLONNES_AUTORITE = ("responsable1_autorite", "responsable2_autorite")
COLONNES_GARDE = ("semaine_ancre", "une_sur", "vacances")
COLONNES_INSCRIPTION = ("activites", "inscription_du", "inscription_au")
COLONNES = (
    *COLONNES_FOYER, *COLONNES_ADULTES[0], COLONNES_AUTORITE[0], *COLONNES_ADULTES[1], COLONNES_AUTORITE[1],
    *COLONNES_ENFANT, *COLONNES_GARDE, *COLONNES_INSCRIPTION,
)  # fmt: skip
OBLIGATOIRES = ("adresse", "code_postal", "ville", "responsable1_prenom", "responsable1_nom")
_DE_L_ENFANT = (*COLONNES_ENFANT, *COLONNES_GARDE, *COLONNES_INSCRIPTION)

_CIVILITES = {"mme": "Mme", "madame": "Mme", "mlle": "Mme", "m": "M.", "mr": "M.", "monsieur": "M."}
_MOITIES = {"paires": PAIRES, "annees paires": PAIRES, "impaires": IMPAIRES, "annees impaires": IMPAIRES}
_CHARGE_MAXIMALE = 30
_UNE_ANNEE = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class ReperesFichier:
    """What cells refer to. `activites`: the structures that receive each, by its code."""

    aujourdhui: date
    structures: tuple[str, ...]
    activites: Mapping[str, tuple[str, ...]]
    lire_telephone: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class LigneFamille:
    """A line: what could be read of it, and `textes` as they are written, for the faults still to come."""

    numero: int
    valeurs: Mapping[str, Any]
    textes: Mapping[str, str]
    est_entiere: bool
    """Without a fault of its own."""


def lire_lignes(
    tableau: Tableau, reperes: ReperesFichier, avancer: Callable[[], None] = lambda: None
) -> tuple[list[LigneFamille], list[Faute]]:
    """Every line, and every fault of its cells. `avancer` is called once per line."""
    lecteurs = _lecteurs(reperes)
    # The lines of a foyer repeat the same cells.
    connus: dict[tuple[str, str], Any] = {}
    lues, fautes = [], list(tableau.fautes)
    deja = {(faute.ligne, faute.colonne) for faute in fautes}
    for numero, textes in tableau.lignes:
        valeurs: dict[str, Any] = {}
        avant = len(fautes)
        for colonne, texte in textes.items():
            if (numero, colonne) in deja:
                continue
            if (colonne, texte) not in connus:
                connus[colonne, texte] = _tenter(lecteurs[colonne], texte)
            valeur = connus[colonne, texte]
            if isinstance(valeur, RegleViolee):
                fautes.append(Faute(numero, colonne, texte, valeur.message.rstrip(".")))
            else:
                valeurs[colonne] = valeur
        fautes += [Faute(numero, colonne, "", raison) for colonne, raison in _manques(textes)]
        fautes += [
            Faute(numero, colonne, textes[colonne], raison)
            for colonne, raison in _accorder(valeurs, textes.keys() - valeurs.keys(), reperes)
        ]
        est_entiere = len(fautes) == avant and len(valeurs) == len(textes)
        lues.append(LigneFamille(numero, valeurs, textes, est_entiere))
        avancer()
    return lues, fautes


def _lecteurs(reperes: ReperesFichier) -> dict[str, Callable[[str], Any]]:
    def champ(code: str) -> Callable[[str], str]:
        return lambda texte: lire_valeur(PAR_CODE[code], texte, reperes.aujourdhui)

    def naissance(texte: str) -> date:
        return date.fromisoformat(
            lire_valeur(PAR_CODE["enfant.naissance"], lire_date(texte).isoformat(), reperes.aujourdhui)
        )

    adulte: dict[str, Callable[[str], Any]] = {
        "reference": lire_reference,
        "civilite": _civilite,
        "prenom": champ("personne.prenom"),
        "nom": champ("personne.nom"),
        "nom_naissance": champ("personne.nom_naissance"),
        "courriel": lire_adresse_mail,
        "telephone": reperes.lire_telephone,
        "telephone_domicile": reperes.lire_telephone,
        "telephone_travail": reperes.lire_telephone,
        "autorite": lire_oui_non,
    }
    return {
        "foyer": lire_reference,
        "foyer_nom": lambda texte: lire_texte(texte, 120),
        "adresse": champ("foyer.adresse"),
        "code_postal": champ("foyer.code_postal"),
        "ville": champ("foyer.ville"),
        "resident": lire_oui_non,
        "personnes_a_charge": _charge,
        "ressources_mensuelles": lire_centimes,
        "qf": lire_centimes,
        "qf_du": lire_date,
        "qf_au": lire_date,
        **{f"responsable{rang}_{nom}": lecteur for rang in (1, 2) for nom, lecteur in adulte.items()},
        "enfant_reference": lire_reference,
        "enfant_prenom": champ("enfant.prenom"),
        "enfant_nom": champ("enfant.nom"),
        "enfant_naissance": naissance,
        "structure": lambda texte: _code(texte, reperes.structures, "structure"),
        "classe": champ("enfant.classe"),
        "pai": lire_oui_non,
        "semaine_ancre": lire_date,
        "une_sur": _une_sur,
        "vacances": _moitie,
        "activites": lambda texte: _activites(texte, reperes),
        "inscription_du": lire_date,
        "inscription_au": lire_date,
    }


def _manques(textes: Mapping[str, str]) -> list[tuple[str, str]]:
    """Cells that must be filled because they always must, or because others are."""
    exiges = [(colonne, "cellule obligatoire vide") for colonne in OBLIGATOIRES]
    if any(colonne in textes for colonne in (*COLONNES_ADULTES[1], COLONNES_AUTORITE[1])):
        exiges += [(f"responsable2_{nom}", "il manque pour ce second responsable") for nom in ("prenom", "nom")]
    if any(colonne in textes for colonne in _DE_L_ENFANT):
        exiges += [(f"enfant_{nom}", "il manque pour cet enfant") for nom in ("prenom", "nom", "naissance")]
    for ensemble in (("qf", "qf_du"), ("semaine_ancre", "une_sur"), COLONNES_INSCRIPTION):
        presentes = [colonne for colonne in ensemble if colonne in textes]
        if presentes:
            exiges += [(colonne, f"« {presentes[0]} » est rempli, il faut l’être aussi") for colonne in ensemble]
    for colonne, avec in (("qf_au", "qf"), ("vacances", "semaine_ancre")):
        if colonne in textes:
            exiges.append((avec, f"« {colonne} » est rempli, il faut l’être aussi"))
    return [(colonne, raison) for colonne, raison in dict(reversed(exiges)).items() if colonne not in textes]


def _accorder(
    valeurs: Mapping[str, Any], illisibles: AbstractSet[str], reperes: ReperesFichier
) -> list[tuple[str, str]]:
    """Cells that are right alone and wrong together."""
    fautes = []
    for du, au in (("qf_du", "qf_au"), ("inscription_du", "inscription_au")):
        if du in valeurs and au in valeurs and valeurs[au] < valeurs[du]:
            fautes.append((au, "la fin est avant le début"))
        elif au == "inscription_au" and du in valeurs and au in valeurs and valeurs[au] - valeurs[du] > _UNE_ANNEE:
            fautes.append((au, "une inscription dure au plus une année scolaire"))
    for code, lieu in () if "structure" in illisibles else valeurs.get("activites", ()):
        if lieu is None and _lieu(code, valeurs.get("structure"), reperes) is None:
            lieux = ", ".join(reperes.activites[code])
            fautes.append(("activites", f"où ? écrivez {code}@ puis une structure parmi {lieux}"))
    return fautes


def lieux_d_inscription(valeurs: Mapping[str, Any], reperes: ReperesFichier) -> tuple[tuple[str, str], ...]:
    """(activity, structure) of a line that was accepted: the structure said, the child's, or the only one."""
    lus = (
        (code, lieu or _lieu(code, valeurs.get("structure"), reperes)) for code, lieu in valeurs.get("activites", ())
    )
    return tuple((code, lieu) for code, lieu in lus if lieu is not None)


def _lieu(code: str, structure: str | None, reperes: ReperesFichier) -> str | None:
    lieux = reperes.activites[code]
    if structure in lieux:
        return structure
    return lieux[0] if len(lieux) == 1 else None


def _tenter(lecteur: Callable[[str], Any], texte: str) -> Any:
    try:
        return lecteur(texte)
    except RegleViolee as refus:
        return refus


def _civilite(texte: str) -> str:
    lue = _CIVILITES.get(texte.lower().rstrip("."))
    if lue is None:
        raise refus(f"il faut {' ou '.join(CIVILITES)}")
    return lue


def _charge(texte: str) -> int:
    if not re.fullmatch(r"[0-9]{1,2}", texte) or int(texte) > _CHARGE_MAXIMALE:
        raise refus(f"il faut un nombre entier de 0 à {_CHARGE_MAXIMALE}")
    return int(texte)


def _une_sur(texte: str) -> int:
    if texte not in map(str, UNE_SUR):
        raise refus("une semaine sur 2, 3 ou 4 : il faut 2, 3 ou 4")
    return int(texte)


def _moitie(texte: str) -> str:
    lue = _MOITIES.get(sans_accents(texte))
    if lue is None:
        raise refus("il faut « paires » ou « impaires » : les années où la première moitié est ici")
    return lue


def _code(texte: str, connus: tuple[str, ...], quoi: str) -> str:
    if texte not in connus:
        raise refus(f"{quoi} inconnue ; {suggerer(texte, connus)}")
    return texte


def _activites(texte: str, reperes: ReperesFichier) -> tuple[tuple[str, str | None], ...]:
    """« cantine|mercredi@centre »: codes, each with its structure where it must be said."""
    lues: dict[str, str | None] = {}
    for morceau in texte.split("|"):
        code, arobase, lieu = (partie.strip() for partie in morceau.partition("@"))
        _code(code, tuple(reperes.activites), "activité")
        if code in lues:
            raise refus(f"l’activité {code} est là deux fois")
        lues[code] = _code(lieu, reperes.activites[code], f"structure de {code}") if arobase else None
    return tuple(lues.items())
