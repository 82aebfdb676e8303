"""A password that does not open: forgotten, mistyped, tried by somebody else."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.entree import (
    ACTIVATION,
    NOUVEAU,
    OUBLI,
    TELEPHONE_ETROIT,
    choisir_mot_de_passe,
    code,
    demander_un_lien,
    lien,
    lien_dans_la_boite,
    mails,
    se_connecter,
    se_deconnecter,
    taper_le_code,
)
from tests.e2e.support.monde import Monde

CAMILLE, MOT_DE_PASSE = "camille.morel", "Sable-Goeland-41"
COURRIEL = f"{CAMILLE}@famille.example"
BOITE_COMMUNE = "petitjean@famille.example"
ATTENTES = ("15 secondes", "30 secondes", "60 secondes", "2 minutes", "4 minutes", "8 minutes")


def test_a_forgotten_password_is_replaced_by_the_link_of_the_mail(ouvrir: Ouvrir, monde: Monde) -> None:
    ailleurs, page = ouvrir(CAMILLE), ouvrir()
    ailleurs.goto(monde.adresse())
    expect(ailleurs.locator("h1")).to_have_text("Bonsoir Camille")
    page.goto(monde.adresse("/mot-de-passe/oublie"))
    verifier_page(page)
    demander_un_lien(page, monde, CAMILLE)
    verifier_page(page)
    adresse = lien_dans_la_boite(page, monde, OUBLI, COURRIEL)
    page.goto(adresse)
    choisir_mot_de_passe(page, "Changer mon mot de passe", "Camille2018")
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    assert "a été changé le 2 décembre 2026" in mails(monde, COURRIEL)[-1]
    # The other phone is out, the old password opens nothing, nor does the link a second time.
    ailleurs.reload()
    expect(ailleurs.get_by_role("button", name="Connexion")).to_be_visible()
    se_connecter(ailleurs, monde, CAMILLE, MOT_DE_PASSE)
    expect(ailleurs.get_by_role("alert")).to_contain_text("n’est pas le bon")
    ailleurs.goto(adresse)
    expect(ailleurs.get_by_text("a déjà servi")).to_be_visible()
    verifier_page(ailleurs)
    se_connecter(ailleurs, monde, CAMILLE, NOUVEAU)
    expect(ailleurs.locator("h1")).to_have_text("Bonsoir Camille")


def test_a_forgotten_password_is_replaced_by_the_code_of_the_mail(ouvrir: Ouvrir, monde: Monde) -> None:
    """As in a home-screen application, whose links open elsewhere; without JavaScript, on the narrowest phone."""
    page = ouvrir(java_script_enabled=False, **TELEPHONE_ETROIT)
    demander_un_lien(page, monde, CAMILLE)
    expect(page.get_by_label("Identifiant ou adresse mail")).to_have_value(CAMILLE)
    taper_le_code(page, code(mails(monde, COURRIEL)[-1]))
    page.get_by_label("Nouveau mot de passe").fill(NOUVEAU)
    page.get_by_role("button", name="Changer mon mot de passe").tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")


def test_an_address_that_two_share_gets_one_link_each(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    demander_un_lien(page, monde, BOITE_COMMUNE.upper())
    recus = mails(monde, BOITE_COMMUNE)
    de_paul = [mail for mail in recus if "paul.petitjean" in mail]
    assert (len(recus), len(de_paul)) == (2, 1)
    page.goto(lien(de_paul[0]))
    expect(page.get_by_label("Votre identifiant")).to_have_value("paul.petitjean")
    page.get_by_label("Nouveau mot de passe").fill(NOUVEAU)
    page.get_by_role("button", name="Changer mon mot de passe").tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Paul")
    anne = ouvrir()
    se_connecter(anne, monde, "anne.petitjean", "Coquille-Vert-53")
    expect(anne.locator("h1")).to_have_text("Bonsoir Anne")


def test_who_never_came_gets_the_activation_again_and_a_stranger_the_same_page(ouvrir: Ouvrir, monde: Monde) -> None:
    monde.horloge.avancer(minutes=10)
    page = ouvrir()
    demander_un_lien(page, monde, "nora.lefevre@famille.example")
    pour_elle = page.locator("main").inner_text()
    page.goto(lien_dans_la_boite(page, monde, ACTIVATION, "nora.lefevre@famille.example"))
    expect(page.get_by_role("button", name="Activer mon espace")).to_be_visible()
    demander_un_lien(page, monde, "personne@nulle-part.example")
    assert page.locator("main").inner_text() == pour_elle
    assert mails(monde, "personne@nulle-part.example") == []


def essayer(page: Page, monde: Monde, mot_de_passe: str) -> str:
    """What the page answers."""
    se_connecter(page, monde, CAMILLE, mot_de_passe)
    alerte = page.get_by_role("alert")
    expect(alerte).to_be_focused()
    return alerte.inner_text()


def test_ten_wrong_passwords_wait_longer_and_longer_and_keep_the_parent_s_own_phone_in(
    ouvrir: Ouvrir, monde: Monde
) -> None:
    le_sien, autre = ouvrir(), ouvrir(**TELEPHONE_ETROIT)
    se_connecter(le_sien, monde, CAMILLE, MOT_DE_PASSE)
    se_deconnecter(le_sien)
    for essai in range(4):
        assert "n’est pas le bon" in essayer(autre, monde, f"perdu-{essai}")
    verifier_page(autre)
    for attente in ATTENTES:
        # Told, not counted, not looked at: the right one waits too.
        assert f"attendez {attente}" in essayer(autre, monde, MOT_DE_PASSE)
        valeur, unite = attente.split()
        monde.horloge.avancer(seconds=int(valeur) * (60 if unite == "minutes" else 1))
        assert "n’est pas le bon" in essayer(autre, monde, "perdu")
    verifier_page(autre)
    assert "attendez 15 minutes" in essayer(autre, monde, MOT_DE_PASSE)
    verifier_page(autre)
    se_connecter(le_sien, monde, CAMILLE, MOT_DE_PASSE)
    expect(le_sien.locator("h1")).to_have_text("Bonsoir Camille")
    # Nobody is locked out for good: the delay over, the other phone enters as well.
    monde.horloge.avancer(minutes=15)
    se_connecter(autre, monde, CAMILLE, MOT_DE_PASSE)
    expect(autre.locator("h1")).to_have_text("Bonsoir Camille")
