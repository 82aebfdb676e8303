"""What a family's file is made of, and what families may do with each field unless the town says otherwise.

The town's own word is `[champs]` in commune.toml: hidden, shown, editable at once, or editable through a request that
an agent accepts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Cible(StrEnum):
    """Whose field it is."""

    PERSONNE = "personne"
    FOYER = "foyer"
    ENFANT = "enfant"


class Regime(StrEnum):
    CACHE = "cache"
    LECTURE = "lecture"
    DIRECT = "direct"
    DEMANDE = "demande"


@dataclass(frozen=True, slots=True)
class Champ:
    """A field: its code is "<cible>.<column>", its kind says how it is typed and checked."""

    cible: Cible
    colonne: str
    libelle: str
    genre: str
    """nom, civilite, telephone, texte, code_postal, date, classe."""
    regime: Regime
    est_obligatoire: bool = False
    longueur: int = 80

    @property
    def code(self) -> str:
        return f"{self.cible.value}.{self.colonne}"


# Identity and residence change rights and prices: an agent looks first. The mail address is in « Identifiants »: it is
# confirmed on both addresses.
CHAMPS: tuple[Champ, ...] = (
    Champ(Cible.PERSONNE, "civilite", "Civilité", "civilite", Regime.DIRECT),
    Champ(Cible.PERSONNE, "prenom", "Prénom", "nom", Regime.DEMANDE, est_obligatoire=True, longueur=60),
    Champ(Cible.PERSONNE, "nom", "Nom", "nom", Regime.DEMANDE, est_obligatoire=True, longueur=60),
    Champ(Cible.PERSONNE, "nom_naissance", "Nom de naissance", "nom", Regime.DEMANDE, longueur=60),
    Champ(Cible.PERSONNE, "telephone", "Téléphone mobile", "telephone", Regime.DIRECT),
    Champ(Cible.PERSONNE, "telephone_domicile", "Téléphone du domicile", "telephone", Regime.DIRECT),
    Champ(Cible.PERSONNE, "telephone_travail", "Téléphone du travail", "telephone", Regime.DIRECT),
    Champ(Cible.FOYER, "adresse", "Adresse", "texte", Regime.DEMANDE, est_obligatoire=True, longueur=200),
    Champ(Cible.FOYER, "code_postal", "Code postal", "code_postal", Regime.DEMANDE, est_obligatoire=True, longueur=10),
    Champ(Cible.FOYER, "ville", "Ville", "nom", Regime.DEMANDE, est_obligatoire=True, longueur=80),
    Champ(Cible.ENFANT, "prenom", "Prénom", "nom", Regime.DEMANDE, est_obligatoire=True, longueur=60),
    Champ(Cible.ENFANT, "nom", "Nom", "nom", Regime.DEMANDE, est_obligatoire=True, longueur=60),
    Champ(Cible.ENFANT, "naissance", "Date de naissance", "date", Regime.DEMANDE, est_obligatoire=True),
    Champ(Cible.ENFANT, "classe", "Classe", "classe", Regime.LECTURE, longueur=40),
    Champ(Cible.ENFANT, "sante", "Santé", "sante", Regime.DIRECT),
    Champ(Cible.ENFANT, "autorisations", "Autorisations", "autorisations", Regime.DIRECT),
    Champ(Cible.ENFANT, "contacts", "Personnes autorisées", "contacts", Regime.DIRECT),
)
PAR_CODE: dict[str, Champ] = {champ.code: champ for champ in CHAMPS}
CODES_DE_CHAMPS: tuple[str, ...] = tuple(PAR_CODE)


def regime(code: str, reglages: Mapping[str, str], *, est_lecture: bool = False) -> Regime:
    """What a family may do with this field. `est_lecture`: every structure concerned is read by families and written by
    its own team (the second guide's crèche), then nothing is editable."""
    voulu = Regime(reglages.get(code, PAR_CODE[code].regime.value))
    return Regime.LECTURE if est_lecture and voulu in (Regime.DIRECT, Regime.DEMANDE) else voulu
