"""A month prepared: what is billed to whom, and at what price."""

from datetime import date, timedelta

import pytest

from portail_famille.config import ReglagesCommune
from tests.support.facturations import DECEMBRE, emettre_mois, factures_de, preparer_mois
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village

PREMIER, JEUDI_3 = date(2026, 12, 1), date(2026, 12, 3)


def test_each_booking_goes_to_the_foyer_that_made_it_at_the_price_of_its_day(
    village: Village, reglages: ReglagesCommune
) -> None:
    facturation = preparer_mois(village.bd, reglages)
    noe, lea, repas = village.enfants["noe"], village.enfants["lea"], village.unite("repas")
    (morel, lignes_morel), (ferrand, lignes_ferrand) = factures_de(village.bd, facturation)
    assert (morel.foyer_id, morel.total_centimes) == (village.foyers["morel"], 4 * 342)
    assert lignes_morel == [
        (noe, repas, PREMIER, "presente", 342),
        (noe, repas, JEUDI_3, "reservee", 342),
        (noe, repas, LUNDI, "reservee", 342),
        (noe, repas, MARDI, "reservee", 342),
    ]
    assert (ferrand.foyer_id, ferrand.total_centimes) == (village.foyers["ferrand"], 2 * 510)
    assert [ligne[:3] for ligne in lignes_ferrand] == [(lea, repas, JEUDI_3), (lea, repas, date(2026, 12, 14))]
    assert facturation.etat == "prete"
    assert facturation.bilan is not None
    assert (facturation.bilan["factures"], facturation.bilan["avoirs"], facturation.bilan["lignes"]) == (2, 0, 6)
