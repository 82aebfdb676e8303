"""Login."""

from flask.testing import FlaskClient

from portail_famille.models.bd import BD
from tests.support.client import connecter
from tests.support.personnes import creer_parent


def test_a_parent_logs_in(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    connecter(client, "camille.morel")
    reponse = client.get("/plus")
    assert reponse.status_code == 200
