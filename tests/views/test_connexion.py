"""Login, log-out, expiry, throttle, and coming back to where one was."""

import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import OperationalError

from portail_famille.models.bd import ATTENTE_VERROU_SQLITE_MS, BD
from portail_famille.models.comptes import SessionCompte
from portail_famille.models.foyers import Personne
from portail_famille.models.suivi import EvenementSecurite, TentativeConnexion
from portail_famille.services.suivi import ESSAIS_LIBRES
from tests.support.client import HTMX, connecter, jeton_csrf, poster
from tests.support.connexion import Saisir, nombre, saisie_par
from tests.support.pages import analyser, texte
from tests.support.personnes import MOT_DE_PASSE, creer_foyer, creer_parent
from tests.support.temps import HorlogeReglable


@pytest.fixture(autouse=True)
def _camille(bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)


@pytest.fixture
def saisir(client: FlaskClient) -> Saisir:
    return saisie_par(client)


def evenements(bd: BD) -> list[str]:
    with bd.session_lecture() as session:
        return list(session.scalars(select(EvenementSecurite.genre).order_by(EvenementSecurite.id)))


def test_a_parent_logs_in_and_sees_the_portal(client: FlaskClient, saisir: Saisir, bd: BD) -> None:
    reponse = saisir()
    assert (reponse.status_code, reponse.location) == (303, "/saint-rivage/")
    assert client.get("/plus").status_code == 200
    assert evenements(bd) == ["connexion"]


@pytest.mark.parametrize("saisie", ["CAMILLE.Morel", "  camille.morel ", "Camille@Courriel.example"])
def test_capitals_spaces_and_the_mail_address_are_accepted(saisir: Saisir, saisie: str) -> None:
    assert saisir(saisie).status_code == 303


def test_a_mail_address_shared_by_two_comptes_opens_neither(saisir: Saisir, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "julien.morel")
    assert saisir("camille@courriel.example").status_code == 422
    assert saisir("camille.morel").status_code == 303


@pytest.mark.parametrize(("identifiant", "mot"), [("camille.morel", "faux"), ("inconnue", MOT_DE_PASSE)])
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    saisir: Saisir, bd: BD, identifiant: str, mot: str
) -> None:
    reponse = saisir(identifiant, mot)
    assert reponse.status_code == 422
    assert "L’identifiant ou le mot de passe n’est pas le bon" in reponse.text
    assert "Set-Cookie" not in reponse.headers or "_user_id" not in reponse.headers["Set-Cookie"]
    assert nombre(bd, SessionCompte) == 0
    # Written although the request was refused.
    assert nombre(bd, TentativeConnexion) == 3
    assert evenements(bd) == ["connexion_refusee"]


def test_an_unknown_name_costs_a_hash_too(saisir: Saisir, monkeypatch: pytest.MonkeyPatch) -> None:
    from portail_famille.services import comptes

    empreintes: list[str] = []
    vrai = comptes._ARGON2

    class Espion:
        def verify(self, empreinte: str, mot: str) -> bool:
            empreintes.append(empreinte)
            return vrai.verify(empreinte, mot)

    monkeypatch.setattr(comptes, "_ARGON2", Espion())
    saisir("inconnue", "x")
    saisir("camille.morel", "x")
    assert len(empreintes) == 2
    parametres = [empreinte.rsplit("$", 2)[0] for empreinte in empreintes]
    assert parametres == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


def test_an_address_of_an_accented_domain_opens_as_it_is_spelt_or_kept(saisir: Saisir, bd: BD) -> None:
    with bd.session_ecriture() as session:
        session.execute(update(Personne).values(courriel="camille@xn--chteau-xta.example"))
    assert saisir("Camille@Château.example").status_code == 303
    assert saisir("camille@xn--chteau-xta.example").status_code == 303


