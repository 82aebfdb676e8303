"""Every page of the invoices in the town as the demonstration tells it, by a family in each case: axe, targets, narrow
screens, the keyboard alone."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from portail_famille.models.comptes import Compte
from portail_famille.models.factures import Facture
from portail_famille.models.foyers import Foyer
from portail_famille.models.paiements import Paiement
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import visiter
from tests.e2e.support.guichet import facture_de
from tests.e2e.support.monde import Monde
from tests.e2e.test_clavier import fautes_de, parcourir

CAMILLE, MOREL = "camille.morel", "Morel – Le Gall"
_EN_PARTIE = Facture.reste_centimes < Facture.total_centimes
_RESTE = Facture.reste_centimes > 0
CAS = {
    "late": _RESTE & (Facture.echeance < func.date("2026-12-02")),
    "paid in part": _RESTE & _EN_PARTIE & (Facture.genre == "facture"),
    "at the Treasury": Facture.transmise_le.is_not(None),
    "cancelled": Facture.id.in_(select(Facture.avoir_de)) & (Facture.reste_centimes == 0),
    "avoir": Facture.genre == "avoir",
}


@pytest.fixture(scope="module")
def modele(raconte: Path) -> Path:
    return raconte


def test_pages_of_a_payer(ouvrir: Ouvrir, monde: Monde) -> None:
    due, reglee = (facture_de(monde, MOREL, regie=regie).id for regie in ("enfance", "loisirs"))
    visiter(
        ouvrir(CAMILLE),
        *(
            monde.adresse(chemin)
            for chemin in (
                "/",
                "/factures",
                "/factures?etat=annulees",
                f"/factures/{due}",
                f"/factures/{due}/payer",
                f"/factures/{reglee}",
                "/factures/999999",
                "/factures/adhesion",
                "/attestations",
                "/attestations/presence.pdf?du=hier&au=2026-12-02",
            )
        ),
    )


@pytest.mark.parametrize("cas", CAS)
def test_an_invoice_in_each_case_as_its_payer_reads_it(ouvrir: Ouvrir, monde: Monde, cas: str) -> None:
    with monde.bd().session_lecture() as session:
        identifiant, facture_id = session.execute(
            select(Compte.identifiant, Facture.id)
            .join(Foyer, Foyer.id == Facture.foyer_id)
            .join(Compte, Compte.personne_id == Foyer.payeur_id)
            .where(CAS[cas], Facture.numero.is_not(None), Compte.identifiant.is_not(None))
            .order_by(Facture.id.desc())
            .limit(1)
        ).one()
    visiter(ouvrir(identifiant), monde.adresse(f"/factures/{facture_id}"))


def test_a_payment_as_each_ended(ouvrir: Ouvrir, monde: Monde) -> None:
    """Paid, refused, and the one that the town hall looks into."""
    with monde.bd().session_lecture() as session:
        derniers = select(func.max(Paiement.id)).group_by(Paiement.etat)
        lus = session.execute(
            select(Compte.identifiant, Paiement.id, Paiement.etat)
            .join(Compte, Compte.id == Paiement.compte_id)
            .where(Paiement.id.in_(derniers))
        ).all()
    assert {etat for _, _, etat in lus} >= {"paye", "refuse", "echec"}
    for identifiant, paiement_id, _ in lus:
        visiter(ouvrir(identifiant), monde.adresse(f"/paiements/{paiement_id}"))


def test_every_stop_of_the_keyboard_is_seen(ouvrir: Ouvrir, monde: Monde) -> None:
    due = facture_de(monde, MOREL, regie="enfance").id
    page = ouvrir(CAMILLE)
    chemins = ("/factures", f"/factures/{due}", f"/factures/{due}/payer", "/factures/adhesion", "/attestations")
    for chemin in chemins:
        page.goto(monde.adresse(chemin))
        assert not fautes_de(parcourir(page)), chemin
