"""From the activation mail to the tiles, by the link or by the code."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, JetonCompte, SessionCompte
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.courriels import courriels_de
from tests.support.entree import NOUVEAU, dernier_lien, inviter, relever
from tests.support.personnes import creer_parent
from tests.support.temps import HorlogeReglable


@pytest.fixture
def invitation(bd: BD, reglages: ReglagesCommune) -> tuple[str, str]:
    return inviter(bd, reglages)


@pytest.fixture
def lien(invitation: tuple[str, str]) -> str:
    return invitation[0]


def etat(bd: BD) -> list[tuple[object, ...]]:
    with bd.session_lecture() as session:
        comptes = session.execute(select(Compte.empreinte_mot_de_passe, Compte.active_utc))
        jetons = session.execute(select(JetonCompte.id, JetonCompte.utilise_utc, JetonCompte.essais))
        return [*map(tuple, comptes), *map(tuple, jetons)]


def test_reading_the_link_shows_a_button_and_changes_nothing(client: FlaskClient, bd: BD, lien: str) -> None:
    avant = etat(bd)
    page = client.get(lien)
    assert client.head(lien).status_code == page.status_code == 200
    assert "Activer mon espace" in page.text
    assert "durand.simon" in page.text
    assert 'name="nouveau"' not in page.text
    assert etat(bd) == avant


def test_the_button_then_a_password_open_the_home_page(client: FlaskClient, bd: BD, lien: str) -> None:
    suite = poster(client, lien).location
    assert suite.endswith("?etape=mot-de-passe")
    page = client.get(suite.removeprefix("/saint-rivage"))
    assert 'autocomplete="new-password"' in page.text
    reponse = poster(client, lien, {"nouveau": NOUVEAU})
    assert (reponse.status_code, reponse.location) == (303, "/saint-rivage/")
    assert client.get("/famille").status_code in (200, 303)
    with bd.session_lecture() as session:
        compte = session.scalars(select(Compte)).one()
        assert compte.active_utc is not None
        assert compte.empreinte_mot_de_passe.startswith("$argon2id$")


def test_the_password_then_opens_the_login(client: FlaskClient, lien: str) -> None:
    poster(client, lien, {"nouveau": NOUVEAU})
    poster(client, "/deconnexion")
    donnees = {"identifiant": "durand.simon", "mot_de_passe": NOUVEAU}
    assert poster(client, "/connexion", donnees).location == "/saint-rivage/"


@pytest.mark.parametrize(
    ("mot", "phrase"),
    [
        ("", "Il manque 8 caractères"),
        ("tournesol-73", "Il manque une majuscule"),
        ("Provisoire2026", "se devine trop facilement"),
        ("Durand.Simon1", "se devine trop facilement"),
        ("Ab1" * 100, "trop long"),
    ],
)
def test_a_poor_password_is_refused_and_the_link_still_works(
    client: FlaskClient, bd: BD, lien: str, mot: str, phrase: str
) -> None:
    reponse = poster(client, lien, {"nouveau": mot})
    assert reponse.status_code == 422
    assert phrase in reponse.text
    assert poster(client, lien, {"nouveau": NOUVEAU}).status_code == 303


def test_a_used_link_says_so_and_offers_another(
    client: FlaskClient, bd: BD, reglages: ReglagesCommune, lien: str, horloge: HorlogeReglable
) -> None:
    poster(client, lien, {"nouveau": NOUVEAU})
    poster(client, "/deconnexion")
    for reponse in (client.get(lien), poster(client, lien), poster(client, lien, {"nouveau": NOUVEAU})):
        assert reponse.status_code == 410
        assert "a déjà servi" in reponse.text
        assert "Recevoir un nouveau lien" in reponse.text


def test_a_used_link_leads_home_who_is_in_already(client: FlaskClient, lien: str) -> None:
    poster(client, lien, {"nouveau": NOUVEAU})
    page = client.get(lien)
    assert page.status_code == 410
    assert "Aller à l’accueil" in page.text
    assert "Recevoir un nouveau lien" not in page.text
    assert "me connecter" not in page.text


def test_an_expired_link_is_replaced_for_the_same_person(
    client: FlaskClient, bd: BD, reglages: ReglagesCommune, lien: str, horloge: HorlogeReglable
) -> None:
    horloge.maintenant += timedelta(days=30)
    page = client.get(lien)
    assert page.status_code == 410
    assert "trop ancien" in page.text
    jeton = lien.rpartition("/")[2]
    reponse = poster(client, "/mot-de-passe/renvoyer", {"jeton": jeton, "genre": "activation"})
    assert "Regardez vos mails" in reponse.text
    assert "durand.simon" not in reponse.text, "whoever holds an old link learns nothing"
    horloge.maintenant -= timedelta(days=30)
    with bd.session_ecriture() as session:
        from portail_famille.services.acces import traiter_demandes

        traiter_demandes(session, horloge.maintenant + timedelta(days=30), reglages)
    assert courriels_de(bd)[-1].objet.endswith("Création de votre espace personnel")
    assert client.get(dernier_lien(bd)).status_code == 200


@pytest.mark.parametrize("faux", ["x", "x.y.z", "%00", "é" * 200, "a" * 3000])
def test_a_link_that_is_none_is_not_found(client: FlaskClient, faux: str) -> None:
    assert client.get(f"/activation/{faux}").status_code == 404
    reponse = poster(client, "/mot-de-passe/renvoyer", {"jeton": faux, "genre": "activation"})
    assert reponse.location == "/saint-rivage/mot-de-passe/oublie"


def test_the_code_does_as_well_as_the_link(client: FlaskClient, invitation: tuple[str, str]) -> None:
    _, code = invitation
    reponse = poster(client, "/activation", {"identifiant": "Durand.Simon", "code": f"{code[:3]} {code[3:]}"})
    assert reponse.status_code == 303
    suite = reponse.location.removeprefix("/saint-rivage")
    assert 'name="nouveau"' in client.get(suite).text
    assert poster(client, suite.partition("?")[0], {"nouveau": NOUVEAU}).status_code == 303
    assert client.get("/famille").status_code in (200, 303)


def test_the_address_stands_for_the_login_name(client: FlaskClient, invitation: tuple[str, str]) -> None:
    donnees = {"identifiant": "durand.simon@exemple.fr", "code": invitation[1]}
    assert poster(client, "/activation", donnees).status_code == 303


def test_a_wrong_code_is_the_same_answer_for_somebody_and_for_nobody(
    client: FlaskClient, invitation: tuple[str, str]
) -> None:
    faux = f"{(int(invitation[1]) + 1) % 1_000_000:06d}"
    reponses = {
        nom: poster(client, "/activation", {"identifiant": nom, "code": faux}).text
        for nom in ("durand.simon", "personne")
    }
    # The token is signed with the second it was made in.
    textes = [
        re.sub(r'name="csrf_token" value="[^"]*"', "", reponse).replace(nom, "NOM") for nom, reponse in reponses.items()
    ]
    assert textes[0] == textes[1]


@pytest.mark.parametrize("arobase", ["", "@exemple.fr"])
def test_a_wrong_code_costs_the_same_statements_for_somebody_and_for_nobody(
    client: FlaskClient, invitation: tuple[str, str], compter_requetes: CompterRequetes, arobase: str
) -> None:
    faux, couts = f"{(int(invitation[1]) + 1) % 1_000_000:06d}", []
    for nom in ("durand.simon", "personne.ici"):
        with compter_requetes() as requetes:
            assert poster(client, "/activation", {"identifiant": nom + arobase, "code": faux}).status_code == 422
        couts.append([requete.split()[:2] for requete in requetes])
    assert couts[0] == couts[1]
    assert ["UPDATE", "jeton_compte"] in couts[1], "the try is counted, were it of nothing"


def test_guessing_codes_is_slowed_then_stopped(
    client: FlaskClient, horloge: HorlogeReglable, invitation: tuple[str, str]
) -> None:
    bon = invitation[1]
    statuts = []
    for rang in range(1, 8):
        faux = f"{(int(bon) + rang) % 1_000_000:06d}"
        statuts.append(poster(client, "/activation", {"identifiant": "durand.simon", "code": faux}).status_code)
    assert statuts == [422] * 4 + [429] * 3
    horloge.avancer(minutes=1)
    assert poster(client, "/activation", {"identifiant": "durand.simon", "code": "000000"}).status_code == 422
    horloge.avancer(minutes=1)
    assert poster(client, "/activation", {"identifiant": "durand.simon", "code": bon}).status_code == 422
    assert client.get(invitation[0]).status_code == 200, "a stranger who guesses does not kill the link"


def test_an_empty_code_form_says_what_to_write(client: FlaskClient) -> None:
    page = poster(client, "/activation")
    assert page.status_code == 422
    assert "2 choses à corriger" in page.text


def test_the_link_logs_in_its_own_compte_whoever_was_there(
    client: FlaskClient, bd: BD, reglages: ReglagesCommune, lien: str
) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "karim.haddad")
    connecter(client, "karim.haddad")
    with client.session_transaction() as cookie:
        avant = cookie["_user_id"]
    poster(client, lien, {"nouveau": NOUVEAU})
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != avant, "a session is never fixed beforehand"
    with bd.session_lecture() as session:
        ouvertes = session.scalars(
            select(Compte.identifiant)
            .join(SessionCompte, SessionCompte.compte_id == Compte.id)
            .where(SessionCompte.fermee_utc.is_(None))
        ).all()
    assert ouvertes == ["durand.simon"]


def test_no_page_of_the_activation_takes_more_than_ten_queries(
    client: FlaskClient, lien: str, compter_requetes: CompterRequetes
) -> None:
    for adresse in (lien, f"{lien}?etape=mot-de-passe", "/activation"):
        with compter_requetes() as requetes:
            assert client.get(adresse).status_code == 200
        assert len(requetes) <= 10


def test_the_mailed_address_is_the_pages_own(client: FlaskClient, bd: BD, lien: str) -> None:
    """Services write links from the settings; the map of addresses must agree."""
    from flask import url_for

    jeton = lien.rpartition("/")[2]
    with client.application.test_request_context():
        assert url_for("activation.activer", jeton=jeton) == f"/saint-rivage{lien}"
        assert url_for("activation.code") == "/saint-rivage/activation"
        assert url_for("mot_de_passe.oublie") == "/saint-rivage/mot-de-passe/oublie"
        assert url_for("mot_de_passe.changer", jeton="j") == "/saint-rivage/mot-de-passe/nouveau/j"


def test_nothing_is_mailed_twice_for_an_unused_round(bd: BD, reglages: ReglagesCommune, lien: str) -> None:
    assert relever(bd, reglages) == 1
