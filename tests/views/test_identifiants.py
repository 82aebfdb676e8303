"""« Identifiants »: what may be changed there, by whom, and what it takes."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, RoleAgent, SessionCompte
from portail_famille.models.foyers import Personne
from portail_famille.services import mots_de_passe
from portail_famille.services.comptes import ouvrir_session
from tests.conftest import CompterRequetes
from tests.support.client import connecter, poster
from tests.support.courriels import courriels_de
from tests.support.entree import NOUVEAU, dernier_code, dernier_lien
from tests.support.personnes import MOT_DE_PASSE, creer_parent
from tests.support.temps import MERCREDI_SOIR

PAGE = "/mon-espace/identifiants"
NOUVELLE = "camille@exemple.fr"


@pytest.fixture(autouse=True)
def camille(bd: BD, client: FlaskClient) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    connecter(client, "camille.morel")


def identifiants(bd: BD) -> list[str]:
    with bd.session_lecture() as session:
        return list(session.scalars(select(Compte.identifiant).order_by(Compte.id)))


def courriel(bd: BD) -> str | None:
    with bd.session_lecture() as session:
        return session.scalars(select(Personne.courriel)).one()


def liens_des_deux_boites(bd: BD) -> list[str]:
    liens = []
    for mail in courriels_de(bd)[-2:]:
        liens.append(next(mot for mot in mail.corps_texte.split() if "/adresse_" in mot).partition("/saint-rivage")[2])
    return liens


def test_the_page_says_the_login_name_and_the_address(client: FlaskClient, compter_requetes: CompterRequetes) -> None:
    with compter_requetes() as requetes:
        page = client.get(PAGE).text
    assert "camille.morel" in page
    assert "camille@courriel.example" in page
    assert len(requetes) <= 10


def test_a_login_name_is_changed_with_the_password(client: FlaskClient, bd: BD) -> None:
    donnees = {"identifiant": "Famille.Morel", "actuel": MOT_DE_PASSE}
    assert poster(client, f"{PAGE}/identifiant", donnees).location == f"/saint-rivage{PAGE}"
    assert identifiants(bd) == ["famille.morel"]
    assert "Votre identifiant est changé" in client.get(PAGE).text


@pytest.mark.parametrize(
    ("partie", "donnees"),
    [
        ("identifiant", {"identifiant": "famille.morel"}),
        ("adresse", {"courriel": NOUVELLE}),
        ("mot-de-passe", {"nouveau": NOUVEAU}),
    ],
)
@pytest.mark.parametrize("actuel", ["", "faux", "x" * 300])
def test_nothing_changes_without_the_current_password(
    client: FlaskClient, bd: BD, partie: str, donnees: dict[str, str], actuel: str
) -> None:
    reponse = poster(client, f"{PAGE}/{partie}", {**donnees, "actuel": actuel})
    assert reponse.status_code == 422
    assert "mot de passe actuel" in reponse.text
    assert identifiants(bd) == ["camille.morel"]
    assert courriels_de(bd) == []


def test_guessing_the_current_password_is_slowed(client: FlaskClient) -> None:
    donnees = {"identifiant": "famille.morel", "actuel": "faux"}
    statuts = [poster(client, f"{PAGE}/identifiant", donnees).status_code for _ in range(5)]
    assert statuts == [422, 422, 422, 422, 429]


def test_a_login_name_already_taken_is_said_beside_its_field(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "karim.haddad")
    reponse = poster(client, f"{PAGE}/identifiant", {"identifiant": "karim.haddad", "actuel": MOT_DE_PASSE})
    assert reponse.status_code == 422
    assert "déjà pris" in reponse.text
    assert 'value="karim.haddad"' in reponse.text, "what was typed is kept"


def test_a_new_password_keeps_this_device_and_logs_the_others_out(client: FlaskClient, bd: BD) -> None:
    autre = client.application.test_client()
    connecter(autre, "camille.morel")
    with client.session_transaction() as cookie:
        cookie["foyer"] = 1
        avant = cookie["_user_id"]
    reponse = poster(client, f"{PAGE}/mot-de-passe", {"nouveau": NOUVEAU, "actuel": MOT_DE_PASSE})
    assert reponse.location == f"/saint-rivage{PAGE}"
    assert client.get(PAGE).status_code == 200
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != avant
        assert cookie["foyer"] == 1
    assert autre.get(PAGE).status_code == 303
    assert courriels_de(bd)[-1].objet == "Saint-Rivage – Votre mot de passe a été changé"
    poster(client, "/deconnexion")
    assert poster(client, "/connexion", {"identifiant": "camille.morel", "mot_de_passe": NOUVEAU}).status_code == 303


def test_names_that_are_taken_are_not_asked_about_without_end(client: FlaskClient, bd: BD) -> None:
    def demander(nom: str) -> int:
        return poster(client, f"{PAGE}/identifiant", {"identifiant": nom, "actuel": MOT_DE_PASSE}).status_code

    with bd.session_ecriture() as session:
        creer_parent(session, "karim.haddad")
    assert [demander(nom) for nom in ("karim.haddad", "famille.morel", "karim.haddad", "camille.morel")] == [
        422,
        303,
        422,
        303,
    ]
    assert demander("karim.haddad") == 429
    assert identifiants(bd) == ["camille.morel", "karim.haddad"]


def test_a_new_password_is_scored_after_the_current_one_is_known(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []

    def noter(mot: str, _connus: list[str]) -> int:
        notes.append(mot)
        return 4

    monkeypatch.setattr(mots_de_passe, "_noter", noter)
    for actuel in ("faux", MOT_DE_PASSE):
        assert notes == []
        poster(client, f"{PAGE}/mot-de-passe", {"nouveau": NOUVEAU, "actuel": actuel})
    assert NOUVEAU in notes


def test_a_new_password_follows_the_same_rules(client: FlaskClient) -> None:
    for mot in ("court", "Camille-Morel-1", "Azerty123"):
        reponse = poster(client, f"{PAGE}/mot-de-passe", {"nouveau": mot, "actuel": MOT_DE_PASSE})
        assert reponse.status_code == 422, mot


def test_an_address_is_changed_by_both_links(client: FlaskClient, bd: BD) -> None:
    poster(client, f"{PAGE}/adresse", {"courriel": NOUVELLE, "actuel": MOT_DE_PASSE})
    assert NOUVELLE in client.get(PAGE).text
    ailleurs = client.application.test_client()
    for rang, lien in enumerate(liens_des_deux_boites(bd)):
        assert courriel(bd) == "camille@courriel.example"
        page = ailleurs.get(lien)
        assert page.status_code == ailleurs.head(lien).status_code == 200
        assert "Confirmer le changement" in page.text
        fait = poster(ailleurs, lien)
        assert ("Votre adresse est changée" if rang else "Il reste à confirmer") in fait.text
        assert ailleurs.get(lien).status_code == poster(ailleurs, lien).status_code == 410
    assert courriel(bd) == NOUVELLE
    assert ailleurs.get(PAGE).status_code == 303, "a link confirms an address, it opens no session"


def test_a_link_of_one_mailbox_does_not_serve_for_the_other(client: FlaskClient, bd: BD) -> None:
    poster(client, f"{PAGE}/adresse", {"courriel": NOUVELLE, "actuel": MOT_DE_PASSE})
    lien = next(lien for lien in liens_des_deux_boites(bd) if "adresse_nouvelle" in lien)
    assert client.get(lien.replace("adresse_nouvelle", "adresse_ancienne")).status_code == 404


def test_codes_do_as_well_as_links(client: FlaskClient, bd: BD) -> None:
    poster(client, f"{PAGE}/adresse", {"courriel": NOUVELLE, "actuel": MOT_DE_PASSE})
    ancienne = dernier_code(bd)
    nouvelle = courriels_de(bd)[0].corps_texte
    code = next(mot for mot in nouvelle.split(" ") if "\u00a0" in mot and mot[:3].isdigit()).replace("\u00a0", "")[:6]
    assert poster(client, f"{PAGE}/adresse/code", {"code": ancienne}).status_code == 303
    assert poster(client, f"{PAGE}/adresse/code", {"code": code}).status_code == 303
    assert courriel(bd) == NOUVELLE


def test_a_wrong_code_changes_nothing_and_five_of_them_leave_the_links(client: FlaskClient, bd: BD) -> None:
    poster(client, f"{PAGE}/adresse", {"courriel": NOUVELLE, "actuel": MOT_DE_PASSE})
    bon = dernier_code(bd)
    for rang in range(1, 6):
        faux = f"{(int(bon) + rang) % 1_000_000:06d}"
        assert poster(client, f"{PAGE}/adresse/code", {"code": faux}).status_code == 422
    assert poster(client, f"{PAGE}/adresse/code", {"code": bon}).status_code == 422
    assert client.get(dernier_lien(bd)).status_code == 200


def test_a_change_is_taken_back(client: FlaskClient, bd: BD) -> None:
    poster(client, f"{PAGE}/adresse", {"courriel": NOUVELLE, "actuel": MOT_DE_PASSE})
    assert poster(client, f"{PAGE}/adresse/retirer").status_code == 303
    page = client.get(PAGE).text
    assert "Le changement d’adresse est abandonné" in page
    assert NOUVELLE not in page
    assert [client.get(lien).status_code for lien in liens_des_deux_boites(bd)] == [410, 410]


def test_an_address_nobody_could_write_to_is_refused(client: FlaskClient, bd: BD) -> None:
    for saisie in ("camille", "zoé@exemple.fr", "a@exemple.fr\nBcc: b@exemple.fr@"):
        reponse = poster(client, f"{PAGE}/adresse", {"courriel": saisie, "actuel": MOT_DE_PASSE})
        assert reponse.status_code == 422
    assert courriels_de(bd) == []


def test_the_links_of_the_mails_are_the_pages_own(client: FlaskClient, bd: BD) -> None:
    from flask import url_for

    poster(client, f"{PAGE}/adresse", {"courriel": NOUVELLE, "actuel": MOT_DE_PASSE})
    for lien in liens_des_deux_boites(bd):
        genre, jeton = lien.split("/")[-2:]
        with client.application.test_request_context():
            assert url_for("identifiants.adresse", genre=genre, jeton=jeton) == f"/saint-rivage{lien}"


def test_an_agent_of_no_foyer_changes_her_password_too(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        agente = creer_parent(session, "isabelle.roche", foyer=False)
        session.add(RoleAgent(compte_id=agente.id, role="instruction"))
        session.flush()
        jeton = ouvrir_session(session, agente.id, MERCREDI_SOIR, second_facteur=True)
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = jeton
    reponse = poster(client, f"{PAGE}/mot-de-passe", {"nouveau": NOUVEAU, "actuel": MOT_DE_PASSE})
    assert reponse.status_code == 303
    assert client.get(PAGE).status_code == 200
    with bd.session_lecture() as session:
        ouverte = select(SessionCompte.second_facteur_utc).where(
            SessionCompte.compte_id == agente.id, SessionCompte.fermee_utc.is_(None)
        )
        assert session.scalars(ouverte).one() is not None, "her second factor was given a moment ago"
