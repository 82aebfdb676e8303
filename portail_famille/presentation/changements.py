"""A request in words, for both sides: each field asked for, beside what it is today."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from portail_famille.domain.entourage import LIENS_PARENTAUX
from portail_famille.domain.fiches import PAR_CODE
from portail_famille.domain.gardes import Garde, lundi_de
from portail_famille.domain.libelles import ecrire_date
from portail_famille.presentation.formats import date_courte, telephone
from portail_famille.presentation.gardes import rythme_de_garde
from portail_famille.services.gardes import garde_demandee
from portail_famille.services.regles import Regles

_ESPACE = {
    "civilite": "Civilité",
    "prenom": "Prénom",
    "nom": "Nom",
    "courriel": "Adresse mail (vérifiée)",
    "telephone": "Téléphone",
    "adresse": "Adresse",
    "code_postal": "Code postal",
    "ville": "Ville",
    "message": "Message",
}
_ENFANT = {
    "prenom": "Prénom",
    "nom": "Nom",
    "naissance": "Né(e) le",
    "lien": "Qui demande",
    "structure": "École ou structure voulue",
    "classe": "Classe",
    "document": "Justificatif",
}
_DOCUMENTS = {"joint": "joint à la demande", "en_mairie": "sera apporté en mairie"}


DECIDE = "Décidé par la mairie"
"""Beside what was asked, which stays as it was."""


@dataclass(frozen=True, slots=True)
class Changement:
    """A field: what it is now, what is asked. `avant` None: nothing to compare with."""

    libelle: str
    avant: str | None
    apres: str


Dire = Callable[[Mapping[str, Any], Mapping[str, Any], Regles], list[Changement]]
"""Before, content, and the rules for the names that codes stand for."""


def dire_coordonnees(avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    return [
        Changement(PAR_CODE[code].libelle, ecrire_valeur(code, avant.get(code)), ecrire_valeur(code, valeur))
        for code, valeur in contenu.items()
    ]


def dire_garde_demandee(avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    mot = [Changement("Mot de la famille", None, str(contenu["mot"]))] if contenu.get("mot") else []
    semaines = (dire_garde(garde_demandee(dict(avant))), dire_garde(garde_demandee(dict(contenu))))
    return [Changement("Semaines", *semaines), *mot]


def dire_pai(avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    jusqua = [Changement("Jusqu’au", None, dire_jour(contenu["pai_jusqua"]))] if contenu.get("pai_jusqua") else []
    return [Changement("PAI", dire_oui(avant.get("pai")), dire_oui(contenu.get("pai"))), *jusqua]


def dire_enfant(_avant: Mapping[str, Any], contenu: Mapping[str, Any], regles: Regles) -> list[Changement]:
    structures = regles.catalogue.structures
    lues: dict[str, Callable[[str], str]] = {
        "naissance": dire_jour,
        "lien": lambda code: LIENS_PARENTAUX.get(code, code),
        "structure": lambda code: structures[code].nom if code in structures else code,
        "document": lambda code: _DOCUMENTS.get(code, code),
    }
    return [
        Changement(libelle, None, lues[cle](str(contenu[cle])) if cle in lues else str(contenu[cle]))
        for cle, libelle in _ENFANT.items()
        if contenu.get(cle)
    ]


def dire_espace(_avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    lignes = [
        Changement(libelle, None, telephone(contenu[cle]) if cle == "telephone" else str(contenu[cle]))
        for cle, libelle in _ESPACE.items()
        if contenu.get(cle)
    ]
    return [*lignes, *(Changement("Enfant", None, str(enfant)) for enfant in contenu.get("enfants", ()))]


def dire_rien(_avant: Mapping[str, Any], _contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    return []


def ecrire_valeur(code: str, valeur: Any) -> str:
    """A field's value as it is read: « 06 12 34 56 78 », « 17 avril 2018 », « rien »."""
    if valeur in (None, ""):
        return "rien"
    champ = PAR_CODE.get(code)
    if champ is not None and champ.genre == "telephone":
        return telephone(str(valeur))
    return dire_jour(str(valeur)) if champ is not None and champ.genre == "date" else str(valeur)


def dire_garde(garde: Garde | None) -> str:
    """« Une semaine sur deux dans ce foyer, comptée depuis le lundi 7 décembre »."""
    if garde is None:
        return "Pas de garde alternée"
    partage = " ; vacances par moitiés" if garde.vacances else ""
    depuis = date_courte(lundi_de(garde.semaine_ancre))
    return f"{rythme_de_garde(garde)} dans ce foyer, à compter du {depuis}{partage}".replace(" ;", "\u202f;")


def dire_oui(valeur: Any) -> str:
    return "oui" if valeur else "non"


def dire_jour(texte: str) -> str:
    try:
        return ecrire_date(date.fromisoformat(texte))
    except ValueError:
        return texte
