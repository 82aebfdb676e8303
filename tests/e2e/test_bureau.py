"""The desk by keyboard and without a script: the queue line by line, a model that fills its field, the next request."""

from datetime import timedelta
from typing import Any

from playwright.sync_api import expect
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.droits import Attribution, Role
from portail_famille.models.comptes import RoleAgent
from portail_famille.models.foyers import Foyer
from portail_famille.services.agents import ajouter_role
from portail_famille.services.demarches import deposer
from portail_famille.services.journal import Auteur
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.bureau import ECRAN, entrer
from tests.e2e.support.monde import Monde

TABLETTE: dict[str, Any] = {"viewport": {"width": 1180, "height": 820}}


def demander(monde: Monde, nombre: int) -> list[str]:
    """Changes of address of the first families, filed one minute after the other."""
    with monde.bd().session_ecriture() as session:
        foyers = session.scalars(select(Foyer).where(Foyer.adresse != "").order_by(Foyer.id).limit(nombre)).all()
        return [
            deposer(
                session,
                genre="coordonnees",
                auteur=Auteur(Cote.FAMILLE),
                maintenant=monde.horloge() - timedelta(days=9, minutes=-rang),
                avant={"foyer.adresse": foyer.adresse},
                contenu={"foyer.adresse": "14, rue du Bac"},
                foyer_id=foyer.id,
            ).numero
            for rang, foyer in enumerate(foyers)
        ]


def ligne(numero: str) -> str:
    return f'[data-file] a[href*="{numero}"]'


def test_the_queue_is_walked_and_answered_by_keyboard(ouvrir: Ouvrir, monde: Monde) -> None:
    page = entrer(ouvrir(**ECRAN), monde)
    numeros = demander(monde, 3)
    page.goto(monde.adresse("/agent/demarches?genre=coordonnees"))
    verifier_page(page)
    page.locator(ligne(numeros[0])).focus()
    for touche, attendue in (("j", 1), ("ArrowDown", 2), ("j", 2), ("k", 1), ("ArrowUp", 0)):
        page.keyboard.press(touche)
        expect(page.locator(ligne(numeros[attendue]))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(numeros[0])
    page.get_by_text("Demander un complément").click()
    formulaire = page.locator("#complement")
    formulaire.get_by_label("Partir d’un modèle").select_option("Document manquant")
    expect(formulaire.get_by_label("Ce qui manque")).to_be_focused()
    page.keyboard.type("un justificatif")
    expect(formulaire.get_by_label("Ce qui manque")).to_have_value(
        "Bonjour Madame, Monsieur, il manque un document pour répondre à votre demande\u00a0: un justificatif"
    )
    verifier_page(page)
    formulaire.get_by_role("button", name="Demander ce complément").click()
    expect(page.get_by_role("status")).to_contain_text(f"Demande {numeros[0]}\u00a0: attend la famille")
    expect(page.locator(ligne(numeros[1]))).to_be_focused()
    # A letter typed in a field stays a letter.
    page.get_by_label("Numéro, famille ou enfant").focus()
    page.keyboard.type("jk")
    expect(page.get_by_label("Numéro, famille ou enfant")).to_have_value("jk")


def test_models_and_lists_on_a_phone(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_ecriture() as session:
        for autre in set(session.scalars(select(RoleAgent.compte_id))):
            ajouter_role(session, autre, Attribution(Role.ADMINISTRATION), monde.horloge())
    page = entrer(ouvrir(), monde)
    for chemin in ("/agent/modeles", "/agent/modeles/nouveau", "/agent/exports"):
        page.goto(monde.adresse(chemin))
        verifier_page(page)
    page.goto(monde.adresse("/agent/demarches?etat=closes"))
    page.get_by_text("Télécharger la liste").tap()
    with page.expect_download() as recu:
        page.get_by_role("button", name="Excel (XLSX)").tap()
    assert recu.value.suggested_filename == "demandes-2026-12-02-18h00.xlsx"


def test_many_are_accepted_on_a_tablet_without_a_script(ouvrir: Ouvrir, monde: Monde) -> None:
    # The second factor's page asks for none either.
    page = entrer(ouvrir(**TABLETTE, java_script_enabled=False), monde)
    numeros = demander(monde, 2)
    page.goto(monde.adresse("/agent/demarches?genre=coordonnees"))
    for numero in numeros:
        page.locator(f'input[value^="{numero}:"]').check()
    page.get_by_role("button", name="Accepter les demandes cochées").click()
    page.get_by_role("button", name="Accepter ces 2 demandes").click()
    expect(page.get_by_role("status")).to_contain_text("2 demandes acceptées")
