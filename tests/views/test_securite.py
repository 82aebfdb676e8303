"""Headers, CSRF, errors, and a GET that cannot write."""

import dataclasses

import brotli
import pytest
from flask import Flask, abort, request
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as AttenteTropLongue

from portail_famille.app import Adresses, create_app
from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Jauge
from portail_famille.models.bd import BD
from portail_famille.views import web
from portail_famille.views.acces import public
from portail_famille.views.erreurs import PHRASES
from tests.support.client import HTMX, connecter, poster
from tests.support.factures import creer_facture
from tests.support.pages import analyser, texte
from tests.support.personnes import creer_parent
from tests.support.temps import HorlogeReglable
from tests.support.village import Village

CODES = sorted(set(PHRASES) - {429})


@pytest.fixture(autouse=True)
def _adresses_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses are those of every town of the server: the endpoints below must not outlive their test."""
    monkeypatch.setattr("portail_famille.app._ADRESSES", Adresses())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """With a few endpoints that misbehave on purpose, and the error pages of production."""
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.route("/essais/code/<int:code>", endpoint="essais.code")
    @public
    def code(code: int) -> str:
        abort(code)

    @app.route("/essais/regle", endpoint="essais.regle", methods=["POST"])
    @public
    def regle() -> str:
        web.ecriture().execute(insert(Jauge).values(code="trace"))
        raise RegleViolee("complet", "Mercredi 9 est complet.")

    @app.route("/essais/ecrire", endpoint="essais.ecrire", methods=["GET", "POST"])
    @public
    def ecrire() -> str:
        web.ecriture().execute(insert(Jauge).values(code="trace"))
        return "fait"

    @app.get("/essais/ecrire-en-lisant", endpoint="essais.lire")
    @public
    def ecrire_en_lisant() -> str:
        web.lecture().execute(insert(Jauge).values(code="trace"))
        web.lecture().commit()
        return "fait"

    @app.post("/essais/<panne>", endpoint="essais.panne")
    @public
    def panne(panne: str) -> str:
        web.ecriture().execute(insert(Jauge).values(code="trace"))
        if panne == "attente":
            raise AttenteTropLongue("pool")
        if panne == "table":
            raise OperationalError("SELECT", None, Exception("no such table"))
        return str(1 // 0)

    @app.post("/essais/echec-au-commit", endpoint="essais.commit")
    @public
    def echec_au_commit() -> str:
        session = web.ecriture()
        session.execute(insert(Jauge).values(code="trace"))
        session.add(Jauge(code="trace"))
        return "fait"

    return app.test_client()


def jauges(bd: BD) -> int:
    with bd.session_lecture() as session:
        return session.query(Jauge).count()


def titre(page: str) -> str:
    return texte(next(analyser(page.lstrip(), est_page=True).iter("h1")))


@pytest.mark.parametrize("code", CODES)
def test_every_error_says_what_to_do_and_whom_to_ask(client: FlaskClient, code: int) -> None:
    reponse = client.get(f"/essais/code/{code}")
    assert reponse.status_code == code
    assert titre(reponse.text) == PHRASES[code].titre
    assert PHRASES[code].texte in reponse.text
    assert "enfance@saint-rivage.example" in reponse.text
    assert "02 61 91 00 00" in reponse.text


@pytest.mark.parametrize("code", CODES)
def test_under_htmx_an_error_is_a_notice_beside_the_form(client: FlaskClient, code: int) -> None:
    reponse = client.get(f"/essais/code/{code}", headers=HTMX)
    assert reponse.status_code == code
    assert reponse.text.startswith('<hx-partial hx-target="#avis" hx-swap="outerHTML">')
    assert PHRASES[code].titre in reponse.text
    assert "<html" not in reponse.text


def test_an_unknown_page_is_a_french_404(client: FlaskClient) -> None:
    reponse = client.get("/nulle-part")
    assert reponse.status_code == 404
    assert titre(reponse.text) == "Cette page n’existe pas"


def test_a_wrong_method_says_which_ones_are_right(client: FlaskClient) -> None:
    reponse = poster(client, "/plus")
    assert reponse.status_code == 405
    assert "GET" in reponse.headers["Allow"]


def test_a_refused_rule_is_told_and_saves_nothing(client: FlaskClient, bd: BD) -> None:
    reponse = poster(client, "/essais/regle")
    assert reponse.status_code == 409
    assert "Mercredi 9 est complet." in reponse.text
    assert jauges(bd) == 0


def test_a_post_that_ends_well_is_kept(client: FlaskClient, bd: BD) -> None:
    assert poster(client, "/essais/ecrire").status_code == 200
    assert jauges(bd) == 1


@pytest.mark.parametrize(("panne", "code"), [("attente", 503), ("table", 500), ("calcul", 500)])
def test_a_breakdown_saves_nothing_and_shows_no_secret(client: FlaskClient, bd: BD, panne: str, code: int) -> None:
    reponse = poster(client, f"/essais/{panne}")
    assert reponse.status_code == code
    assert titre(reponse.text) == PHRASES[code].titre
    assert "Traceback" not in reponse.text
    assert "SELECT" not in reponse.text
    assert jauges(bd) == 0


def test_a_commit_that_fails_is_not_a_success(client: FlaskClient, bd: BD) -> None:
    """« C'est réservé » must never leave before the row is in."""
    assert poster(client, "/essais/echec-au-commit").status_code == 500
    assert jauges(bd) == 0


