"""A child's file on a phone: added with its document, health, authorisations, who may collect it, documents."""

from datetime import date

import pytest
from playwright.sync_api import FilePayload, Page, expect

from portail_famille.models.foyers import Enfant
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, accepter, entrer, ouvrir_demande
from tests.e2e.support.demarches import commencer, continuer, envoyer
from tests.e2e.support.monde import Monde
from tests.support.pieces import pdf, photo

CAMILLE, THOMAS = "camille.morel", "thomas.legall"
FOYER = "Morel – Le Gall"
LIVRET: FilePayload = {"name": "livret.jpg", "mimeType": "image/jpeg", "buffer": photo(800, 600)}
PAI: FilePayload = {"name": "pai-lea.pdf", "mimeType": "application/pdf", "buffer": pdf()}


def fiche(monde: Monde, prenom: str, suite: str = "") -> str:
    return monde.adresse(f"/famille/enfants/{monde.enfant(prenom)}{suite}")


def decrire_enfant(
    page: Page,
    prenom: str = "Jeanne-Lou",
    nom: str = "Le Gall",
    naissance: date = date(2023, 5, 14),
    document: str = "Livret de famille",
) -> None:
    """From the first step to the one that follows the choice of the document."""
    page.get_by_label("Parent", exact=True).check()
    continuer(page)
    page.get_by_label("Prénom").fill(prenom)
    page.get_by_label("Nom", exact=True).fill(nom)
    page.get_by_label("Date de naissance").fill(naissance.isoformat())
    continuer(page)
    continuer(page)
    page.get_by_label(document).check()
    continuer(page)


def joindre(page: Page, champ: str, document: FilePayload) -> None:
    page.get_by_label(champ, exact=True).set_input_files(document)


def rubrique(page: Page, titre: str) -> None:
    """The page of the child's file that its button opens."""
    page.get_by_role("link", name=titre).tap()


def enregistrer(page: Page, avis: str = "C’est enregistré.") -> None:
    page.get_by_role("button", name="Enregistrer").tap()
    expect(page.get_by_text(avis)).to_be_visible()


def test_a_child_added_with_a_photo_is_on_my_family_once_accepted(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/famille"))
    page.get_by_role("link", name="Ajouter un enfant").tap()
    verifier_page(page)
    page.get_by_role("button", name="Commencer").tap()
    continuer(page)
    expect(page.get_by_role("alert")).to_be_focused()
    verifier_page(page)
    decrire_enfant(page)
    expect(page.locator("h1")).to_have_text("Vos documents")
    verifier_page(page)
    page.locator('input[type="file"]').first.set_input_files(LIVRET)
    continuer(page)
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    verifier_page(page)
    numero = envoyer(page)
    expect(page.get_by_text("Service qui s’en occupe")).to_be_visible()
    verifier_page(page)
    page.goto(monde.adresse("/famille"))
    expect(page.get_by_role("link", name=numero)).to_be_visible()
    verifier_page(page)
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, "Nouvel enfant", FOYER)
    expect(bureau.get_by_role("row", name="Prénom")).to_contain_text("Jeanne-Lou")
    document = bureau.get_by_role("link", name="livret").get_attribute("href")
    assert document
    assert bureau.request.get(f"{monde.url}{document}").body().startswith(b"\xff\xd8")
    verifier_page(bureau)
    accepter(bureau)
    verifier_page(bureau)
    page.reload()
    expect(page.get_by_role("heading", name="Jeanne-Lou Le Gall")).to_be_visible()
    expect(page.get_by_role("link", name=numero)).to_have_count(0)
    page.get_by_role("link", name="Sa fiche : Jeanne-Lou").tap()
    expect(page.locator("h1")).to_have_text("Jeanne-Lou Le Gall")
    verifier_page(page)


def test_a_child_another_foyer_has_is_said_to_the_agent_before_she_makes_a_second(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_lecture() as session:
        rose = session.get_one(Enfant, monde.enfant("Rose"))
    page = ouvrir("karim.haddad")
    commencer(page, monde, "enfant")
    decrire_enfant(page, rose.prenom, rose.nom, rose.naissance, "Je l’apporterai en mairie")
    envoyer(page)
    # Nothing says to him that the town knows her.
    expect(page.get_by_text("connu")).to_have_count(0)
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, "Nouvel enfant", "Haddad")
    expect(bureau.get_by_text("Rose Petitjean est peut-être déjà connu.")).to_be_visible()
    verifier_page(bureau)
    page.get_by_text("Annuler cette demande").tap()
    page.get_by_role("button", name="Oui, annuler la demande").tap()
    expect(page.get_by_text("Votre demande est annulée.")).to_be_visible()
    # The agent's screen is late: she is told, nothing is made.
    bureau.get_by_role("button", name="Accepter").click()
    expect(bureau.get_by_role("alert")).to_be_focused()
    expect(bureau.get_by_text("retirée", exact=True)).to_be_visible()
    verifier_page(bureau)


@pytest.mark.parametrize("largeur", [320, 390])
def test_a_child_is_added_without_javascript(ouvrir: Ouvrir, monde: Monde, largeur: int) -> None:
    page = ouvrir(CAMILLE, java_script_enabled=False, viewport={"width": largeur, "height": 640})
    commencer(page, monde, "enfant")
    decrire_enfant(page)
    continuer(page)
    expect(page.get_by_role("alert")).to_contain_text("Il faut ce document")
    # What was typed is kept; only the document is missing.
    page.locator('input[type="file"]').first.set_input_files(LIVRET)
    continuer(page)
    expect(page.get_by_text("Jeanne-Lou Le Gall")).to_be_visible()
    envoyer(page)


