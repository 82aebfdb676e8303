"""An agent's second factor: enrolled at the first login, asked at each, and nothing opens without it."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.config import ReglagesCommune
from portail_famille.gateways.chiffre import Chiffre
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte
from portail_famille.models.journal import ActeJournal
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services import second_facteur
from portail_famille.services.suivi import ESSAIS_LIBRES
from tests.conftest import CLE_SECRETE
from tests.support.agents import agent, code_de, secret_affiche
from tests.support.client import poster
from tests.support.connexion import saisie_par
from tests.support.formulaires import lire_formulaire
from tests.support.pages import analyser, texte
from tests.support.personnes import MOT_DE_PASSE, creer_foyer
from tests.support.temps import HorlogeReglable

SECRET = b"un secret de 20 bytes"
SUITE = "/saint-rivage/second-facteur"


@pytest.fixture(autouse=True)
def rose(bd: BD) -> int:
    with bd.session_ecriture() as session:
        return agent(session).id


@pytest.fixture
def enrolee(bd: BD, rose: int, reglages: ReglagesCommune, horloge: HorlogeReglable) -> tuple[str, ...]:
    """Rose's telephone holds SECRET; her recovery codes."""
    with bd.session_ecriture() as session:
        second_facteur.installer(session, rose, SECRET, Chiffre(reglages.cle_coffre), horloge.maintenant)
        return second_facteur.renouveler_codes(session, rose, reglages.cle_secrete)


def entrer(client: FlaskClient) -> None:
    assert saisie_par(client)("rose").status_code == 303


def donner(client: FlaskClient, code: str) -> int:
    return poster(client, "/second-facteur", {"code": code, "suite": SUITE}).status_code


def titre(page: str) -> str:
    return texte(next(analyser(page.lstrip(), est_page=True).iter("h1")))


def evenements(bd: BD) -> list[str]:
    with bd.session_lecture() as session:
        return list(session.scalars(select(EvenementSecurite.genre).order_by(EvenementSecurite.id)))


def test_the_first_login_enrols_an_application_and_gives_recovery_codes_once(
    client: FlaskClient, horloge: HorlogeReglable
) -> None:
    entrer(client)
    assert titre(client.get("/second-facteur").text) == "Protéger votre accès"
    assert poster(client, "/second-facteur/preparer").status_code == 303
    page = client.get("/second-facteur/application").text
    assert 'src="data:image/svg+xml' in page
    secret = secret_affiche(page)
    assert secret_affiche(client.get("/second-facteur/application").text) == secret, "loaded twice, the same"
    assert poster(client, "/second-facteur/application", {"code": "000000"}).status_code == 422
    faite = poster(client, "/second-facteur/application", {"code": code_de(secret, horloge.maintenant)})
    assert faite.status_code == 200
    assert titre(faite.text) == "Vos codes de secours"
    codes = [texte(c) for c in analyser(faite.text.lstrip(), est_page=True).iter("code")]
    assert len(set(codes)) == 10
    assert titre(client.get("/second-facteur").text) == "Double vérification"
    assert client.get("/second-facteur/application").status_code == 404, "nobody reads the secret again"
    assert poster(client, "/deconnexion").status_code == 303
    entrer(client)
    assert titre(client.get("/second-facteur").text) == "Vérification"
    assert donner(client, codes[3]) == 303


def test_each_session_enrols_with_a_secret_of_its_own(
    app: Flask, client: FlaskClient, horloge: HorlogeReglable
) -> None:
    """Whoever was there first with the password alone has not seen what the agent's telephone will hold."""
    voleur = app.test_client()
    secrets = []
    for qui in (voleur, client):
        entrer(qui)
        poster(qui, "/second-facteur/preparer")
        secrets.append(secret_affiche(qui.get("/second-facteur/application").text))
    assert secrets[0] != secrets[1]
    code = code_de(secrets[1], horloge.maintenant)
    assert poster(client, "/second-facteur/application", {"code": code}).status_code == 200
    horloge.avancer(seconds=30)
    code = code_de(secrets[0], horloge.maintenant)
    assert poster(voleur, "/second-facteur/application", {"code": code}).status_code == 404
    assert donner(voleur, code) == 422


