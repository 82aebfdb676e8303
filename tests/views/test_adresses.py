"""What strangers write in addresses and forms: numbers too large, days out of time, characters nobody types."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.models.demarches import DemarcheEtape
from portail_famille.services import demarches
from portail_famille.services.journal import Auteur
from tests.support.client import connecter, poster
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

# Each engine refuses in its own way what it cannot hold.
pytestmark = pytest.mark.deux_moteurs
TROP = "9" * 20


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def test_a_number_that_no_column_holds_names_nothing(app: Flask, client: FlaskClient) -> None:
    vues = 0
    for route in app.url_map.iter_rules():
        if "<int:" not in route.rule:
            continue
        adresse = re.sub(r"<[^>]*>", "x", re.sub(r"<int:[^>]*>", TROP, route.rule))
        for methode in (route.methods or set()) & {"GET", "POST"}:
            assert client.open(adresse, method=methode).status_code == 404, f"{methode} {adresse}"
            vues += 1
    assert vues > 40


@pytest.mark.parametrize(
    "adresse",
    [
        "/demarches?du=0001-01-01",
        "/demarches?au=9999-12-31",
        f"/demarches?enfant={TROP}",
        "/demarches?genre=%00&etat=%00&apres=%00",
    ],
)
def test_a_filter_that_means_nothing_filters_nothing(camille: FlaskClient, adresse: str) -> None:
    assert camille.get(adresse).status_code == 200


@pytest.mark.parametrize("adresse", ["/demarches/%00", "/demarches/nouvelle/%00", "/activation/%00", "/pieces/%00"])
def test_a_control_character_in_an_address_names_nothing(camille: FlaskClient, adresse: str) -> None:
    assert camille.get(adresse).status_code == 404


def test_the_version_of_a_form_is_a_number_a_column_holds(camille: FlaskClient) -> None:
    assert poster(camille, "/conditions-generales", {"version": TROP}).status_code == 409
    assert poster(camille, "/foyer", {"foyer": TROP}).status_code == 404


def test_control_characters_are_dropped_from_what_is_typed(village: Village, camille: FlaskClient) -> None:
    with village.bd.session_ecriture() as session:
        auteur = Auteur(Cote.FAMILLE, village.comptes["camille"])
        numero = demarches.deposer(
            session, genre="coordonnees", auteur=auteur, maintenant=MERCREDI_SOIR, contenu={},
            foyer_id=village.foyers["morel"],
        ).numero  # fmt: skip
    champs = {"cle": "une-cle", "texte": "Bon\x00jour\x1b,\r\n\tà demain."}
    assert poster(camille, f"/demarches/{numero}/messages", champs).status_code == 303
    with village.bd.session_lecture() as session:
        [texte] = session.scalars(select(DemarcheEtape.texte).where(DemarcheEtape.genre == "message"))
    assert texte.replace("\r", "") == "Bonjour,\n\tà demain."
