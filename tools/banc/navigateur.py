"""What a phone sees: Pixel 7, processor ÷4, 150 ms round trip, 1.6/0.75 Mbit/s, in a real Chromium."""

import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page, sync_playwright

from banc.compteur import Compteur
from portail_famille.demonstration.saint_rivage import SAINT_RIVAGE
from portail_famille.gateways.boucle_locale import HOTE

MESURES = 5
_CHROMIUM = "/usr/bin/chromium"
_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions",
]  # fmt: skip
_CPU, _RTT_MS, _DESCENDANT, _MONTANT = 4, 150, 1600 * 125, 750 * 125
_REPOS_MS = 1500
# The largest paint, and for each touch how long until it was painted, as the browser itself measures them.
_OBSERVER = """(() => {
  const m = window.__banc = {lcp: null, peinture: 0};
  new PerformanceObserver(l => { for (const e of l.getEntries()) m.lcp = e.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  new PerformanceObserver(l => {
    for (const e of l.getEntries()) if (e.interactionId) m.peinture = Math.max(m.peinture, e.duration);
  }).observe({type: "event", durationThreshold: 16, buffered: true});
})()"""
# From an event until what the server answers is on the screen: an element that appears, or an attribute that changes.
_ATTENDRE = """([evenement, selecteur, attribut]) => {
  window.__attente = new Promise(fini => {
    const lire = () => {
      const element = document.querySelector(selecteur);
      return element && (attribut ? element.getAttribute(attribut) : "là");
    };
    const avant = lire();
    const voir = debut => requestAnimationFrame(() => {
      const vu = lire();
      vu && vu !== avant ? requestAnimationFrame(() => fini(performance.now() - debut)) : voir(debut);
    });
    document.addEventListener(evenement, e => voir(e.timeStamp), {capture: true, once: true});
  });
}"""


@dataclass(slots=True)
class Releve:
    """Bytes and requests of one page load, as DevTools counts them (answers, headers included)."""

    octets: float = 0
    requetes: int = 0
    par_type: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Telephone:
    """Medians over MESURES."""

    froid: Releve
    lcp_ms: float
    peinture_ms: float
    confirme_ms: float
    touche_octets: tuple[int, int]
    """Request and answer of one tick: whole HTTP messages, counted between the browser and the server."""
    rythme_ms: float
    mois_octets: int


