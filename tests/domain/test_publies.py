"""Every printed rule and price that was collected, through the file that a town would write."""

import pytest

from tests.support.calendriers import calendrier_de
from tests.support.publies import DelaiPublie, PrixPublie, catalogue_de, delais_publies, prix_publies


@pytest.mark.parametrize("publie", delais_publies(), ids=lambda p: f"{p.toml.stem}-{p.jour}")
def test_a_printed_deadline_gives_the_instant_the_town_means(publie: DelaiPublie) -> None:
    calculer = getattr(catalogue_de(publie.toml), publie.limite)
    obtenu = calculer(publie.unite, publie.structure, publie.jour, calendrier_de("A"))
    assert obtenu.isoformat() == publie.attendu.isoformat()


@pytest.mark.parametrize("publie", prix_publies(), ids=lambda p: f"{p.toml.stem}-{' '.join(p.arguments()[6:])}")
def test_a_printed_price_is_what_the_family_pays(publie: PrixPublie) -> None:
    prix = catalogue_de(publie.toml).prix(publie.unite, publie.circonstance)
    assert prix.centimes == publie.attendu
    assert prix.explication


def test_every_collected_row_is_tried() -> None:
    assert len(delais_publies()) == 23
    assert len(prix_publies()) == 55
