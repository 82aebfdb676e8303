"""A question on a phone: the town writes back, the badge says so until it is read, both go on, an answer closes it."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, entrer, ouvrir_demande
from tests.e2e.support.demarches import continuer, envoyer, ouvrir_du_mail
from tests.e2e.support.monde import Monde

LUCIE, MAIL = "lucie.bernard", "lucie.bernard@famille.example"
QUESTION = "Tom peut-il manger <b>sans porc</b>\u202f?\nMerci & bonne journée"
DEMANDE, REPONSE, MERCI = "Depuis quand\u202f?", "Oui, c’est noté pour janvier.", "Depuis toujours."


def poser_une_question(page: Page, monde: Monde) -> str:
    page.goto(monde.adresse())
    page.get_by_role("link", name="Mes démarches").first.tap()
    page.get_by_role("link", name="Nouvelle démarche").first.tap()
    expect(page.get_by_role("link", name="Poser une question")).to_be_visible()
    verifier_page(page)
    page.get_by_role("link", name="Poser une question").tap()
    page.get_by_role("button", name="Commencer").tap()
    continuer(page)
    expect(page.get_by_role("alert")).to_be_focused()
    verifier_page(page)
    page.get_by_label("Votre question porte sur").select_option(label="La cantine")
    page.get_by_label("Votre question", exact=True).fill(QUESTION)
    continuer(page)
    expect(page.get_by_text("Merci & bonne journée")).to_be_visible()
    verifier_page(page)
    return envoyer(page)


def tuile(page: Page, monde: Monde) -> str:
    page.goto(monde.adresse())
    return page.get_by_role("link").filter(has_text="Demander, suivre, répondre").inner_text()


def test_a_question_is_answered_read_replied_to_and_closed(ouvrir: Ouvrir, monde: Monde) -> None:
    page, bureau = ouvrir(LUCIE), entrer(ouvrir(**ECRAN), monde)
    numero = poser_une_question(page, monde)
    verifier_page(page)
    assert "réponse" not in tuile(page, monde)

    ouvrir_demande(bureau, monde, "Question", "Bernard")
    expect(bureau.get_by_text("<b>sans porc</b>").first).to_be_visible()
    bureau.get_by_text("Écrire à la famille").click()
    bureau.get_by_label("Votre message").fill(DEMANDE)
    bureau.get_by_role("button", name="Envoyer à la famille").click()
    expect(bureau.get_by_text(DEMANDE).first).to_be_visible()
    verifier_page(bureau)

    assert "1 réponse" in tuile(page, monde).replace("\u00a0", " ")
    verifier_page(page)
    with monde.boite_aux_lettres() as boite:
        ouvrir_du_mail(page, monde, boite, f"Vous avez une réponse à votre demande n°\u00a0{numero}", MAIL)
        expect(page.get_by_text(DEMANDE)).to_be_visible()
        verifier_page(page)
        assert "réponse" not in tuile(page, monde)
        page.go_back()
        page.get_by_label("Votre message").fill(MERCI)
        page.get_by_role("button", name="Envoyer le message").tap()
        expect(page.get_by_role("list").get_by_text(MERCI)).to_be_visible()
        verifier_page(page)

        monde.horloge.avancer(minutes=2)
        ouvrir_demande(bureau, monde, "Question", "Bernard")
        expect(bureau.get_by_text(MERCI)).to_be_visible()
        bureau.get_by_role("textbox", name="Votre réponse").fill(REPONSE)
        verifier_page(bureau)
        bureau.get_by_role("button", name="Accepter").click()
        expect(bureau.get_by_role("status")).to_contain_text(numero)

        assert "1 réponse" in tuile(page, monde).replace("\u00a0", " ")
        ouvrir_du_mail(page, monde, boite, f"Votre demande n°\u00a0{numero}", MAIL)
    expect(page.get_by_text(REPONSE)).to_be_visible()
    expect(page.get_by_text("Cette demande est terminée")).to_be_visible()
    expect(page.get_by_label("Votre message")).to_have_count(0)
    verifier_page(page)
