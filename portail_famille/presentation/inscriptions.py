"""Enrolments and bookings to validate in words, for both sides."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from portail_famille.domain.libelles import ecrire_date
from portail_famille.presentation.changements import DECIDE, Changement
from portail_famille.presentation.formats import detail_de_jours, liste_de_jours
from portail_famille.services.regles import Regles

EFFET_INSCRIPTION = (
    "Accepter inscrit l’enfant pour la saison\u00a0: sa famille peut réserver tout de suite. Sans place, laissez la "
    "demande ouverte\u00a0: la famille voit son rang sur la liste d’attente."
)
EFFET_SCOLAIRE = "Accepter affecte l’enfant à cette école. Il garde son école actuelle jusqu’au jour de la rentrée."
EFFET_RESERVATION = "Accepter réserve les jours cochés. Les autres sont annulés, et leurs places libérées."


def dire_inscription(_avant: Mapping[str, Any], contenu: Mapping[str, Any], regles: Regles) -> list[Changement]:
    lignes = [
        Changement("Activité", None, _activite(regles, contenu)),
        Changement("Saison", None, _periode(contenu)),
    ]
    choix = [_structure(regles, code) for code in contenu["choix"]]
    if len(choix) == 1:
        lignes.append(Changement("Lieu", None, choix[0]))
    else:
        lignes += [Changement(f"Choix n°\u00a0{rang}", None, nom) for rang, nom in enumerate(choix, 1)]
    obtenue = contenu.get("decision") or {}
    if obtenue.get("au"):
        lignes.append(Changement(DECIDE, None, f"{_structure(regles, obtenue['structure'])}, {_periode(obtenue)}"))
    return lignes


def dire_scolaire(avant: Mapping[str, Any], contenu: Mapping[str, Any], regles: Regles) -> list[Changement]:
    voulue = _structure(regles, contenu["ecole"]) if contenu["ecole"] else "Celle de notre adresse"
    actuelle = _structure(regles, avant["ecole"]) if avant.get("ecole") else "aucune"
    lignes = [
        Changement("Année scolaire", None, str(contenu["annee"])),
        Changement("Niveau", avant.get("classe") or "pas connu", str(contenu["niveau"])),
        Changement("École", actuelle, voulue),
    ]
    for cle, libelle in (
        ("derogation", "Motif de dérogation"),
        ("precedente", "École précédente"),
        ("fratrie", "Frères et sœurs"),
    ):
        if contenu.get(cle):
            lignes.append(Changement(libelle, None, str(contenu[cle])))
    decision = contenu.get("decision") or {}
    if decision.get("ecole"):
        classe = f", {decision['classe']}" if decision.get("classe") else ""
        lignes.append(Changement(DECIDE, None, f"{_structure(regles, decision['ecole'])}{classe}"))
    return lignes


def dire_reservation(_avant: Mapping[str, Any], contenu: Mapping[str, Any], regles: Regles) -> list[Changement]:
    lignes = [Changement("Activité", None, _activite(regles, contenu))]
    lignes += _jours(regles, contenu["jours"], "")
    decision = contenu.get("decision") or {}
    lignes += _jours(regles, decision.get("acceptes") or {}, "Accepté\u00a0: ")
    lignes += _jours(regles, decision.get("refuses") or {}, "Refusé\u00a0: ")
    return [*lignes, Changement("Reçu", None, f"n°\u00a0{contenu['recu']}")]


def _jours(regles: Regles, jours: Mapping[str, list[str]], avant: str) -> list[Changement]:
    unites = regles.catalogue.unites
    lignes = []
    for code, lus in jours.items():
        nom = unites[code].nom if code in unites else code
        dates = [date.fromisoformat(jour) for jour in lus]
        detail = detail_de_jours(dates) if len(dates) > 1 else liste_de_jours(dates)
        lignes.append(Changement(f"{avant}{nom}", None, detail))
    return lignes


def _activite(regles: Regles, contenu: Mapping[str, Any]) -> str:
    activite = regles.catalogue.activites.get(str(contenu["activite"]))
    return activite.nom if activite else str(contenu["activite"])


def _structure(regles: Regles, code: str) -> str:
    structure = regles.catalogue.structures.get(code)
    return structure.nom if structure else code


def _periode(periode: Mapping[str, Any]) -> str:
    du, au = (ecrire_date(date.fromisoformat(str(periode[cle]))) for cle in ("du", "au"))
    return f"du {du} au {au}"
