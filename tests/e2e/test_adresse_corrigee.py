"""A mistyped address: the family that never got its mail gets in, the stranger who got it does not."""

from playwright.sync_api import expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, entrer
from tests.e2e.support.entree import ACTIVATION, choisir_mot_de_passe, lien, lien_dans_la_boite, lire_et_accepter, mails
from tests.e2e.support.monde import Monde

FAUTIVE, BONNE = "maele.legoff@famille.example", "maelle.legoff@famille.example"
FAMILLE = {
    "#adresse": "5, rue du Phare",
    "#code_postal": "99900",
    "#ville": "Saint-Rivage",
    "#adultes-0-prenom": "Maëlle",
    "#adultes-0-nom": "Le Goff-D’Arcy",
    "#adultes-0-courriel": FAUTIVE,
    "#enfants-0-prenom": "Yaël",
    "#enfants-0-nom": "Le Goff",
    "#enfants-0-naissance": "2020-03-14",
}
SOEUR = {"#enfants-1-prenom": "Nolwenn", "#enfants-1-nom": "Le Goff", "#enfants-1-naissance": "2022-09-30"}


def test_a_mistyped_address_is_corrected_and_only_the_family_gets_in(ouvrir: Ouvrir, monde: Monde) -> None:
    bureau, etranger, parent = entrer(ouvrir(**ECRAN), monde), ouvrir(), ouvrir()
    bureau.get_by_role("link", name="Créer un foyer").click()
    for champ, valeur in FAMILLE.items():
        bureau.locator(champ).fill(valeur)
    bureau.get_by_role("button", name="Ajouter un enfant").click()
    expect(bureau.locator("#enfants-1-prenom")).to_be_focused()
    verifier_page(bureau)
    for champ, valeur in SOEUR.items():
        bureau.locator(champ).fill(valeur)
    bureau.get_by_role("button", name="Créer le foyer").click()
    # « La vie du foyer » comes in a moment later and names each child again.
    expect(bureau.get_by_role("heading", name="Nolwenn Le Goff").first).to_be_visible()
    mort = lien(mails(monde, FAUTIVE)[-1])

    bureau.get_by_role("link", name="Changer l’adresse mail").click()
    verifier_page(bureau)
    bureau.get_by_label("Nouvelle adresse mail").fill("maelle.legoff")
    bureau.get_by_role("button", name="Enregistrer l’adresse").click()
    expect(bureau.get_by_role("alert")).to_be_focused()
    verifier_page(bureau)
    bureau.get_by_label("Nouvelle adresse mail").fill(BONNE)
    bureau.get_by_role("button", name="Enregistrer l’adresse").click()
    expect(bureau.get_by_text("le lien d’activation part à la nouvelle")).to_be_visible()
    verifier_page(bureau)

    etranger.goto(mort)
    expect(etranger.get_by_role("button", name="Activer mon espace")).to_have_count(0)
    verifier_page(etranger)
    assert len(mails(monde, FAUTIVE)) == 1

    parent.goto(lien_dans_la_boite(parent, monde, ACTIVATION, BONNE))
    expect(parent.get_by_role("definition")).to_have_text("maelle.legoff")
    parent.get_by_role("button", name="Activer mon espace").tap()
    choisir_mot_de_passe(parent, "Enregistrer et entrer", "Maelle-2020")
    lire_et_accepter(parent)
    parent.get_by_role("button", name="Tout est exact").tap()
    expect(parent.locator("h1")).to_have_text("Bonsoir Maëlle")
