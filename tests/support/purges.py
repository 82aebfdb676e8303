"""A purge of the village, as the command runs it."""

from datetime import datetime

from portail_famille.config import ReglagesConservation
from portail_famille.services.purges import Terme
from portail_famille.services.purges_foyers import ETAPES
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village


def terme(maintenant: datetime = MERCREDI_SOIR, **durees: int) -> Terme:
    return Terme(maintenant, ReglagesConservation(**durees), durable_jours=90)


def purger(village: Village, quand: Terme) -> dict[str, int]:
    """As the command does: a short transaction per batch."""
    faits: dict[str, int] = {}
    for etape in ETAPES:
        while True:
            with village.bd.session_ecriture() as session:
                nombre = etape.passer(session, quand)
            if not nombre:
                break
            faits[etape.libelle] = faits.get(etape.libelle, 0) + nombre
    return faits
