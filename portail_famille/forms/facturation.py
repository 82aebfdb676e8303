"""What an agent writes about an invoice: an avoir, its lines or its amount, its reason."""

from collections.abc import Collection
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.quotients import lire_montant

TOUT, LIGNES, LIBRE = "tout", "lignes", "libre"
MOTIF_MAXIMUM, LIBELLE_MAXIMUM = 200, 120
MONTANT_MAXIMUM = 10_000_000


@dataclass(frozen=True, slots=True)
class AvoirSaisi:
    """`lignes` None and no `montant_libre`: all that is not given back yet."""

    lignes: tuple[int, ...] | None
    montant_libre: tuple[str, int] | None
    motif: str
    est_refacturable: bool


def lire_avoir(saisie: MultiDict[str, str], lignes: Collection[int]) -> tuple[AvoirSaisi | None, dict[str, str]]:
    """What was asked, or what is missing, by field. `lignes`: those of the invoice."""
    erreurs: dict[str, str] = {}
    portee = saisie.get("portee", "")
    choisies: tuple[int, ...] | None = None
    libre: tuple[str, int] | None = None
    if portee == LIGNES:
        choisies = tuple(id_ for id_ in lignes if str(id_) in saisie.getlist("ligne"))
        if not choisies:
            erreurs["ligne"] = "Cochez au moins une ligne."
    elif portee == LIBRE:
        libre = _lire_libre(saisie, erreurs)
    elif portee != TOUT:
        erreurs["portee"] = "Choisissez ce que l’avoir rend."
    motif = saisie.get("motif", "").strip()[:MOTIF_MAXIMUM]
    if not motif:
        erreurs["motif"] = "Écrivez pourquoi\u00a0: la famille le lit sur l’avoir."
    if portee in (TOUT, LIGNES) and saisie.get("refacturable") not in ("oui", "non"):
        erreurs["refacturable"] = "Dites si ces jours pourront être facturés de nouveau."
    if erreurs:
        return None, erreurs
    # A free amount names no day: there is nothing to bill again.
    return AvoirSaisi(choisies, libre, motif, portee != LIBRE and saisie["refacturable"] == "oui"), {}


def _lire_libre(saisie: MultiDict[str, str], erreurs: dict[str, str]) -> tuple[str, int] | None:
    libelle, montant = saisie.get("libelle", "").strip()[:LIBELLE_MAXIMUM], 0
    if not libelle:
        erreurs["libelle"] = "Écrivez ce qui est rendu, par exemple «\u00a0Repas non servis\u00a0»."
    try:
        montant = lire_montant(saisie.get("montant", ""), "montant", MONTANT_MAXIMUM)
    except RegleViolee as refus:
        erreurs["montant"] = refus.message
    else:
        if montant == 0:
            erreurs["montant"] = "Écrivez un montant plus grand que zéro."
    return (libelle, montant) if not erreurs else None
