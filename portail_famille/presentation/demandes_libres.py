"""Words of the requests that change nothing in the file."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from portail_famille.domain.demandes_libres import ATTESTATIONS, SUJETS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.presentation.changements import Changement
from portail_famille.services.regles import Regles

EFFET_QUESTION = "Accepter clôt la question\u00a0: votre réponse est le texte que vous écrivez ici."
EFFET_ATTESTATION = (
    "Accepter dit à la famille que son attestation est prête\u00a0: joignez-la d’abord à un message de cette demande."
)
EFFET_RECLAMATION = "Accepter dit à la famille que vous lui donnez raison\u00a0: corrigez la facture à part."


def dire_question(_avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    return _lignes(("Sujet", SUJETS.get(contenu.get("sujet", ""), "")), ("Question", contenu.get("texte")))


def dire_attestation(_avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    jours = {cle: contenu.get(cle) and ecrire_date(date.fromisoformat(contenu[cle])) for cle in ("du", "au")}
    return _lignes(
        ("Attestation", ATTESTATIONS.get(contenu.get("attestation", ""), "")),
        ("Du", jours["du"]),
        ("Au", jours["au"]),
        ("À préciser", contenu.get("texte")),
    )


def dire_reclamation(_avant: Mapping[str, Any], contenu: Mapping[str, Any], _regles: Regles) -> list[Changement]:
    montant = contenu.get("montant")
    return _lignes(
        ("Facture", contenu.get("reference")),
        ("Montant de la facture", None if montant is None else ecrire_centimes(montant)),
        ("Ce qui ne va pas", contenu.get("texte")),
    )


def _lignes(*paires: tuple[str, str | None]) -> list[Changement]:
    return [Changement(libelle, None, valeur) for libelle, valeur in paires if valeur]
