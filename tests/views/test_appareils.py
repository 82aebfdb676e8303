"""« Mes appareils », « Rester connecté », and « Se déconnecter » in sight."""

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.app import create_app
from portail_famille.config import ReglagesCommune, ReglagesSession
from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, SessionCompte
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.agents import ajouter_role
from tests.support.agents import agent
from tests.support.client import HTMX, ClientStrict, connecter, poster
from tests.support.connexion import saisie_par
from tests.support.pages import analyser, texte
from tests.support.personnes import MOT_DE_PASSE, creer_parent
from tests.support.temps import HorlogeReglable

ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
DURABLE = {"identifiant": "camille.morel", "mot_de_passe": MOT_DE_PASSE, "durable": "y"}


@pytest.fixture(autouse=True)
def _parents(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
        creer_parent(session, "julien.morel", courriel=None)


@pytest.fixture
def telephone(app: Flask) -> FlaskClient:
    """Camille's own phone: « Rester connecté »."""
    client = app.test_client()
    assert poster(client, "/connexion", DURABLE, headers={"User-Agent": ANDROID}).status_code == 303
    return client


def jeton(client: FlaskClient) -> str:
    with client.session_transaction() as cookie:
        return str(cookie.get("_user_id", ""))


def remettre(client: FlaskClient, ancien: str) -> None:
    with client.session_transaction() as cookie:
        cookie["_user_id"] = ancien


def est_connecte(client: FlaskClient) -> bool:
    """Whatever there is to do first (the yearly check): the login page shows no form to who is in."""
    return client.get("/connexion").status_code == 303


def evenements(bd: BD) -> list[str]:
    with bd.session_lecture() as session:
        return list(session.scalars(select(EvenementSecurite.genre).order_by(EvenementSecurite.id)))


def test_one_s_own_phone_stays_connected_for_weeks(telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    for _ in range(4):
        horloge.avancer(days=89)
        assert est_connecte(telephone)


def test_ninety_days_without_a_visit_end_it(telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    horloge.avancer(days=91)
    assert not est_connecte(telephone)


def test_a_year_ends_it_whatever_happens(telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    for _ in range(6):
        horloge.avancer(days=60)
        assert est_connecte(telephone)
    horloge.avancer(days=6)
    assert not est_connecte(telephone)


def test_without_the_box_half_an_hour_ends_it(client: FlaskClient, horloge: HorlogeReglable) -> None:
    assert saisie_par(client)().status_code == 303
    horloge.avancer(minutes=36)
    assert client.get("/plus").status_code == 303


def test_the_cookie_lives_as_long_as_its_session(app: Flask, client: FlaskClient) -> None:
    def duree(donnees: dict[str, str]) -> timedelta:
        reponse = poster(app.test_client(), "/connexion", donnees)
        (cookie,) = [c for c in reponse.headers.getlist("Set-Cookie") if c.startswith("pf_")]
        expire = dict(m.split("=", 1) for m in cookie.split("; ") if "=" in m)["Expires"]
        return parsedate_to_datetime(expire) - datetime.now(UTC)

    assert timedelta(days=89) < duree(DURABLE) <= timedelta(days=90)
    assert timedelta(hours=11) < duree({**DURABLE, "durable": ""}) <= timedelta(hours=12)


def test_a_town_that_does_not_offer_it_gives_it_to_nobody(
    bd: BD, reglages: ReglagesCommune, horloge: HorlogeReglable
) -> None:
    app = create_app(dataclasses.replace(reglages, session=ReglagesSession(durable_jours=0)), horloge)
    app.test_client_class = ClientStrict
    client = app.test_client()
    assert "Rester connecté" not in client.get("/connexion").text
    assert poster(client, "/connexion", DURABLE).status_code == 303
    horloge.avancer(minutes=36)
    assert client.get("/plus").status_code == 303
    app.extensions["bd"].fermer()


def test_the_token_changes_once_a_day_with_a_page(telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    premier = jeton(telephone)
    horloge.avancer(hours=23)
    telephone.get("/plus")
    assert jeton(telephone) == premier
    horloge.avancer(hours=2)
    telephone.get("/plus", headers=HTMX)
    assert jeton(telephone) == premier, "a part of a page does not change it: ticks may be under way"
    telephone.get("/plus")
    deuxieme = jeton(telephone)
    assert deuxieme != premier
    telephone.get("/plus")
    assert jeton(telephone) == deuxieme


def test_a_short_session_keeps_its_token(client: FlaskClient, horloge: HorlogeReglable) -> None:
    saisie_par(client)()
    premier = jeton(client)
    for _ in range(20):
        horloge.avancer(minutes=29)
        client.get("/plus")
    assert jeton(client) == premier


def test_requests_under_way_pass_with_the_token_before(telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    ancien = jeton(telephone)
    horloge.avancer(days=2)
    telephone.get("/plus")
    nouveau = jeton(telephone)
    remettre(telephone, ancien)
    horloge.avancer(seconds=30)
    reponse = telephone.get("/plus")
    assert reponse.status_code == 200
    assert "Set-Cookie" not in reponse.headers, "it must not come back over the new one"
    remettre(telephone, nouveau)
    assert telephone.get("/plus").status_code == 200


def test_a_login_with_the_token_before_brings_its_own_cookie(telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    ancien = jeton(telephone)
    horloge.avancer(days=2)
    telephone.get("/plus")
    remettre(telephone, ancien)
    assert poster(telephone, "/connexion", DURABLE).status_code == 303
    assert jeton(telephone) != ancien
    horloge.avancer(minutes=10)
    assert telephone.get("/plus").status_code == 200


def test_a_token_that_was_replaced_and_comes_back_closes_the_session_for_both(
    app: Flask, telephone: FlaskClient, horloge: HorlogeReglable, bd: BD
) -> None:
    voleur = app.test_client()
    with telephone.session_transaction() as cookie:
        vole = dict(cookie)
    horloge.avancer(days=2)
    telephone.get("/plus")
    horloge.avancer(minutes=5)
    assert telephone.get("/plus").status_code == 200
    with voleur.session_transaction() as cookie:
        cookie.update(vole)
    assert "motif=copiee" in voleur.get("/plus").location
    assert "jeton_copie" in evenements(bd)
    suite = telephone.get("/plus").location
    assert "motif=copiee" in suite, "the parent is told why"
    assert "Par prudence, votre session a été fermée" in telephone.get(suite.removeprefix("/saint-rivage")).text


def test_an_answer_lost_on_the_way_is_no_theft(telephone: FlaskClient, horloge: HorlogeReglable, bd: BD) -> None:
    """The server changed the token, the phone in its tunnel never got it: it comes back next week with the old one."""
    ancien = jeton(telephone)
    horloge.avancer(days=2)
    telephone.get("/plus")
    perdu = jeton(telephone)
    remettre(telephone, ancien)
    horloge.avancer(days=7)
    assert telephone.get("/plus").status_code == 200
    assert jeton(telephone) not in (ancien, perdu)
    horloge.avancer(minutes=10)
    assert telephone.get("/plus").status_code == 200
    assert "jeton_copie" not in evenements(bd)


@pytest.mark.parametrize("fois", [1, 3])
def test_a_token_replaced_unseen_that_comes_back_closes_the_session_for_both(
    app: Flask, telephone: FlaskClient, horloge: HorlogeReglable, bd: BD, fois: int
) -> None:
    """The phone gets a new token and is put away; a thief comes with a copy of the one before."""
    voleur = app.test_client()
    with telephone.session_transaction() as cookie:
        vole = dict(cookie)
    horloge.avancer(days=2)
    telephone.get("/plus")
    for _ in range(fois):
        horloge.avancer(minutes=5)
        with voleur.session_transaction() as cookie:
            cookie.update(vole)
        assert est_connecte(voleur)
        assert jeton(voleur) not in (jeton(telephone), vole["_user_id"])
    horloge.avancer(hours=1)
    suite = telephone.get("/plus").location
    assert "motif=copiee" in suite, "the parent is told why"
    assert "jeton_copie" in evenements(bd)
    assert "motif=copiee" in voleur.get("/plus").location


def test_two_pages_loaded_together_change_it_once(app: Flask, telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    jumeau = app.test_client()
    with telephone.session_transaction() as cookie:
        copie = dict(cookie)
    with jumeau.session_transaction() as cookie:
        cookie.update(copie)
    horloge.avancer(days=2)
    assert telephone.get("/plus").status_code == 200
    seconde = jumeau.get("/plus")
    assert seconde.status_code == 200
    assert "Set-Cookie" not in seconde.headers


def test_the_log_out_of_a_phone_closes_it_for_good(telephone: FlaskClient, horloge: HorlogeReglable) -> None:
    with telephone.session_transaction() as cookie:
        vole = dict(cookie)
    poster(telephone, "/deconnexion")
    with telephone.session_transaction() as cookie:
        cookie.update(vole)
    assert telephone.get("/plus").status_code == 303


def test_an_agent_s_session_is_never_durable(client: FlaskClient, bd: BD, horloge: HorlogeReglable) -> None:
    with bd.session_ecriture() as session:
        agent(session)
    poster(client, "/connexion", {**DURABLE, "identifiant": "rose"})
    horloge.avancer(minutes=36)
    assert client.get("/second-facteur").location.startswith("/saint-rivage/connexion")


def test_who_becomes_an_agent_logs_in_again(telephone: FlaskClient, bd: BD, horloge: HorlogeReglable) -> None:
    with bd.session_ecriture() as session:
        compte_id = session.scalars(select(Compte.id).where(Compte.identifiant == "camille.morel")).one()
        ajouter_role(session, compte_id, Attribution(Role.LECTURE), horloge.maintenant)
    assert telephone.get("/plus").location.startswith("/saint-rivage/connexion")


def test_the_devices_are_listed_by_name_and_logged_out_one_by_one(
    client: FlaskClient, telephone: FlaskClient, bd: BD
) -> None:
    saisie_par(client)()
    page = client.get("/mon-espace/appareils").text
    assert "Chrome sur Android" in page
    assert "reste connecté" in page
    assert page.count("cet appareil</span>") == 1
    with bd.session_lecture() as session:
        ailleurs = session.scalars(select(SessionCompte.id).where(SessionCompte.est_durable)).one()
    assert poster(client, f"/mon-espace/appareils/{ailleurs}/deconnecter").status_code == 303
    assert telephone.get("/plus").status_code == 303
    assert client.get("/plus").status_code == 200
    assert poster(client, f"/mon-espace/appareils/{ailleurs}/deconnecter").status_code == 404
    assert evenements(bd).count("deconnexion_a_distance") == 1


def test_all_the_others_at_once(app: Flask, client: FlaskClient, telephone: FlaskClient) -> None:
    tiers = app.test_client()
    for un in (tiers, client):
        saisie_par(un)()
    assert poster(client, "/mon-espace/appareils/deconnecter-les-autres").status_code == 303
    assert [un.get("/plus").status_code for un in (client, telephone, tiers)] == [200, 303, 303]
    assert "Déconnecter tous les autres" not in client.get("/mon-espace/appareils").text


def test_somebody_else_s_device_does_not_exist(client: FlaskClient, telephone: FlaskClient, bd: BD) -> None:
    with bd.session_lecture() as session:
        a_camille = session.scalars(select(SessionCompte.id)).one()
    connecter(client, "julien.morel")
    assert poster(client, f"/mon-espace/appareils/{a_camille}/deconnecter").status_code == 404
    assert "Chrome sur Android" not in client.get("/mon-espace/appareils").text
    poster(client, "/mon-espace/appareils/deconnecter-les-autres")
    assert telephone.get("/plus").status_code == 200


def test_a_device_whose_session_is_over_is_not_listed(
    client: FlaskClient, telephone: FlaskClient, horloge: HorlogeReglable
) -> None:
    saisie_par(client)()
    horloge.avancer(hours=13)
    page = telephone.get("/mon-espace/appareils").text
    assert page.count("Connecté depuis") == 1


@pytest.mark.parametrize("page", ["/plus", "/mon-espace/appareils", "/", "/nulle-part"])
def test_the_way_out_is_in_sight_on_every_page(client: FlaskClient, page: str) -> None:
    connecter(client, "camille.morel")
    racine = analyser(client.get(page).text.lstrip(), est_page=True)
    (tete,) = racine.iter("header")
    (formulaire,) = tete.iter("form")
    assert (formulaire.get("method"), formulaire.get("action")) == ("post", "/saint-rivage/deconnexion")
    assert [texte(b) for b in formulaire.iter("button")] == ["Se déconnecter"]


def test_who_is_not_in_sees_no_way_out(client: FlaskClient) -> None:
    assert "Se déconnecter" not in client.get("/connexion").text
    connecter(client, "camille.morel")
    assert "Se déconnecter" not in client.get("/hors-ligne").text, "that page stays on the device"


def test_after_the_log_out_the_browser_forgets_what_it_kept(client: FlaskClient) -> None:
    assert "sortie.js" in client.get("/connexion?motif=sortie").text
    assert "sortie.js" not in client.get("/connexion").text


def test_a_page_costs_one_query_more_than_who_is_logged_in(
    telephone: FlaskClient, compter_requetes: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with compter_requetes() as requetes:
        assert telephone.get("/mon-espace/appareils").status_code == 200
    assert len(requetes) == 2


def test_closing_the_compte_ends_its_durable_sessions(telephone: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        session.execute(update(Compte).values(est_actif=False))
    assert telephone.get("/plus").status_code == 303
