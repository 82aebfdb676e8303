"""Login under htmx: answered in place, so that no POST stays in the history."""

from flask.testing import FlaskClient
from sqlalchemy import delete

from portail_famille.models.bd import BD
from portail_famille.models.suivi import TentativeConnexion
from tests.support.client import HTMX, poster
from tests.support.personnes import MOT_DE_PASSE, creer_parent


def test_under_htmx_only_the_form_comes_back_and_a_login_leads_on(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    donnees = {"identifiant": "camille.morel", "mot_de_passe": "faux", "suite": "/saint-rivage/plus"}
    attente = None
    for _ in range(30):
        refus = poster(client, "/connexion", donnees, headers=HTMX)
        assert refus.text.lstrip().startswith("<form")
        assert 'id="formulaire"' in refus.text
        assert 'value="/saint-rivage/plus"' in refus.text
        if refus.status_code == 429:
            attente = refus
            break
        assert refus.status_code == 422
    assert attente is not None
    assert "Retry-After" in attente.headers
    assert "attendez" in attente.text
    with bd.session_ecriture() as session:
        session.execute(delete(TentativeConnexion))
    reponse = poster(client, "/connexion", donnees | {"mot_de_passe": MOT_DE_PASSE}, headers=HTMX)
    assert (reponse.status_code, reponse.headers["HX-Redirect"]) == (204, "/saint-rivage/plus")
    assert client.get("/plus").status_code == 200
