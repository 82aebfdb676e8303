"""The régie and PayFiP around a browser: a month issued, the worker's round, an invoice and where it is paid."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portail_famille.models.factures import Facturation, Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.payfip_local import Serveur as ServeurPayfip
from portail_famille.services.annonces_factures import annoncer
from portail_famille.services.dossiers import jour_de
from portail_famille.services.emissions import emettre
from portail_famille.services.guichet_payfip import caisse_de, interroger_dus
from portail_famille.services.journal import SYSTEME
from tests.e2e.support.monde import VILLE, Monde
from tests.support.payfip import ouvrir_payfip, reglages_payfip
from tests.support.pdf import texte_du_pdf


@dataclass
class Guichet:
    """An invoice, and the PayFiP where it is paid."""

    monde: Monde
    serveur: ServeurPayfip
    facture_id: int
    ville: str = VILLE

    def adresse(self, suite: str = "") -> str:
        return self.monde.adresse(f"/factures/{self.facture_id}{suite}", self.ville)

    def encaisse(self) -> int:
        with self.monde.bd(self.ville).session_lecture() as session:
            somme = select(func.sum(Reglement.montant_centimes)).join(Paiement, Paiement.id == Reglement.paiement_id)
            return session.scalar(somme.where(Paiement.facture_id == self.facture_id)) or 0

    def paiements(self) -> list[Paiement]:
        """Of this invoice, latest first."""
        with self.monde.bd(self.ville).session_lecture() as session:
            siens = select(Paiement).where(Paiement.facture_id == self.facture_id)
            return list(session.scalars(siens.order_by(Paiement.id.desc())))

    def travailler(self) -> None:
        """The worker asks PayFiP what it has to ask."""
        reglages = self.monde.app(self.ville).extensions["reglages"]
        interroger_dus(self.monde.bd(self.ville), reglages, caisse_de(reglages), self.monde.horloge, lambda: True)


@contextmanager
def ouvrir_guichet(monde: Monde, ville: str = VILLE) -> Iterator[ServeurPayfip]:
    """The town pays at a PayFiP of this test, at the hour of its world."""
    app = monde.app(ville)
    with ouvrir_payfip(monde.horloge) as serveur:
        app.extensions["reglages"] = replace(app.extensions["reglages"], payfip=reglages_payfip(serveur))
        yield serveur


def emettre_le_mois(monde: Monde) -> None:
    """The month that the demonstration has prepared is issued; the worker tells the families."""
    reglages, maintenant = monde.app().extensions["reglages"], monde.horloge()
    with monde.bd().session_ecriture() as session:
        prete = session.scalars(select(Facturation.id).where(Facturation.etat == "prete")).one()
        emettre(session, reglages, prete, jour_de(maintenant), SYSTEME, maintenant)
    with monde.bd().session_ecriture() as session:
        while annoncer(session, reglages, maintenant):
            session.flush()


def facture_de(monde: Monde, foyer: str, ville: str = VILLE, **criteres: str) -> Facture:
    """The latest issued one of this foyer; `criteres`: values of its columns."""
    with monde.bd(ville).session_lecture() as session:
        return session.scalars(
            select(Facture)
            .join(Foyer, Foyer.id == Facture.foyer_id)
            .where(Foyer.nom == foyer, Facture.numero.is_not(None))
            .filter_by(**{"genre": "facture", **criteres})
            .order_by(Facture.id.desc())
        ).all()[0]


def telecharger(page: Page, nom: str) -> str:
    """Touches what gives a PDF; its text."""
    with page.expect_download() as attendu:
        page.get_by_role("main").get_by_text(nom).first.tap()
    chemin = attendu.value.path()
    return texte_du_pdf(chemin.read_bytes())


def aller_payer(page: Page, guichet: Guichet, montant: str = "42,00") -> None:
    """From the invoice to PayFiP's own page."""
    page.goto(guichet.adresse())
    page.get_by_role("link", name="Payer par carte bancaire").tap()
    expect(page.locator("h1")).to_have_text("Payer par carte bancaire")
    page.get_by_role("button", name=f"Payer {montant}").tap()
    expect(page.get_by_role("button", name="Payer par carte bancaire")).to_be_visible()
    assert page.url.startswith(guichet.serveur.paiement)


def choisir(page: Page, bouton: str, avis: str = "normal") -> None:
    """On PayFiP's page: what happens, and what becomes of the notification."""
    page.get_by_label("Notification au portail").select_option(avis)
    page.get_by_role("button", name=bouton, exact=True).tap()
