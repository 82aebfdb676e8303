"""Models of answers: written by who administers, used by who answers."""

import pytest

from portail_famille.domain.droits import Attribution, Role
from portail_famille.services.agents import ajouter_role
from portail_famille.services.modeles import lister_modeles
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import MERCREDI_SOIR
from tests.views.agent.conftest import Bureau
from tests.views.agent.test_demarches import deposer_adresse


@pytest.fixture
def admin(bureau: Bureau) -> Bureau:
    with bureau.bd.session_ecriture() as session:
        ajouter_role(session, bureau.comptes["Rose"], Attribution(Role.ADMINISTRATION), MERCREDI_SOIR)
    bureau.entrer()
    return bureau


def test_a_model_is_previewed_written_proposed_changed_and_removed(admin: Bureau) -> None:
    client = admin.client
    formulaire = lire_formulaire(client.get("/agent/modeles/nouveau").text, "formulaire")
    texte = "Bonjour {prenom}, la page 2 de la demande {numero} <b>manque</b>."
    formulaire.champs |= {"usage": ["complement"], "titre": ["Page 2"], "texte": [texte]}
    formulaire.champs["apercu"] = ["oui"]
    apercu = formulaire.envoyer(client)
    assert "Bonjour Camille, la page 2 de la demande D2026-000123 <b>manque</b>." in phrases(apercu)
    assert "Page 2" not in phrases(client.get("/agent/modeles")), "a preview writes nothing"
    ecrit = lire_formulaire(apercu.text, "formulaire")
    assert ecrit.champs["texte"] == [texte]
    assert ecrit.envoyer(client).status_code == 303
    numero = deposer_adresse(admin)
    page = client.get(f"/agent/demarches/{numero}").text
    assert f"la page 2 de la demande {numero} &lt;b&gt;manque&lt;/b&gt;." in page
    with admin.bd.session_lecture() as session:
        (identifiant,) = [modele.id for modele in lister_modeles(session) if modele.id is not None]
    assert f'href="/saint-rivage/agent/modeles/{identifiant}"' in client.get("/agent/modeles").text
    modifie = lire_formulaire(client.get(f"/agent/modeles/{identifiant}").text, "formulaire")
    modifie.champs["titre"] = ["Page manquante"]
    assert modifie.envoyer(client).status_code == 303
    assert "Page manquante" in phrases(client.get("/agent/modeles?fait=enregistre"))
    assert poster(client, f"/agent/modeles/{identifiant}/retirer").status_code == 303
    assert "Page manquante" not in phrases(client.get("/agent/modeles"))
    assert client.get(f"/agent/modeles/{identifiant}").status_code == 404


def test_a_faulty_model_is_told_beside_its_field(admin: Bureau) -> None:
    donnees = {"usage": "refus", "genre": "", "titre": "Non", "texte": "Bonjour {nom}"}
    reponse = poster(admin.client, "/agent/modeles/nouveau", donnees)
    assert reponse.status_code == 422
    assert 'id="texte-faute"' in reponse.text
    assert "Bonjour {nom}" in phrases(reponse)


def test_one_of_ours_is_taken_up_to_be_changed(admin: Bureau) -> None:
    page = admin.client.get("/agent/modeles/nouveau?usage=refus&titre=Document+illisible").text
    assert "ne se lit pas" in lire_formulaire(page, "formulaire").champs["texte"][0]


@pytest.mark.parametrize("qui", ["Rose", "Odile", "Paul"])
def test_who_does_not_administer_writes_no_model(bureau: Bureau, qui: str) -> None:
    bureau.entrer(qui)
    assert bureau.client.get("/agent/modeles").status_code == 404
    donnees = {"usage": "refus", "titre": "x", "texte": "x"}
    for adresse in ("/agent/modeles/nouveau", "/agent/modeles/1", "/agent/modeles/1/retirer"):
        assert poster(bureau.client, adresse, donnees).status_code == 404
