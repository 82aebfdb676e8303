"""The home-screen application: what a phone asks for before it installs one."""

import json
import re
import struct
import zlib

import pytest
from flask.testing import FlaskClient

from portail_famille.config import est_slug
from portail_famille.domain.couleurs import composantes, contraste
from portail_famille.models.bd import BD
from portail_famille.presentation.icones import LETTRES, initiales, png, svg
from tests.support.client import connecter
from tests.support.pages import analyser
from tests.support.personnes import creer_parent

PREFIXE = "/saint-rivage"


def pixels(image: bytes) -> tuple[int, list[bytes]]:
    """Side and lines of palette indices of one of our PNGs."""
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    cote, hauteur, profondeur, genre = struct.unpack(">IIBB", image[16:26])
    assert (cote, profondeur, genre) == (hauteur, 8, 3)
    debut = image.index(b"IDAT")
    (taille,) = struct.unpack(">I", image[debut - 4 : debut])
    brut = zlib.decompress(image[debut + 4 : debut + 4 + taille])
    return cote, [brut[rang * (cote + 1) + 1 : (rang + 1) * (cote + 1)] for rang in range(cote)]


def test_the_manifest_has_what_installing_asks_for(client: FlaskClient) -> None:
    reponse = client.get("/manifeste.webmanifest")
    assert reponse.mimetype == "application/manifest+json"
    manifeste = json.loads(reponse.data)
    assert manifeste["id"] == manifeste["start_url"] == manifeste["scope"] == f"{PREFIXE}/"
    assert (manifeste["lang"], manifeste["display"]) == ("fr", "standalone")
    assert "orientation" not in manifeste, "RGAA 13.9: both orientations"
    assert manifeste["theme_color"] == "#0b5563"
    assert [raccourci["name"] for raccourci in manifeste["shortcuts"]] == ["Agenda", "Factures"]
    tailles = {(icone["sizes"], icone["purpose"]) for icone in manifeste["icons"]}
    assert tailles == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for icone in manifeste["icons"]:
        image = client.get(icone["src"].removeprefix(PREFIXE))
        assert image.mimetype == icone["type"]
        assert pixels(image.data)[0] == int(icone["sizes"].partition("x")[0])
        assert "immutable" in image.headers["Cache-Control"]


def test_the_page_links_to_the_manifest_and_the_touch_icon(client: FlaskClient) -> None:
    page = analyser(client.get("/connexion").text.lstrip(), est_page=True)
    liens = {lien.get("rel"): (lien.get("href") or "").removeprefix(PREFIXE) for lien in page.iter("link")}
    assert client.get(liens["manifest"]).status_code == 200
    assert pixels(client.get(liens["apple-touch-icon"]).data)[0] == 180


def test_an_unknown_icon_is_404(client: FlaskClient) -> None:
    assert client.get("/icones/icone-9999.png").status_code == 404


def test_the_style_sheet_ends_with_the_town_s_colours_and_logo(client: FlaskClient) -> None:
    reponse = client.get("/portail.css")
    assert reponse.mimetype == "text/css"
    assert ":root{--ville:#0b5563;--ville-sombre:#82cbd8}" in reponse.text
    assert reponse.text.rstrip().endswith('%3C/svg%3E")}')


def test_the_service_worker_keeps_only_public_files_that_exist(client: FlaskClient) -> None:
    reponse = client.get("/sw.js")
    assert reponse.mimetype == "text/javascript"
    assert reponse.headers["Cache-Control"] == "no-cache"
    liste = re.search(r"const ADRESSES = (\[.*?\]);", reponse.text)
    assert liste
    adresses = json.loads(liste[1])
    assert len(adresses) >= 3
    for adresse in adresses:
        gardee = client.get(adresse.removeprefix(PREFIXE))
        assert gardee.status_code == 200
        assert "immutable" in gardee.headers["Cache-Control"], adresse
    prefixe = re.search(r'const PREFIXE = "(.*?)";', reponse.text)
    assert prefixe
    assert prefixe[1].startswith("portail-saint-rivage"), "towns share one origin: caches carry the slug"
    assert not est_slug(f"a{prefixe[1][-1]}b"), "and end where it ends: « paris » is not the beginning of « paris-5 »"


def test_the_service_worker_s_caches_change_with_what_they_hold(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version() -> str:
        trouvee = re.search(r'CACHE = PREFIXE \+ "(\w+)"', client.get("/sw.js").text)
        assert trouvee
        return trouvee[1]

    avant = version()
    assert version() == avant
    monkeypatch.setattr("portail_famille.views.pwa.PRECACHE", ("css/app.css",))
    assert version() != avant


def test_the_offline_page_says_nothing_of_who_reads_it(client: FlaskClient, bd: BD) -> None:
    anonyme = client.get("/hors-ligne").text
    with bd.session_ecriture() as session:
        creer_parent(session)
    connecter(client, "camille.morel")
    assert client.get("/hors-ligne").text == anonyme
    assert "csrf_token" not in anonyme
    assert "02 61 91 00 00" in anonyme, "the town can still be called"


def test_the_plus_tab_leads_everywhere_and_out(client: FlaskClient, bd: BD) -> None:
    with bd.session_ecriture() as session:
        creer_parent(session)
    connecter(client, "camille.morel")
    page = client.get("/plus").text
    for adresse in ("/famille", "/reservations/recus", "/conditions-generales", "/deconnexion"):
        assert f"{PREFIXE}{adresse}" in page


@pytest.mark.parametrize(
    ("nom", "attendu"),
    [
        ("Saint-Rivage", "SR"),
        ("Roselac", "R"),
        ("La Roche-sur-Yon", "RY"),
        ("L’Étang-en-Forêt", "EF"),
        ("Saint-Jean-de-la-Grève", "SG"),
        ("東京", "P"),
        ("", "P"),
    ],
)
def test_initials_are_those_people_would_write(nom: str, attendu: str) -> None:
    assert initiales(nom) == attendu


@pytest.mark.parametrize("lettre", sorted(LETTRES))
def test_every_letter_can_be_drawn_and_no_two_are_alike(lettre: str) -> None:
    image = png(lettre, "#0b5563", 32, False)
    assert any(pixel > 200 for ligne in pixels(image)[1] for pixel in ligne)
    assert all(png(autre, "#0b5563", 32, False) != image for autre in LETTRES if autre != lettre)


def test_a_maskable_icon_keeps_its_drawing_in_the_safe_circle() -> None:
    """W3C Web App Manifest, « safe zone »: a circle of 40 % of the side around the middle."""
    for texte in ("MW", "SR", "O"):
        cote, lignes = pixels(png(texte, "#0b5563", 128, True))
        loin = [
            ((x - cote / 2) ** 2 + (y - cote / 2) ** 2) ** 0.5
            for y, ligne in enumerate(lignes)
            for x, pixel in enumerate(ligne)
            if pixel
        ]
        assert max(loin) <= cote * 0.4


def test_the_icon_is_white_on_the_town_s_colour() -> None:
    image = png("R", "#7a1f4b", 48, False)
    palette = image[image.index(b"PLTE") + 4 :][:768]
    assert tuple(palette[:3]) == composantes("#7a1f4b")
    assert tuple(palette[-3:]) == (255, 255, 255)
    assert 'fill="#7a1f4b"' in svg("R", "#7a1f4b")
    assert contraste("#7a1f4b", "#ffffff") > 4.5
