"""What a family is told of its remedies, the same words on an invoice, a receipt, a page and a mail.

An invoice of a régie is no enforceable order: it is contested with who made it. What the Treasury then claims by a
titre de recettes is contested in court within two months of its receipt or, failing that, of the first act of pursuit
(CGCT L1617-5, 2°).
"""

ACCUSE = (
    "Ce reçu est l’accusé de réception de votre paiement (code des relations entre le public et l’administration, "
    "article L112-11). Aucune réponse n’est à attendre."
)
RECOURS = (
    "Vous pouvez contester la somme auprès de la mairie. Si le comptable public la réclame par un titre de recettes, "
    "vous avez deux mois, à partir de sa réception ou, à défaut, du premier acte de poursuite, pour saisir le tribunal "
    "compétent (code général des collectivités territoriales, article L1617-5)."
)
