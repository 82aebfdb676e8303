"""Settings of one commune, read from INSTANCE/<slug>/commune.toml."""

from portail_famille.config.lecture import (
    BASE_SQLITE,
    FICHIER,
    FOND_CLAIR,
    ReglagesInvalides,
    charger_reglages,
    dossier_instance,
    est_slug,
)
from portail_famille.config.reglages import (
    ReglagesApparence,
    ReglagesCommune,
    ReglagesComptes,
    ReglagesConservation,
    ReglagesPayfip,
    ReglagesSession,
    ReglagesSmtp,
)

__all__ = [
    "BASE_SQLITE",
    "FICHIER",
    "FOND_CLAIR",
    "ReglagesApparence",
    "ReglagesCommune",
    "ReglagesComptes",
    "ReglagesConservation",
    "ReglagesInvalides",
    "ReglagesPayfip",
    "ReglagesSession",
    "ReglagesSmtp",
    "charger_reglages",
    "dossier_instance",
    "est_slug",
]
