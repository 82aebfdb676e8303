"""« Mes démarches » on a phone: a complement sent with a photo, the list narrowed, taken back; axe each time."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import Foyer
from portail_famille.services import demarches
from portail_famille.services.journal import Auteur
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import verifier_page
from tests.e2e.support.monde import Monde
from tests.support.pieces import photo
from tests.support.temps import MERCREDI_SOIR

CAMILLE = "camille.morel"
AGENT = Auteur(Cote.AGENT)


def deposer(monde: Monde, faire: Callable[[Session, Demarche], object]) -> str:
    """A change of address asked by Camille, and what the town did with it."""
    with monde.bd().session_ecriture() as session:
        compte = session.scalars(select(Compte).where(Compte.identifiant == CAMILLE)).one()
        foyer = session.scalars(select(Foyer.id).where(Foyer.payeur_id == compte.personne_id)).first()
        demarche = demarches.deposer(
            session,
            genre="coordonnees",
            auteur=Auteur(Cote.FAMILLE, compte.id),
            maintenant=MERCREDI_SOIR,
            contenu={"foyer.adresse": "12 rue des Peupliers"},
            avant={"foyer.adresse": "3 rue des Lilas"},
            foyer_id=foyer,
        )
        faire(session, demarche)
        return demarche.numero


def test_a_complement_is_sent_from_the_phone_with_a_photo(ouvrir: Ouvrir, monde: Monde, tmp_path: Path) -> None:
    numero = deposer(
        monde,
        lambda s, d: demarches.demander_complement(
            s, d, d.version, "Envoyez un justificatif de domicile.", date(2026, 12, 12), AGENT, MERCREDI_SOIR
        ),
    )
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse())
    verifier_page(page)
    page.get_by_role("link", name="avant le 12 décembre").tap()
    expect(page.get_by_text("Envoyez un justificatif de domicile.").first).to_be_visible()
    verifier_page(page)
    document = tmp_path / "facture.jpg"
    document.write_bytes(photo())
    page.get_by_label("Ajouter une photo ou un PDF").set_input_files(document)
    page.get_by_label("Ce que c’est").select_option(label="Justificatif de domicile")
    page.get_by_role("button", name="Envoyer le complément").tap()
    expect(page.get_by_text("Votre complément est envoyé.")).to_be_visible()
    expect(page.get_by_role("link", name="facture.jpg")).to_be_visible()
    verifier_page(page)
    page.get_by_text("Annuler cette demande").tap()
    page.get_by_role("button", name=f"Oui, annuler la demande {numero}").tap()
    expect(page.get_by_text("Votre demande est annulée.")).to_be_visible()
    verifier_page(page)


def test_the_list_narrows_at_once_and_the_dashboard_sums_up(ouvrir: Ouvrir, monde: Monde) -> None:
    deposer(monde, lambda s, d: demarches.refuser(s, d, d.version, "Illisible.", AGENT, MERCREDI_SOIR))
    attend = deposer(monde, lambda s, d: demarches.ecrire(s, d, "Bonjour", AGENT, MERCREDI_SOIR))
    page = ouvrir(CAMILLE)
    page.goto(monde.adresse("/demarches"))
    verifier_page(page)
    page.get_by_text("Filtrer").tap()
    page.get_by_label("État").select_option(label="Refusées")
    expect(page.get_by_text(f"Demande n°\u00a0{attend}")).to_have_count(0)
    expect(page.get_by_role("heading", name="1 démarche")).to_be_visible()
    verifier_page(page)
    page.goto(monde.adresse("/tableau-de-bord"))
    expect(page.get_by_role("heading", name="Dernières demandes")).to_be_visible()
    verifier_page(page)
