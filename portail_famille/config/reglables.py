"""What a town may set of each kind of démarche: one table, so that no accepted key does nothing.

docs/demarches.md shows it, a test compares the two.
"""

from collections.abc import Mapping

from portail_famille.domain.genres import GENRES, Genre

_PAGE = "cette demande a sa propre page, et non « Nouvelle démarche »"
_OUVERTURES = {
    "reservation": "elle naît d’une activité qui a « validation = true » dans le fichier des activités",
    "coordonnees": "« [champs] » dit ce que les familles peuvent changer",
    "sante": "« enfant.sante » de [champs] dit ce que les familles peuvent écrire",
    "garde": f"{_PAGE} : deux parents séparés peuvent toujours le dire",
    "espace": "c’est « comptes.creation_ouverte » qui l’ouvre ou la ferme",
    "effacement": "c’est un droit qui ne se ferme pas (RGPD, article 17)",
}
"""Kinds that are not begun in « Nouvelle démarche », and what opens or closes them."""
_NOMMEES_AILLEURS = frozenset({"coordonnees"})
"""Of these, those that « Nouvelle démarche » names all the same."""
_REPONSE = "c’est la réponse écrite qui compte : chacune se lit et se répond"
_LOTS = {
    "situation": "l’agent dit pour chacune ce qui change dans le foyer",
    "quotient": "l’agent lit le document et dit la valeur et les dates",
    "reclamation": _REPONSE,
    "attestation": _REPONSE,
    "question": _REPONSE,
    "espace": "l’agent choisit le foyer de chacune",
    "effacement": "rien ne se retrouve après un effacement (RGPD, article 17)",
}
"""Kinds that an agent answers one at a time."""
_DECISION = "rien dans les règles ne permet d’y répondre sans agent"
_ABSENCE = "le justificatif d’une absence se dit dans le fichier des activités, motif par motif"


def _refusees(genre: Genre) -> dict[str, str]:
    refus: dict[str, str] = {}
    if not genre.est_automatisable:
        refus["decision"] = _DECISION
    if genre.code in _LOTS:
        refus["est_acceptable_en_lot"] = _LOTS[genre.code]
    if genre.code in _OUVERTURES:
        refus["est_ouverte"] = _OUVERTURES[genre.code]
        refus |= dict.fromkeys(("pieces", "pieces_facultatives", "explication"), _PAGE)
        if genre.code not in _NOMMEES_AILLEURS:
            refus["titre"] = _PAGE
    elif genre.code == "absence":
        refus |= dict.fromkeys(("pieces", "pieces_facultatives"), _ABSENCE)
    return refus


REFUS: Mapping[str, Mapping[str, str]] = {code: _refusees(genre) for code, genre in GENRES.items()}
"""By kind, the keys of `[demarches.<code>]` that are refused, and why."""
