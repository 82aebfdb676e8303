"""A réclamation begun from an invoice."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.demarches import Demarche
from tests.support.client import connecter
from tests.support.ecran import phrases
from tests.support.factures import creer_facture
from tests.support.formulaires import lire_formulaire
from tests.support.village import Village

Ecrire = Callable[..., int]


@pytest.fixture
def ecrire(village: Village) -> Ecrire:
    def creer(foyer: str = "morel", **colonnes: Any) -> int:
        with village.bd.session_ecriture() as session:
            return creer_facture(session, village.foyers[foyer], (), **colonnes).id

    return creer


@pytest.fixture
def camille(client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def test_a_reclamation_names_the_invoice_it_was_begun_from(
    camille: FlaskClient, village: Village, ecrire: Ecrire
) -> None:
    facture = ecrire()
    ecrire(numero="2026-EE-000002", mois=date(2026, 10, 1))
    lien = re.search(
        r'href="/saint-rivage(/demarches/nouvelle/reclamation[^"]*)"', camille.get(f"/factures/{facture}").text
    )
    assert lien is not None
    depart = lire_formulaire(camille.get(lien[1]).text, lien[1]).envoyer(camille)
    etape = depart.location.removeprefix("/saint-rivage")
    formulaire = lire_formulaire(camille.get(etape).text, "formulaire")
    assert formulaire.champs["facture"] == [str(facture)]
    formulaire.champs |= {"texte": ["Léa n’était pas là"]}
    verifier = formulaire.envoyer(camille).location.removeprefix("/saint-rivage")
    dit = phrases(camille.get(verifier))
    assert "2026-EE-000001" in dit
    assert "42,00\u00a0€" in dit
    # Another one is named by hand, and must be.
    formulaire.champs |= {"facture": ["autre"], "reference": [""]}
    assert "Dites de quelle facture il s’agit." in formulaire.envoyer(camille).text
    formulaire.champs |= {"facture": [str(facture)]}
    verifier = formulaire.envoyer(camille).location.removeprefix("/saint-rivage")
    assert lire_formulaire(camille.get(verifier).text, "/verifier").envoyer(camille).status_code == 303
    with village.bd.session_lecture() as session:
        depose = session.scalars(select(Demarche)).one().contenu
    assert (depose["facture"], depose["reference"], depose["montant"]) == (str(facture), "2026-EE-000001", 4200)


def test_only_one_s_own_foyer_s_invoices_can_be_contested_by_choice(
    client: FlaskClient, village: Village, ecrire: Ecrire
) -> None:
    ailleurs = ecrire(foyer="haddad")
    ecrire(numero="2026-EE-000002")
    connecter(client, "camille.morel")
    adresse = "/demarches/nouvelle/reclamation?facture=2026-EE-000001"
    depart = lire_formulaire(client.get(adresse).text, adresse).envoyer(client)
    formulaire = lire_formulaire(client.get(depart.location.removeprefix("/saint-rivage")).text, "formulaire")
    assert (formulaire.champs["facture"], formulaire.champs["reference"]) == (["autre"], ["2026-EE-000001"])
    formulaire.champs |= {"facture": [str(ailleurs)], "texte": ["Trop cher"]}
    assert formulaire.envoyer(client).status_code == 422