@pytest.mark.parametrize("arobase", ["", "@château.example"])
def test_a_known_and_an_unknown_name_cost_the_same_queries(
    saisir: Saisir, bd: BD, compter_requetes: Callable[[], object], arobase: str
) -> None:
    with bd.session_ecriture() as session:
        session.execute(update(Personne).values(courriel="camille.morel@xn--chteau-xta.example"))
    nombres = []
    for nom in ("camille.morel", "inconnue.morel"):
        with compter_requetes() as requetes:  # type: ignore[attr-defined]
            assert saisir(f"{nom}{arobase}", "faux").status_code == 422
        nombres.append(len(requetes))
    assert nombres[0] == nombres[1]


def test_both_spellings_of_an_address_share_their_attempts(saisir: Saisir) -> None:
    for tour in range(ESSAIS_LIBRES):
        assert saisir("moi@château.example" if tour % 2 else "moi@xn--chteau-xta.example", "faux").status_code == 422
    assert saisir("moi@château.example", "faux").status_code == 429


def test_an_inactive_compte_does_not_log_in(saisir: Saisir, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "ancien.compte", est_actif=False)
    assert saisir("ancien.compte").status_code == 422


def test_empty_fields_are_told_one_by_one(saisir: Saisir) -> None:
    reponse = saisir("", "")
    assert reponse.status_code == 422
    assert "Écrivez votre identifiant." in reponse.text
    assert "Écrivez votre mot de passe." in reponse.text


def test_a_huge_password_is_not_hashed(saisir: Saisir) -> None:
    assert "trop long" in saisir(mot="x" * 300).text


def test_the_password_typed_never_comes_back(saisir: Saisir) -> None:
    assert "cerises-fausses" not in saisir(mot="cerises-fausses").text


def test_a_new_session_gets_a_new_token(client: FlaskClient, saisir: Saisir, bd: BD) -> None:
    saisir()
    with client.session_transaction() as cookie:
        premier, csrf = cookie["_user_id"], cookie.get("csrf_token")
    saisir()
    with client.session_transaction() as cookie:
        assert cookie["_user_id"] != premier
        assert cookie.get("csrf_token") != csrf or csrf is None
    with bd.session_lecture() as session:
        ouvertes = session.scalar(
            select(func.count()).select_from(SessionCompte).where(SessionCompte.fermee_utc.is_(None))
        )
    assert ouvertes == 1, "the session left behind is closed"


def test_the_database_holds_no_token(client: FlaskClient, saisir: Saisir, bd: BD) -> None:
    saisir()
    with client.session_transaction() as cookie:
        jeton = cookie["_user_id"]
    with bd.session_lecture() as session:
        assert jeton not in session.scalars(select(SessionCompte.empreinte_jeton)).all()


def test_log_out_closes_the_session_for_good(client: FlaskClient, saisir: Saisir, bd: BD) -> None:
    saisir()
    with client.session_transaction() as cookie:
        vole = dict(cookie)
    reponse = poster(client, "/deconnexion")
    assert (reponse.status_code, reponse.location) == (303, "/saint-rivage/connexion?motif=sortie")
    assert "Clear-Site-Data" not in reponse.headers, "it would empty the caches of the other towns"
    assert "Vous avez quitté votre espace" in client.get("/connexion?motif=sortie").text
    with client.session_transaction() as cookie:
        cookie.update(vole)
    assert client.get("/plus").status_code == 303, "a copied cookie opens nothing any more"
    assert evenements(bd) == ["connexion", "deconnexion"]


def test_logging_out_twice_is_no_error(client: FlaskClient) -> None:
    assert poster(client, "/deconnexion").status_code == 303


