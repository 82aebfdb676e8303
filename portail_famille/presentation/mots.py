"""Words and marks that several screens share: reasons, a child's initial, whom to write to."""

import unicodedata
from urllib.parse import quote

from portail_famille.domain.creneaux import Refus
from portail_famille.presentation.vues import Ecrire, Pastille
from portail_famille.services.dossiers import Dossier, EnfantLu

COULEURS = 6
_VOYELLES = frozenset("aeiou")

RAISONS = {
    "ferie": "jour férié",
    "vacances": "vacances",
    "fermeture": "fermé",
    "hors_saison": "hors de l’année d’activité",
    "ferme": "fermé",
    "autre_parent": "semaine de l’autre parent",
    Refus.DELAI.value: "délai passé",
    Refus.COMPLET.value: "complet",
    Refus.AUTRE_FOYER.value: "déjà réservé par l’autre parent",
    Refus.INDISPONIBLE.value: "indisponible",
    Refus.NON_INSCRIT.value: "pas d’inscription à cette date",
    Refus.LECTURE.value: "à demander à la structure",
    Refus.SANS_TARIF.value: "tarif pas encore connu",
    Refus.POINTE.value: "présence déjà notée",
    Refus.INCOMPATIBLE.value: "ne va pas avec une autre réservation du jour",
}


def pastille(enfant: EnfantLu) -> Pastille:
    return Pastille(enfant.prenom[:1].upper(), enfant.prenom, (enfant.rang_foyer - 1) % COULEURS + 1)


def ecrire_a(dossier: Dossier, structure: str, enfant: EnfantLu) -> Ecrire:
    """Whom to write to for a structure in `lecture`; the child's first name is already in the subject."""
    fiche = dossier.regles.catalogue.structures[structure]
    courriel = fiche.courriel or ""
    objet = quote(f"Agenda {de(enfant.prenom)}")
    return Ecrire(fiche.nom, courriel, f"mailto:{quote(courriel, safe='@')}?subject={objet}")


def de(prenom: str) -> str:
    """« de Léa », « d’Emma », « d’Yves »: elision before a vowel; y is one only before a consonant (« de Yanis »)."""
    lettres = unicodedata.normalize("NFD", prenom).lower()
    est_voyelle = lettres[:1] in _VOYELLES or (lettres[:1] == "y" and lettres[1:2] not in _VOYELLES)
    return f"d’{prenom}" if est_voyelle else f"de {prenom}"
