"""Pages of the desk whose decision is prepared from the town's rules: as cheap as the others."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from portail_famille.models.demarches import Demarche
from tests.conftest import CompterRequetes
from tests.services.test_inscriptions import demander, liberer, ouvrir
from tests.services.test_quotients import declarer_un
from tests.views.agent.conftest import Bureau


def declarer_le_quotient(bureau: Bureau) -> str:
    """The Morel have three children enrolled: prices before and after are computed for all."""
    id_ = declarer_un(bureau.village, qui="camille", foyer="morel")
    with bureau.bd.session_lecture() as session:
        return session.get_one(Demarche, id_).numero


def demander_une_place(bureau: Bureau) -> str:
    """Limited places in two structures: those left are counted, and who waits before."""
    village = bureau.village
    ouvrir(village, "cantine", ["ecole", "creche"], choix=2, places={"ecole": 1, "creche": 1})
    for enfant in ("lea", "noe"):
        liberer(village, enfant, "cantine")
    demander(village, "lea", "cantine", "creche", "ecole")
    return demander(village, "noe", "cantine", "creche", "ecole")


@pytest.mark.parametrize("deposer", [declarer_le_quotient, demander_une_place])
@pytest.mark.parametrize("agent", ["Rose", "Inès"])
def test_a_prepared_decision_costs_twelve_queries_at_most(
    bureau: Bureau, compter_requetes: CompterRequetes, deposer: Callable[[Bureau], str], agent: str
) -> None:
    numero = deposer(bureau)
    with bureau.bd.session_ecriture() as session:
        # A colleague has it in charge: her name is read too.
        session.execute(update(Demarche).where(Demarche.numero == numero).values(assignee_id=bureau.comptes["Rose"]))
    client = bureau.entrer(agent)
    # The rules are read once per process.
    client.get("/agent/demarches")
    with compter_requetes() as requetes:
        page = client.get(f"/agent/demarches/{numero}")
    assert page.status_code == 200
    assert "Accepter" in page.text
    assert len(requetes) <= 12, requetes
