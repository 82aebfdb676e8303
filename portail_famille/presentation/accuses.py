"""The accusé de réception on paper: what the model `imprimes/accuse.typ` is given."""

from typing import Any

from portail_famille.services.accuses import AccuseDit


def papier_de_l_accuse(accuse: AccuseDit, couleur: str) -> dict[str, Any]:
    service = [accuse.service, accuse.adresse, f"Téléphone\u00a0: {accuse.telephone}", f"Mail\u00a0: {accuse.courriel}"]
    parties = [
        {
            "titre": "Service qui s’occupe de votre demande",
            "phrases": [],
            "liste": [ligne for ligne in service if ligne],
        },
        {"titre": "Ce que vaut l’absence de réponse", "phrases": list(accuse.silence), "liste": []},
    ]
    if accuse.recours_titre:
        parties.append({"titre": "Vos recours", "phrases": [accuse.recours_titre], "liste": list(accuse.recours)})
    textes = ["Code des relations entre le public et l’administration, articles L112-11 et R112-11-1"]
    if accuse.source:
        textes.append(accuse.source)
    parties.append({"titre": "Textes appliqués", "phrases": [], "liste": textes})
    return {
        "titre": f"Accusé de réception de la demande n°\u00a0{accuse.numero}",
        "service": accuse.service,
        "couleur": couleur,
        "pied": f"{accuse.service} – demande n°\u00a0{accuse.numero}",
        "faits": [["Demande", accuse.titre], ["Numéro", accuse.numero], ["Reçue le", accuse.recue]],
        "parties": parties,
    }
