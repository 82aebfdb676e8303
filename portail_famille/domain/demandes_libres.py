"""Requests that change nothing in the file: a question, an attestation, a reclamation about an invoice."""

SUJETS = {
    "cantine": "La cantine",
    "periscolaire": "L’accueil périscolaire, le mercredi",
    "vacances": "Les vacances",
    "creche": "La crèche",
    "ecole": "L’école",
    "facture": "Une facture, un paiement",
    "compte": "Mon espace sur le portail",
    "autre": "Autre chose",
}
"""What a question is about."""
ATTESTATIONS = {
    "presence": "De présence d’un enfant",
    "inscription": "D’inscription d’un enfant",
    "paiement": "De paiement",
    "quotient": "De quotient familial",
    "autre": "Une autre",
}
D_UN_ENFANT = frozenset({"presence", "inscription"})
"""Attestations about one child, which must be named."""
SUR_UNE_PERIODE = frozenset({"presence", "inscription", "paiement"})
TEXTE_MAXIMUM = 2000
REFERENCE_MAXIMUM = 40
