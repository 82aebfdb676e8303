"""Settings of a town without database, for what only reads them."""

from pathlib import Path
from typing import Any

from portail_famille.config import ReglagesCommune

_COURANTS: dict[str, Any] = {
    "slug": "saint-rivage",
    "dossier": Path("nulle-part"),
    "nom": "Saint-Rivage",
    "courriel": "enfance@saint-rivage.example",
    "telephone": "02 61 91 00 00",
    "adresse": "1 place de la Mairie, 99999 Saint-Rivage",
    "url_publique": "http://localhost/saint-rivage",
    "zone": "C",
    "cle_secrete": "clé des tests, sans valeur ailleurs : 0123456789",
    "cle_coffre": "clé des tests, sans valeur ailleurs : 9876543210",
    "base_de_donnees": "sqlite://",
}


def reglages_de_la_commune(**autres: Any) -> ReglagesCommune:
    return ReglagesCommune(**(_COURANTS | autres))
