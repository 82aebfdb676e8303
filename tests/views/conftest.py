"""A town with families in it, for the views that show one."""

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.installation import VILLES, peupler
from portail_famille.models.bd import BD
from portail_famille.services.calendrier import semer_calendrier
from tests.support.temps import HorlogeReglable


@pytest.fixture
def saint_rivage(bd: BD, reglages: ReglagesCommune, horloge: HorlogeReglable) -> BD:
    """The demonstration's town, its named families only. Camille Morel and Karim Haddad share no foyer."""
    ville = VILLES["saint-rivage"]
    with bd.session_ecriture() as session:
        semer_calendrier(session, reglages.zone, range(horloge.maintenant.year, horloge.maintenant.year + 3))
    peupler(bd, reglages, ville, horloge.maintenant, figurants=0)
    return bd
