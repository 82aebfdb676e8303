"""Reads the identity that the CAF or the MSA is asked about: nothing of it is kept (services/interrogations)."""

import re
from datetime import date, timedelta

from portail_famille.forms.demarches.base import Champ, Saisie, SaisieInvalide
from portail_famille.forms.demarches.champs import lire_champs
from portail_famille.gateways.api_particulier import Identite
from portail_famille.services.comptes import Acteur

_SEXES = (("F", "Féminin"), ("M", "Masculin"))
# 01 to 95, 2A and 2B, 971 to 978, 986 to 988.
_DEPARTEMENT = re.compile(r"0[1-9]|[1-8][0-9]|9[0-5]|2[AB]|97[1-8]|98[6-8]")
_PRENOMS_MAXIMUM = 10
_AGE_MINIMUM = timedelta(days=12 * 365)


def champs_identite(acteur: Acteur, aujourdhui: date) -> tuple[Champ, ...]:
    return (
        Champ("nom_naissance", "Votre nom de naissance", valeur=acteur.nom, longueur=80),
        Champ(
            "prenoms",
            "Tous vos prénoms",
            aide="Dans l’ordre de l’état civil, séparés par des espaces.",
            valeur=acteur.prenom,
            longueur=120,
        ),
        Champ("sexe", "Sexe à l’état civil", "choix", _SEXES),
        Champ(
            "naissance",
            "Date de naissance",
            "date",
            aide="Par exemple 14/03/1988.",
            debut=date(1900, 1, 1),
            fin=aujourdhui - _AGE_MINIMUM,
        ),
        Champ("commune", "Commune de naissance", longueur=80),
        Champ("departement", "Département de naissance", aide="Par exemple 35, 2A ou 974.", longueur=3),
    )


def lire_identite(saisie: Saisie, acteur: Acteur, aujourdhui: date) -> Identite:
    """Raises `SaisieInvalide`."""
    lus = lire_champs(champs_identite(acteur, aujourdhui), saisie)
    departement = str(lus["departement"]).upper().zfill(2)
    if not _DEPARTEMENT.fullmatch(departement):
        raise SaisieInvalide({"departement": "Écrivez le numéro du département, par exemple 35."})
    nom = str(lus["nom_naissance"])
    return Identite(
        nom_naissance=nom,
        nom_usage="" if nom.casefold() == acteur.nom.casefold() else acteur.nom,
        prenoms=tuple(str(lus["prenoms"]).replace(",", " ").split()[:_PRENOMS_MAXIMUM]),
        naissance=date.fromisoformat(str(lus["naissance"])),
        sexe=str(lus["sexe"]),
        commune=str(lus["commune"]),
        departement=departement,
    )
