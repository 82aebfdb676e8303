"""« Demander une attestation »: which one, then what it must say."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from portail_famille.domain.demandes_libres import ATTESTATIONS, D_UN_ENFANT, SUR_UNE_PERIODE, TEXTE_MAXIMUM
from portail_famille.domain.libelles import ecrire_date
from portail_famille.forms.demarches.base import (
    Champ,
    Contexte,
    Etape,
    Formulaire,
    LigneResume,
    Saisie,
    SaisieInvalide,
)
from portail_famille.forms.demarches.champs import etape_simple, lire_champs
from portail_famille.services.dossiers import jour_de

_DIX_ANS = timedelta(days=10 * 366)


def _laquelle(contexte: Contexte) -> Sequence[Champ]:
    enfants = contexte.dossier.visibles
    permises = tuple((code, nom) for code, nom in ATTESTATIONS.items() if enfants or code not in D_UN_ENFANT)
    return (Champ("attestation", "Quelle attestation\u202f?", "choix", permises, manque="Choisissez une attestation."),)


def _precisions(contexte: Contexte) -> Sequence[Champ]:
    laquelle = contexte.contenu.get("attestation")
    aujourdhui = jour_de(contexte.maintenant)
    debut, fin = aujourdhui - _DIX_ANS, aujourdhui + _DIX_ANS
    enfants = tuple((str(enfant.id), enfant.prenom) for enfant in contexte.dossier.visibles)
    champs: list[Champ] = []
    if laquelle in D_UN_ENFANT:
        demande = contexte.demandes.get("enfant", "")
        seul = enfants[0][0] if len(enfants) == 1 else demande
        champs.append(
            Champ("enfant", "Pour quel enfant\u202f?", "choix", enfants, valeur=seul, manque="Choisissez un enfant.")
        )
    if laquelle in SUR_UNE_PERIODE:
        champs.append(Champ("du", "Du", "date", debut=debut, fin=fin, est_facultatif=True))
        champs.append(Champ("au", "Au", "date", debut=debut, fin=fin, est_facultatif=True))
    if laquelle == "autre":
        champs.append(
            Champ(
                "texte",
                "Dites quelle attestation et pour quoi faire",
                "zone",
                longueur=TEXTE_MAXIMUM,
                manque="Dites quelle attestation vous voulez.",
            )
        )
    else:
        champs.append(Champ("texte", "À préciser", "zone", longueur=TEXTE_MAXIMUM, est_facultatif=True))
    return champs


def _lire_precisions(contexte: Contexte, saisie: Saisie) -> dict[str, Any]:
    valeurs = lire_champs(_precisions(contexte), saisie)
    if valeurs.get("du") and valeurs.get("au") and valeurs["du"] > valeurs["au"]:
        raise SaisieInvalide({"au": "La fin vient après le début."})
    return valeurs


def resumer(contexte: Contexte) -> Sequence[LigneResume]:
    contenu, enfant = contexte.contenu, contexte.enfant()
    lignes = [LigneResume("Attestation", ATTESTATIONS.get(contenu["attestation"], ""), "attestation")]
    if enfant and contenu["attestation"] in D_UN_ENFANT:
        lignes.append(LigneResume("Enfant", enfant.prenom, "precisions"))
    lignes += [
        LigneResume(libelle, ecrire_date(date.fromisoformat(contenu[cle])), "precisions")
        for cle, libelle in (("du", "Du"), ("au", "Au"))
        if contenu.get(cle)
    ]
    if contenu.get("texte"):
        lignes.append(LigneResume("À préciser", contenu["texte"], "precisions"))
    return lignes


FORMULAIRE = Formulaire(
    "attestation",
    (
        etape_simple("attestation", "Votre attestation", _laquelle),
        Etape("precisions", "Ce qu’elle doit dire", _lire_precisions, _precisions),
    ),
    resumer,
)
