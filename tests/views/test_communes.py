"""Several towns on one server: each under its prefix, none reached from another."""

import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from werkzeug.test import Client, TestResponse

from portail_famille.app import create_app
from portail_famille.communes import REPOS_APRES_ECHEC, Communes, lister
from portail_famille.config import FICHIER, ReglagesCommune
from portail_famille.creation import CreationRefusee, Fiche, creer_commune
from portail_famille.models.bd import BD
from tests.support.pages import relire
from tests.support.personnes import MOT_DE_PASSE, creer_parent
from tests.support.temps import HorlogeReglable

SAINT_RIVAGE, ROSELAC = "saint-rivage", "roselac"


@pytest.fixture(scope="module")
def modele(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dossier = tmp_path_factory.mktemp("communes")
    for slug, nom in ((SAINT_RIVAGE, "Saint-Rivage"), (ROSELAC, "Roselac")):
        reglages = creer_commune(dossier, slug, Fiche(nom=nom), HorlogeReglable().maintenant)
        bd = BD(reglages.base_de_donnees)
        with bd.session_ecriture() as session:
            # A new commune has its conditions: she accepted them.
            creer_parent(session).conditions_version = 1
        bd.fermer()
    return dossier


@pytest.fixture
def instance(modele: Path, tmp_path: Path) -> Path:
    shutil.copytree(modele, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def serveur(instance: Path, horloge: HorlogeReglable) -> Iterator[Communes]:
    serveur = Communes(instance, horloge)
    yield serveur
    for slug in (SAINT_RIVAGE, ROSELAC):
        app = serveur.app_de(slug)
        if app is not None:
            app.extensions["bd"].fermer()


@pytest.fixture
def client(serveur: Communes) -> Client:
    return Client(serveur)


def ouvrir(client: Client, adresse: str) -> TestResponse:
    reponse = client.get(adresse)
    assert relire(reponse.text) == []
    return reponse


def se_connecter(client: Client, slug: str) -> TestResponse:
    jeton = re.search(r'name="csrf_token" value="([^"]+)"', client.get(f"/{slug}/connexion").text)
    assert jeton
    donnees = {"identifiant": "camille.morel", "mot_de_passe": MOT_DE_PASSE, "csrf_token": jeton[1]}
    return client.post(f"/{slug}/connexion", data=donnees)


def test_the_entrance_lists_the_towns(client: Client) -> None:
    reponse = ouvrir(client, "/")
    # Without an icon of its own the browser asks for /favicon.ico, which belongs to no town.
    assert '<link rel="icon" href="data:image/svg+xml,' in reponse.text
    assert reponse.status_code == 200
    assert re.findall(r'href="(/[\w-]+/)"', reponse.text) == ["/roselac/", "/saint-rivage/"]
    assert "Set-Cookie" not in reponse.headers
    assert "default-src 'none'" in reponse.headers["Content-Security-Policy"]
    feuille = re.search(r'href="(/statique/[^"]+)"', reponse.text)
    assert feuille
    assert client.get(feuille[1]).mimetype == "text/css"


def test_an_empty_server_has_an_entrance_too(tmp_path: Path) -> None:
    assert ouvrir(Client(Communes(tmp_path / "nulle-part")), "/").status_code == 200


@pytest.mark.parametrize(
    "chemin",
    ["/inconnue/", "/inconnue", "/../etc/passwd", "/..%2f..%2fetc/", "/SAINT-RIVAGE/", "/saint-rivage.old/"],
)
def test_an_unknown_prefix_is_a_clean_404(client: Client, chemin: str) -> None:
    reponse = ouvrir(client, chemin)
    assert reponse.status_code == 404
    assert "Vérifiez l’adresse" in reponse.text


def test_a_prefix_without_its_slash_is_completed(client: Client) -> None:
    reponse = client.get("/roselac?mois=2026-12")
    assert (reponse.status_code, reponse.location) == (308, "/roselac/?mois=2026-12")


def test_each_town_shows_its_own_name(client: Client) -> None:
    assert "Mairie de Roselac" in ouvrir(client, "/roselac/connexion").text
    assert "Mairie de Saint-Rivage" in ouvrir(client, "/saint-rivage/connexion").text
    assert json.loads(client.get("/roselac/manifeste.webmanifest").data)["scope"] == "/roselac/"


def test_logging_in_to_one_town_opens_no_other(client: Client) -> None:
    assert se_connecter(client, SAINT_RIVAGE).status_code == 303
    assert client.get("/saint-rivage/plus").status_code == 200
    assert client.get("/roselac/plus").status_code == 303


def test_one_browser_can_be_in_two_towns_and_leave_one(client: Client) -> None:
    se_connecter(client, SAINT_RIVAGE)
    se_connecter(client, ROSELAC)
    page = client.get("/roselac/plus").text
    jeton = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert jeton
    client.post("/roselac/deconnexion", data={"csrf_token": jeton[1]})
    assert client.get("/roselac/plus").status_code == 303
    assert client.get("/saint-rivage/plus").status_code == 200


def test_the_cookie_of_one_town_is_refused_by_another(client: Client) -> None:
    """Same people, same ids, another key: a cookie renamed by hand opens nothing."""
    se_connecter(client, SAINT_RIVAGE)
    vole = client.get_cookie("pf_saint-rivage", path="/saint-rivage/")
    assert vole is not None
    client.set_cookie("pf_roselac", vole.value, path="/roselac/")
    assert client.get("/roselac/plus").status_code == 303


def test_a_session_s_token_is_unknown_to_another_town(serveur: Communes, client: Client) -> None:
    """Even signed with the right key, as after a copied commune.toml."""
    se_connecter(client, SAINT_RIVAGE)
    source, cible = serveur.app_de(SAINT_RIVAGE), serveur.app_de(ROSELAC)
    assert source is not None
    assert cible is not None
    vole = client.get_cookie("pf_saint-rivage", path="/saint-rivage/")
    assert vole is not None
    signeur = source.session_interface.get_signing_serializer(source)  # type: ignore[attr-defined]
    contenu = signeur.loads(vole.value)
    autre = cible.session_interface.get_signing_serializer(cible)  # type: ignore[attr-defined]
    client.set_cookie("pf_roselac", autre.dumps(contenu), path="/roselac/")
    assert client.get("/roselac/plus").status_code == 303


def test_keys_databases_and_cookies_differ(serveur: Communes) -> None:
    une, autre = serveur.app_de(SAINT_RIVAGE), serveur.app_de(ROSELAC)
    assert une is not None
    assert autre is not None
    for cle in ("SECRET_KEY", "SESSION_COOKIE_NAME", "SESSION_COOKIE_PATH"):
        assert une.config[cle] != autre.config[cle]
    assert une.extensions["bd"].url != autre.extensions["bd"].url


def test_a_broken_town_says_so_and_the_others_live(
    client: Client, instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fichier = instance / ROSELAC / FICHIER
    fichier.write_text(fichier.read_text().replace("zone =", "zonne ="))
    reponse = ouvrir(client, "/roselac/famille")
    assert reponse.status_code == 503
    assert "Roselac" in reponse.text
    assert reponse.headers["Retry-After"]
    assert "zonne" not in reponse.text
    assert "clé « zonne » inconnue ; vouliez-vous dire « zone »" in caplog.text
    assert client.get("/saint-rivage/connexion").status_code == 200


def test_a_town_that_was_repaired_opens_without_a_restart(client: Client, instance: Path) -> None:
    fichier = instance / ROSELAC / FICHIER
    bon = fichier.read_text()
    fichier.write_text("nom = ")
    assert client.get("/roselac/").status_code == 503
    fichier.write_text(bon)
    assert client.get("/roselac/connexion").status_code == 200


def test_a_town_whose_database_is_behind_does_not_start(
    client: Client, instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (instance / ROSELAC / "portail.sqlite3").unlink()
    assert client.get("/roselac/").status_code == 503
    assert "portail-famille migrer --commune roselac" in caplog.text
    assert not (instance / ROSELAC / "portail.sqlite3").exists()


def test_a_town_made_while_the_server_runs_is_served(client: Client, instance: Path, horloge: HorlogeReglable) -> None:
    assert client.get("/neuville/").status_code == 404
    creer_commune(instance, "neuville", Fiche(nom="Neuville"), horloge.maintenant)
    assert client.get("/neuville/connexion").status_code == 200


def test_many_first_visitors_build_one_app(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    construites: list[str] = []

    def compter(reglages: ReglagesCommune, *args: object) -> object:
        construites.append(reglages.slug)
        return create_app(reglages)

    monkeypatch.setattr("portail_famille.communes.create_app", compter)
    serveur = Communes(instance)
    with ThreadPoolExecutor(8) as fils:
        apps = list(fils.map(serveur.app_de, [ROSELAC] * 8))
    assert construites == [ROSELAC]
    assert len({id(app) for app in apps}) == 1
    assert apps[0] is not None
    apps[0].extensions["bd"].fermer()


def test_addresses_are_compiled_once_for_all_towns(serveur: Communes) -> None:
    deux = [serveur.app_de(slug) for slug in (SAINT_RIVAGE, ROSELAC)]
    regles = [
        [(r.rule, r.endpoint, frozenset(r.methods or ())) for r in app.url_map.iter_rules()] for app in deux if app
    ]
    assert regles[0] == regles[1]
    assert len(set(regles[1])) == len(regles[1])
    assert {point for _, point, _ in regles[1]} == {nom for app in deux if app for nom in app.view_functions}


def test_a_town_that_cannot_start_is_not_tried_at_every_visit(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its database may hang for seconds, and the threads that wait for it are those of the other towns."""
    essais: list[str] = []
    instant = [0.0]

    def pendre(reglages: ReglagesCommune, *args: object) -> object:
        essais.append(reglages.slug)
        raise OSError("timeout expired")

    monkeypatch.setattr("portail_famille.communes.create_app", pendre)
    serveur = Communes(instance, minuterie=lambda: instant[0])
    for _ in range(5):
        assert Client(serveur).get("/roselac/").status_code == 503
    assert len(essais) == 1
    instant[0] = REPOS_APRES_ECHEC - 0.1
    serveur.app_de(ROSELAC)
    assert len(essais) == 1
    instant[0] = REPOS_APRES_ECHEC
    serveur.app_de(ROSELAC)
    assert len(essais) == 2


def test_nobody_waits_while_a_town_that_failed_is_tried_again(instance: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instant, commence, finir = [0.0], threading.Event(), threading.Event()

    def pendre(*args: object) -> object:
        if instant[0]:
            commence.set()
            assert finir.wait(20)
        raise OSError("timeout expired")

    monkeypatch.setattr("portail_famille.communes.create_app", pendre)
    serveur = Communes(instance, minuterie=lambda: instant[0])
    assert serveur.app_de(ROSELAC) is None
    instant[0] = REPOS_APRES_ECHEC
    with ThreadPoolExecutor(2) as fils:
        essai = fils.submit(serveur.app_de, ROSELAC)
        assert commence.wait(20)
        visite = fils.submit(serveur.app_de, ROSELAC)
        try:
            assert visite.result(timeout=10) is None
            assert not essai.done()
        finally:
            finir.set()


def test_visitors_who_waited_for_a_first_start_that_failed_do_not_each_try_again(
    instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    essais: list[object] = []

    def pendre(*args: object) -> object:
        essais.append(args)
        time.sleep(0.2)
        raise OSError("timeout expired")

    monkeypatch.setattr("portail_famille.communes.create_app", pendre)
    serveur = Communes(instance)
    with ThreadPoolExecutor(8) as fils:
        assert list(fils.map(serveur.app_de, [ROSELAC] * 8)) == [None] * 8
    assert len(essais) == 1


def test_a_new_commune_is_private_and_complete(instance: Path) -> None:
    dossier = instance / ROSELAC
    assert dossier.stat().st_mode & 0o777 == 0o700
    assert (dossier / FICHIER).stat().st_mode & 0o777 == 0o600
    assert [commune.nom for commune in lister(instance)] == ["Roselac", "Saint-Rivage"]


@pytest.mark.parametrize("slug", ["../dehors", "Majuscule", "-tiret", "", "a" * 41, "statique", "static", "é"])
def test_a_prefix_that_would_not_work_is_refused(tmp_path: Path, slug: str, horloge: HorlogeReglable) -> None:
    with pytest.raises(CreationRefusee):
        creer_commune(tmp_path / "i", slug, Fiche(nom="X"), horloge.maintenant)


def test_creating_twice_changes_nothing(instance: Path, horloge: HorlogeReglable) -> None:
    avant = (instance / ROSELAC / FICHIER).read_text()
    with pytest.raises(CreationRefusee, match="existe déjà"):
        creer_commune(instance, ROSELAC, Fiche(nom="Autre"), horloge.maintenant)
    assert (instance / ROSELAC / FICHIER).read_text() == avant


def test_a_creation_that_fails_leaves_nothing(tmp_path: Path, horloge: HorlogeReglable) -> None:
    fiche = Fiche(nom="X", base_de_donnees="postgresql+psycopg://personne@127.0.0.1:1/rien")
    with pytest.raises(Exception, match="connection"):
        creer_commune(tmp_path, "neuville", fiche, horloge.maintenant)
    assert not (tmp_path / "neuville").exists()
