"""Every page of the démarches as it first shows, in the town as the demonstration tells it: axe, targets, narrow
screens; the desk's on its screen and on a phone."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche
from portail_famille.models.documents import Piece
from portail_famille.models.evenements import Evenement
from portail_famille.models.foyers import Foyer
from tests.e2e.conftest import Ouvrir
from tests.e2e.support.audit import visiter
from tests.e2e.support.bureau import ECRAN_TACTILE, TELEPHONE_DE_L_AGENT, entrer
from tests.e2e.support.monde import Monde

CAMILLE = "camille.morel"


@pytest.fixture(scope="module")
def modele(raconte: Path) -> Path:
    return raconte


def test_pages_of_a_family(ouvrir: Ouvrir, monde: Monde) -> None:
    visiter(
        ouvrir(CAMILLE),
        *(
            monde.adresse(chemin)
            for chemin in (
                "/tableau-de-bord",
                "/demarches",
                "/demarches/nouvelle",
                "/demarches/nouvelle/absence",
                "/demarches/nouvelle/inscription",
                "/demarches/nouvelle/quotient",
                "/porte-documents",
                "/porte-documents/ajouter",
                "/quotient-familial",
                "/absences",
            )
        ),
    )


def test_a_request_of_each_kind_as_its_family_reads_it(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_lecture() as session:
        premieres = select(func.min(Demarche.id)).where(Demarche.compte_id.is_not(None)).group_by(Demarche.genre)
        lues = session.execute(
            select(Compte.identifiant, Demarche.numero)
            .join(Compte, Compte.id == Demarche.compte_id)
            .where(Demarche.id.in_(premieres))
        ).all()
    assert len(lues) > 5
    # An address that waits is said where the address is.
    adresses = {"anne.petitjean": [monde.adresse("/mon-espace/foyer")]}
    for identifiant, numero in lues:
        adresses.setdefault(identifiant, []).append(monde.adresse(f"/demarches/{numero}"))
    for identifiant, siennes in adresses.items():
        visiter(ouvrir(identifiant), *siennes)


def test_a_request_of_each_kind_at_the_desk(ouvrir: Ouvrir, monde: Monde) -> None:
    """Each kind has its own fields beside « Accepter »."""
    with monde.bd().session_lecture() as session:
        ouvertes = Demarche.etat.in_(("deposee", "en_cours"))
        numeros = session.scalars(select(func.min(Demarche.numero)).where(ouvertes).group_by(Demarche.genre)).all()
    assert len(numeros) > 5
    visiter(
        entrer(ouvrir(**ECRAN_TACTILE), monde),
        *(monde.adresse(f"/agent/demarches/{numero}") for numero in numeros),
    )


def test_the_other_pages_of_the_desk(ouvrir: Ouvrir, monde: Monde) -> None:
    with monde.bd().session_lecture() as session:
        petitjean, anne = session.execute(select(Foyer.id, Foyer.payeur_id).where(Foyer.nom == "Petitjean")).one()
        double = session.scalars(select(Foyer.id).where(Foyer.id != petitjean).order_by(Foyer.id)).all()[0]
        evenement = session.scalars(select(Evenement.id)).all()[0]
        assert session.scalars(select(Piece.id)).first() is not None
    visiter(
        entrer(ouvrir(**ECRAN_TACTILE), monde),
        *(
            monde.adresse(f"/agent/{suite}")
            for suite in (
                "",
                "demarches",
                "demarches?etat=en_attente",
                "evenements",
                "evenements/nouveau",
                f"evenements/{evenement}",
                "evenements/apercu?genre=greve&du=2026-12-17&motif=Essai",
                "evenements/apercu?genre=greve",
                "exports",
                "fusions",
                f"fusions?genre=foyer&un={petitjean}&q=bernard",
                f"fusions?genre=foyer&un={petitjean}&deux={double}",
                f"foyers/{petitjean}/separer",
                f"foyers/{petitjean}/tarifs",
                f"foyers/{petitjean}/adultes/{anne}/courriel",
                f"foyers/{petitjean}/adultes/{anne}/retirer",
            )
        ),
        tailles=[TELEPHONE_DE_L_AGENT],
    )
