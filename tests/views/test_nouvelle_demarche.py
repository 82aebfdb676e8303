"""A new démarche on the screen: explanation, steps, documents, summary, « Envoyer »."""

from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche, DemarcheSaisie
from tests.support.client import connecter
from tests.support.formulaires import lire_formulaire
from tests.support.village import Village

QUESTION = "/demarches/nouvelle/question"


def commencer(client: FlaskClient, genre: str = "question", requete: str = "") -> str:
    """Presses « Commencer »; the address of the first step."""
    explication = client.get(f"/demarches/nouvelle/{genre}{requete}").text
    reponse = lire_formulaire(explication, f"/demarches/nouvelle/{genre}{requete}").envoyer(client)
    assert reponse.status_code == 303
    return str(reponse.location.removeprefix("/saint-rivage"))


def remplir(client: FlaskClient, adresse: str, **champs: str | list[str]) -> str:
    """Fills the step's form as it is shown, presses « Enregistrer et continuer »; the address of what follows."""
    formulaire = lire_formulaire(client.get(adresse).text, "formulaire")
    formulaire.champs |= {nom: valeur if isinstance(valeur, list) else [valeur] for nom, valeur in champs.items()}
    reponse = formulaire.envoyer(client)
    assert reponse.status_code == 303, reponse.text
    return str(reponse.location.removeprefix("/saint-rivage"))


def test_a_question_is_walked_sent_once_and_told_by_mail(client: FlaskClient, village: Village) -> None:
    connecter(client, "camille.morel")
    etape = commencer(client, requete=f"?enfant={village.enfants['noe']}")
    assert etape == f"{QUESTION}/question"
    page = client.get(etape).text
    assert "Étape 1 sur 2" in page
    assert lire_formulaire(page, "formulaire").champs["enfant"] == [str(village.enfants["noe"])]
    verifier = remplir(client, etape, sujet="cantine", texte="Quel est le menu de lundi")
    resume = client.get(verifier).text
    assert "La cantine" in resume
    assert "Noé" in resume
    envoi = lire_formulaire(resume, "/verifier")
    premiere, seconde = envoi.envoyer(client), envoi.envoyer(client)
    assert premiere.status_code == seconde.status_code == 303
    assert premiere.location == seconde.location == "/saint-rivage/demarches/D2026-000001?envoyee=1"
    with village.bd.session_lecture() as session:
        demarche = session.scalars(select(Demarche)).one()
        assert demarche.enfant_id == village.enfants["noe"]
        assert demarche.contenu == {"sujet": "cantine", "texte": "Quel est le menu de lundi"}
        assert demarche.accuse is not None
        courriel = session.scalars(select(Courriel)).one()
        assert "D2026-000001" in courriel.objet
        assert "menu" not in courriel.corps_texte
        assert session.scalars(select(DemarcheSaisie)).all() == []
