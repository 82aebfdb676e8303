"""What « localhost » means on this machine, and which of its ports are free."""

import socket

import pytest

from portail_famille.gateways import boucle_locale
from portail_famille.gateways.boucle_locale import HOTE, adresses, est_libre, port_proche, prise


def test_only_addresses_that_can_be_listened_on_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert adresses()[0] == HOTE
    sans_ipv6 = boucle_locale.peut_ecouter
    monkeypatch.setattr(boucle_locale, "peut_ecouter", lambda a, p: a == HOTE and sans_ipv6(a, p))
    assert adresses() == (HOTE,)


def test_an_address_is_written_as_a_server_reads_it() -> None:
    assert prise(HOTE, 8000) == "127.0.0.1:8000"
    assert prise("::1", 8000) == "[::1]:8000"


@pytest.mark.parametrize("adresse", adresses())
def test_a_port_that_is_listened_on_at_one_address_is_not_free(adresse: str) -> None:
    with socket.create_server((adresse, 0), family=boucle_locale.famille(adresse)) as serveur:
        port: int = serveur.getsockname()[1]
        assert not est_libre(port)
        autre = port_proche(port)
        assert autre != port
        assert est_libre(autre)
    assert port_proche(port) == port