def test_nothing_is_enrolled_without_a_secret_of_this_session(client: FlaskClient) -> None:
    entrer(client)
    for reponse in (
        client.get("/second-facteur/application"),
        poster(client, "/second-facteur/application", {"code": "000000"}),
    ):
        assert reponse.location == "/saint-rivage/second-facteur"


def test_an_application_is_prepared_with_the_password_after_a_while(
    client: FlaskClient, horloge: HorlogeReglable
) -> None:
    entrer(client)
    horloge.avancer(minutes=11)
    for mot in ("", "faux"):
        assert poster(client, "/second-facteur/preparer", {"mot_de_passe": mot}).status_code == 422
    formulaire = lire_formulaire(client.get("/second-facteur").text, "/second-facteur/preparer")
    formulaire.champs["mot_de_passe"] = [MOT_DE_PASSE]
    assert formulaire.envoyer(client).location == "/saint-rivage/second-facteur/application"


def test_recovery_codes_are_renewed_with_the_password_after_a_while(
    client: FlaskClient, enrolee: tuple[str, ...], horloge: HorlogeReglable
) -> None:
    entrer(client)
    assert donner(client, enrolee[0]) == 303
    horloge.avancer(minutes=11)
    refus = poster(client, "/second-facteur/codes", {"mot_de_passe": "faux"})
    assert (refus.status_code, titre(refus.text)) == (422, "Double vérification")
    assert "Ce n’est pas votre mot de passe" in refus.text
    formulaire = lire_formulaire(client.get("/second-facteur").text, "/second-facteur/codes")
    formulaire.champs["mot_de_passe"] = [MOT_DE_PASSE]
    assert titre(formulaire.envoyer(client).text) == "Vos codes de secours"


def test_who_takes_her_time_to_choose_gives_her_password_again_for_a_key(
    client: FlaskClient, horloge: HorlogeReglable
) -> None:
    entrer(client)
    assert "Votre mot de passe" not in client.get("/second-facteur").text
    horloge.avancer(minutes=11)
    assert "Votre mot de passe" in client.get("/second-facteur").text


def test_the_password_alone_opens_nothing_but_the_page_that_asks(client: FlaskClient, enrolee: object) -> None:
    entrer(client)
    for page in ("/mon-espace/appareils", "/mon-espace/cles"):
        reponse = client.get(page)
        assert (reponse.status_code, reponse.location) == (
            303,
            f"/saint-rivage/second-facteur?suite=/saint-rivage{page}",
        )
    assert titre(client.get("/second-facteur").text) == "Vérification"


def test_the_telephone_s_code_opens(client: FlaskClient, enrolee: object, horloge: HorlogeReglable, bd: BD) -> None:
    entrer(client)
    reponse = poster(
        client,
        "/second-facteur",
        {"code": code_de(SECRET, horloge.maintenant), "suite": "/saint-rivage/mon-espace/cles"},
    )
    assert (reponse.status_code, reponse.location) == (303, "/saint-rivage/mon-espace/cles")
    assert client.get("/mon-espace/cles").status_code == 200
    assert evenements(bd) == ["connexion", "second_facteur"]


@pytest.mark.parametrize("secondes", [-30, 30])
def test_a_telephone_a_little_off_is_believed(
    client: FlaskClient, enrolee: object, horloge: HorlogeReglable, secondes: int
) -> None:
    entrer(client)
    decale = HorlogeReglable(horloge.maintenant)
    decale.avancer(seconds=secondes)
    assert donner(client, code_de(SECRET, decale.maintenant)) == 303


@pytest.mark.parametrize("secondes", [-90, 90])
def test_a_telephone_far_off_is_not(
    client: FlaskClient, enrolee: object, horloge: HorlogeReglable, secondes: int
) -> None:
    entrer(client)
    decale = HorlogeReglable(horloge.maintenant)
    decale.avancer(seconds=secondes)
    assert donner(client, code_de(SECRET, decale.maintenant)) == 422


def test_a_code_serves_once(app: Flask, client: FlaskClient, enrolee: object, horloge: HorlogeReglable) -> None:
    code = code_de(SECRET, horloge.maintenant)
    entrer(client)
    assert donner(client, code) == 303
    autre = app.test_client()
    entrer(autre)
    assert donner(autre, code) == 422, "read over her shoulder, it opens nothing"
    horloge.avancer(seconds=30)
    assert donner(autre, code_de(SECRET, horloge.maintenant)) == 303


