"""The agenda as a parent's thumb meets it, and what the server holds of the same month."""

from datetime import date

from playwright.sync_api import Locator, Page, expect

from tests.e2e.support.monde import VILLE, Monde
from tests.e2e.support.navigateur import attendre_calme

DECEMBRE = date(2026, 12, 1)
ENREGISTRE = "Enregistré"
_DEUX_FOIS = """(puce, ecart) => new Promise((fait) => {
    puce.click();
    setTimeout(() => { puce.click(); fait(); }, ecart);
})"""


class EcranAgenda:
    """One child's month of December 2026 on one page."""

    mois = DECEMBRE

    def __init__(self, page: Page, monde: Monde, identifiant: str, prenom: str, ville: str = VILLE) -> None:
        self.page, self.monde = page, monde
        self.identifiant, self.prenom, self.ville = identifiant, prenom, ville

    def ouvrir(self) -> "EcranAgenda":
        self.page.goto(self.monde.agenda(self.prenom, ville=self.ville))
        return self

    def case(self, unite: str, jour: int) -> Locator:
        return self.page.locator(f"#p{jour}-{self.monde.unite(unite, self.ville)}")

    def puce(self, unite: str, jour: int) -> Locator:
        return self.page.locator("label.p", has=self.case(unite, jour))

    def toucher(self, unite: str, jour: int) -> None:
        self.puce(unite, jour).tap()

    def toucher_deux_fois(self, unite: str, jour: int, ecart: int) -> None:
        """Two taps `ecart` milliseconds apart: timed by the browser, as nothing outside it is that exact."""
        self.puce(unite, jour).evaluate(_DEUX_FOIS, ecart)

    def alerte(self, texte: str) -> None:
        expect(self.page.get_by_role("alert").filter(has_text=texte).first).to_be_visible()

    def attendre_enregistre(self) -> None:
        expect(self.page.locator("#etat")).to_have_text(ENREGISTRE)
        attendre_calme(self.page)

    def cochees(self) -> set[str]:
        """Boxes ticked on screen, and the slots that are held without a box."""
        valeurs: list[str] = self.page.eval_on_selector_all(
            "#mois input[name=c]:checked", "cases => cases.map(c => c.value)"
        )
        return set(valeurs)

    def montrees(self) -> set[str]:
        valeurs: list[str] = self.page.eval_on_selector_all("#mois input[name=c]", "cases => cases.map(c => c.value)")
        return set(valeurs)

    def verifier_ecran_egal_serveur(self) -> None:
        """Every box of the screen is in the state the server holds; and stays so when the page is asked for again."""
        attendre_calme(self.page)
        if self.page.locator("#mois [name=mois]").input_value() != f"{self.mois:%Y-%m}":
            self.ouvrir()
        montrees = self.montrees()
        assert montrees, "no box on screen"
        tenues = self.monde.coches(self.identifiant, self.prenom, self.mois, self.ville)
        assert self.cochees() == tenues & montrees
        self.ouvrir()
        assert self.cochees() == tenues & self.montrees()
        assert tenues & self.montrees() == tenues & montrees