def test_a_get_cannot_write(client: FlaskClient, bd: BD) -> None:
    assert client.get("/essais/ecrire").status_code == 500, "no writing session is opened for it"
    assert client.get("/essais/ecrire-en-lisant").status_code == 500, "and the engine refuses the other"
    assert jauges(bd) == 0


def test_the_error_page_survives_a_dead_database(
    client: FlaskClient, bd: BD, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    connecter(client, "camille.morel")

    def morte() -> None:
        raise OperationalError("BEGIN", None, Exception("gone"), connection_invalidated=True)

    monkeypatch.setattr(app.extensions["bd"], "ouvrir_lecture", morte)
    reponse = client.get("/plus")
    assert reponse.status_code == 503
    assert titre(reponse.text) == PHRASES[503].titre
    assert reponse.headers["Retry-After"] == "10"


@pytest.mark.parametrize("adresse", ["/", "/connexion", "/nulle-part"])
def test_documents_carry_every_security_header(client: FlaskClient, adresse: str) -> None:
    entetes = client.get(adresse).headers
    csp = dict(regle.split(" ", 1) for regle in entetes["Content-Security-Policy"].split("; "))
    assert csp["default-src"] == "'none'"
    assert csp["frame-ancestors"] == "'none'"
    assert csp["base-uri"] == "'none'"
    assert csp["script-src"] == csp["style-src"] == "'self'"
    assert "unsafe" not in entetes["Content-Security-Policy"]
    assert entetes["X-Content-Type-Options"] == "nosniff"
    assert entetes["Referrer-Policy"] == "same-origin"
    assert entetes["Cross-Origin-Opener-Policy"] == "same-origin"
    assert entetes["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in entetes["Permissions-Policy"]
    assert entetes["Cache-Control"] == "private, no-store"
    assert "Strict-Transport-Security" not in entetes, "plain HTTP: the browser would ignore it"


def test_a_partial_answer_keeps_a_short_set(client: FlaskClient) -> None:
    entetes = client.get("/nulle-part", headers=HTMX).headers
    assert entetes["Cache-Control"] == "private, no-store"
    assert entetes["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in entetes, "that of the page applies to what is put in it"
    assert "Permissions-Policy" not in entetes


def test_https_makes_the_cookie_secure_and_asks_for_hsts(bd: BD, reglages: ReglagesCommune) -> None:
    sur = dataclasses.replace(reglages, url_publique="https://famille.example/saint-rivage")
    client = create_app(sur, HorlogeReglable()).test_client()
    reponse = client.get("/connexion")
    assert "max-age=" in reponse.headers["Strict-Transport-Security"]
    cookie = reponse.headers["Set-Cookie"]
    assert all(mot in cookie for mot in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/saint-rivage/"))
    client.application.extensions["bd"].fermer()


def test_the_visitor_s_address_is_believed_only_from_declared_proxies(bd: BD, reglages: ReglagesCommune) -> None:
    vues = []
    for mandataires in (0, 1):
        app = create_app(dataclasses.replace(reglages, mandataires=mandataires), HorlogeReglable())
        app.before_request(lambda: vues.append(request.remote_addr))
        app.test_client().get("/connexion", headers={"X-Forwarded-For": "198.51.100.9"})
        app.extensions["bd"].fermer()
    assert vues == ["127.0.0.1", "198.51.100.9"]


def test_a_form_without_its_token_is_refused_with_a_way_on(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    connecter(client, "camille.morel")
    reponse = client.post("/reservations/effacer", data={"csrf_token": "faux"})
    assert reponse.status_code == 400
    assert "Rechargez la page" in reponse.text


def test_a_form_left_open_until_its_session_ended_goes_to_the_login(client: FlaskClient) -> None:
    reponse = client.post("/reservations/effacer", headers={"Referer": "http://localhost/saint-rivage/plus"})
    assert reponse.status_code == 303
    assert reponse.location == "/saint-rivage/connexion?suite=/saint-rivage/plus&motif=perdue"


def test_a_form_too_heavy_is_refused(client: FlaskClient) -> None:
    reponse = client.post("/connexion", data={"identifiant": "x" * 300_000})
    assert reponse.status_code == 413
    assert titre(reponse.text) == PHRASES[413].titre


def test_pages_are_compressed_when_the_browser_can(client: FlaskClient) -> None:
    claire = client.get("/connexion")
    reponse = client.get("/connexion", headers={"Accept-Encoding": "gzip, br"})
    assert reponse.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in reponse.headers["Vary"]
    assert "Accept-Encoding" in claire.headers["Vary"]
    assert len(reponse.data) < len(claire.data) / 2
    assert "Connexion" in brotli.decompress(reponse.data).decode()
    refuse = client.get("/connexion", headers={"Accept-Encoding": "br;q=0"})
    assert "Content-Encoding" not in refuse.headers


def test_static_files_are_dated_compressed_and_kept(client: FlaskClient) -> None:
    page = analyser(client.get("/connexion").text.lstrip(), est_page=True)
    feuille = next(script.get("src") or "" for script in page.iter("script")).removeprefix("/saint-rivage")
    reponse = client.get(feuille, headers={"Accept-Encoding": "br"})
    assert reponse.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reponse.headers["Content-Encoding"] == "br"
    assert "Set-Cookie" not in reponse.headers
    assert client.get(feuille.partition("?")[0]).headers["Cache-Control"] == "no-cache"
    etag = reponse.headers["ETag"]
    assert client.get(feuille, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("nom", ["../app.py", "%2e%2e/app.py", "css/../../app.py", "nulle-part.css"])
def test_nothing_but_static_files_is_served(client: FlaskClient, nom: str) -> None:
    assert client.get(f"/static/{nom}").status_code == 404


def test_links_of_mails_ignore_the_host_header(app: Flask) -> None:
    with app.test_request_context("/", headers={"Host": "voleur.example"}):
        assert web.adresse_publique("pwa.plus") == "http://localhost/saint-rivage/plus"


def test_the_cookie_is_not_sent_again_at_each_answer(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    connecter(client, "camille.morel")
    client.get("/plus")
    assert "Set-Cookie" not in client.get("/plus").headers


def test_a_refused_insert_tells_no_one_its_values(bd: BD) -> None:
    """A driver's message ends up in the log: what a family typed must not."""
    ajout = insert(Jauge).values(code="secret-de-famille")
    with bd.ouvrir_ecriture() as session:
        session.execute(ajout)
        with pytest.raises(DBAPIError) as refus:
            session.execute(ajout)
    assert "jauge" in str(refus.value), "it says which table"
    assert "secret-de-famille" not in str(refus.value)


@pytest.mark.parametrize(
    ("url", "mandataires", "averti"),
    [
        ("https://famille.example/saint-rivage", 0, True),
        ("https://famille.example/saint-rivage", 1, False),
        ("http://localhost/saint-rivage", 0, False),
    ],
)
def test_a_proxy_nobody_declared_is_told_in_the_log(
    reglages: ReglagesCommune, caplog: pytest.LogCaptureFixture, url: str, mandataires: int, averti: bool
) -> None:
    """Every visitor would have the proxy's address, hence one throttle for the whole town."""
    create_app(dataclasses.replace(reglages, url_publique=url, mandataires=mandataires)).extensions["bd"].fermer()
    assert ("mandataires = 0" in caplog.text) == averti


def test_a_town_whose_payments_are_trials_is_told_in_the_log(
    reglages: ReglagesCommune, caplog: pytest.LogCaptureFixture
) -> None:
    essai = {"enfance": dataclasses.replace(reglages.regies["enfance"], saisie="T")}
    for est_exemple, regies in ((False, reglages.regies), (True, essai)):
        create_app(dataclasses.replace(reglages, est_exemple=est_exemple, regies=regies)).extensions["bd"].fermer()
    assert 'saisie = "T"' not in caplog.text
    create_app(dataclasses.replace(reglages, est_exemple=False, regies=essai)).extensions["bd"].fermer()
    assert '[regies.enfance] has saisie = "T"' in caplog.text


def test_a_regie_taken_out_while_it_is_owed_money_is_told_in_the_log(
    village: Village, reglages: ReglagesCommune, caplog: pytest.LogCaptureFixture
) -> None:
    with village.bd.session_ecriture() as session:
        creer_facture(session, village.foyers["morel"], regie="ancienne")
        creer_facture(session, village.foyers["morel"], regie="ancienne", numero="2026-EE-000002", reste_centimes=0)
        creer_facture(session, village.foyers["morel"], numero="2026-EE-000003")
    create_app(reglages).extensions["bd"].fermer()
    assert "no [regies.ancienne] any more, and 1 unpaid invoices" in caplog.text
    assert "regies.enfance" not in caplog.text


class CorpsAbime:
    """What gunicorn gives to read of a badly chunked body; its exceptions are of no known family."""

    def tell(self) -> int:
        return 0

    def seek(self, *_ou: int) -> int:
        return 0

    def read(self, _taille: int = -1) -> bytes:
        raise Exception("Invalid chunk size: b'ZZ'")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("adresse", ["/connexion", "/deconnexion", "/essais/regle"])
def test_a_body_that_cannot_be_read_is_the_visitors_fault(client: FlaskClient, adresse: str) -> None:
    reponse = client.post(
        adresse,
        input_stream=CorpsAbime(),
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert reponse.status_code == 400
    assert PHRASES[400].titre in reponse.text
