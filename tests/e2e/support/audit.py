"""What every screen owes to everyone: axe in light and dark, targets a thumb can hit, nothing wider than the phone."""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

COTE_MINIMAL = 44
# The two themes share one document: in dark, only what depends on colours can differ.
_REGLES_DE_COULEUR = ["color-contrast", "link-in-text-block"]
_AXE = """options => axe.run(document, options).then(r => r.violations.map(v =>
    v.id + " (" + v.impact + "): " + v.nodes.map(n => n.target.join(" ") + " – " + n.failureSummary).join(" | ")))"""

# A target is what one touches: a box's whole label. Links inside a sentence are exempt (WCAG 2.5.8).
_CIBLES = """minimum => {
  const fautes = [];
  const dansUnePhrase = (e) => e.tagName === "A" && getComputedStyle(e).display.startsWith("inline")
    && [...(e.closest("p, li, dd, td, label")?.childNodes ?? [])].some((n) => n.nodeType === 3 && n.textContent.trim());
  const selecteur = "a[href], button, summary, select, textarea, input:not([type=hidden])";
  for (const e of document.querySelectorAll(selecteur)) {
    const cible = e.labels?.length && e.matches("[type=checkbox], [type=radio]") ? e.labels[0] : e;
    if (!cible.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
    const {width, height, right, bottom} = cible.getBoundingClientRect();
    if (!width || right <= 0 || bottom + scrollY <= 0 || dansUnePhrase(e)) continue;
    if (Math.min(width, height) < minimum - 0.5)
      fautes.push(`${e.tagName} "${(e.ariaLabel || cible.innerText || e.name).trim().slice(0, 30)}" ` +
        `${Math.round(width)} × ${Math.round(height)}`);
  }
  return fautes;
}"""

_DEBORDEMENT = """() => {
  const largeur = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= largeur) return [];
  return [...document.querySelectorAll("body *")]
    .filter((e) => e.getBoundingClientRect().right > largeur + 0.5 && e.checkVisibility())
    .map((e) => `${e.tagName}.${e.className} "${(e.innerText ?? "").slice(0, 30)}" ${e.getBoundingClientRect().right}`);
}"""


def fautes_axe(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """Violations found by axe, all rules, best practices included. Evaluated: the CSP blocks a script tag."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    fautes: list[str] = page.evaluate(_AXE, {"resultTypes": ["violations"], **(options or {})})
    return fautes


def fautes_clair_et_sombre(page: Page) -> list[str]:
    page.emulate_media(color_scheme="light")
    claires = fautes_axe(page)
    page.emulate_media(color_scheme="dark")
    sombres = fautes_axe(page, {"runOnly": _REGLES_DE_COULEUR})
    page.emulate_media(color_scheme="light")
    return [*claires, *(f"dark: {faute}" for faute in sombres)]


def verifier_accessible(page: Page) -> None:
    """On the page as it stands, after a swap too."""
    fautes = fautes_clair_et_sombre(page)
    assert not fautes, f"{page.url}\n" + "\n".join(fautes)


def visiter(page: Page, *adresses: str, tailles: Sequence[ViewportSize] = ()) -> None:
    """Each page as it first shows; then at each of `tailles`, without loading it again: that takes half of the time."""
    ecran = page.viewport_size
    for adresse in adresses:
        page.goto(adresse)
        verifier_page(page)
        for taille in tailles:
            page.set_viewport_size(taille)
            verifier_page(page)
        if tailles and ecran is not None:
            page.set_viewport_size(ecran)


def verifier_page(page: Page) -> None:
    """Everything: also targets at the width of a phone, and no overflow on the narrowest screens (320 px)."""
    fautes = fautes_clair_et_sombre(page)
    petites: list[str] = page.evaluate(_CIBLES, COTE_MINIMAL)
    fautes += [f"target under {COTE_MINIMAL} px: {petite}" for petite in petites]
    taille = page.viewport_size
    assert taille is not None
    page.set_viewport_size({"width": 320, "height": 568})
    deborde: list[str] = page.evaluate(_DEBORDEMENT)
    fautes += [f"overflows at 320 px: {large}" for large in deborde]
    page.set_viewport_size(taille)
    assert not fautes, f"{page.url}\n" + "\n".join(fautes)
