"""From login to the numbered receipt and its mail, as a parent does it, then what may happen on the way."""

import re
from datetime import date

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Ouvrir
from tests.e2e.support.agenda import EcranAgenda
from tests.e2e.support.audit import verifier_accessible, verifier_page
from tests.e2e.support.monde import Monde
from tests.e2e.support.navigateur import attendre_calme

CAMILLE = "camille.morel"
MOT_DE_PASSE = "Sable-Goeland-41"


def agenda_de(ouvrir: Ouvrir, monde: Monde, prenom: str = "Noé") -> EcranAgenda:
    return EcranAgenda(ouvrir(CAMILLE), monde, CAMILLE, prenom).ouvrir()


def verifier_et_valider(page: Page) -> None:
    """From the agenda to the receipt."""
    page.get_by_role("button", name="Vérifier").tap()
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    page.get_by_role("button", name="Valider").tap()
    expect(page.locator("h1")).to_have_text("C’est réservé.")


def test_a_parent_books_a_day_and_gets_a_receipt_and_a_mail(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir()
    page.goto(monde.adresse())
    page.get_by_label("Identifiant").fill(CAMILLE)
    page.get_by_label("Mot de passe", exact=True).fill(MOT_DE_PASSE)
    page.get_by_role("button", name="Connexion").tap()
    expect(page.locator("h1")).to_have_text("Bonsoir Camille")
    page.get_by_role("main").get_by_role("link", name="Ma famille").tap()
    expect(page.locator("h1")).to_have_text("Ma famille")
    page.get_by_role("link", name="Accueil", exact=True).tap()
    page.get_by_role("link", name="Réserver").tap()
    page.get_by_role("link", name="Commencer").tap()
    page.get_by_role("link", name="Étude surveillée pour Noé").tap()
    expect(page.locator("h1")).to_have_text("Agenda de Noé")
    ecran = EcranAgenda(page, monde, CAMILLE, "Noé")
    ecran.toucher("etude", 7)
    ecran.toucher("cantine", 8)
    ecran.attendre_enregistre()
    expect(page.get_by_role("status").filter(has_text="1 ajout")).to_contain_text("1 retrait")
    verifier_accessible(page)
    page.get_by_role("button", name="Vérifier").tap()
    expect(page.get_by_role("listitem").filter(has_text="Étude surveillée")).to_contain_text("lundi 7 décembre")
    expect(page.get_by_role("listitem").filter(has_text="Cantine")).to_contain_text("Retiré")
    verifier_page(page)
    page.get_by_role("button", name="Valider").tap()
    expect(page.locator("h1")).to_have_text("C’est enregistré.")
    numero = page.url.rpartition("/")[2]
    assert re.fullmatch(r"2026-\d{6}", numero)
    expect(page.get_by_text(f"Reçu n° {numero}")).to_be_visible()
    verifier_page(page)
    assert monde.changements(CAMILLE, "Noé") == (0, 0)
    ecran.ouvrir().verifier_ecran_egal_serveur()
    expect(ecran.case("etude", 7)).to_be_checked()
    expect(ecran.case("cantine", 8)).not_to_be_checked()
    with monde.boite_aux_lettres() as boite:
        monde.envoyer_courriels()
        page.goto(boite)
        page.get_by_role("link", name=re.compile(numero)).tap()
        expect(page.get_by_text(f"/saint-rivage/reservations/recus/{numero}").first).to_be_visible()
    page.goto(monde.adresse("/reservations/recus"))
    page.get_by_role("link", name=re.compile(numero)).tap()
    expect(page.locator("h1")).to_have_text(f"Reçu n° {numero}")
    verifier_page(page)


def test_a_rhythm_is_previewed_applied_and_told(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = agenda_de(ouvrir, monde)
    page = ecran.page
    feuille = page.locator("#rythme")
    feuille.locator("summary").first.tap()
    feuille.get_by_label("Étude", exact=True).tap()
    feuille.get_by_role("button", name="Tous les jours").tap()
    expect(feuille.get_by_role("status")).to_contain_text("jours ajoutés")
    verifier_page(page)
    assert monde.changements(CAMILLE, "Noé") == (0, 0)
    feuille.get_by_role("button", name=re.compile("^Ajouter")).tap()
    avis = page.locator("#mois .avis").first
    expect(avis).to_be_focused()
    expect(avis).to_contain_text("jours ajoutés")
    expect(feuille).not_to_have_attribute("open", "")
    expect(ecran.case("etude", 7)).to_be_checked()
    verifier_accessible(page)
    ajouts, retraits = monde.changements(CAMILLE, "Noé")
    assert ajouts > 80
    assert retraits == 0
    ecran.verifier_ecran_egal_serveur()


def test_a_rhythm_without_its_days_says_which_field_to_mend(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = agenda_de(ouvrir, monde)
    page = ecran.page
    feuille = page.locator("#rythme")
    feuille.locator("summary").first.tap()
    feuille.get_by_label("Étude", exact=True).tap()
    page.locator("#appliquer").tap()
    erreurs = feuille.get_by_role("alert")
    expect(erreurs).to_be_focused()
    expect(erreurs).to_contain_text("Choisissez au moins un jour.")
    expect(feuille.get_by_label("Étude")).to_be_checked()
    verifier_page(page)
    assert monde.changements(CAMILLE, "Noé") == (0, 0)


def test_a_deadline_that_passes_under_the_thumb_is_told(ouvrir: Ouvrir, monde: Monde) -> None:
    monde.horloge.avancer(hours=17, minutes=50)  # Thursday 3 December, 11:50: ten minutes left for the cantine
    ecran = agenda_de(ouvrir, monde, "Mia")
    expect(ecran.page.get_by_text("12\u202fh").first).to_be_visible()
    monde.horloge.avancer(minutes=11)
    ecran.toucher("cantine", 11)
    expect(
        ecran.page.get_by_text(
            re.compile("délai passé"),
        ).first
    ).to_be_visible()
    expect(ecran.page.get_by_text("n’a pas été changée")).to_be_visible()
    expect(ecran.case("cantine", 11)).to_have_count(0)
    expect(ecran.page.locator("#etat")).to_be_empty()
    verifier_accessible(ecran.page)
    assert monde.changements(CAMILLE, "Mia") == (0, 0)
    ecran.verifier_ecran_egal_serveur()


def test_a_full_day_has_no_box_and_says_so(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = agenda_de(ouvrir, monde)
    expect(ecran.case("soir", 7)).to_have_count(0)
    complet = ecran.page.locator("fieldset", has_text="Lundi 7 décembre").locator(".p.complet")
    expect(complet).to_contain_text("Soir")
    expect(complet).to_contain_text("complet")


def test_a_day_that_fills_up_meanwhile_is_refused_with_its_reason_and_the_rest_is_booked(
    ouvrir: Ouvrir, monde: Monde
) -> None:
    ecran = agenda_de(ouvrir, monde)
    page = ecran.page
    ecran.toucher("soir", 17)
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    page.get_by_role("button", name="Vérifier").tap()
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    monde.occuper("soir", "ecole-des-phares", date(2026, 12, 17), 2)
    page.get_by_role("button", name="Valider").tap()
    expect(page.get_by_text("Il n’y a plus de place ce jour-là.")).to_be_visible()
    expect(page.locator(".avis.attention")).to_be_visible()
    assert monde.recus() == 0
    verifier_page(page)
    page.get_by_role("button", name="Valider").tap()
    expect(page.locator("h1")).to_have_text("C’est réservé.")
    assert monde.recus() == 1
    ecran.ouvrir().verifier_ecran_egal_serveur()
    expect(ecran.case("etude", 7)).to_be_checked()


def test_a_creche_is_read_and_written_to(ouvrir: Ouvrir, monde: Monde) -> None:
    page = ouvrir("laure.fontaine", "roselac")
    page.goto(monde.agenda("Lina", ville="roselac"))
    expect(page.locator("#mois input")).to_have_count(0)
    expect(page.locator(".p.lecture").first).to_be_visible()
    ecrire = page.get_by_role("link", name="Écrire à la crèche Les Libellules")
    expect(ecrire).to_have_attribute("href", re.compile("^mailto:les.libellules@roselac.example"))
    page.get_by_role("link", name="Mois suivant").tap()
    expect(page.get_by_role("heading", name="Janvier 2027")).to_be_visible()


def test_a_day_of_the_other_parent_is_booked_only_when_confirmed(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = agenda_de(ouvrir, monde, "Léa")
    page = ecran.page
    expect(page.get_by_text("Semaine chez Julien").first).to_be_visible()
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    page.get_by_role("button", name="Vérifier").tap()
    page.get_by_role("button", name="Valider").tap()
    expect(page.get_by_role("alert")).to_be_focused()
    assert monde.recus() == 0
    verifier_page(page)
    page.get_by_label(re.compile("Léa est chez Julien")).check()
    page.get_by_role("button", name="Valider").tap()
    expect(page.locator("h1")).to_have_text("C’est réservé.")
    assert monde.recus() == 1


def test_two_tabs_that_disagree_are_both_shown_and_one_is_chosen(ouvrir: Ouvrir, monde: Monde) -> None:
    ici = agenda_de(ouvrir, monde)
    ailleurs = agenda_de(ouvrir, monde)
    ailleurs.toucher("etude", 7)
    ailleurs.attendre_enregistre()
    ici.toucher("etude", 8)
    conflit = ici.page.locator("#mois .avis.attention")
    expect(conflit).to_contain_text("Vos cases ont changé sur un autre écran.")
    expect(conflit).to_be_focused()
    expect(ici.page.locator("#etat")).to_be_empty()
    expect(ici.case("etude", 7)).to_be_checked()
    expect(ici.case("etude", 8)).not_to_be_checked()
    verifier_page(ici.page)
    ici.page.get_by_role("button", name="Reprendre ce que j’ai coché ici").tap()
    expect(ici.case("etude", 8)).to_be_checked()
    assert monde.changements(CAMILLE, "Noé") == (2, 0)
    ici.verifier_ecran_egal_serveur()


def test_a_double_tap_on_valider_gives_one_receipt(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = agenda_de(ouvrir, monde)
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    ecran.page.get_by_role("button", name="Vérifier").tap()
    ecran.page.get_by_role("button", name="Valider").evaluate("bouton => { bouton.click(); bouton.click(); }")
    expect(ecran.page.locator("h1")).to_have_text("C’est réservé.")
    assert monde.recus() == 1


def test_the_same_request_validated_from_two_tabs_gives_one_receipt(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = agenda_de(ouvrir, monde)
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    ecran.page.get_by_role("button", name="Vérifier").tap()
    expect(ecran.page.locator("h1")).to_have_text("Vérifiez votre demande")
    autre = ouvrir(CAMILLE)
    autre.goto(ecran.page.url)
    ecran.page.get_by_role("button", name="Valider").tap()
    expect(ecran.page.locator("h1")).to_have_text("C’est réservé.")
    numero = ecran.page.url.rpartition("/")[2]
    autre.get_by_role("button", name="Valider").tap()
    autre.wait_for_url(f"**/{numero}")
    assert monde.recus() == 1


def test_going_back_after_the_receipt_finds_nothing_left_to_validate(ouvrir: Ouvrir, monde: Monde) -> None:
    ecran = agenda_de(ouvrir, monde)
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    verifier_et_valider(ecran.page)
    ecran.page.go_back()
    expect(ecran.page.get_by_text("Rien à vérifier")).to_be_visible()
    ecran.page.go_back()
    expect(ecran.page.locator("h1")).to_have_text("Agenda de Noé")
    expect(ecran.case("etude", 7)).to_be_checked()
    ecran.verifier_ecran_egal_serveur()


def test_the_home_page_looked_at_again_is_fresh(ouvrir: Ouvrir, monde: Monde) -> None:
    accueil = ouvrir(CAMILLE)
    accueil.goto(monde.adresse())
    expect(accueil.get_by_role("link", name="à valider")).to_have_count(0)
    ecran = agenda_de(ouvrir, monde)
    ecran.toucher("etude", 7)
    ecran.attendre_enregistre()
    accueil.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(accueil.get_by_role("link", name="à valider")).to_be_visible()
    attendre_calme(accueil)
    verifier_page(accueil)
