"""The key of a commune opens what it sealed, or the start says so."""

from dataclasses import replace

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.foyers import Sante
from portail_famille.services.cle_coffre import CleFausse, verifier_cle
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

AUTRE_CLE = "y" * 40


def noter_sante(village: Village, cle: str, *enfants: str) -> None:
    with village.bd.session_ecriture() as session:
        session.add_all(
            Sante(
                enfant_id=village.enfants[enfant],
                contenu_chiffre=Chiffre(cle).chiffrer(b"{}", f"sante:{village.enfants[enfant]}"),
                modifie_utc=MERCREDI_SOIR,
            )
            for enfant in enfants
        )


def verifier(village: Village, reglages: ReglagesCommune) -> None:
    with village.bd.session_lecture() as session:
        verifier_cle(session, reglages)


def test_a_key_that_opens_no_health_file_stops_the_start(village: Village, reglages: ReglagesCommune) -> None:
    verifier(village, reglages)
    noter_sante(village, reglages.cle_coffre, "noe", "lea")
    verifier(village, reglages)
    with pytest.raises(CleFausse, match="cle_coffre"):
        verifier(village, replace(reglages, cle_coffre=AUTRE_CLE))


def test_one_damaged_file_among_others_does_not_stop_a_town(village: Village, reglages: ReglagesCommune) -> None:
    noter_sante(village, reglages.cle_coffre, "noe")
    noter_sante(village, AUTRE_CLE, "lea")
    verifier(village, reglages)
