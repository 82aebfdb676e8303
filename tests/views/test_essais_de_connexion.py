"""The throttle of the login: slows guessing down, keeps no parent out, tells nobody which names exist."""

import pytest
from flask.testing import FlaskClient

from portail_famille.models.bd import BD
from portail_famille.models.suivi import TentativeConnexion
from portail_famille.services.suivi import ESSAIS_LIBRES, ESSAIS_LIBRES_ADRESSE
from tests.support.client import poster
from tests.support.connexion import Saisir, nombre, saisie_par
from tests.support.personnes import creer_parent
from tests.support.temps import HorlogeReglable


@pytest.fixture(autouse=True)
def _camille(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)


@pytest.fixture
def saisir(client: FlaskClient) -> Saisir:
    return saisie_par(client)


def test_failures_slow_down_then_let_go(saisir: Saisir, horloge: HorlogeReglable) -> None:
    for _ in range(ESSAIS_LIBRES):
        assert saisir(mot="faux").status_code == 422
    refus = saisir()
    assert refus.status_code == 429, "even the right password waits"
    assert refus.headers["Retry-After"] == "15"
    assert "attendez 15 secondes" in refus.text
    horloge.avancer(seconds=16)
    assert saisir(mot="faux").status_code == 422
    assert saisir().headers["Retry-After"] == "30", "the delay grows"
    horloge.avancer(seconds=31)
    assert saisir().status_code == 303, "and nobody is locked out"
    assert saisir(mot="faux").status_code == 422, "a success starts afresh"


def test_the_delay_never_passes_a_quarter_of_an_hour(saisir: Saisir, horloge: HorlogeReglable) -> None:
    for _ in range(ESSAIS_LIBRES + 7):
        horloge.avancer(minutes=9)
        saisir(mot="faux")
    assert int(saisir().headers["Retry-After"]) <= 15 * 60


def test_a_parent_elsewhere_is_not_slowed_by_who_types_her_name(saisir: Saisir) -> None:
    for _ in range(ESSAIS_LIBRES + 3):
        saisir(mot="faux")
    assert saisir().status_code == 429
    assert saisir(_adresse="192.0.2.44").status_code == 303, "on a device that was never seen"


def test_another_family_is_not_slowed_by_the_attack_on_one(saisir: Saisir, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "autre.parent", courriel=None)
    for _ in range(ESSAIS_LIBRES + 1):
        saisir(mot="faux")
    assert saisir().status_code == 429
    assert saisir("autre.parent").status_code == 303


def test_one_address_trying_many_names_is_slowed(saisir: Saisir) -> None:
    for rang in range(ESSAIS_LIBRES_ADRESSE):
        assert saisir(f"nom{rang}", "x").status_code == 422
    assert saisir("encore.un", "x").status_code == 429
    assert saisir("encore.un", "x", _adresse="198.51.100.1").status_code == 422


@pytest.mark.parametrize(
    ("courriel", "identifiant"),
    [("camille@courriel.example", "camille.morel"), ("personne@courriel.example", "personne.ici")],
    ids=["known", "unknown"],
)
def test_the_throttle_does_not_tell_which_names_exist(saisir: Saisir, courriel: str, identifiant: str) -> None:
    for _ in range(ESSAIS_LIBRES):
        assert saisir(courriel, "faux").status_code == 422
    assert saisir(courriel, "faux").status_code == 429
    for _ in range(ESSAIS_LIBRES):
        assert saisir(identifiant, "faux").status_code == 422
    assert saisir(identifiant, "faux").status_code == 429


def test_a_device_that_logged_in_before_is_not_kept_out_by_others(
    client: FlaskClient, saisir: Saisir, horloge: HorlogeReglable
) -> None:
    assert saisir().status_code == 303
    inconnu = client.application.test_client()
    for _ in range(ESSAIS_LIBRES + 1):
        refus = poster(inconnu, "/connexion", {"identifiant": "camille.morel", "mot_de_passe": "faux"})
    assert refus.status_code == 429
    assert saisir(mot="faux").status_code == 422
    assert saisir().status_code == 303
    for rang in range(ESSAIS_LIBRES_ADRESSE):
        saisir(f"nom{rang}", "x")
    assert saisir("encore.un", "x").status_code == 429
    assert saisir().status_code == 303
    # It has its own counter: stolen, it opens no more doors than another.
    for _ in range(ESSAIS_LIBRES):
        assert saisir(mot="faux").status_code == 422
    assert saisir().status_code == 429


@pytest.mark.parametrize("cookie", ["", "faux", "WzEsImEiXQ.faux", "é"])
def test_a_forged_device_is_a_device_like_any_other(client: FlaskClient, saisir: Saisir, cookie: str) -> None:
    client.set_cookie("pfa_saint-rivage", cookie, path="/saint-rivage/connexion")
    for _ in range(ESSAIS_LIBRES):
        assert saisir(mot="faux").status_code == 422
    assert saisir().status_code == 429


def test_a_device_counts_for_the_compte_that_logged_in_from_it_only(
    client: FlaskClient, saisir: Saisir, bd: BD
) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "autre.parent", courriel=None)
    assert saisir("autre.parent").status_code == 303
    for _ in range(ESSAIS_LIBRES):
        assert saisir(mot="faux").status_code == 422
    reponse = saisie_par(client.application.test_client())()
    assert reponse.status_code == 429, "another's device, in the same house"


def test_the_device_cookie_goes_to_the_login_alone(saisir: Saisir) -> None:
    (appareil,) = [c for c in saisir().headers.getlist("Set-Cookie") if c.startswith("pfa_")]
    assert "Path=/saint-rivage/connexion" in appareil
    assert "HttpOnly" in appareil
    assert "SameSite=Lax" in appareil


def test_a_busy_address_waits_half_a_minute_at_most(saisir: Saisir, horloge: HorlogeReglable) -> None:
    for rang in range(ESSAIS_LIBRES_ADRESSE + 8):
        saisir(f"nom{rang}", "x")
        horloge.avancer(seconds=31 if rang >= ESSAIS_LIBRES_ADRESSE else 0)
    saisir("nom", "x")
    assert 15 < int(saisir("encore.un", "x").headers["Retry-After"]) <= 30


def test_a_clock_that_had_jumped_ahead_keeps_nobody_out(saisir: Saisir, horloge: HorlogeReglable, bd: BD) -> None:
    horloge.avancer(hours=24 * 365)
    for _ in range(ESSAIS_LIBRES + 1):
        saisir(mot="faux")
    horloge.avancer(hours=-24 * 365)
    assert saisir(mot="faux").status_code == 422
    assert nombre(bd, TentativeConnexion) == 3, "what the clock got wrong is forgotten"
    assert saisir().status_code == 303


def test_ipv4_visitors_of_a_server_that_listens_on_ipv6_are_told_apart(saisir: Saisir) -> None:
    for rang in range(ESSAIS_LIBRES_ADRESSE):
        saisir(f"nom{rang}", "x", _adresse="::ffff:203.0.113.7")
    assert saisir("encore", "x", _adresse="203.0.113.7").status_code == 429
    assert saisir("encore", "x", _adresse="::ffff:203.0.113.8").status_code == 422


def test_an_ipv6_network_counts_as_one_address(saisir: Saisir) -> None:
    for rang in range(ESSAIS_LIBRES_ADRESSE):
        saisir(f"nom{rang}", "x", _adresse=f"2001:db8:1:2::{rang:x}")
    assert saisir("encore", "x", _adresse="2001:db8:1:2:ffff::1").status_code == 429
    assert saisir("encore", "x", _adresse="2001:db8:1:3::1").status_code == 422
