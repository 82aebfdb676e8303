"""A family sends often, not without end: told when to go on, nothing typed is lost, a double tap never counts."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portail_famille.domain.demarches import Cote
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.models.documents import Piece
from portail_famille.models.journal import ActeJournal
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur, consigner
from tests.support.client import connecter, poster
from tests.support.ecran import phrases
from tests.support.formulaires import Formulaire, lire_formulaire
from tests.support.pieces import photo
from tests.support.temps import MERCREDI_SOIR, HorlogeReglable
from tests.support.village import Village

QUESTION = "/demarches/nouvelle/question"


@pytest.fixture
def camille(village: Village, client: FlaskClient) -> FlaskClient:
    connecter(client, "camille.morel")
    return client


def noter(
    village: Village, action: str, nombre: int, qui: str = "camille", cote: Cote = Cote.FAMILLE, jours: int = 0
) -> None:
    """As many lines of the journal, one a second up to ten past five in the afternoon, in so many days."""
    with village.bd.session_ecriture() as session:
        for rang in range(nombre):
            quand = MERCREDI_SOIR + timedelta(days=jours, minutes=-50, seconds=-rang)
            consigner(session, Auteur(cote, village.comptes[qui]), action, quand, foyer_id=village.foyers["morel"])


def compter(village: Village, modele: type) -> int:
    with village.bd.session_lecture() as session:
        return session.scalar(select(func.count()).select_from(modele)) or 0


def remplir(client: FlaskClient) -> Formulaire:
    """A question up to its summary."""
    lire_formulaire(client.get(QUESTION).text, QUESTION).envoyer(client)
    etape = lire_formulaire(client.get(f"{QUESTION}/question").text, "formulaire")
    etape.champs |= {"sujet": ["autre"], "texte": ["Quel est le menu de lundi"]}
    assert etape.envoyer(client).location.endswith("/verifier")
    return lire_formulaire(client.get(f"{QUESTION}/verifier").text, "/verifier")


def test_the_twenty_first_request_of_an_hour_waits_with_what_was_typed(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    noter(village, "demarche_deposee", 30, qui="thomas")
    noter(village, "demarche_deposee", 30, cote=Cote.AGENT)
    noter(village, "demarche_deposee", 30, jours=1)
    noter(village, "demarche_deposee", 19)
    vingtieme = remplir(camille)
    envoyee = vingtieme.envoyer(camille)
    assert envoyee.status_code == 303, "not hers: another adult's, an agent's, those of a clock since put right"
    envoi = remplir(camille)
    refusee = envoi.envoyer(camille)
    assert refusee.status_code == 429
    assert "Vous avez envoyé 20 demandes en une heure" in phrases(refusee)
    # The first of the twenty was sent at 17:09:42.
    assert "renvoyez à partir de 18\u202fh\u202f10." in phrases(refusee)
    assert refusee.headers["Retry-After"] == "600"
    assert "Quel est le menu de lundi" in refusee.text
    assert compter(village, Demarche) == 1
    # A second tap on the twentieth still leads to what the first one made.
    assert vingtieme.envoyer(camille).location == envoyee.location
    horloge.avancer(minutes=10)
    assert lire_formulaire(refusee.text, "/verifier").envoyer(camille).status_code == 303
    assert compter(village, Demarche) == 2


def test_the_thirty_first_message_of_an_hour_waits_with_what_was_typed(
    camille: FlaskClient, village: Village, horloge: HorlogeReglable
) -> None:
    with village.bd.session_ecriture() as session:
        elle = Auteur(Cote.FAMILLE, village.comptes["camille"])
        numero = deposer(
            session, genre="coordonnees", auteur=elle, maintenant=MERCREDI_SOIR, contenu={},
            foyer_id=village.foyers["morel"],
        ).numero  # fmt: skip
    adresse = f"/demarches/{numero}/messages"
    noter(village, "demarche_message", 29)
    for _ in range(2):
        assert poster(camille, adresse, {"cle": "trentieme", "texte": "Bonjour"}).status_code == 303
    document = {"genre": "rib", "document": (BytesIO(photo()), "a.jpg")}
    refuse = poster(camille, adresse, {"cle": "suivant", "texte": "Mon mot"} | document)
    assert refuse.status_code == 429
    assert "Vous avez envoyé 30 messages en une heure" in phrases(refuse)
    assert refuse.headers["Retry-After"] == "600"
    formulaire = lire_formulaire(refuse.text, adresse)
    assert formulaire.champs["texte"][0].strip() == "Mon mot"
    assert formulaire.champs["cle"] == ["suivant"]
    assert compter(village, Piece) == 0, "nothing is examined nor kept"
    # A replay of the thirtieth is no thirty-first.
    assert poster(camille, adresse, {"cle": "trentieme", "texte": "Bonjour"}).status_code == 303
    horloge.avancer(minutes=10)
    assert formulaire.envoyer(camille).status_code == 303
    with village.bd.session_lecture() as session:
        textes = session.scalars(select(DemarcheEtape.texte).where(DemarcheEtape.genre == "message")).all()
        assert sorted(textes) == ["Bonjour", "Mon mot"]
        assert session.scalar(select(func.count()).where(ActeJournal.action == "demarche_message")) == 31
