"""With a keyboard alone: everything can be reached, is seen when reached, and works with Space and Enter."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.monde import Monde

CAMILLE = "camille.morel"
ARRETS_MAXIMUM = 250

# The focused element as one sees it (a box is its label): named, outlined, and not under a bar or off the screen.
_FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const vu = e.matches("[type=checkbox], [type=radio]") ? e.labels[0] : e;
  const {left, top, right, bottom} = vu.getBoundingClientRect();
  const points = [[(left + right) / 2, (top + bottom) / 2], [left + 4, top + 4], [right - 4, bottom - 4]];
  const fautes = [];
  const trace = (x) => {
    const {outlineStyle, outlineWidth} = getComputedStyle(x);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  if (!trace(e) && !trace(vu) && !trace(vu.querySelector("span") ?? vu)) fautes.push("no outline");
  if (top < 0 || bottom > innerHeight || left < 0 || right > innerWidth) fautes.push("off screen");
  for (const [x, y] of points) {
    const dessus = document.elementFromPoint(x, y);
    if (dessus && !vu.contains(dessus) && !dessus.contains(vu))
      fautes.push(`under ${dessus.tagName}.${dessus.className}`);
  }
  const nom = (e.id || e.name || "") + " " + (e.ariaLabel || vu.innerText || e.value || "").trim().slice(0, 30);
  return {nom: `${e.tagName} ${nom}`.replace(/\\s+/g, " "), id: e.id, fautes};
}"""


def parcourir(page: Page) -> list[dict[str, Any]]:
    """Every stop until the focus leaves the page."""
    arrets: list[dict[str, Any]] = []
    for _ in range(ARRETS_MAXIMUM):
        page.keyboard.press("Tab")
        arret = page.evaluate(_FOCUS)
        if arret is None:
            return arrets
        arrets.append(arret)
    raise AssertionError(f"the focus never leaves the page: {arrets[-3:]}")


def revenir(page: Page, nombre: int) -> list[dict[str, Any]]:
    """As many stops, backwards from the end."""
    arrets = []
    for _ in range(nombre):
        page.keyboard.press("Shift+Tab")
        arrets.append(page.evaluate(_FOCUS))
    return arrets


def aller_a(page: Page, selecteur: str, touche: str = "Tab") -> None:
    """Press Tab until the focus is there."""
    for _ in range(ARRETS_MAXIMUM):
        if page.evaluate("s => document.activeElement.matches(s)", selecteur):
            return
        page.keyboard.press(touche)
    raise AssertionError(f"{selecteur} cannot be reached with {touche}")


def fautes_de(arrets: list[dict[str, Any]]) -> list[str]:
    return [f"{arret['nom']}: {faute}" for arret in arrets for faute in arret["fautes"]]


def test_every_stop_of_the_agenda_is_seen_and_none_is_under_a_bar(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, "Noé").ouvrir()
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    ecran.ouvrir()
    aller = parcourir(ecran.page)
    assert not fautes_de(aller)
    assert {f"p{valeur}" for valeur in ecran.montrees()} <= {arret["id"] for arret in aller}
    retour = revenir(ecran.page, len(aller))
    assert not fautes_de(retour)
    assert [arret["nom"] for arret in reversed(retour)] == [arret["nom"] for arret in aller]


def test_every_stop_of_the_other_pages_is_seen(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    for chemin in ("/", "/famille", "/reservations/nouvelle", "/reservations/nouvelle/activites", "/plus"):
        page.goto(monde.adresse(chemin))
        assert not fautes_de(parcourir(page)), chemin


def test_from_login_to_receipt_without_touching_the_screen(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    ecran = EcranAgenda(page, monde, CAMILLE, "Noé")
    page.goto(monde.agenda("Noé"))
    aller_a(page, "#identifiant")
    page.keyboard.type(CAMILLE)
    page.keyboard.press("Tab")
    page.keyboard.type("Sable-Goeland-41")
    page.keyboard.press("Enter")
    expect(page).to_have_url(monde.agenda("Noé"))
    case = f"#p7-{monde.unite('etude')}"
    aller_a(page, case)
    page.keyboard.press("Space")
    ecran.attendre_enregistre()
    expect(page.locator(case)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    ecran.attendre_enregistre()
    aller_a(page, "#verifier")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    assert not fautes_de(parcourir(page))
    aller_a(page, "#valider")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("C’est enregistré.")
    assert monde.recus() == 1
    assert not fautes_de(parcourir(page))


def test_the_rhythm_sheet_opens_closes_and_gives_the_focus_back(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, "Noé").ouvrir()
    page = ecran.page
    aller_a(page, "#rythme summary")
    page.keyboard.press("Enter")
    expect(page.locator("#rythme")).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    dedans: list[dict[str, Any]] = []
    while page.evaluate("() => document.activeElement.closest('#rythme') !== null"):
        dedans.append(page.evaluate(_FOCUS))
        page.keyboard.press("Tab")
        assert len(dedans) < ARRETS_MAXIMUM
    assert any(arret["id"] == "appliquer" for arret in dedans)
    assert not fautes_de(dedans)
    aller_a(page, "#rythme summary", "Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.locator("#rythme")).not_to_have_attribute("open", "")
    expect(page.locator("#rythme summary").first).to_be_focused()


def test_the_skip_link_leads_to_the_content(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse())
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#contenu")).to_be_focused()
