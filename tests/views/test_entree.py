"""What a login costs and tells, whoever tries it: one argon2, the same words, the same work."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portail_famille.config import ReglagesCommune
from portail_famille.models.bd import BD
from portail_famille.models.comptes import Compte, SessionCompte
from portail_famille.services import comptes
from tests.support.agents import agent, connecter_agent
from tests.support.client import poster
from tests.support.connexion import Saisir, saisie_par
from tests.support.entree import NOUVEAU, inviter
from tests.support.personnes import MOT_DE_PASSE, creer_parent
from tests.support.temps import HorlogeReglable

FAIBLE = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1)


@pytest.fixture(autouse=True)
def _camille(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
        creer_parent(session, "jamais.activee", courriel=None).empreinte_mot_de_passe = ""
        creer_parent(session, "compte.ferme", courriel=None, est_actif=False)


@pytest.fixture
def saisir(client: FlaskClient) -> Saisir:
    return saisie_par(client)


class Espion:
    """Argon2 as it is, counted."""

    def __init__(self) -> None:
        self.verifiees: list[str] = []
        self.hachees = 0
        self._vrai = comptes._ARGON2

    def verify(self, empreinte: str, mot: str) -> bool:
        self.verifiees.append(empreinte)
        return self._vrai.verify(empreinte, mot)

    def hash(self, mot: str) -> str:
        self.hachees += 1
        return self._vrai.hash(mot)

    def check_needs_rehash(self, empreinte: str) -> bool:
        return self._vrai.check_needs_rehash(empreinte)


@pytest.fixture
def espion(monkeypatch: pytest.MonkeyPatch) -> Espion:
    espion = Espion()
    monkeypatch.setattr(comptes, "_ARGON2", espion)
    return espion


@pytest.mark.parametrize(
    ("identifiant", "mot"),
    [
        ("camille.morel", MOT_DE_PASSE),
        ("camille@courriel.example", MOT_DE_PASSE),
        ("camille.morel", "faux"),
        ("inconnue", MOT_DE_PASSE),
        ("inconnue@courriel.example", MOT_DE_PASSE),
        ("jamais.activee", "x"),
        ("jamais.activee", MOT_DE_PASSE),
        ("compte.ferme", MOT_DE_PASSE),
    ],
)
def test_a_login_is_one_argon2_whatever_happens(saisir: Saisir, espion: Espion, identifiant: str, mot: str) -> None:
    saisir(identifiant, mot)
    assert len(espion.verifiees) == 1
    assert espion.hachees == 0
    assert espion.verifiees[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$"), "the same work for all"


@pytest.mark.parametrize("identifiant", ["inconnue", "jamais.activee", "compte.ferme", "camille.morel"])
def test_every_refusal_says_the_same(saisir: Saisir, identifiant: str) -> None:
    reponse = saisir(identifiant, "faux")
    assert reponse.status_code == 422
    assert "L’identifiant ou le mot de passe n’est pas le bon" in reponse.text
    assert "mairie a fermé" not in reponse.text


def test_a_password_hashed_with_old_parameters_is_hashed_again_at_the_login(
    saisir: Saisir, espion: Espion, bd: BD
) -> None:
    ancienne = FAIBLE.hash(MOT_DE_PASSE)
    with bd.session_ecriture() as session:
        session.execute(
            update(Compte).where(Compte.identifiant == "camille.morel").values(empreinte_mot_de_passe=ancienne)
        )
    assert saisir(mot="faux").status_code == 422
    assert espion.hachees == 0, "only for who knows it"
    assert saisir().status_code == 303
    assert espion.hachees == 1
    with bd.session_lecture() as session:
        nouvelle = session.scalars(
            select(Compte.empreinte_mot_de_passe).where(Compte.identifiant == "camille.morel")
        ).one()
    assert nouvelle.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert saisir().status_code == 303
    assert espion.hachees == 1


def test_a_password_changed_meanwhile_is_not_put_back(bd: BD) -> None:
    with bd.session_ecriture() as session:
        lu = comptes.chercher_compte(session, "camille.morel")
        assert lu is not None
        session.execute(update(Compte).where(Compte.id == lu.id).values(empreinte_mot_de_passe="la nouvelle"))
        comptes.remplacer_empreinte(session, lu, "l’ancienne, hachée de nouveau")
        assert comptes.lire_compte(session, lu.id) == comptes.CompteTrouve(lu.id, lu.identifiant, "la nouvelle")


def test_a_login_is_noted_for_the_retention_periods(saisir: Saisir, bd: BD, horloge: HorlogeReglable) -> None:
    saisir()
    with bd.session_lecture() as session:
        vu = session.scalars(select(Compte.connecte_utc).where(Compte.identifiant == "camille.morel")).one()
        assert session.scalars(select(SessionCompte.ouverte_utc)).all() == [horloge.maintenant]
    assert vu == horloge.maintenant


def test_a_login_stays_under_fifteen_queries(
    saisir: Saisir, compter_requetes: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    """Six of them count the attempt, before and after: the throttle."""
    with compter_requetes() as requetes:
        assert saisir().status_code == 303
    assert len(requetes) <= 14


def test_one_s_own_phone_can_stay_connected_from_the_activation_on(
    client: FlaskClient, bd: BD, reglages: ReglagesCommune, horloge: HorlogeReglable
) -> None:
    lien, _ = inviter(bd, reglages)
    poster(client, lien)
    assert "Rester connecté sur cet appareil" in client.get(f"{lien}?etape=mot-de-passe").text
    assert poster(client, lien, {"nouveau": NOUVEAU, "durable": "oui"}).status_code == 303
    horloge.avancer(days=3)
    assert client.get("/connexion").status_code == 303


def test_an_agent_of_no_foyer_lands_on_her_desk(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        agent(session)
    connecter_agent(client, "rose")
    reponse = client.get("/")
    assert (reponse.status_code, reponse.location) == (303, "/saint-rivage/agent/")
