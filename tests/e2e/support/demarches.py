"""A request as a parent's thumb makes it, from the explanation to « Envoyer », and the mails that follow it."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.support.monde import Monde
from tests.support.pieces import photo

AJOUTER = re.compile("[Aa]jouter une photo ou un PDF")


def photographier(dossier: Path, nom: str) -> Path:
    """What the phone's camera gives."""
    prise = dossier / nom
    prise.write_bytes(photo())
    return prise


def commencer(page: Page, monde: Monde, genre: str, requete: str = "") -> None:
    page.goto(monde.adresse(f"/demarches/nouvelle/{genre}{requete}"))
    page.get_by_role("button", name="Commencer").tap()


def continuer(page: Page) -> None:
    page.get_by_role("button", name="Enregistrer et continuer").tap()


def envoyer(page: Page) -> str:
    """Gives the number of the request."""
    page.get_by_role("button", name="Envoyer", exact=True).tap()
    expect(page.get_by_text("Votre demande est envoyée.")).to_be_visible()
    return numero_de(page)


def numero_de(page: Page) -> str:
    trouve = re.search(r"/demarches/(\w+-\w+)\?envoyee=1", page.url)
    assert trouve, page.url
    return trouve[1]


def ouvrir_du_mail(page: Page, monde: Monde, boite: str, objet: str, a: str) -> None:
    """Out by the outbox, into the mailbox whose page is `boite`, and by the mail's link back to the portal."""
    monde.envoyer_courriels()
    page.goto(boite)
    page.get_by_role("listitem").filter(has_text=a).get_by_role("link", name=objet).first.tap()
    page.get_by_role("link", name="/saint-rivage/demarches/").first.tap()
    expect(page).to_have_url(re.compile("/saint-rivage/demarches/"))