def test_log_out_is_a_post(client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    assert client.get("/deconnexion").status_code == 405
    assert client.get("/plus").status_code == 200


def test_an_idle_session_ends_and_brings_back_where_one_was(
    client: FlaskClient, saisir: Saisir, horloge: HorlogeReglable, bd: BD
) -> None:
    connecter(client, "camille.morel")
    horloge.avancer(minutes=36)
    reponse = client.get("/plus?x=1")
    assert reponse.status_code == 303
    page = client.get(reponse.location.removeprefix("/saint-rivage"))
    assert "Votre session a expiré" in page.text
    champs = {c.get("name"): c.get("value") for c in analyser(page.text.lstrip(), est_page=True).iter("input")}
    assert champs["suite"] == "/saint-rivage/plus?x=1"
    assert saisir(suite=champs["suite"]).location == "/saint-rivage/plus?x=1"
    assert evenements(bd) == ["session_expiree", "connexion"]


def test_a_session_that_lives_is_not_cut_short(client: FlaskClient, horloge: HorlogeReglable) -> None:
    connecter(client, "camille.morel")
    for _ in range(8):
        horloge.avancer(minutes=29)
        assert client.get("/plus").status_code == 200


def test_a_session_ends_after_twelve_hours_whatever_happens(client: FlaskClient, horloge: HorlogeReglable) -> None:
    connecter(client, "camille.morel")
    for _ in range(35):
        horloge.avancer(minutes=20)
        assert client.get("/plus").status_code == 200
    horloge.avancer(minutes=21)
    assert client.get("/plus").status_code == 303


def test_last_seen_is_written_at_most_every_five_minutes(client: FlaskClient, horloge: HorlogeReglable, bd: BD) -> None:
    connecter(client, "camille.morel")
    ouverte = horloge.maintenant

    def vue() -> object:
        with bd.session_lecture() as session:
            return session.scalars(select(SessionCompte.vue_utc)).one()

    horloge.avancer(minutes=4)
    client.get("/plus")
    assert vue() == ouverte
    horloge.avancer(minutes=2)
    client.get("/plus")
    assert vue() == horloge.maintenant


@pytest.fixture
def base_qui_n_ecrit_plus(bd: BD, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, as the server sees it."""

    def refuser(*_args: object) -> None:
        raise OperationalError("COMMIT", {"nom": "Morel"}, Exception("database or disk is full"))

    monkeypatch.setattr(DefaultDialect, "do_commit", refuser)


@pytest.mark.parametrize("minutes", [6, 60])
def test_a_page_is_read_on_a_full_disk(
    client: FlaskClient,
    horloge: HorlogeReglable,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    minutes: int,
) -> None:
    connecter(client, "camille.morel")
    horloge.avancer(minutes=minutes)
    request.getfixturevalue("base_qui_n_ecrit_plus")
    assert client.get("/plus").status_code == (200 if minutes == 6 else 303)
    assert "not written in the journal" in caplog.text
    assert "Morel" not in caplog.text


def test_log_out_forgets_the_session_on_a_full_disk_too(client: FlaskClient, request: pytest.FixtureRequest) -> None:
    connecter(client, "camille.morel")
    request.getfixturevalue("base_qui_n_ecrit_plus")
    assert poster(client, "/deconnexion").status_code == 303
    assert client.get("/plus").status_code == 303


@pytest.mark.parametrize("minutes", [6, 60])
def test_a_page_does_not_wait_for_whoever_is_writing(
    client: FlaskClient, horloge: HorlogeReglable, bd: BD, minutes: int
) -> None:
    """SQLite has one writer and lets the others queue for twenty seconds; PostgreSQL locks the session's row."""
    connecter(client, "camille.morel")
    horloge.avancer(minutes=minutes)
    with bd.session_ecriture() as session:
        session.execute(update(SessionCompte).values(ouverte_utc=SessionCompte.ouverte_utc))
        debut = time.monotonic()
        assert client.get("/plus").status_code == (200 if minutes == 6 else 303)
        assert time.monotonic() - debut < 5
    # The patience of who really writes is back on the same connections.
    if bd.est_sqlite:
        moteur = client.application.extensions["bd"].ecriture
        with moteur.connect() as connexion:
            assert connexion.exec_driver_sql("PRAGMA busy_timeout").scalar() == ATTENTE_VERROU_SQLITE_MS


def test_a_lost_session_under_htmx_says_what_was_not_saved(client: FlaskClient, horloge: HorlogeReglable) -> None:
    connecter(client, "camille.morel")
    horloge.avancer(hours=13)
    page = "http://localhost/saint-rivage/enfants/7/agenda?mois=2026-12"
    reponse = poster(client, "/reservations/effacer", headers={**HTMX, "HX-Current-URL": page})
    assert reponse.status_code == 204
    vers = reponse.headers["HX-Redirect"]
    assert vers.startswith("/saint-rivage/connexion?")
    assert "suite=/saint-rivage/enfants/7/agenda?mois%3D2026-12" in vers
    assert "n’a pas été enregistré" in client.get(vers.removeprefix("/saint-rivage")).text


@pytest.mark.parametrize(
    "suite",
    [
        "https://voleur.example/saint-rivage/",
        "//voleur.example/saint-rivage/",
        "/saint-rivage//voleur.example",
        "/saint-rivage/../roselac/",
        "/saint-rivage/%2e%2e/roselac/",
        "/saint-rivage/\\voleur.example",
        "/saint-rivage/%5cvoleur.example/\x07",
        "/roselac/",
        "/saint-rivage/connexion?suite=/saint-rivage/connexion",
        "javascript:alert(1)",
        "",
    ],
)
def test_the_login_leads_nowhere_else(saisir: Saisir, suite: str) -> None:
    assert saisir(suite=suite).location == "/saint-rivage/"


def test_someone_logged_in_does_not_see_the_login_page(client: FlaskClient) -> None:
    connecter(client, "camille.morel")
    reponse = client.get("/connexion?suite=/saint-rivage/plus")
    assert reponse.location == "/saint-rivage/plus"


def test_a_parent_without_a_foyer_is_told_whom_to_ask(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session, "sans.foyer", foyer=False)
    connecter(client, "sans.foyer")
    reponse = client.get("/plus")
    assert reponse.status_code == 403
    assert "rattaché à aucun foyer" in reponse.text


def test_a_foyer_that_is_not_hers_cannot_be_chosen(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        autre = creer_parent(session, "autre.parent")
        etranger = creer_foyer(session, autre.personne_id, "Autre").id
    connecter(client, "camille.morel")
    with client.session_transaction() as cookie:
        cookie["foyer"] = etranger
    page = client.get("/plus")
    assert page.status_code == 200, "a cookie from elsewhere falls back on her own foyer"
    assert poster(client, "/foyer", {"foyer": str(etranger)}).status_code in (404, 422)


def test_who_is_logged_in_takes_one_query_and_one_more_to_tell_two_foyers_apart(
    client: FlaskClient, bd: BD, compter_requetes: Callable[[], object]
) -> None:
    connecter(client, "camille.morel")
    with compter_requetes() as requetes:  # type: ignore[attr-defined]
        assert client.get("/plus").status_code == 200
    assert len(requetes) == 1
    with bd.session_ecriture() as session:
        camille = session.scalars(select(Personne.id)).one()
        creer_foyer(session, camille, "Second foyer")
    with compter_requetes() as requetes:  # type: ignore[attr-defined]
        assert client.get("/plus").status_code == 200
    assert len(requetes) == 2


def test_the_login_page_has_the_words_of_the_guide(client: FlaskClient) -> None:
    page = analyser(client.get("/connexion").text.lstrip(), est_page=True)
    etiquettes = [texte(e) for e in page.iter("label")]
    assert etiquettes[:2] == ["Identifiant", "Mot de passe"]
    assert [texte(b) for b in page.iter("button") if b.get("type") != "button"] == ["Connexion"]
    assert jeton_csrf(client)


def test_a_login_under_htmx_leads_to_an_address_with_accents(saisir: Saisir, client: FlaskClient) -> None:
    donnees = {"identifiant": "camille.morel", "mot_de_passe": MOT_DE_PASSE, "suite": "/saint-rivage/plus?nom=Zoé€"}
    vers = poster(client, "/connexion", donnees, headers=HTMX).headers["HX-Redirect"]
    assert vers == "/saint-rivage/plus?nom=Zo%C3%A9%E2%82%AC", "a header is Latin-1: the server would fall on the rest"
