"""What a family's file is made of, and what families may do with each field unless the town says otherwise.

The town's own word is `[champs]` in commune.toml: hidden, shown, editable at once, or editable through a request that
an agent accepts.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.noms import lire_nom


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
    # Text: « Lyon 3e » and « Cedex 09 » have digits.
    Champ(Cible.FOYER, "ville", "Ville", "texte", Regime.DEMANDE, est_obligatoire=True, longueur=80),
    Champ(Cible.ENFANT, "prenom", "Prénom", "nom", Regime.DEMANDE, est_obligatoire=True, longueur=60),
    Champ(Cible.ENFANT, "nom", "Nom", "nom", Regime.DEMANDE, est_obligatoire=True, longueur=60),
    Champ(Cible.ENFANT, "naissance", "Date de naissance", "date", Regime.DEMANDE, est_obligatoire=True),
    Champ(Cible.ENFANT, "classe", "Classe", "classe", Regime.DEMANDE, longueur=40),
    Champ(Cible.ENFANT, "sante", "Santé", "sante", Regime.DIRECT),
    Champ(Cible.ENFANT, "autorisations", "Autorisations", "autorisations", Regime.DIRECT),
    Champ(Cible.ENFANT, "contacts", "Personnes autorisées", "contacts", Regime.DIRECT),
)
PAR_CODE: dict[str, Champ] = {champ.code: champ for champ in CHAMPS}
CODES_DE_CHAMPS: tuple[str, ...] = tuple(PAR_CODE)

AILLEURS = frozenset({"sante", "autorisations", "contacts"})
"""Kinds that are whole rooms of their own: only their régime is said here."""

CIVILITES = ("Mme", "M.")
AGE_MAXIMUM = 20
"""Years: past it, a birth date is a typing mistake (towns' activities end at 17 or 18)."""


def regime(code: str, reglages: Mapping[str, str], *, est_lecture: bool = False) -> Regime:
    """What a family may do with this field. `est_lecture`: every structure concerned is read by families and written by
    its own team (the second guide's crèche), then nothing is editable."""
    voulu = Regime(reglages.get(code, PAR_CODE[code].regime.value))
    return Regime.LECTURE if est_lecture and voulu in (Regime.DIRECT, Regime.DEMANDE) else voulu


def champs_de(cible: Cible) -> tuple[Champ, ...]:
    """Fields of this target that a form can hold, in the order they are shown."""
    return tuple(champ for champ in CHAMPS if champ.cible is cible and champ.genre not in AILLEURS)


def regimes_de(cible: Cible, reglages: Mapping[str, str], *, est_lecture: bool = False) -> dict[str, Regime]:
    """What a family may do with each field of this target, by code."""
    return {champ.code: regime(champ.code, reglages, est_lecture=est_lecture) for champ in champs_de(cible)}


def regimes_agent(cible: Cible) -> dict[str, Regime]:
    """An agent corrects a file at once, whatever families may do."""
    return {champ.code: Regime.DIRECT for champ in champs_de(cible)}


def lire_valeur(champ: Champ, saisie: str, aujourdhui: date) -> str:
    """What was typed, as it is kept: "" for nothing, a date in ISO. Telephone numbers are read by services/telephones.

    Raises `RegleViolee` whose field is the champ's code.
    """
    try:
        if not saisie.strip():
            return _rien(champ)
        if champ.genre == "nom":
            return lire_nom(saisie, quoi=champ.libelle.lower(), longueur=champ.longueur)
        if champ.genre == "civilite":
            return _civilite(saisie)
        if champ.genre == "code_postal":
            return _code_postal(saisie)
        if champ.genre == "date":
            return _naissance(saisie, aujourdhui).isoformat()
        return _texte(saisie, champ)
    except RegleViolee as refus:
        raise RegleViolee(refus.code, refus.message, champ.code) from None


def empreinte_valeur(valeur: str) -> str:
    """Eight characters that tell a value from another: the form carries them to say what it showed."""
    return hashlib.sha256(valeur.encode()).hexdigest()[:8]


def est_a_verifier(verifie_le: date | None, aujourdhui: date, mois: int) -> bool:
    """Whether « tout est exact » is to be asked: never said, or `mois` months ago."""
    return verifie_le is None or _mois_entiers(verifie_le, aujourdhui) >= mois


def _mois_entiers(du: date, au: date) -> int:
    return (au.year - du.year) * 12 + au.month - du.month - (au.day < du.day)


def _rien(champ: Champ) -> str:
    if champ.est_obligatoire:
        raise RegleViolee("champ_vide", f"Remplissez ce champ\u00a0: {champ.libelle.lower()}.")
    return ""


def _civilite(saisie: str) -> str:
    if saisie not in CIVILITES:
        raise RegleViolee("civilite_inconnue", "Choisissez une civilité de la liste.")
    return saisie


_ESPACES = re.compile(r"\s+")


def _texte(saisie: str, champ: Champ) -> str:
    texte = _ESPACES.sub(" ", unicodedata.normalize("NFC", saisie)).strip().replace("'", "’")
    if any(unicodedata.category(caractere) in ("Cc", "Cf", "Co", "Cs", "Cn") for caractere in texte):
        raise RegleViolee("texte_caractere", "Il y a un caractère invisible\u00a0: effacez et tapez à nouveau.")
    if len(texte) > champ.longueur:
        raise RegleViolee("texte_trop_long", f"Il y a {len(texte)} caractères\u00a0: {champ.longueur} au plus.")
    return texte


_POSTAL_FRANCAIS = re.compile(r"[0-9]{5}")
_POSTAL_ETRANGER = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9][A-Z0-9 -]{1,8}[A-Z0-9]")


def _code_postal(saisie: str) -> str:
    """Five digits; abroad, up to ten letters and digits: with letters, so that a digit left out is not a Swiss code."""
    code = _ESPACES.sub(" ", unicodedata.normalize("NFKC", saisie)).strip().upper()
    if _POSTAL_FRANCAIS.fullmatch(code.replace(" ", "")):
        return code.replace(" ", "")
    if _POSTAL_ETRANGER.fullmatch(code):
        return code
    raise RegleViolee(
        "code_postal_invalide",
        "Un code postal a 5 chiffres. À l’étranger, écrivez le pays devant\u00a0: CH-1204, par exemple.",
    )


_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FRANCAISE = re.compile(r"([0-9]{1,2})[ /.-]([0-9]{1,2})[ /.-]([0-9]{4})")


def _naissance(saisie: str, aujourdhui: date) -> date:
    """A child's birth date: as a date field sends it, or typed day first where there is none."""
    texte = _ESPACES.sub(" ", saisie).strip()
    iso, francaise = _ISO.fullmatch(texte), _FRANCAISE.fullmatch(texte)
    try:
        if iso:
            jour = date(*(int(morceau) for morceau in iso.groups()))
        elif francaise:
            jour = date(*(int(morceau) for morceau in reversed(francaise.groups())))
        else:
            raise ValueError
    except ValueError:
        raise RegleViolee(
            "date_illisible", "Écrivez le jour, le mois et l’année\u00a0: 17/04/2018, par exemple."
        ) from None
    if jour > aujourdhui:
        raise RegleViolee("date_future", "Cette date est dans le futur\u00a0: vérifiez l’année.")
    if _mois_entiers(jour, aujourdhui) >= AGE_MAXIMUM * 12:
        raise RegleViolee("date_trop_ancienne", f"Un enfant a moins de {AGE_MAXIMUM} ans\u00a0: vérifiez l’année.")
    return jour
