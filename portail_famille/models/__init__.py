"""Memory: what a commune's database holds. Importing this package registers every table."""

from portail_famille.models import (
    activites,
    calendrier,
    comptes,
    courriels,
    demarches,
    documents,
    evenements,
    extractions,
    factures,
    foyers,
    fusions,
    journal,
    paiements,
    quotients,
    reservations,
    suivi,
)
from portail_famille.models.base import Base

__all__ = [
    "Base",
    "activites",
    "calendrier",
    "comptes",
    "courriels",
    "demarches",
    "documents",
    "evenements",
    "extractions",
    "factures",
    "foyers",
    "fusions",
    "journal",
    "paiements",
    "quotients",
    "reservations",
    "suivi",
]
