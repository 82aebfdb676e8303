"""A change of situation: told by one adult, hidden from the other, answered with what was done."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer, Responsable
from portail_famille.models.journal import ActeJournal
from tests.support.client import connecter
from tests.support.formulaires import lire_formulaire
from tests.views.agent.conftest import Bureau

DEBUT = "/demarches/nouvelle/situation"


def signaler(client: FlaskClient, **champs: str) -> str:
    """The whole walk; the number of the request."""
    etapes = (("changement", "date"), tuple(nom for nom in champs if nom not in ("changement", "date")))
    adresse = _suivre(lire_formulaire(client.get(DEBUT).text, DEBUT).envoyer(client))
    for noms in etapes:
        formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
        formulaire.champs |= {nom: [champs[nom]] for nom in noms}
        adresse = _suivre(formulaire.envoyer(client))
    if adresse.endswith("/documents"):
        adresse = _suivre(lire_formulaire(client.get(adresse).text, "formulaire").envoyer(client))
    fin = _suivre(lire_formulaire(client.get(adresse).text, "/verifier").envoyer(client))
    return fin.rpartition("/")[2].partition("?")[0]


def _suivre(reponse: Any) -> str:
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location.removeprefix("/saint-rivage"))


def separation(client: FlaskClient) -> str:
    return signaler(client, changement="separation", date="2026-12-07", mot="Nous nous séparons")


def test_a_separation_told_by_one_adult_is_not_shown_to_the_other(bureau: Bureau) -> None:
    client = bureau.client
    connecter(client, "camille.morel")
    numero = separation(client)
    assert "Nous nous séparons" in client.get(f"/demarches/{numero}").text
    connecter(client, "thomas.legall")
    assert client.get(f"/demarches/{numero}").status_code == 404
    for adresse in ("/demarches", "/tableau-de-bord", "/", "/famille"):
        assert numero not in client.get(adresse).text, adresse


def test_the_agent_is_led_to_the_act_then_accepts_with_what_was_done(bureau: Bureau) -> None:
    connecter(bureau.client, "camille.morel")
    numero = separation(bureau.client)
    client = bureau.entrer()
    page = client.get(f"/agent/demarches/{numero}").text
    lien = f"/agent/foyers/{bureau.village.foyers['morel']}/separer?adulte={bureau.village.personnes['camille']}"
    assert lien in page
    accepter = lire_formulaire(page, "accepter")
    assert accepter.envoyer(client).status_code == 422
    accepter.champs["suite"] = ["Foyer séparé au 7 décembre"]
    assert accepter.envoyer(client).status_code == 303
    with bureau.bd.session_lecture() as session:
        assert session.scalars(select(Demarche.etat)).one() == "acceptee"
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "situation_traitee")).one()
        assert acte.details["motif"] == "Foyer séparé au 7 décembre"
        # For the other adult, nothing of it is in her data either.
        assert acte.personne_id == bureau.village.personnes["camille"]


DEMENAGEMENT = {
    "changement": "demenagement",
    "date": "2026-12-20",
    "adresse": "9 chemin Vert",
    "code_postal": "99998",
    "ville": "La Ville",
    "dans_la_commune": "non",
    "mot": "",
}
PARTAGEE = "l’autre adulte du foyer verra cette adresse"


def test_a_parent_who_moves_is_told_who_will_read_the_address(bureau: Bureau) -> None:
    client = bureau.client
    connecter(client, "camille.morel")
    adresse = _suivre(lire_formulaire(client.get(DEBUT).text, DEBUT).envoyer(client))
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {"changement": ["demenagement"], "date": ["2026-12-20"]}
    page = client.get(_suivre(formulaire.envoyer(client))).text
    assert "chaque adulte du foyer la verra" in page
    assert "Une séparation" in page


def test_an_address_that_another_adult_would_read_is_written_only_when_the_agent_asks(bureau: Bureau) -> None:
    connecter(bureau.client, "camille.morel")
    numero = signaler(bureau.client, **DEMENAGEMENT)
    with bureau.bd.session_lecture() as session:
        avant = session.get_one(Foyer, bureau.village.foyers["morel"]).adresse
    client = bureau.entrer()
    page = client.get(f"/agent/demarches/{numero}").text
    assert PARTAGEE in page
    accepter = lire_formulaire(page, "accepter")
    assert "adresse" not in accepter.champs
    assert accepter.envoyer(client).status_code == 303
    with bureau.bd.session_lecture() as session:
        assert session.get_one(Foyer, bureau.village.foyers["morel"]).adresse == avant


def test_a_move_out_of_town_writes_the_address_and_the_residence(bureau: Bureau) -> None:
    """Of an adult alone in her foyer."""
    with bureau.bd.session_ecriture() as session:
        thomas, morel = bureau.village.personnes["thomas"], bureau.village.foyers["morel"]
        session.execute(delete(Responsable).where(Responsable.personne_id == thomas, Responsable.foyer_id == morel))
    connecter(bureau.client, "camille.morel")
    numero = signaler(bureau.client, **DEMENAGEMENT)
    client = bureau.entrer()
    page = client.get(f"/agent/demarches/{numero}").text
    assert "9 chemin Vert, 99998 La Ville" in page
    assert PARTAGEE not in page
    assert lire_formulaire(page, "accepter").envoyer(client).status_code == 303
    with bureau.bd.session_lecture() as session:
        foyer = session.get_one(Foyer, bureau.village.foyers["morel"])
        assert (foyer.adresse, foyer.ville, foyer.est_resident) == ("9 chemin Vert", "La Ville", False)
        ecrit = session.scalars(select(ActeJournal.details).where(ActeJournal.action == "fiche_modifiee")).one()
    assert ecrit["champs"]["résidence"] == ["dans la commune", "hors de la commune"]


@pytest.mark.parametrize(
    ("champs", "fautif"),
    [
        ({"changement": "", "date": "2026-12-07"}, "changement"),
        ({"changement": "union", "date": "2126-12-07"}, "date"),
        ({"changement": "union", "date": "demain"}, "date"),
    ],
)
def test_a_change_that_cannot_be_read_is_told_beside_its_field(
    bureau: Bureau, champs: dict[str, str], fautif: str
) -> None:
    client = bureau.client
    connecter(client, "camille.morel")
    adresse = _suivre(lire_formulaire(client.get(DEBUT).text, DEBUT).envoyer(client))
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {nom: [valeur] for nom, valeur in champs.items()}
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 422
    assert f'id="{fautif}-faute"' in reponse.text
