"""Rules and prices that towns have printed, with the file a town would write and the result it prints.

The same rows serve the domain's tests (by `lire_catalogue`) and the command's (`expliquer` with `arguments()`).
"""

import csv
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from portail_famille.domain.catalogue import Catalogue, lire_catalogue
from portail_famille.domain.circonstances import Circonstance, Etat
from tests.support.calendriers import DONNEES

# A day of class in every zone; the published prices are not dated.
JOUR_DES_PRIX = date(2026, 11, 30)
_FICHIERS = {
    "Cruas": "cruas",
    "Villes Sœurs": "villes-soeurs",
    "Rontalon": "rontalon",
    "Veyras": "veyras",
    "Vailhauquès": "vailhauques",
    "example": "soixante-douze-heures",
    "Fay-aux-Loges": "fay-aux-loges",
    "Roncq": "roncq",
    "Caumont-sur-Durance": "caumont-sur-durance",
    "Bubry": "bubry",
    "Suresnes": "suresnes",
}
_UNITES = {"repas": "repas", "périscolaire demi-heure": "demi-heure", "EAJE heure (PSU)": "heure"}


@dataclass(frozen=True)
class DelaiPublie:
    """`limite`: which of `limite_ajout` and `limite_annulation` the town printed. All in zone A."""

    toml: Path
    unite: str
    structure: str
    jour: date
    limite: str
    attendu: datetime

    def arguments(self) -> list[str]:
        return ["--unite", self.unite, "--structure", self.structure, "--jour", self.jour.isoformat()]


@dataclass(frozen=True)
class PrixPublie:
    toml: Path
    unite: str
    structure: str
    circonstance: Circonstance
    attendu: int

    def arguments(self) -> list[str]:
        c = self.circonstance
        arguments = ["--unite", self.unite, "--structure", self.structure, "--jour", c.jour.isoformat()]
        arguments += ["--rang", str(c.rang), "--personnes-a-charge", str(c.personnes_a_charge), "--etat", c.etat.value]
        if c.qf is not None:
            arguments += ["--qf", str(c.qf)]
        if c.ressources is not None:
            arguments += ["--ressources", str(c.ressources)]
        if not c.resident:
            arguments.append("--non-resident")
        if c.pai:
            arguments.append("--pai")
        return arguments


def delais_publies() -> list[DelaiPublie]:
    return [
        DelaiPublie(
            _toml(ligne["town"]),
            "repas",
            "ecole",
            date.fromisoformat(ligne["booked_day"]),
            "limite_annulation" if ligne["rule_as_printed"].startswith("annulation") else "limite_ajout",
            datetime.fromisoformat(ligne["first_refused_instant"]),
        )
        for ligne in _lignes("published_deadlines.csv")
    ]


def prix_publies() -> list[PrixPublie]:
    return [_prix_publie(ligne) for ligne in _lignes("published_prices.csv")]


def _prix_publie(ligne: dict[str, str]) -> PrixPublie:
    unite = _UNITES[ligne["unit"]]
    if ligne["town"] == "Bubry":
        # The three prices that the note halves: « third child pays half of 3.05 ».
        unite = f"repas-{ligne['note'].split('half of ')[1].split(':')[0].replace('.', '')}"
    circonstance = Circonstance(
        JOUR_DES_PRIX,
        qf=Decimal(ligne["qf"]) if ligne["qf"] else None,
        resident=ligne["resident"] == "oui",
        rang=int(ligne["rank"] or 1),
        personnes_a_charge=int(ligne["dependants"] or 1),
        ressources=Decimal(ligne["monthly_resources"]) if ligne["monthly_resources"] else None,
        pai=ligne["pai"] == "oui",
        etat=Etat(ligne["state"] or Etat.RESERVEE),
    )
    structure = "creche" if unite == "heure" else "ecole"
    return PrixPublie(_toml(ligne["town"]), unite, structure, circonstance, int(ligne["expected_centimes"]))


def lire_toml(chemin: Path) -> dict[str, Any]:
    return tomllib.loads(chemin.read_text(encoding="utf-8"), parse_float=Decimal)


@cache
def catalogue_de(chemin: Path) -> Catalogue:
    return lire_catalogue(lire_toml(chemin))


def _toml(ville: str) -> Path:
    return DONNEES / f"{_FICHIERS[ville]}.toml"


def _lignes(nom: str) -> list[dict[str, str]]:
    with (DONNEES / nom).open(encoding="utf-8", newline="") as fichier:
        return list(csv.DictReader(fichier))
