"""Screenshots of the README: the demonstration towns on a phone, always at the same hour of the same day.

`make captures` writes docs/captures/*.webp. WebP by the browser itself: nothing else to install.
"""

import base64
import os
import re
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from portail_famille.communes import Communes
from portail_famille.demonstration.fiches import code_du_moment
from portail_famille.demonstration.instance import Ports, preparer
from portail_famille.demonstration.saint_rivage import AGENTS

DESTINATION = Path(__file__).resolve().parents[1] / "docs" / "captures"
MERCREDI_SOIR = datetime(2026, 12, 2, 17, 0, tzinfo=UTC)
OCTETS_MAXIMUM = 60_000
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DRAPEAUX = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_EN_WEBP = """async ([png, qualite]) => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const toile = new OffscreenCanvas(image.width, image.height);
  toile.getContext("2d").drawImage(image, 0, 0);
  const webp = await toile.convertToBlob({type: "image/webp", quality: qualite});
  return btoa(Array.from(new Uint8Array(await webp.arrayBuffer()), (o) => String.fromCharCode(o)).join(""));
}"""


class _Muet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Silent: the pictures are the report."""


def port_libre() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        port: int = prise.getsockname()[1]
        return port


@contextmanager
def portail(instance: Path) -> Iterator[str]:
    """The two towns, served; gives the address of the server."""
    port = port_libre()
    preparer(instance, Ports(port, port_libre(), port_libre()), MERCREDI_SOIR, a_servir=False)
    communes = Communes(instance, lambda: MERCREDI_SOIR)
    serveur = make_server("127.0.0.1", port, communes, threaded=True, request_handler=_Muet)
    fil = threading.Thread(target=serveur.serve_forever, daemon=True)
    fil.start()
    try:
        yield f"http://localhost:{port}"
    finally:
        serveur.shutdown()
        fil.join()


class Photographe:
    def __init__(self, navigateur: Browser, url: str) -> None:
        self.navigateur, self.url = navigateur, url
        self._labo = navigateur.new_page()

    def telephone(self, ville: str, identifiant: str = "", mot_de_passe: str = "", titre: str = "Bonsoir") -> Page:
        """A phone on the town's first page; logged in when a name is given, where `titre` is read."""
        contexte = self.navigateur.new_context(
            viewport={"width": 390, "height": 844},
            device_scale_factor=1.5,
            is_mobile=True,
            has_touch=True,
            locale="fr-FR",
            color_scheme="light",
            service_workers="block",
        )
        page = contexte.new_page()
        page.goto(f"{self.url}/{ville}/")
        if identifiant:
            page.get_by_label("Identifiant").fill(identifiant)
            page.get_by_label("Mot de passe", exact=True).fill(mot_de_passe)
            page.get_by_role("button", name="Connexion").click()
            page.get_by_role("heading", name=titre, level=1).wait_for()
        return page

    def prendre(self, page: Page, nom: str) -> None:
        """What the screen shows, as light as it must be."""
        page.evaluate("() => document.activeElement?.blur()")
        png = base64.b64encode(page.screenshot(animations="disabled")).decode()
        for qualite in (0.9, 0.8, 0.7, 0.6, 0.5):
            webp = base64.b64decode(self._labo.evaluate(_EN_WEBP, [png, qualite]))
            if len(webp) <= OCTETS_MAXIMUM:
                break
        (DESTINATION / f"{nom}.webp").write_bytes(webp)
        print(f"{nom}.webp {len(webp) // 1000} KB")


def ouvrir_agenda(page: Page, prenom: str) -> None:
    page.get_by_role("main").get_by_role("link", name=re.compile(f"^Agenda .*{prenom}")).first.click()
    page.get_by_role("heading", level=1, name=prenom).wait_for()


def cocher(page: Page, jour: str, *unites: str) -> None:
    """Touch chips of a day, by the words on them, and wait until the portal has them."""
    for unite in unites:
        page.get_by_role("group", name=jour).locator("label", has_text=unite).click()
    page.locator("#etat", has_text="Enregistré").wait_for()


