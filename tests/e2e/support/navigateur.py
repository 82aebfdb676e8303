"""Debian's Chromium driven by Playwright, and pages that report what their console says."""

import os
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

# dependencies.md, trap 10: a browser that talks to nobody but us.
DRAPEAUX = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TELEPHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "locale": "fr-FR",
    "timezone_id": "Europe/Paris",
}
# Counts the requests under way and notes the last sign of activity: a test waits for calm instead of sleeping.
_ACTIVITE = """
window.activite = {enCours: 0, dernier: 0};
const noter = (pas) => () => { activite.enCours += pas; activite.dernier = performance.now(); };
for (const [nom, pas] of [["change", 0], ["click", 0], ["htmx:before:request", 1], ["htmx:finally:request", -1]])
  document.addEventListener(nom, noter(pas), true);
"""
_CALME = "() => activite.enCours === 0 && performance.now() - activite.dernier > 300"


# Of our own making: a request that fails on purpose, a context without service worker.
_VOULUS = (
    "Failed to load resource",
    "An unknown error occurred when fetching the script.",
    "htmx: htmx:error: Failed to fetch",
    "htmx: htmx:error: timeout",
    "Service Worker registration blocked by Playwright",
)


def trouver_chromium() -> str:
    candidats = (os.environ.get("CHROMIUM"), "/usr/bin/chromium", shutil.which("chromium"))
    trouve = next((chemin for chemin in candidats if chemin and os.access(chemin, os.X_OK)), None)
    assert trouve, "Chromium is missing: run `apt-get install -y chromium`, or set CHROMIUM to its executable."
    return trouve


def lancer(playwright: Playwright) -> Browser:
    """Chromium's engine without a window where Debian has it (a third less time), else Chromium."""
    coquille = None if "CHROMIUM" in os.environ else shutil.which("chromium-headless-shell")
    return playwright.chromium.launch(executable_path=coquille or trouver_chromium(), args=DRAPEAUX)


def lancer_durable(playwright: Playwright, profil: Path) -> BrowserContext:
    """A browser with a profile on disk: Chromium answers about installation only there."""
    return playwright.chromium.launch_persistent_context(
        profil, executable_path=trouver_chromium(), args=DRAPEAUX, **TELEPHONE
    )


class Fautes:
    """What no page may say: exceptions of scripts, and anything the Content-Security-Policy blocked."""

    def __init__(self) -> None:
        self.dites: list[str] = []

    def ecouter(self, page: Page) -> None:
        page.on("pageerror", lambda erreur: self.dites.append(f"{page.url}: {erreur}"))
        page.on("console", self._console)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_VOULUS):
            self.dites.append(f"{message.location.get('url', '')}: {message.text}")


def attendre_calme(page: Page) -> None:
    """Nothing under way, and nothing about to be sent (a tick leaves after 250 ms)."""
    page.wait_for_function(_CALME)


def preparer_contexte(contexte: BrowserContext, fautes: Fautes) -> None:
    contexte.set_default_timeout(8_000)
    contexte.add_init_script(_ACTIVITE)
    contexte.on("page", fautes.ecouter)
