"""Requests filed from a page of their own have their receipt and due date like the others."""

from datetime import date

from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from tests.support.ajouts import ajouter_un_enfant
from tests.support.client import connecter, poster
from tests.support.formulaires import lire_formulaire
from tests.support.village import Village


def demarches(village: Village) -> dict[str, Demarche]:
    with village.bd.session_lecture() as session:
        return {demarche.genre: demarche for demarche in session.scalars(select(Demarche))}


def test_requests_filed_elsewhere_are_acknowledged_too(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    garde = f"/famille/enfants/{village.enfants['noe']}/garde"
    formulaire = lire_formulaire(client.get(garde).text, garde)
    formulaire.champs |= {"une_sur": ["2"], "semaine": ["2026-12-07"], "mot": ["Dès lundi"]}
    assert formulaire.envoyer(client).status_code == 303
    assert poster(client, "/mon-espace/donnees/effacement", {"confirmation": "oui"}).status_code == 303
    adresse = lire_formulaire(client.get("/mon-espace/foyer/adresse").text, "formulaire")
    adresse.champs |= {"adresse": ["2 rue du Port"], "code_postal": ["99999"], "ville": ["Le Village"]}
    assert adresse.envoyer(client).status_code == 303
    assert ajouter_un_enfant(client, prenom="Zoé", nom="Morel", naissance="2026-11-30").status_code == 303
    deposees = demarches(village)
    assert {genre: d.echeance for genre, d in deposees.items()} == {
        "garde": date(2027, 2, 2),
        "effacement": date(2027, 1, 2),
        "coordonnees": date(2027, 1, 2),
        "enfant": date(2027, 2, 2),
    }
    assert all(d.accuse and d.accuse["numero"] == d.numero for d in deposees.values())
    with village.bd.session_lecture() as session:
        corps = session.scalars(select(Courriel.corps_texte)).one()
    assert "le 2 février 2027, votre demande sera considérée comme rejetée" in corps