def reserver(photo: Photographe) -> None:
    page = photo.telephone("saint-rivage", "karim.haddad", "Galet-Lavande-72")
    ouvrir_agenda(page, "Yanis")
    cocher(page, "Lundi 7 décembre", "Étude")
    cocher(page, "Mardi 8 décembre", "Cantine", "Matin")
    cocher(page, "Jeudi 10 décembre", "Matin", "Étude")
    page.locator("#s1207").evaluate("semaine => semaine.scrollIntoView()")
    page.locator("#etat", has_text="Enregistré").wait_for(state="hidden")
    photo.prendre(page, "agenda")
    page.emulate_media(color_scheme="dark")
    photo.prendre(page, "agenda-sombre")
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Vérifier").click()
    page.get_by_role("heading", name="Vérifiez votre demande").wait_for()
    photo.prendre(page, "recapitulatif")
    page.get_by_role("button", name="Valider").click()
    page.get_by_role("heading", name=re.compile("^C’est")).wait_for()
    photo.prendre(page, "recu")


def s_informer(photo: Photographe) -> None:
    photo.prendre(photo.telephone("saint-rivage"), "connexion")
    page = photo.telephone("saint-rivage", "camille.morel", "Sable-Goeland-41")
    photo.prendre(page, "accueil")
    page.get_by_role("main").get_by_role("link", name="Ma famille").click()
    page.get_by_role("heading", name="Ma famille", level=1).wait_for()
    photo.prendre(page, "famille")
    ouvrir_agenda(page, "Léa")
    page.locator(".avis.sable").first.evaluate("bandeau => bandeau.closest('.s').scrollIntoView()")
    photo.prendre(page, "garde-alternee")


def donner_un_rythme(photo: Photographe) -> None:
    page = photo.telephone("saint-rivage", "camille.morel", "Sable-Goeland-41")
    ouvrir_agenda(page, "Noé")
    feuille = page.locator("#rythme")
    feuille.locator("summary").first.click()
    feuille.get_by_label("Étude", exact=True).check()
    feuille.get_by_role("button", name="Tous les jours").click()
    feuille.get_by_text("jours ajoutés").wait_for()
    photo.prendre(page, "rythme")


def lire_la_creche(photo: Photographe) -> None:
    page = photo.telephone("roselac", "laure.fontaine", "Roseau-Cuivre-47")
    ouvrir_agenda(page, "Lina")
    photo.prendre(page, "creche")


def passer_les_portes(photo: Photographe) -> None:
    photo.prendre(photo.telephone("saint-rivage", "bruno.keller", "Sirene-Genet-46", "exactes"), "verification")
    photo.prendre(photo.telephone("saint-rivage", "inaya.robin", "Ponton-Sauge-81", "Conditions"), "conditions")


def tenir_son_dossier(photo: Photographe) -> None:
    page = photo.telephone("saint-rivage", "camille.morel", "Sable-Goeland-41")
    agenda = page.get_by_role("main").get_by_role("link", name=re.compile("^Agenda .*Léa")).first.get_attribute("href")
    fiche = re.sub(r"/enfants/(\d+)/agenda.*", r"/famille/enfants/\1", str(agenda))
    for chemin, nom in (("/saint-rivage/mon-espace", "mon-espace"), (fiche, "enfant"), (f"{fiche}/garde", "garde")):
        page.goto(f"{photo.url}{chemin}")
        photo.prendre(page, nom)


def regler(photo: Photographe) -> None:
    page = photo.telephone("saint-rivage", "camille.morel", "Sable-Goeland-41")
    page.goto(f"{photo.url}/saint-rivage/factures")
    page.locator("main a[href*='/factures/']").filter(has_text="octobre 2026").first.click()
    page.wait_for_url(re.compile(r"/factures/\d+$"))
    photo.prendre(page, "facture")


def tenir_le_bureau(photo: Photographe) -> None:
    agent = next(agent for agent in AGENTS if agent.identifiant == "isabelle.roche")
    page = photo.telephone("saint-rivage", agent.identifiant, agent.mot_de_passe, "Vérification")
    page.get_by_label("Code").fill(code_du_moment(agent, MERCREDI_SOIR))
    page.locator("main form button").first.click()
    page.get_by_role("heading", name="Bureau", level=1).wait_for()
    photo.prendre(page, "bureau")
    page.locator("main a[href*='/agent/demarches/']").first.click()
    page.wait_for_url("**/agent/demarches/*")
    photo.prendre(page, "demarche")


SCENES: tuple[Callable[[Photographe], None], ...] = (
    s_informer,
    donner_un_rythme,
    reserver,
    lire_la_creche,
    passer_les_portes,
    tenir_son_dossier,
    regler,
    tenir_le_bureau,
)


def main() -> int:
    DESTINATION.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as dossier,
        portail(Path(dossier)) as url,
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=DRAPEAUX) as navigateur,
    ):
        photo = Photographe(navigateur, url)
        for scene in SCENES:
            scene(photo)
    return 0


if __name__ == "__main__":
    sys.exit(main())
