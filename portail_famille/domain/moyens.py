"""How money comes in, and its words: one list for the ledger, the desk, the papers and the spreadsheets."""

from collections.abc import Mapping

CARTE = "carte"
REMBOURSEMENT = "remboursement"
COMPTABLE = "comptable"
"""What the Treasury recovered, or gave up: it closes an invoice and never goes through the régie (services/
transmissions)."""
ESSAI = "essai"
"""Paid on PayFiP while the régie is in mode T (payfip.md): no money moved, whatever the card. It pays its invoice, for
the trial to be whole, until an agent takes it back."""
AILLEURS = "ailleurs"
"""What another software says it collected (docs/fichier-factures.md): the family's money, in the books over there. How
it was paid is in the note of its line."""
SANS_ARGENT = (COMPTABLE, ESSAI)
"""Lines of a family's account that are no money of the family's: out of its attestation."""
HORS_REGIE = (*SANS_ARGENT, AILLEURS)
"""Those that are no money of the régie's: out of its journal and its totals."""
SANS_RECU = (COMPTABLE, AILLEURS)
"""Those of which who took the money gives the proof, not the régie."""
DE_REGIE = (CARTE, "cheque", "especes", "cesu", "virement", "prelevement")
"""What the act that creates a régie may allow it to take (CGCT R1617-6 and following)."""
A_LA_MAIN = tuple(moyen for moyen in DE_REGIE if moyen != CARTE)
"""What an agent writes: a card pays through PayFiP alone."""
MOYENS: Mapping[str, str] = {
    CARTE: "Carte bancaire",
    "prelevement": "Prélèvement",
    "cheque": "Chèque",
    "especes": "Espèces",
    "cesu": "CESU",
    "virement": "Virement",
    REMBOURSEMENT: "Remboursement",
    COMPTABLE: "Soldée par le comptable public",
    ESSAI: "Paiement d’essai",
    AILLEURS: "Réglé hors du portail",
}