def mesurer_telephone(port: int, slug: str, enfant_id: int, mois: str, identifiant: str) -> Telephone:
    with Compteur(port) as compteur, _navigateur() as contexte:
        base = f"http://{HOTE}:{compteur.port}/{slug}"
        agenda = f"{base}/enfants/{enfant_id}/agenda?mois={mois}"
        _connecter(contexte, base, identifiant)
        charges = [_charge_a_froid(contexte, agenda) for _ in range(MESURES)]
        peintures, confirmes, octets = _toucher(contexte, agenda, compteur)
        rythmes = [_rythme(contexte, agenda) for _ in range(MESURES)]
        mois_octets = [_changer_de_mois(contexte, agenda, compteur) for _ in range(MESURES)]
    return Telephone(
        froid=sorted((releve for releve, _ in charges), key=lambda releve: releve.octets)[MESURES // 2],
        lcp_ms=statistics.median(lcp for _, lcp in charges),
        peinture_ms=statistics.median(peintures),
        confirme_ms=statistics.median(confirmes),
        touche_octets=sorted(octets, key=sum)[len(octets) // 2],
        rythme_ms=statistics.median(rythmes),
        mois_octets=round(statistics.median(mois_octets)),
    )


@contextmanager
def _navigateur() -> Iterator[BrowserContext]:
    profil = tempfile.mkdtemp(prefix="banc-")
    try:
        with sync_playwright() as moteur:
            appareil: dict[str, Any] = dict(moteur.devices["Pixel 7"])
            appareil.pop("default_browser_type", None)
            contexte = moteur.chromium.launch_persistent_context(
                profil, executable_path=_CHROMIUM, args=_OPTIONS, locale="fr-FR", timezone_id="Europe/Paris", **appareil
            )
            yield contexte
            contexte.close()
    finally:
        shutil.rmtree(profil, ignore_errors=True)


def _connecter(contexte: BrowserContext, base: str, identifiant: str) -> None:
    mots = {adulte.identifiant: adulte.mot_de_passe for adulte in SAINT_RIVAGE.adultes}
    page = contexte.new_page()
    page.goto(f"{base}/connexion")
    page.get_by_label("Identifiant").fill(identifiant)
    page.get_by_label("Mot de passe", exact=True).fill(mots[identifiant])
    page.get_by_role("button", name="Connexion").click()
    page.wait_for_url(f"{base}/")
    page.close()


def _ouvrir(contexte: BrowserContext, *, a_froid: bool = False) -> tuple[Page, CDPSession]:
    """A throttled page; its service worker is bypassed, because requests it makes escape the throttling."""
    page = contexte.new_page()
    cdp = contexte.new_cdp_session(page)
    cdp.send("Network.enable")
    if a_froid:
        cdp.send("Network.clearBrowserCache")
    cdp.send("Network.setBypassServiceWorker", {"bypass": True})
    cdp.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": _RTT_MS, "downloadThroughput": _DESCENDANT, "uploadThroughput": _MONTANT},
    )
    cdp.send("Emulation.setCPUThrottlingRate", {"rate": _CPU})
    page.add_init_script(_OBSERVER)
    return page, cdp


def _charge_a_froid(contexte: BrowserContext, agenda: str) -> tuple[Releve, float]:
    page, cdp = _ouvrir(contexte, a_froid=True)
    releve, types = Releve(), dict[str, str]()

    def recevoir(evenement: dict[str, Any]) -> None:
        # DevTools also lists the pictures a style sheet carries in itself: nothing travels for them.
        if not evenement["response"]["url"].startswith("data:"):
            types[evenement["requestId"]] = evenement.get("type", "?")

    def finir(evenement: dict[str, Any]) -> None:
        octets, genre = evenement["encodedDataLength"], types.get(evenement["requestId"])
        if genre is None:
            return
        releve.octets += octets
        releve.requetes += 1
        releve.par_type[genre] = releve.par_type.get(genre, 0) + octets

    cdp.on("Network.responseReceived", recevoir)
    cdp.on("Network.loadingFinished", finir)
    page.goto(agenda, wait_until="load")
    page.wait_for_timeout(_REPOS_MS)
    lcp = page.evaluate("window.__banc.lcp")
    page.close()
    return releve, float(lcp)


def _toucher(
    contexte: BrowserContext, agenda: str, compteur: Compteur
) -> tuple[list[float], list[float], list[tuple[int, int]]]:
    """Ticks one by one: touch to paint, touch to the confirmed summary, bytes both ways."""
    page, _ = _ouvrir(contexte)
    page.goto(agenda, wait_until="load")
    cases = page.locator("section label.p:has(input[name=c])")
    peintures, confirmes, octets = [], [], []
    for rang in range(MESURES + 1):
        page.wait_for_timeout(_REPOS_MS)
        page.evaluate("window.__banc.peinture = 0")
        page.evaluate(_ATTENDRE, ["click", "#resume input[name=version]", "value"])
        avant = compteur.octets
        cases.nth(rang).tap()
        confirme = page.evaluate("window.__attente")
        page.wait_for_timeout(_REPOS_MS)
        apres = compteur.octets
        if rang:  # the first one of a page also compiles its script
            peintures.append(page.evaluate("window.__banc.peinture"))
            confirmes.append(confirme)
            octets.append((apres[0] - avant[0], apres[1] - avant[1]))
    page.close()
    return peintures, confirmes, octets


def _rythme(contexte: BrowserContext, agenda: str) -> float:
    """« Cantine » every day until the end of the year: button to the month shown again."""
    page, _ = _ouvrir(contexte)
    page.goto(agenda, wait_until="load")
    page.locator("#rythme > summary").tap()
    page.locator("#unites .seg").nth(1).tap()
    page.get_by_role("button", name="Tous les jours").tap()
    page.wait_for_timeout(_REPOS_MS)
    page.evaluate(_ATTENDRE, ["submit", "#mois .avis.succes, #mois .avis.info", ""])
    page.locator("#rythme-form button[type=submit], #rythme-form button:not([type])").last.tap()
    duree = page.evaluate("window.__attente")
    page.close()
    return float(duree)


def _changer_de_mois(contexte: BrowserContext, agenda: str, compteur: Compteur) -> int:
    """The next month, everything both ways, shared files already known."""
    page, _ = _ouvrir(contexte)
    page.goto(agenda, wait_until="load")
    page.wait_for_timeout(_REPOS_MS)
    avant = compteur.octets
    with page.expect_navigation():
        page.get_by_label("Mois suivant").tap()
    page.wait_for_timeout(_REPOS_MS)
    apres = compteur.octets
    page.close()
    return sum(apres) - sum(avant)


def version_chromium() -> str:
    sortie = subprocess.run((_CHROMIUM, "--version"), capture_output=True, text=True, check=True).stdout
    return sortie.split()[1]
