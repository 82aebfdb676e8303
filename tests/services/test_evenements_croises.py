"""An événement that meets something else: a parent who books, an agent who answers, another événement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.demarches import Demarche
from portail_famille.models.reservations import Reservation
from portail_famille.services import absences, demarches, validations
from portail_famille.services.evenements import retablir
from portail_famille.services.journal import Auteur
from portail_famille.services.reservations import valider_brouillon, verrouiller_brouillon
from tests.services import test_absences, test_evenements
from tests.services.test_absences import DEMAIN
from tests.services.test_evenements import declarer, regles, saisie
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, MARDI, Village, document

AGENT = Auteur(Cote.AGENT)
PENDANT = MERCREDI_SOIR + timedelta(minutes=10)


def etat(village: Village, unite: str = "repas", jour: Any = LUNDI) -> str:
    return test_evenements.etats(village, jour).get(("noe", unite), "")


@contextmanager
def pendant(faire: Callable[[], object]) -> Iterator[tuple[list[str], Thread]]:
    """Another connection does it between what the block reads and what it writes, as far as the locks let it; then
    what it was refused."""
    refus: list[str] = []

    def essayer() -> None:
        try:
            faire()
        except RegleViolee as violee:
            refus.append(violee.code)

    fil = Thread(target=essayer)
    yield refus, fil
    fil.join()


def laisser(fil: Thread) -> None:
    """Time enough for what nothing holds up."""
    fil.start()
    fil.join(0.7)


def test_a_day_closed_while_a_parent_validates_is_not_booked(village: Village) -> None:
    village.cocher("noe", [("soir", LUNDI)])
    demande, fermeture = village.demande(confirme=True), saisie(LUNDI, unites=["soir"], ferme=True)
    with pendant(lambda: declarer(village, fermeture)) as (refus, fil), village.bd.session_ecriture() as session:
        verrouiller_brouillon(session, village.comptes["camille"], village.foyers["morel"])
        dossier = village.dossier(session, "camille", "morel", MERCREDI_SOIR)
        laisser(fil)
        valider_brouillon(session, dossier, demande, lambda _session, _recu: None)
    # She was first: the agent is told that bookings have changed, and looks again.
    assert (etat(village, "soir"), refus) == ("reservee", ["apercu_change"])


def test_days_cancelled_while_an_agent_accepts_them_are_not_booked(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    demander_le_soir(village)
    lire = validations.attendues
    with pendant(lambda: declarer(village, saisie(LUNDI, unites=["soir"]))) as (refus, fil):

        def lire_puis_laisser(*args: Any) -> list[Reservation]:
            lues = lire(*args)
            laisser(fil)
            return lues

        monkeypatch.setattr(validations, "attendues", lire_puis_laisser)
        decider(village, "accepter")
    # The agent was first, the strike came after: nobody is booked on a day of strike.
    assert (etat(village, "soir"), refus) == ("annulee", [])


def test_a_day_cancelled_while_its_absence_is_accepted_stays_cancelled(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    test_absences.declarer(village, (village.unite("repas"), DEMAIN))
    lire = absences.lignes_de
    with pendant(lambda: declarer(village, saisie(DEMAIN))) as (_, fil):

        def lire_puis_laisser(*args: Any) -> Any:
            lues = lire(*args)
            laisser(fil)
            return lues

        monkeypatch.setattr(absences, "lignes_de", lire_puis_laisser)
        decider(village, "accepter")
    assert etat(village, jour=DEMAIN) == "annulee"


def test_undoing_reads_the_rules_as_they_are_under_its_lock(village: Village) -> None:
    greve = declarer(village, saisie(LUNDI, unites=["repas"]))
    avant = regles(village)
    declarer(village, saisie(LUNDI, ferme=True, motif="Travaux"))
    with village.bd.session_ecriture() as session:
        assert retablir(session, avant, greve, AGENT, PENDANT) == 0
    assert etat(village) == "annulee"


@pytest.mark.parametrize(("decision", "attendu"), [("refuser", "annulee"), ("retirer", "annulee"), ("", "demandee")])
def test_a_day_asked_for_comes_back_as_long_as_its_request_waits(village: Village, decision: str, attendu: str) -> None:
    demander_le_soir(village)
    greve = declarer(village, saisie(LUNDI, unites=["soir"]))
    if decision:
        decider(village, decision)
    assert test_evenements.annuler(village, greve) == (attendu == "demandee")
    assert etat(village, "soir") == attendu


@pytest.mark.parametrize(("decision", "attendu"), [("accepter", "absente_justifiee"), ("refuser", "reservee")])
def test_an_absence_accepted_during_the_strike_stands_when_it_is_undone(
    village: Village, decision: str, attendu: str
) -> None:
    """Otherwise the day that the town excused would be billed."""
    declaration = test_absences.declarer(village, (village.unite("repas"), DEMAIN))
    greve = declarer(village, saisie(DEMAIN))
    decider(village, decision)
    test_evenements.annuler(village, greve)
    with village.bd.session_lecture() as session:
        [ligne] = session.execute(
            select(Reservation.etat, Reservation.demarche_id).where(
                Reservation.enfant_id == village.enfants["noe"], Reservation.jour == DEMAIN
            )
        )
    assert tuple(ligne) == (attendu, declaration if decision == "accepter" else None)


def demander_le_soir(village: Village) -> None:
    """Noé asks for Monday and Tuesday evenings, that an agent must accept."""
    activites = [t | {"validation": True} if t["code"] == "periscolaire" else t for t in document()["activite"]]
    village.changer_regles(activite=activites)
    village.cocher("noe", [("soir", LUNDI), ("soir", MARDI)])
    village.valider()


def decider(village: Village, decision: str) -> None:
    with village.bd.session_ecriture() as session:
        demarche = session.scalars(select(Demarche)).one()
        est_absence = demarche.genre == "absence"
        if decision == "accepter":
            faire = absences.appliquer_absence if est_absence else validations.appliquer_validation
            demarches.accepter(session, demarche, demarche.version, AGENT, PENDANT, faire)
        elif decision == "refuser":
            demarches.refuser(session, demarche, demarche.version, "Non.", AGENT, PENDANT)
        else:
            demarches.retirer(session, demarche, Auteur(Cote.FAMILLE, village.comptes["camille"]), PENDANT)
