"""Files of invoices sent in by another software: a right one, and what to change in it."""

from collections.abc import Sequence

from tests.support.familles import fichier

Rangee = dict[str, str]
REPAS: Rangee = {
    "numero": "CR-127",
    "foyer": "F-MOREL",
    "mois": "2026-11",
    "emise_le": "30/11/2026",
    "echeance": "20/12/2026",
    "total": "142,50",
    "pdf": "",
    "avoir_de": "",
    "enfant": "E-MIA",
    "ligne": "Accueil régulier",
    "quantite": "42 h",
    "montant": "150,00",
    "garde": "150,00",
}
REMISE: Rangee = {**REPAS, "ligne": "Jours de maladie", "quantite": "3 h", "montant": "-7,50", "garde": "-7,50"}
SIMPLE: Rangee = {**REPAS, "total": "150,00"}


def deux_lignes(**cellules: str) -> list[Rangee]:
    """One invoice of 142,50 €, two lines."""
    return [{**REPAS, **cellules}, {**REMISE, **cellules}]


def avoir(**cellules: str) -> Rangee:
    """Of 50,00 € on CR-127."""
    return {
        **SIMPLE, "numero": "CR-128", "total": "-50,00", "montant": "-50,00", "garde": "-50,00", "echeance": "",
        "avoir_de": "CR-127", "motif": "Fermeture", **cellules,
    }  # fmt: skip


def octets(*rangees: Rangee | Sequence[Rangee]) -> bytes:
    lignes: list[Rangee] = []
    for rangee in rangees:
        lignes += [rangee] if isinstance(rangee, dict) else rangee
    return fichier(lignes).encode()
