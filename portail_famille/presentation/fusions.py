"""A merge in words: what differs, what moves, what both had."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portail_famille.domain.libelles import ecrire_date
from portail_famille.presentation.formats import date_et_heure, enumerer, telephone
from portail_famille.services.fusions import SANTE, Apercu
from portail_famille.services.reunion import Conflit

GENRES = {"foyer": "foyer", "personne": "adulte", "enfant": "enfant"}
_CHAMPS = {
    "nom": "Nom",
    "adresse": "Adresse",
    "payeur": "Reçoit les factures",
    "residence": "Résidence",
    "personnes_a_charge": "Personnes à charge",
    "ressources": "Ressources mensuelles",
    "civilite": "Civilité",
    "prenom": "Prénom",
    "nom_naissance": "Nom de naissance",
    "courriel": "Adresse mail",
    "telephone": "Téléphone mobile",
    "telephone_domicile": "Téléphone du domicile",
    "telephone_travail": "Téléphone au travail",
    "naissance": "Date de naissance",
    "structure": "École ou structure",
    "classe": "Classe",
    "pai": "PAI",
    SANTE: "Fiche santé",
}
_TABLES = {
    "reservation": ("réservation", "réservations"),
    "inscription": ("inscription", "inscriptions"),
    "demarche": ("demande", "demandes"),
    "piece": ("document", "documents"),
    "quotient_familial": ("quotient familial", "quotients familiaux"),
    "contact": ("contact", "contacts"),
    "recu": ("reçu", "reçus"),
    "responsable": ("lien d’adulte à foyer", "liens d’adulte à foyer"),
    "rattachement": ("lien d’enfant à foyer", "liens d’enfant à foyer"),
    "autorite_parentale": ("autorité parentale", "autorités parentales"),
    "autorisation": ("autorisation", "autorisations"),
    "facture": ("facture", "factures"),
    "facture_ligne": ("ligne de facture", "lignes de facture"),
    "reglement": ("règlement", "règlements"),
    "acte_journal": ("ligne de journal", "lignes de journal"),
}
_AUTRES = ("autre ligne", "autres lignes")


@dataclass(frozen=True, slots=True)
class ChoixVu:
    """A field to choose. `pris`: "garde" or "fondu"."""

    champ: str
    libelle: str
    garde: str
    fondu: str
    pris: str


def dire_choix(apercu: Apercu, noms: Mapping[str, Mapping[int, str]]) -> list[ChoixVu]:
    """`noms`: of the adults and the structures that ids stand for, by field."""
    return [
        ChoixVu(
            e.champ,
            _CHAMPS[e.champ],
            _valeur(e.champ, e.garde, noms.get(e.champ, {})),
            _valeur(e.champ, e.fondu, noms.get(e.champ, {})),
            e.pris,
        )
        for e in apercu.ecarts
    ]


def dire_deplaces(apercu: Apercu) -> list[str]:
    """« 12 réservations », « 2 documents »."""
    nombres: Counter[tuple[str, str]] = Counter()
    for table, nombre in apercu.deplaces.items():
        nombres[_TABLES.get(table, _AUTRES)] += nombre
    return [f"{nombre}\u00a0{mots[nombre > 1]}" for mots, nombre in nombres.items()]


def dire_conflits(apercu: Apercu) -> list[str]:
    """What both had, and what is done about it."""
    phrases = []
    jours = sorted(c.details["jour"] for c in apercu.conflits if c.table == "reservation")
    if jours:
        uniques = list(dict.fromkeys(ecrire_date(jour) for jour in jours))
        phrases.append(f"Réservés des deux côtés, gardés une seule fois\u00a0: {enumerer(uniques)}.")
    phrases += list(dict.fromkeys(_phrase(c) for c in apercu.conflits if c.table != "reservation"))
    if apercu.compte_ferme:
        phrases.append(
            f"L’identifiant «\u00a0{apercu.compte_garde}\u00a0» reste\u00a0; «\u00a0{apercu.compte_ferme}\u00a0» est "
            "fermé, ses appareils sont déconnectés, un mail part aux deux adresses."
        )
    return phrases


def _phrase(conflit: Conflit) -> str:
    if conflit.table == "quotient_familial":
        du = ecrire_date(conflit.details["du"])
        return f"Deux quotients familiaux se chevauchent\u00a0: le plus récent compte à partir du {du}."
    return {
        "brouillon": "Deux réservations non validées\u00a0: seule celle de la fiche gardée reste.",
        "demarche_saisie": "Deux demandes commencées et pas envoyées\u00a0: seule celle de la fiche gardée reste.",
        "autorisation": "Une autorisation a deux réponses\u00a0: la plus récente compte.",
        "rattachement": "La garde alternée entre ces deux foyers disparaît\u00a0: il n’y en a plus qu’un.",
    }.get(conflit.table, "Une information est des deux côtés\u00a0: celle de la fiche gardée reste.")


def _valeur(champ: str, valeurs: tuple[Any, ...], noms: Mapping[int, str]) -> str:
    valeur = valeurs[0]
    if champ == SANTE:
        return f"remplie le {date_et_heure(valeur)}" if isinstance(valeur, datetime) else "vide"
    if champ == "residence":
        return "dans la commune" if valeur else "hors de la commune"
    if champ == "adresse":
        rue, code, ville = valeurs
        return ", ".join(m for m in (rue, f"{code} {ville}".strip()) if m) or "vide"
    if valeur in (None, ""):
        return "vide"
    if isinstance(valeur, bool):
        return "oui" if valeur else "non"
    if isinstance(valeur, date):
        return ecrire_date(valeur)
    if champ.startswith("telephone"):
        return telephone(valeur)
    if champ == "ressources":
        return f"{valeur / 100:.2f}\u00a0€".replace(".", ",")
    return noms.get(valeur, str(valeur)) if champ in ("payeur", "structure") else str(valeur)
