"""A child enrolled from the phone: accepted at once, then booked by a rhythm; ranked choices; a phone that dies."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from portail_famille.models.activites import Inscription
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Reservation
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.demarches import commencer, continuer, numero_de
from tests.e2e.support.monde import Monde

LUCIE = "lucie.bernard"
ETUDE = {"etude": {"decision": "automatique"}}
SOIR = {"periscolaire_soir": {"choix": 2, "places": {"ecole-des-phares": 0, "ecole-des-embruns": 0}}}


def demandes(monde: Monde) -> list[tuple[str, str]]:
    with monde.bd().session_lecture() as session:
        lues = session.execute(
            select(Demarche.numero, Demarche.etat)
            .where(Demarche.genre == "inscription", Demarche.enfant_id == monde.enfant("Tom"))
            .order_by(Demarche.id)
        )
        return [(numero, etat) for numero, etat in lues]


def dire_exactes(page: Page) -> None:
    expect(page.get_by_text("Est-ce toujours exact")).to_be_visible()
    page.get_by_label("Ces informations sont exactes.").check()


def passer_les_documents(page: Page) -> None:
    """The town proposes to join one, none is needed."""
    expect(page.locator("h1")).to_have_text("Vos documents")
    continuer(page)


def jours_reserves(monde: Monde, unite: str) -> list[int]:
    with monde.bd().session_lecture() as session:
        jours = session.scalars(
            select(Reservation.jour)
            .where(Reservation.enfant_id == monde.enfant("Tom"), Reservation.unite_id == monde.unite(unite))
            .order_by(Reservation.jour)
        )
        return [jour.day for jour in jours if (jour.year, jour.month) == (2026, 12)]


def test_accepted_at_once_the_child_is_booked_by_a_rhythm(ouvrir: Ouvrir, monde: Monde) -> None:
    monde.ouvrir_inscriptions(**ETUDE)
    page = ouvrir(LUCIE)
    commencer(page, monde, "inscription")
    expect(page.get_by_label("Tom")).to_be_visible()
    verifier_page(page)
    page.get_by_label("Tom").check()
    continuer(page)
    page.get_by_label("Étude surveillée").check()
    verifier_page(page)
    continuer(page)
    continuer(page)
    expect(page.get_by_role("alert")).to_contain_text("Cochez cette case")
    verifier_page(page)
    dire_exactes(page)
    continuer(page)
    passer_les_documents(page)
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    verifier_page(page)
    # Back to what was answered: it is there, and leads straight to the summary.
    page.get_by_role("link", name="Modifier : Activité").tap()
    expect(page.get_by_label("Étude surveillée")).to_be_checked()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Vérifiez votre demande")
    page.get_by_role("button", name="Envoyer", exact=True).dblclick()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    numero = numero_de(page)
    verifier_page(page)
    assert demandes(monde) == [(numero, "acceptee")]

    page.get_by_role("link", name="Choisir les jours").tap()
    rythme = page.locator("#rythme")
    expect(rythme.get_by_role("heading", name="Un rythme pour Tom")).to_be_visible()
    verifier_page(page)
    rythme.get_by_label("Étude", exact=True).check()
    rythme.get_by_label("lun.").check()
    rythme.get_by_role("button", name=re.compile("Appliquer|Ajouter")).tap()
    expect(page.locator(f"#p7-{monde.unite('etude')}")).to_be_checked()
    page.get_by_role("button", name="Vérifier").tap()
    page.get_by_role("button", name="Valider").tap()
    expect(page.locator("h1")).to_contain_text("C’est réservé")
    assert jours_reserves(monde, "etude") == [7, 14]


def test_two_taps_without_a_script_and_the_back_button_make_one_request(ouvrir: Ouvrir, monde: Monde) -> None:
    monde.ouvrir_inscriptions(**ETUDE)
    page = ouvrir(LUCIE, java_script_enabled=False)
    commencer(page, monde, "inscription")
    page.get_by_label("Tom").check()
    continuer(page)
    page.get_by_label("Étude surveillée").check()
    continuer(page)
    dire_exactes(page)
    continuer(page)
    passer_les_documents(page)
    page.get_by_role("button", name="Envoyer", exact=True).dblclick()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    numero = numero_de(page)
    page.go_back()
    expect(page.get_by_role("button", name="Commencer")).to_be_visible()
    assert demandes(monde) == [(numero, "acceptee")]
    with monde.bd().session_lecture() as session:
        inscrites = select(Inscription.id).where(Inscription.demarche_id.is_not(None))
        assert len(session.scalars(inscrites).all()) == 1


def test_a_phone_that_dies_loses_nothing_and_ranked_choices_wait_their_turn(ouvrir: Ouvrir, monde: Monde) -> None:
    monde.ouvrir_inscriptions(**SOIR)
    page = ouvrir(LUCIE)
    commencer(page, monde, "inscription")
    page.get_by_label("Tom").check()
    continuer(page)
    page.get_by_label("Périscolaire du soir").check()
    continuer(page)
    premier, second = page.get_by_label("Premier choix"), page.get_by_label("Choix n°\u00a02 (facultatif)")
    expect(premier.locator("option:checked")).to_have_text("École élémentaire des Phares")
    second.select_option(label="École élémentaire des Phares")
    continuer(page)
    expect(page.get_by_role("alert")).to_contain_text("Vous avez déjà choisi ce lieu")
    verifier_page(page)
    second.select_option(label="École maternelle des Embruns")
    continuer(page)
    expect(page.get_by_text("Est-ce toujours exact")).to_be_visible()
    page.context.close()

    page = ouvrir(LUCIE)
    page.goto(monde.adresse("/demarches/nouvelle"))
    verifier_page(page)
    page.get_by_role("link", name="Commencé, pas encore envoyé").tap()
    expect(page.get_by_text("Vous avez commencé cette demande.")).to_be_visible()
    verifier_page(page)
    page.get_by_role("link", name="Reprendre").tap()
    dire_exactes(page)
    continuer(page)
    passer_les_documents(page)
    for rang, lieu in enumerate(("École élémentaire des Phares", "École maternelle des Embruns"), 1):
        ligne = page.locator("dl div").filter(has_text=f"Choix n°\u00a0{rang}")
        expect(ligne).to_contain_text(lieu)
    verifier_page(page)
    page.get_by_role("button", name="Envoyer", exact=True).tap()
    expect(page.get_by_text("Sur la liste d’attente")).to_be_visible()
    expect(page.get_by_role("link", name="Choisir les jours")).to_have_count(0)
    verifier_page(page)
    page.goto(monde.adresse("/demarches/nouvelle"))
    expect(page.get_by_text("À finir")).to_have_count(0)
    assert [etat for _, etat in demandes(monde)] == ["deposee"]
