"""Reads the desk's forms of one more adult and one more child: as typed, services/ajouts checks."""

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portail_famille.services.foyers_saisis import AdulteSaisi, EnfantSaisi

AUTRE = "autre"
"""None of the people proposed."""
_LONGUEUR = 254


@dataclass(frozen=True, slots=True)
class Choix:
    """What the agent said of the people proposed. `connu_id`: it is this one."""

    connu_id: int | None
    est_autre: bool


def lire_adulte(champs: MultiDict[str, str]) -> AdulteSaisi:
    return AdulteSaisi(
        prenom=_propre(champs, "prenom"),
        nom=_propre(champs, "nom"),
        courriel=_propre(champs, "courriel"),
        telephone=_propre(champs, "telephone"),
        civilite=_propre(champs, "civilite"),
        personne_id=lire_choix(champs).connu_id,
    )


def lire_enfant(champs: MultiDict[str, str]) -> EnfantSaisi:
    return EnfantSaisi(**{nom: _propre(champs, nom) for nom in ("prenom", "nom", "naissance", "structure", "classe")})


def lire_choix(champs: MultiDict[str, str]) -> Choix:
    dit = champs.get("connu", "")
    return Choix(next(iter(_numeros([dit])), None), dit == AUTRE)


def lire_autorites(champs: MultiDict[str, str]) -> list[int]:
    """Ids of the boxes ticked."""
    return _numeros(champs.getlist("autorite"))


def _numeros(textes: Iterable[str]) -> list[int]:
    return [int(texte) for texte in textes if texte.isdecimal() and texte.isascii() and len(texte) < 10]


def _propre(champs: MultiDict[str, str], nom: str) -> str:
    return "".join(signe for signe in champs.get(nom, "")[:_LONGUEUR] if signe.isprintable()).strip()
