"""« Créer mon espace »: from the form to the démarche, through a verified address."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.comptes import JetonCompte
from portail_famille.models.courriels import Courriel
from portail_famille.models.demarches import Demarche
from tests.conftest import CompterRequetes
from tests.support.client import poster
from tests.support.ecran import phrases
from tests.support.formulaires import lire_formulaire
from tests.support.temps import HorlogeReglable
from tests.support.village import Village

INCONNUE = {
    "civilite": "Mme",
    "prenom": "Inès",
    "nom": "N'Diaye",
    "courriel": "Ines.NDiaye+famille@courriel.example",
    "telephone": "06 39 98 12 34",
    "adresse": "3 rue du Lavoir",
    "code_postal": "99999",
    "ville": "Le Village",
    "enfants": "Awa N’Diaye 04/05/2019\nSami N’Diaye, né le 12/11/2021",
    "message": "Nous arrivons en janvier.",
}


def courriels(village: Village) -> list[Courriel]:
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Courriel).order_by(Courriel.id)))


def demarches(village: Village) -> list[Demarche]:
    with village.bd.session_lecture() as session:
        return list(session.scalars(select(Demarche).order_by(Demarche.id)))


def lien(courriel: Courriel) -> str:
    trouve = re.search(r"http://localhost/saint-rivage(/creer-mon-espace/\S+)", courriel.corps_texte)
    assert trouve is not None
    return trouve[1]


def test_an_unknown_family_asks_verifies_her_address_and_gets_a_number(village: Village, client: FlaskClient) -> None:
    formulaire = lire_formulaire(client.get("/creer-mon-espace").text, "formulaire")
    formulaire.champs |= {nom: [valeur] for nom, valeur in INCONNUE.items()}
    page = formulaire.envoyer(client)
    assert page.status_code == 200
    assert "Regardez vos mails" in phrases(page)
    assert demarches(village) == []
    (courriel,) = courriels(village)
    assert courriel.destinataire == "ines.ndiaye+famille@courriel.example"
    assert INCONNUE["prenom"] not in courriel.corps_texte + courriel.corps_html, "not hers yet, for all we know"
    bouton = lire_formulaire(client.get(lien(courriel)).text, "confirmer")
    assert demarches(village) == []
    reponse = bouton.envoyer(client)
    assert reponse.status_code == 303
    (demarche,) = demarches(village)
    assert f"Votre demande {demarche.numero} est partie" in phrases(client.get("/creer-mon-espace/envoyee"))
    assert (demarche.genre, demarche.foyer_id, demarche.contenu["nom"]) == ("espace", None, "N’Diaye")
    assert demarche.contenu["enfants"] == INCONNUE["enfants"].split("\n")


def test_following_the_link_changes_nothing(village: Village, client: FlaskClient) -> None:
    poster(client, "/creer-mon-espace", INCONNUE)
    adresse = lien(courriels(village)[0])
    avant = village.photographier()
    assert client.get(adresse).status_code == 200
    assert client.head(adresse).status_code == 200
    assert village.photographier() == avant


def test_a_link_serves_once(village: Village, client: FlaskClient) -> None:
    poster(client, "/creer-mon-espace", INCONNUE)
    adresse = lien(courriels(village)[0])
    assert poster(client, adresse).status_code == 303
    assert poster(client, adresse).status_code == 410
    assert client.get(adresse).status_code == 410
    assert len(demarches(village)) == 1


def test_a_link_expires(village: Village, client: FlaskClient, horloge: HorlogeReglable) -> None:
    poster(client, "/creer-mon-espace", INCONNUE)
    adresse = lien(courriels(village)[0])
    horloge.avancer(hours=25)
    assert client.get(adresse).status_code == 410
    assert poster(client, adresse).status_code == 410
    assert demarches(village) == []


def test_an_altered_link_is_no_link(village: Village, client: FlaskClient) -> None:
    poster(client, "/creer-mon-espace", INCONNUE)
    adresse = lien(courriels(village)[0])
    altere = adresse[:-9] + ("a" if adresse[-9] != "a" else "b") + adresse[-8:]
    assert poster(client, altere).status_code == 404


def test_asking_again_while_one_waits_is_told_its_number(village: Village, client: FlaskClient) -> None:
    for _ in range(2):
        poster(client, "/creer-mon-espace", INCONNUE)
    premier, second = (lien(courriel) for courriel in courriels(village))
    poster(client, premier)
    (demarche,) = demarches(village)
    reponse = poster(client, second)
    assert reponse.status_code == 409
    assert demarche.numero in phrases(reponse)
    assert len(demarches(village)) == 1


def test_the_code_of_the_mail_takes_the_place_of_the_link(village: Village, client: FlaskClient) -> None:
    formulaire = lire_formulaire(poster(client, "/creer-mon-espace", INCONNUE).text, "code-recu")
    trouve = re.search(r"(\d{3}\u00a0\d{3})", courriels(village)[0].corps_texte)
    assert trouve is not None
    formulaire.champs["code"] = [trouve[1]]
    assert formulaire.envoyer(client).status_code == 303
    assert len(demarches(village)) == 1


def test_a_wrong_code_is_tried_five_times_at_most(village: Village, client: FlaskClient) -> None:
    poster(client, "/creer-mon-espace", INCONNUE)
    codes = []
    for _ in range(8):
        codes.append(poster(client, "/creer-mon-espace/code", {"code": "000000", "courriel": "x"}).status_code)
    with village.bd.session_lecture() as session:
        essais = session.scalars(select(JetonCompte.essais)).one()
    assert set(codes) <= {422, 429}
    assert essais <= 5
    assert demarches(village) == []


def test_the_screen_and_the_statements_are_the_same_for_an_address_that_has_a_space(
    village: Village, client: FlaskClient, compter_requetes: CompterRequetes
) -> None:
    pages, ordres = [], []
    for courriel in ("camille@courriel.example", "personne@courriel.example"):
        with compter_requetes() as requetes:
            page = poster(client, "/creer-mon-espace", INCONNUE | {"courriel": courriel})
        texte = re.sub(r'name="csrf_token" value="[^"]*"', "", page.text)
        pages.append((page.status_code, texte.replace(courriel, "")))
        ordres.append(list(requetes))
    assert pages[0] == pages[1]
    assert ordres[0] == ordres[1]
    connue, inconnue = courriels(village)
    assert "camille.morel" in connue.corps_texte
    assert "/creer-mon-espace/" not in connue.corps_texte
    assert "identifiant" not in inconnue.corps_texte


def test_links_come_from_the_settings_never_from_the_host_header(village: Village, client: FlaskClient) -> None:
    ailleurs: dict[str, Any] = {
        "base_url": "http://voleur.example/saint-rivage/",
        "headers": {"X-Forwarded-Host": "voleur.example"},
    }
    formulaire = lire_formulaire(client.get("/creer-mon-espace", **ailleurs).text, "formulaire")
    donnees = {"csrf_token": formulaire.champs["csrf_token"], **INCONNUE}
    assert client.post("/creer-mon-espace", data=donnees, **ailleurs).status_code == 200
    (courriel,) = courriels(village)
    assert "voleur" not in courriel.corps_texte + courriel.corps_html + courriel.objet
    assert lien(courriel)


def test_one_address_cannot_be_flooded(village: Village, client: FlaskClient) -> None:
    codes = [poster(client, "/creer-mon-espace", INCONNUE).status_code for _ in range(8)]
    assert codes[-1] == 429
    assert len(courriels(village)) < 8


@pytest.mark.parametrize(
    ("champ", "valeur", "phrase"),
    [
        ("prenom", "", "Remplissez ce champ\u00a0: prénom."),
        ("nom", "R2D2", "chiffre"),
        ("courriel", "pas une adresse", "adresse mail"),
        ("courriel", "", "Il manque votre adresse"),
        ("telephone", "12", "numéro de téléphone"),
        ("code_postal", "7", "code postal"),
        ("enfants", " ", "au moins un enfant"),
        ("enfants", "Ana 01/01/2020\n" * 11, "10 au plus"),
        ("enfants", "Awa 04/05/2019\nSami Diop", "Sami Diop\u00a0» (ligne 2)\u00a0: écrivez sa date de naissance"),
        ("enfants", "Awa 31/02/2019", "Awa 31/02/2019\u00a0»\u00a0: écrivez sa date de naissance"),
        ("enfants", "Awa 04/05/2029", "cette date est dans le futur"),
        ("enfants", "Awa 04/05/1999", "vérifiez l’année"),
        ("enfants", "R2D2, Diop, 04/05/2019", "chiffre"),
        ("enfants", "04/05/2019", "prénom"),
        ("message", "x" * 1001, "trop long"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nothing_typed_is_lost(
    village: Village, client: FlaskClient, champ: str, valeur: str, phrase: str
) -> None:
    page = poster(client, "/creer-mon-espace", INCONNUE | {champ: valeur})
    assert page.status_code == 422
    assert phrase.lower() in phrases(page).lower()
    relu = lire_formulaire(page.text, "formulaire").champs
    assert relu["ville"] == [INCONNUE["ville"]]
    if champ == "enfants" and valeur.strip():
        assert relu["enfants"][0].split() == valeur.split()
    assert courriels(village) == []


def test_hostile_text_stays_text(village: Village, client: FlaskClient) -> None:
    page = poster(client, "/creer-mon-espace", INCONNUE | {"message": "<script>alert(1)</script>", "nom": "<b>"})
    assert "<script>alert" not in page.text
    assert page.status_code == 422


def test_a_town_may_keep_this_door_shut(village: Village, client: FlaskClient) -> None:
    import dataclasses

    app = client.application
    reglages = app.extensions["reglages"]
    fermes = dataclasses.replace(reglages.comptes, creation_ouverte=False)
    app.extensions["reglages"] = dataclasses.replace(reglages, comptes=fermes)
    assert client.get("/creer-mon-espace").status_code == 404
    assert poster(client, "/creer-mon-espace", INCONNUE).status_code == 404
    assert courriels(village) == []
