"""The login form, filled in."""

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portail_famille.models.bd import BD
from tests.support.client import poster
from tests.support.personnes import MOT_DE_PASSE

Saisir = Callable[..., TestResponse]


def saisie_par(client: FlaskClient) -> Saisir:
    def essayer(identifiant: str = "camille.morel", mot: str = MOT_DE_PASSE, **champs: str) -> TestResponse:
        donnees = {"identifiant": identifiant, "mot_de_passe": mot, **champs}
        adresse = champs.pop("_adresse", "203.0.113.7")
        return poster(client, "/connexion", donnees, environ_base={"REMOTE_ADDR": adresse})

    return essayer


def nombre(bd: BD, table: type) -> int:
    with bd.session_lecture() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
