"""API Particulier through real HTTP, answered by its local counterpart: answers, refusals, breakdowns, a silent log."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from portail_famille.api_particulier_locale import JETON, SIRET, Famille, Serveur
from portail_famille.gateways.api_particulier import (
    AccesRefuse,
    ApiParticulier,
    DossierAbsent,
    ErreurApiParticulier,
    Identite,
    IdentiteRefusee,
    ServiceIndisponible,
)

CAMILLE = Identite("Morel", "", ("Camille", "Anne"), date(1988, 3, 14), "F", "Rennes", "35")


@pytest.fixture
def serveur() -> Iterator[Serveur]:
    with Serveur() as serveur:
        yield serveur


def client(serveur: Serveur, jeton: str = JETON, siret: str = SIRET) -> ApiParticulier:
    return ApiParticulier(serveur.adresse, jeton, siret, delai=0.5)


def test_a_known_identity_gets_its_quotient_with_its_month_and_who_it_is_about(serveur: Serveur) -> None:
    obtenu = client(serveur).quotient(CAMILLE)
    assert (obtenu.valeur_centimes, obtenu.organisme, obtenu.mois) == (50_000, "caf", date(2026, 12, 1))
    assert [a.prenoms for a in obtenu.allocataires] == ["CAMILLE", "THOMAS"]
    (vus,) = serveur.etat.vus
    assert vus["prenoms[]"] == ["Camille", "Anne"]
    assert (vus["recipient"], vus["codeCogInseePaysNaissance"], vus["sexeEtatCivil"]) == ([SIRET], ["99100"], ["F"])
    assert "nomUsage" not in vus


def test_the_msa_answers_too_and_decimals_are_kept(serveur: Serveur) -> None:
    serveur.etat.familles = (Famille((("ROUX", "PETIT", "NADIA", "1990-05-09", "F"),), 639.99, "MSA"),)
    nadia = Identite("Roux", "Petit", ("Nadia",), date(1990, 5, 9), "F", "Brest", "29")
    obtenu = client(serveur).quotient(nadia)
    assert (obtenu.valeur_centimes, obtenu.organisme) == (63_999, "msa")
    assert obtenu.allocataires[0].nom_usage == "PETIT"
    assert serveur.etat.vus[0]["nomUsage"] == ["Petit"]


def test_an_unknown_identity_is_told_from_a_breakdown(serveur: Serveur) -> None:
    with pytest.raises(DossierAbsent):
        client(serveur).quotient(replace(CAMILLE, naissance=date(1988, 3, 15)))


def test_a_field_left_out_is_the_identity_s_fault(serveur: Serveur) -> None:
    with pytest.raises(IdentiteRefusee):
        client(serveur).quotient(replace(CAMILLE, prenoms=()))


def test_a_wrong_token_is_the_town_s_fault(serveur: Serveur) -> None:
    with pytest.raises(AccesRefuse):
        client(serveur, jeton="autre").quotient(CAMILLE)


@pytest.mark.parametrize("panne", ["panne", "sature", "lente", "goutte", "charabia", "ailleurs"])
def test_a_breakdown_of_any_kind_is_one_answer_asked_once(serveur: Serveur, panne: str) -> None:
    serveur.etat.panne = panne
    with pytest.raises(ServiceIndisponible):
        client(serveur).quotient(CAMILLE)
    # Neither tried again by itself, nor followed elsewhere with the token.
    assert serveur.etat.appels == 1


def test_a_server_that_is_not_there_is_a_breakdown() -> None:
    with Serveur() as ferme:
        adresse = ferme.adresse
    with pytest.raises(ServiceIndisponible):
        ApiParticulier(adresse, JETON, SIRET, delai=0.5).quotient(CAMILLE)


@pytest.mark.parametrize("valeur", [-1, 1e9, True, None, "500", float("nan")])
def test_a_value_that_is_no_quotient_is_not_believed(serveur: Serveur, valeur: object) -> None:
    serveur.etat.familles = (replace(serveur.etat.familles[0], valeur=valeur),)  # type: ignore[arg-type]
    with pytest.raises(ServiceIndisponible):
        client(serveur).quotient(CAMILLE)


@pytest.mark.parametrize("panne", ["", "absent", "panne", "lente", "charabia"])
def test_nothing_of_the_identity_is_logged_nor_in_the_exception(
    serveur: Serveur, panne: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    serveur.etat.panne = panne
    caplog.set_level(logging.DEBUG)
    dit = ""
    try:
        client(serveur).quotient(replace(CAMILLE, nom_naissance="Zwyntre"))
    except ErreurApiParticulier as erreur:
        dit = repr(erreur) + repr(erreur.__cause__)
    sorties = capfd.readouterr()
    for secret in ("Zwyntre", "Camille", "1988", JETON):
        assert secret not in caplog.text + dit + sorties.out + sorties.err
