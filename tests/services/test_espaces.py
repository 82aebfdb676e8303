"""Families unknown to the town: what is read of their words, and which foyers are proposed."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.services.espaces import GENRE, confirmer_espace, foyer_dit, lire_enfant_dit, proposer_foyers
from portail_famille.services.jetons import creer_jeton
from portail_famille.services.perimetres import Perimetre
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import Village

PARTOUT = Perimetre(None, date(2026, 12, 2))

CONTENU: dict[str, Any] = {
    "civilite": "",
    "prenom": "Fatou",
    "nom": "Inconnue",
    "courriel": "fatou@courriel.example",
    "telephone": "+33639981234",
    "adresse": "3 rue du Lavoir",
    "code_postal": "99999",
    "ville": "Le Village",
    "enfants": [],
    "message": "",
}


@pytest.mark.parametrize(
    ("ligne", "attendu"),
    [
        ("Awa N’Diaye 04/05/2019", ("Awa", "N’Diaye", date(2019, 5, 4))),
        ("Awa N’Diaye, née le 4.5.2019", ("Awa", "N’Diaye", date(2019, 5, 4))),
        ("Léa de La Tour (17-04-2018)", ("Léa", "de La Tour", date(2018, 4, 17))),
        ("Marie Lou, N’Diaye Sow, 04/05/2019", ("Marie Lou", "N’Diaye Sow", date(2019, 5, 4))),
        ("Léa 31/02/2018", ("Léa", "", None)),
        ("Léa Ferrand", ("Léa", "Ferrand", None)),
        ("04/05/2019", ("", "", date(2019, 5, 4))),
        ("", ("", "", None)),
    ],
)
def test_a_line_about_a_child_is_read_as_far_as_it_can_be(ligne: str, attendu: tuple[str, str, date | None]) -> None:
    dit = lire_enfant_dit(ligne)
    assert (dit.prenom, dit.nom, dit.naissance) == attendu


def test_a_form_is_filled_with_what_was_written() -> None:
    foyer = foyer_dit(CONTENU | {"enfants": ["Awa 04/05/2019", "Sami Diop"]})
    assert [(e.prenom, e.nom, e.naissance) for e in foyer.enfants] == [
        ("Awa", "Inconnue", "2019-05-04"),
        ("Sami", "Diop", ""),
    ]


@pytest.mark.parametrize(
    ("champs", "raison"),
    [
        ({"courriel": "karim@courriel.example"}, "même adresse mail"),
        ({"telephone": "+33639980011"}, "même téléphone"),
        ({"enfants": ["YANIS Autre-Nom 08/06/2017"]}, "même enfant"),
        ({"adresse": "5, rue des ORMES", "code_postal": "99999"}, "même adresse"),
        ({"nom": "Haddàd"}, "même nom"),
    ],
)
def test_a_foyer_that_looks_like_it_is_proposed_with_the_reason(
    village: Village, champs: dict[str, Any], raison: str
) -> None:
    with village.bd.session_ecriture() as session:
        session.get_one(Personne, village.personnes["karim"]).telephone = "+33639980011"
        foyer = session.get_one(Foyer, village.foyers["haddad"])
        foyer.adresse, foyer.code_postal = "5 rue des Ormes", "99999"
    with village.bd.session_lecture() as session:
        (proposition,) = proposer_foyers(session, CONTENU | champs, PARTOUT)
    assert (proposition.foyer.nom, proposition.raisons) == ("Haddad", (raison,))


def test_the_likeliest_foyer_comes_first(village: Village) -> None:
    contenu = CONTENU | {"nom": "Ferrand", "enfants": ["Zoé Petit 14/08/2021"]}
    with village.bd.session_lecture() as session:
        propositions = proposer_foyers(session, contenu, PARTOUT)
    assert propositions[0].foyer.nom == "Petit – Ferrand"
    assert {p.foyer.nom for p in propositions} >= {"Ferrand", "Petit – Ferrand"}


def test_nothing_in_common_proposes_nothing(village: Village) -> None:
    with village.bd.session_lecture() as session:
        assert proposer_foyers(session, CONTENU, PARTOUT) == []


def test_two_links_of_one_address_at_once_make_one_request(village: Village, reglages: ReglagesCommune) -> None:
    jetons_ = []
    with village.bd.session_ecriture() as session:
        for _ in range(2):
            jetons_.append(creer_jeton(session, GENRE, MERCREDI_SOIR, reglages, donnees=CONTENU).jeton)
    ensemble = threading.Barrier(2, timeout=10)

    def confirmer(jeton: str) -> str:
        ensemble.wait()
        try:
            with village.bd.session_ecriture() as session:
                return confirmer_espace(session, jeton, MERCREDI_SOIR, reglages).numero
        except RegleViolee as refus:
            return refus.code

    with ThreadPoolExecutor(2) as fils:
        assert sorted(fils.map(confirmer, jetons_)) == ["D2026-000001", "espace_deja_demande"]
    with village.bd.session_lecture() as session:
        assert session.scalars(select(func.count()).select_from(Demarche)).one() == 1