def test_a_recovery_code_serves_once_however_it_is_typed(
    app: Flask, client: FlaskClient, enrolee: tuple[str, ...]
) -> None:
    entrer(client)
    assert donner(client, f" {enrolee[0].replace('-', ' ').upper()} ") == 303
    autre = app.test_client()
    entrer(autre)
    assert donner(autre, enrolee[0]) == 422
    assert donner(autre, enrolee[1]) == 303


def test_new_recovery_codes_replace_the_old_ones(client: FlaskClient, enrolee: tuple[str, ...]) -> None:
    entrer(client)
    donner(client, enrolee[0])
    assert "9 restants" in client.get("/second-facteur").text
    assert titre(poster(client, "/second-facteur/codes").text) == "Vos codes de secours"
    poster(client, "/deconnexion")
    entrer(client)
    assert donner(client, enrolee[1]) == 422


def test_wrong_codes_slow_down_then_let_go(
    client: FlaskClient, enrolee: object, horloge: HorlogeReglable, bd: BD
) -> None:
    entrer(client)
    for _ in range(ESSAIS_LIBRES):
        assert donner(client, "000000") == 422
    assert donner(client, code_de(SECRET, horloge.maintenant)) == 429, "even the right one waits"
    assert evenements(bd).count("second_facteur_refuse") == ESSAIS_LIBRES
    horloge.avancer(seconds=60)
    assert donner(client, code_de(SECRET, horloge.maintenant)) == 303


def test_nobody_without_her_password_holds_up_her_codes(
    app: Flask, client: FlaskClient, enrolee: object, horloge: HorlogeReglable, rose: int
) -> None:
    """The name typed at the login counts apart: it cannot spell the key of another counter."""
    autre = saisie_par(app.test_client())
    for _ in range(ESSAIS_LIBRES + 1):
        autre(f"second:{rose}", "faux")
    entrer(client)
    assert donner(client, code_de(SECRET, horloge.maintenant)) == 303


def test_who_has_a_second_factor_cannot_make_another_with_the_password_alone(
    client: FlaskClient, enrolee: object
) -> None:
    entrer(client)
    assert poster(client, "/second-facteur/preparer").status_code == 404
    assert client.get("/second-facteur/application").status_code == 404
    assert poster(client, "/second-facteur/application", {"code": "000000"}).status_code == 404
    assert poster(client, "/second-facteur/codes").status_code == 404
    assert poster(client, "/mon-espace/cles/defi").status_code == 404


def test_another_telephone_replaces_the_first_one_which_serves_until_then(
    app: Flask, client: FlaskClient, enrolee: tuple[str, ...], horloge: HorlogeReglable, bd: BD, rose: int
) -> None:
    entrer(client)
    donner(client, code_de(SECRET, horloge.maintenant))
    autre = app.test_client()
    entrer(autre)
    assert donner(autre, enrolee[0]) == 303
    assert titre(client.get("/second-facteur/changer").text) == "Changer de téléphone"
    assert poster(client, "/second-facteur/changer/preparer").status_code == 303
    secret = secret_affiche(client.get("/second-facteur/changer").text)
    assert secret not in (SECRET, b"")
    horloge.avancer(seconds=30)
    assert poster(client, "/second-facteur/changer", {"code": code_de(SECRET, horloge.maintenant)}).status_code == 422
    assert autre.get("/second-facteur").status_code == 200, "nothing has changed yet"
    faite = poster(client, "/second-facteur/changer", {"code": code_de(secret, horloge.maintenant)})
    assert titre(faite.text) == "Vos codes de secours"
    assert titre(client.get("/second-facteur/changer").text) == "Changer de téléphone", "nobody reads the secret again"
    assert autre.get("/second-facteur").status_code == 303, "other devices are out"
    assert evenements(bd)[-1] == "second_facteur_change"
    with bd.session_lecture() as session:
        acte = session.scalars(select(ActeJournal).where(ActeJournal.action == "second_facteur_change")).one()
    assert (acte.cote, acte.compte_id) == ("agent", rose)
    horloge.avancer(seconds=30)
    entrer(autre)
    for ancien in (code_de(SECRET, horloge.maintenant), enrolee[1]):
        assert donner(autre, ancien) == 422
    assert donner(autre, code_de(secret, horloge.maintenant)) == 303


