"""« J’ai oublié mon mot de passe »: the same answer for everybody, a link, other devices logged out."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, DemandeLien, JetonCompte, SessionCompte
from tests.conftest import CompterRequetes
from tests.support.client import HTMX, connecter, poster
from tests.support.courriels import courriels_de
from tests.support.entree import NOUVEAU, dernier_code, dernier_lien, relever
from tests.support.formulaires import lire_formulaire
from tests.support.personnes import MOT_DE_PASSE, creer_parent
from tests.support.temps import HorlogeReglable

OUBLIE = "/mot-de-passe/oublie"


@pytest.fixture(autouse=True)
def camille(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)


@pytest.fixture
def lien(client: FlaskClient, bd: BD, reglages: ReglagesCommune) -> str:
    poster(client, OUBLIE, {"identifiant": "camille.morel"})
    relever(bd, reglages)
    return dernier_lien(bd)


def test_the_answer_does_not_say_whether_the_compte_exists(
    client: FlaskClient, compter_requetes: CompterRequetes
) -> None:
    reponses, executees = [], []
    for nom in ("camille.morel", "personne.ici", "camille@courriel.example", "personne@courriel.example"):
        with compter_requetes() as requetes:
            reponse = poster(client, OUBLIE, {"identifiant": nom})
        entetes = {k: v for k, v in reponse.headers.items() if k not in ("Content-Length", "Set-Cookie")}
        texte = re.sub(r'name="csrf_token" value="[^"]*"', "", reponse.text).replace(nom, "NOM")
        reponses.append((reponse.status_code, entetes, texte))
        executees.append(list(requetes))
    assert all(reponse == reponses[0] for reponse in reponses)
    assert all(requetes == executees[0] for requetes in executees), "the same statements, hence the same time"


def test_the_web_writes_a_row_and_no_mail(client: FlaskClient, bd: BD) -> None:
    poster(client, OUBLIE, {"identifiant": " Camille.Morel\x00 "})
    with bd.session_lecture() as session:
        assert session.scalars(select(DemandeLien.saisie)).all() == ["camille.morel"]
    assert courriels_de(bd) == []


def test_nothing_typed_says_what_to_write(client: FlaskClient) -> None:
    assert poster(client, OUBLIE, {"identifiant": "  "}).status_code == 422


def test_asking_again_and_again_is_slowed_alike_for_everybody(client: FlaskClient) -> None:
    """By network, not by name: a stranger keeps no parent from asking for her link."""
    noms = ("camille.morel", "personne.ici")
    statuts = [poster(client, OUBLIE, {"identifiant": noms[rang % 2]}).status_code for rang in range(60)]
    assert statuts == [200] * 60
    assert [poster(client, OUBLIE, {"identifiant": nom}).status_code for nom in noms] == [429, 429]
    ailleurs: dict[str, Any] = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    assert [poster(client, OUBLIE, {"identifiant": nom}, **ailleurs).status_code for nom in noms] == [200, 200]


def test_the_link_in_the_mail_ignores_the_host_header(client: FlaskClient, bd: BD, reglages: ReglagesCommune) -> None:
    ailleurs: dict[str, Any] = {
        "base_url": "http://voleur.example/saint-rivage/",
        "headers": {"X-Forwarded-Host": "voleur.example"},
    }
    formulaire = lire_formulaire(client.get(OUBLIE, **ailleurs).text, OUBLIE)
    donnees = {"csrf_token": formulaire.champs["csrf_token"], "identifiant": "camille.morel"}
    assert client.post(OUBLIE, data=donnees, **ailleurs).status_code == 200
    relever(bd, reglages)
    (mail,) = courriels_de(bd)
    assert "voleur" not in mail.corps_texte + mail.corps_html + mail.objet
    assert "http://localhost/saint-rivage/mot-de-passe/nouveau/" in mail.corps_texte


def test_reading_the_link_changes_nothing(client: FlaskClient, bd: BD, lien: str) -> None:
    for _ in range(2):
        assert client.get(lien).status_code == 200
    assert client.head(lien).status_code == 200
    assert poster(client, lien, {"nouveau": NOUVEAU}).status_code == 303


def test_a_new_password_logs_in_and_logs_every_other_device_out(client: FlaskClient, bd: BD, lien: str) -> None:
    autre = client.application.test_client()
    connecter(autre, "camille.morel")
    assert autre.get("/mon-espace/identifiants").status_code == 200
    assert poster(client, lien, {"nouveau": NOUVEAU}).location == "/saint-rivage/"
    assert client.get("/mon-espace/identifiants").status_code == 200
    assert autre.get("/mon-espace/identifiants").status_code == 303
    with bd.session_lecture() as session:
        ouvertes = select(func.count()).select_from(SessionCompte).where(SessionCompte.fermee_utc.is_(None))
        assert session.scalar(ouvertes) == 1
    assert courriels_de(bd)[-1].objet == "Saint-Rivage – Votre mot de passe a été changé"


def test_the_old_password_no_longer_opens(client: FlaskClient, lien: str) -> None:
    poster(client, lien, {"nouveau": NOUVEAU})
    poster(client, "/deconnexion")
    for mot, statut in ((MOT_DE_PASSE, 422), (NOUVEAU, 303)):
        donnees = {"identifiant": "camille.morel", "mot_de_passe": mot}
        assert poster(client, "/connexion", donnees).status_code == statut


def test_the_link_serves_once(client: FlaskClient, bd: BD, lien: str) -> None:
    poster(client, lien, {"nouveau": NOUVEAU})
    with bd.session_lecture() as session:
        empreinte = session.scalars(select(Compte.empreinte_mot_de_passe)).one()
    assert poster(client, lien, {"nouveau": "Autre-Tortue-Lune-58"}).status_code == 410
    with bd.session_lecture() as session:
        assert session.scalars(select(Compte.empreinte_mot_de_passe)).one() == empreinte


def test_the_link_lasts_an_hour(client: FlaskClient, horloge: HorlogeReglable, lien: str) -> None:
    horloge.avancer(minutes=61)
    assert client.get(lien).status_code == 410
    assert poster(client, lien, {"nouveau": NOUVEAU}).status_code == 410


def test_an_activation_link_does_not_reset_a_password(client: FlaskClient, lien: str) -> None:
    jeton = lien.rpartition("/")[2]
    assert client.get(f"/activation/{jeton}").status_code == 404


def test_a_form_without_its_csrf_token_changes_nothing(client: FlaskClient, bd: BD, lien: str) -> None:
    assert client.post(lien, data={"nouveau": NOUVEAU}).status_code == 400
    assert client.get(lien).status_code == 200


def test_the_code_serves_in_the_browser_that_asked_and_nobody_else_spends_its_tries(
    client: FlaskClient, bd: BD, reglages: ReglagesCommune
) -> None:
    voleur = client.application.test_client()
    poster(client, OUBLIE, {"identifiant": "camille.morel"})
    relever(bd, reglages)
    poster(voleur, OUBLIE, {"identifiant": "camille.morel"})
    relever(bd, reglages)
    bon, ailleurs = dernier_code(bd), {"environ_base": {"REMOTE_ADDR": "198.51.100.9"}}
    for code in (bon, *(f"{(int(bon) + rang) % 1_000_000:06d}" for rang in range(1, 4))):
        donnees = {"identifiant": "camille.morel", "code": code}
        refus = poster(voleur, "/mot-de-passe/code", donnees, **ailleurs)
        assert refus.status_code == 422
        assert "sur l’appareil qui l’a demandé" in refus.text
    with bd.session_lecture() as session:
        assert session.scalars(select(JetonCompte.essais)).all() == [0]
    donnees = {"identifiant": "camille.morel", "code": bon}
    assert poster(client, "/mot-de-passe/code", donnees).status_code == 303


def test_the_code_still_serves_after_asking_again_in_vain(
    client: FlaskClient, bd: BD, reglages: ReglagesCommune
) -> None:
    for _ in range(3):
        poster(client, OUBLIE, {"identifiant": "camille.morel"})
        relever(bd, reglages)
    assert len(courriels_de(bd)) == 1
    donnees = {"identifiant": "camille.morel", "code": dernier_code(bd)}
    assert poster(client, "/activation", donnees).status_code == 303


def test_the_code_of_the_mail_leads_to_the_same_form(client: FlaskClient, bd: BD, lien: str) -> None:
    donnees = {"identifiant": "camille.morel", "code": dernier_code(bd)}
    suite = poster(client, "/mot-de-passe/code", donnees).location
    assert suite.startswith("/saint-rivage/mot-de-passe/nouveau/")
    assert poster(client, suite.removeprefix("/saint-rivage"), {"nouveau": NOUVEAU}).status_code == 303
    assert client.get(lien).status_code == 410


def test_the_strength_is_said_while_typing(client: FlaskClient, lien: str) -> None:
    jeton = lien.rpartition("/")[2]

    def force(mot: str, **autres: str) -> str:
        return poster(client, "/mot-de-passe/force", {"nouveau": mot, **autres}, headers=HTMX).text

    assert "Il manque" in force("cerises")
    assert "<meter" in force("cerises")
    assert "Il convient" in force(NOUVEAU)
    assert "<p" not in force("")
    lu = {"jeton": jeton, "genre": "reinitialisation"}
    assert "Il convient" in force("Morel-Trompette-9", jeton="faux", genre="reinitialisation")
    assert "se devine" in force("Camille-Morel-2018", **lu), "the family's own names, read behind the link"


def test_no_page_here_takes_more_than_ten_queries(
    client: FlaskClient, lien: str, compter_requetes: CompterRequetes
) -> None:
    for adresse in (lien, OUBLIE, "/mot-de-passe/code"):
        with compter_requetes() as requetes:
            assert client.get(adresse).status_code == 200
        assert len(requetes) <= 10


def test_a_network_that_asks_for_scores_without_end_gets_none(client: FlaskClient, horloge: HorlogeReglable) -> None:
    formulaire = lire_formulaire(client.get(OUBLIE).text, OUBLIE)
    donnees = {"csrf_token": formulaire.champs["csrf_token"], "nouveau": NOUVEAU}

    def est_note(adresse: str = "198.51.100.20") -> bool:
        reponse = client.post("/mot-de-passe/force", data=donnees, environ_base={"REMOTE_ADDR": adresse})
        assert reponse.status_code == 200, "who types is not interrupted"
        return "<meter" in reponse.text

    assert [est_note() for _ in range(241)] == [True] * 240 + [False]
    assert est_note("198.51.100.21")
    horloge.avancer(minutes=1)
    assert est_note()