def test_health_is_written_and_the_second_parent_is_told(ouvrir: Ouvrir, monde: Monde) -> None:
    page, autre = ouvrir(CAMILLE), ouvrir(THOMAS)
    page.goto(fiche(monde, "Noé"))
    verifier_page(page)
    rubrique(page, "Modifier la santé")
    autre.goto(fiche(monde, "Noé", "/sante"))
    verifier_page(page)
    page.get_by_label("Allergies et consignes").fill("Noisettes")
    page.get_by_label("Sans porc").check()
    page.get_by_label("Médecin (facultatif)", exact=True).fill("Dr Anne Ferret")
    page.get_by_label("Téléphone du médecin").fill("02 61")
    page.get_by_role("button", name="Enregistrer").tap()
    expect(page.get_by_role("alert")).to_be_focused()
    verifier_page(page)
    page.get_by_label("Téléphone du médecin").fill("02 61 91 40 21")
    enregistrer(page)
    expect(page.get_by_text("Noisettes")).to_be_visible()
    verifier_page(page)
    autre.get_by_label("Allergies et consignes").fill("Noix de cajou")
    autre.get_by_role("button", name="Enregistrer").tap()
    expect(autre.get_by_role("alert")).to_contain_text("Noisettes")
    expect(autre.get_by_label("Allergies et consignes")).to_have_value("Noix de cajou")
    verifier_page(autre)
    autre.get_by_label("Allergies et consignes").fill("Noisettes, noix de cajou")
    enregistrer(autre)
    expect(autre.get_by_text("Noisettes, noix de cajou")).to_be_visible()


def test_authorisations_are_given_and_taken_back_with_their_dates(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("sophie.lambert")
    page.goto(fiche(monde, "Hugo", "/autorisations"))
    verifier_page(page)
    for reponse in ("Oui", "Non"):
        page.goto(fiche(monde, "Hugo", "/autorisations"))
        for question in ("Photos et vidéos", "Sortir seul", "Soins en urgence"):
            page.get_by_role("group", name=question).get_by_label(reponse).check()
        enregistrer(page)
        photos = page.get_by_role("listitem").filter(has_text="Photos et vidéos")
        expect(photos).to_contain_text(reponse)
        expect(photos).to_contain_text("Sophie Lambert, le 2 décembre 2026")
        verifier_page(page)
        monde.horloge.avancer(minutes=1)
    rubrique(page, "Modifier les autorisations")
    page.get_by_text("Réponses précédentes").first.tap()
    verifier_page(page)


def test_who_may_collect_is_copied_to_the_brother_and_removed_for_one(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(fiche(monde, "Noé"))
    rubrique(page, "Ajouter une personne")
    verifier_page(page)
    page.get_by_role("button", name="Enregistrer").tap()
    expect(page.get_by_role("alert")).to_be_focused()
    verifier_page(page)
    page.get_by_label("Prénom").fill("Marie-Odile")
    page.get_by_label("Nom", exact=True).fill("d'Aubigny")
    page.get_by_label("Téléphone", exact=True).fill("+41 22 700 00 00")
    page.get_by_label("Qui est-ce pour Noé").select_option("Ami ou voisin")
    page.get_by_label("Peut venir chercher mon enfant").check()
    page.get_by_role("group", name="Copier aussi pour").get_by_label("Mia").check()
    enregistrer(page, "C’est ajouté.")
    verifier_page(page)
    page.goto(fiche(monde, "Mia"))
    expect(page.get_by_role("listitem").filter(has_text="Marie-Odile d’Aubigny")).to_contain_text("vient chercher")
    page.goto(fiche(monde, "Léa"))
    expect(page.get_by_text("Marie-Odile")).to_have_count(0)
    page.goto(fiche(monde, "Noé"))
    rubrique(page, "Modifier Marie-Odile d’Aubigny")
    verifier_page(page)
    page.get_by_role("button", name="Retirer ce contact pour Noé").tap()
    expect(page.get_by_text("C’est retiré.")).to_be_visible()
    expect(page.get_by_text("Marie-Odile")).to_have_count(0)
    page.goto(fiche(monde, "Mia"))
    expect(page.get_by_role("link", name="Modifier Marie-Odile d’Aubigny")).to_be_visible()


def test_a_pai_is_sent_accepted_downloaded_and_closed_to_the_step_parent(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir(CAMILLE)
    page.goto(fiche(monde, "Léa"))
    rubrique(page, "Demander un PAI")
    verifier_page(page)
    page.get_by_label("Valable jusqu’au").fill("2027-07-05")
    joindre(page, "Le PAI signé", PAI)
    page.get_by_role("button", name="Envoyer la demande").tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    verifier_page(page)
    bureau = entrer(ouvrir(**ECRAN), monde)
    ouvrir_demande(bureau, monde, "PAI d’un enfant", FOYER)
    verifier_page(bureau)
    accepter(bureau)
    page.reload()
    expect(page.get_by_text("Oui, jusqu’au 5 juillet 2027")).to_be_visible()
    verifier_page(page)
    lien = page.get_by_role("link", name="Projet d’accueil individualisé")
    adresse = lien.get_attribute("href")
    with page.expect_download() as telechargement:
        lien.tap()
    assert telechargement.value.suggested_filename == "pai-lea.pdf"
    assert telechargement.value.path().read_bytes().startswith(b"%PDF-")
    autre = ouvrir(THOMAS)
    autre.goto(monde.adresse("/famille"))
    expect(autre.get_by_text("Léa")).to_have_count(0)
    for interdite in (fiche(monde, "Léa"), fiche(monde, "Léa", "/sante"), f"{monde.url}{adresse}"):
        reponse = autre.goto(interdite)
        assert reponse is not None
        assert reponse.status == 404
        expect(autre.get_by_text("Léa")).to_have_count(0)
        verifier_page(autre)
