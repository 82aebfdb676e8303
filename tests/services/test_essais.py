"""The throttle under attack: a stranger keeps no parent out, guesses stay few. Time is simulated, nothing is hashed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portail_famille.models.bd import BD
from portail_famille.models.suivi import TentativeConnexion
from portail_famille.services.suivi import (
    ESSAIS_LIBRES,
    ESSAIS_LIBRES_NOM,
    ESSAIS_LIBRES_RESEAU_NEUF,
    ESSAIS_LIBRES_SIEGE,
    FENETRE,
    Tentative,
)
from tests.support.temps import MERCREDI_SOIR

CLE = "clé de la commune"
NOM = "nom:camille.morel"
CHEZ_ELLE = "192.0.2.1"


def essayer(bd: BD, maintenant: datetime, adresse: str = CHEZ_ELLE, nom: str = NOM, *, identifiee: bool = False) -> int:
    """Seconds to wait; 0 when the attempt is let through."""
    return round(Tentative(bd, CLE, nom, adresse, est_identifiee=identifiee).commencer(maintenant).total_seconds())


def entrer(bd: BD, maintenant: datetime, nom: str = NOM) -> bool:
    """A parent who knows her password, on a device that was never seen."""
    tentative = Tentative(bd, CLE, nom, CHEZ_ELLE)
    if tentative.commencer(maintenant):
        return False
    tentative.reussir(None, maintenant)
    return True


@pytest.mark.parametrize("reseaux", [1, 10], ids=["one network", "ten networks"])
@pytest.mark.parametrize("nom", [NOM, "code:camille.morel", "nom:personne.ici"])
def test_fifteen_requests_an_hour_do_not_keep_a_parent_out(bd: BD, reseaux: int, nom: str) -> None:
    entrees = []
    for quart in range(12 * 15):
        maintenant = MERCREDI_SOIR + timedelta(minutes=4) * quart
        for rang in range(reseaux):
            essayer(bd, maintenant, f"198.51.100.{rang}", nom)
        if quart % 9 == 5:
            entrees.append(entrer(bd, maintenant + timedelta(seconds=3), nom))
    assert len(entrees) == 20
    assert sum(entrees) >= 0.95 * len(entrees)


def test_a_parent_who_mistypes_twice_under_attack_waits_half_a_minute_at_most(bd: BD) -> None:
    for rang in range(ESSAIS_LIBRES_NOM + 20):
        essayer(bd, MERCREDI_SOIR, f"198.51.100.{rang}")
    for _ in range(ESSAIS_LIBRES_RESEAU_NEUF):
        assert essayer(bd, MERCREDI_SOIR) == 0
    assert 0 < essayer(bd, MERCREDI_SOIR) <= 30
    assert entrer(bd, MERCREDI_SOIR + timedelta(seconds=31))


def test_guesses_from_many_networks_stay_bounded(bd: BD) -> None:
    """A hundred networks that each try as soon as they may, for two hours."""
    passes, debut = 0, MERCREDI_SOIR
    for pas in range(240):
        maintenant = debut + timedelta(seconds=30) * pas
        passes += sum(essayer(bd, maintenant, f"198.51.{pas}.{rang}") == 0 for rang in range(20))
    assert maintenant - debut < FENETRE
    assert passes <= ESSAIS_LIBRES_SIEGE + 240
    assert essayer(bd, maintenant, "203.0.113.9") > 0, "so many networks are hired: a new one waits too"


def test_one_network_gets_four_tries_then_delays_that_grow(bd: BD) -> None:
    attentes, maintenant = [], MERCREDI_SOIR
    for _ in range(ESSAIS_LIBRES + 8):
        attente = essayer(bd, maintenant)
        attentes.append(attente)
        maintenant += timedelta(seconds=attente)
        if attente:
            assert essayer(bd, maintenant) == 0
    assert attentes == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900]


def test_who_is_known_already_gets_no_more_tries_by_changing_network(bd: BD) -> None:
    passes = [essayer(bd, MERCREDI_SOIR, f"198.51.100.{rang}", "second:7", identifiee=True) for rang in range(6)]
    assert passes == [0] * ESSAIS_LIBRES + [15, 15]


def test_a_success_wipes_ones_own_failures_and_no_other(bd: BD) -> None:
    for _ in range(3):
        essayer(bd, MERCREDI_SOIR, "198.51.100.7")
        essayer(bd, MERCREDI_SOIR)
    assert entrer(bd, MERCREDI_SOIR)
    assert [essayer(bd, MERCREDI_SOIR) for _ in range(ESSAIS_LIBRES + 1)] == [0, 0, 0, 0, 15]
    assert [essayer(bd, MERCREDI_SOIR, "198.51.100.7") for _ in range(2)] == [0, 15]


def test_without_a_name_the_network_alone_is_counted(bd: BD) -> None:
    assert essayer(bd, MERCREDI_SOIR, nom="") == 0
    with bd.session_lecture() as session:
        assert session.scalar(select(func.count()).select_from(TentativeConnexion)) == 1