def test_another_telephone_asks_for_a_code_given_a_moment_ago(
    client: FlaskClient, enrolee: tuple[str, ...], horloge: HorlogeReglable, bd: BD, rose: int
) -> None:
    entrer(client)
    donner(client, code_de(SECRET, horloge.maintenant))
    horloge.avancer(minutes=11)
    page = client.get("/second-facteur/changer").text
    assert titre(page) == "Vérification"
    poster(client, "/second-facteur/changer/preparer")
    assert titre(client.get("/second-facteur/changer").text) == "Vérification"
    formulaire = lire_formulaire(page, "formulaire")
    formulaire.champs["code"] = [enrolee[0]]
    reponse = formulaire.envoyer(client)
    assert reponse.location == "/saint-rivage/second-facteur/changer", "a recovery code will do: the phone may be lost"
    poster(client, "/second-facteur/changer/preparer")
    secret = secret_affiche(client.get("/second-facteur/changer").text)
    horloge.avancer(minutes=11)
    code = code_de(secret, horloge.maintenant)
    assert poster(client, "/second-facteur/changer", {"code": code}).status_code == 303
    with bd.session_lecture() as session:
        assert second_facteur.reconnaitre(session, rose, code, Chiffre(CLE_SECRETE), CLE_SECRETE, horloge()) is None


def test_the_password_alone_changes_no_telephone(client: FlaskClient, enrolee: object) -> None:
    entrer(client)
    assert titre(client.get("/second-facteur/changer").text) == "Vérification"
    for page in ("/second-facteur/changer/preparer", "/second-facteur/changer"):
        assert poster(client, page, {"code": "000000"}).status_code == 303
    with client.session_transaction() as cookie:
        assert "second_facteur_nouveau" not in cookie


def test_who_has_no_telephone_yet_has_none_to_change(client: FlaskClient) -> None:
    entrer(client)
    assert client.get("/second-facteur/changer").location == "/saint-rivage/second-facteur"


def test_an_agent_who_is_a_parent_too_gives_it_before_her_family_s_pages(
    client: FlaskClient, enrolee: object, bd: BD, horloge: HorlogeReglable
) -> None:
    with bd.session_ecriture() as session:
        creer_foyer(session, session.scalars(select(Compte.personne_id)).one(), "Aubert")
    entrer(client)
    for page in ("/", "/plus"):
        assert client.get(page).location.startswith("/saint-rivage/second-facteur")
    assert poster(client, "/reservations/effacer").location.startswith("/saint-rivage/second-facteur")
    donner(client, code_de(SECRET, horloge.maintenant))
    assert client.get("/plus").status_code == 200


@pytest.mark.parametrize(
    ("methode", "page"),
    [
        ("GET", "/mon-espace/donnees"),
        ("POST", "/mon-espace/donnees/export"),
        ("POST", "/mon-espace/donnees/effacement"),
        ("POST", "/mon-espace/donnees/effacement/retirer"),
        ("GET", "/verification"),
        ("POST", "/verification"),
        ("POST", "/conditions-generales"),
    ],
)
def test_the_pages_before_the_doors_ask_an_agent_for_it_too(
    client: FlaskClient, enrolee: object, bd: BD, methode: str, page: str
) -> None:
    with bd.session_ecriture() as session:
        creer_foyer(session, session.scalars(select(Compte.personne_id)).one(), "Aubert")
    entrer(client)
    reponse = client.get(page) if methode == "GET" else poster(client, page)
    assert reponse.status_code == 303
    assert reponse.location.startswith("/saint-rivage/second-facteur")


def test_the_way_back_leads_nowhere_else(client: FlaskClient, enrolee: object, horloge: HorlogeReglable) -> None:
    entrer(client)
    code = code_de(SECRET, horloge.maintenant)
    reponse = poster(client, "/second-facteur", {"code": code, "suite": "https://voleur.example/"})
    assert reponse.location == "/saint-rivage/"


def test_the_pages_stay_under_ten_queries(
    client: FlaskClient, enrolee: object, compter_requetes: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    entrer(client)
    with compter_requetes() as requetes:
        client.get("/second-facteur")
    assert len(requetes) == 2
