"""A run under its lease: stopped, killed for real between any two steps, taken over, put away. Nothing is doubled."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.bd import BD
from portail_famille.models.factures import Facturation, Facture, FactureLigne
from portail_famille.models.journal import ActeJournal
from portail_famille.models.reservations import Reservation
from portail_famille.services import facturation as room
from portail_famille.services.bureau_factures import lister_runs
from portail_famille.services.emissions import emettre
from portail_famille.services.facturation import (
    BAIL,
    PreparationEnCours,
    abandonner,
    changements,
    demander,
    lire_facturation,
    preparer,
    preparer_dues,
    relancer,
)
from portail_famille.services.journal import SYSTEME
from portail_famille.services.projets_factures import jeter_projets
from tests.support.facturations import DECEMBRE, NOVEMBRE, ecrire_commune, emettre_mois, factures_de, preparer_mois
from tests.support.temps import MERCREDI_SOIR
from tests.support.village import LUNDI, Village

PLUS_TARD = MERCREDI_SOIR + BAIL + timedelta(seconds=1)
PREPARATEUR = """
import signal, sys
from datetime import datetime
from pathlib import Path
from portail_famille.config import charger_reglages
from portail_famille.models.bd import BD
from portail_famille.services import facturation

def attendre(fait, total):
    if fait == int(sys.argv[3]):
        print("pris", flush=True)
        signal.pause()

facturation.PAR_LOT = 1
reglages = charger_reglages(Path(sys.argv[1]))
maintenant = datetime.fromisoformat(sys.argv[4])
facturation.preparer(BD(reglages.base_de_donnees), reglages, int(sys.argv[2]), lambda: maintenant, avance=attendre)
"""


@pytest.fixture(autouse=True)
def un_foyer_par_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PAR_LOT", 1)


def demandee(village: Village, reglages: ReglagesCommune) -> int:
    with village.bd.session_ecriture() as session:
        return demander(session, reglages, "enfance", DECEMBRE, SYSTEME, MERCREDI_SOIR).id


def lue(bd: BD, facturation_id: int) -> Facturation:
    with bd.session_lecture() as session:
        facturation = lire_facturation(session, facturation_id)
    assert facturation is not None
    return facturation


def compter(bd: BD) -> tuple[int, int]:
    """Invoices and lines."""
    with bd.session_lecture() as session:
        return session.scalars(select(func.count(Facture.id))).one(), session.scalars(
            select(func.count(FactureLigne.id))
        ).one()


def tuer(village: Village, dossier: Path, facturation_id: int, fait: int, maintenant: datetime) -> None:
    arguments = [str(ecrire_commune(dossier, village.bd)), str(facturation_id), str(fait), maintenant.isoformat()]
    with subprocess.Popen(
        [sys.executable, "-c", PREPARATEUR, *arguments], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    ) as processus:
        try:
            assert processus.stdout is not None
            assert processus.stdout.readline() == "pris\n"
        finally:
            processus.kill()


def test_killed_between_two_batches_it_begins_again_and_doubles_nothing(
    village: Village, reglages: ReglagesCommune, tmp_path: Path
) -> None:
    facturation_id = demandee(village, reglages)
    for n, (fait, factures) in enumerate(((0, 0), (1, 1), (2, 2))):
        instant = MERCREDI_SOIR + n * (BAIL + timedelta(seconds=1))
        tuer(village, tmp_path, facturation_id, fait, instant)
        assert compter(village.bd)[0] == factures
        assert (lue(village.bd, facturation_id).etat, lue(village.bd, facturation_id).fait) == ("en_preparation", fait)
        with pytest.raises(PreparationEnCours):
            preparer(village.bd, reglages, facturation_id, lambda maintenant=instant: maintenant)  # type: ignore[misc]
    assert preparer_dues(village.bd, reglages, lambda: MERCREDI_SOIR + 4 * BAIL, lambda: True) == 1
    prete = lue(village.bd, facturation_id)
    assert (prete.etat, prete.fait, prete.total, prete.bail_utc) == ("prete", 2, 2, None)
    assert compter(village.bd) == (2, 6)
    assert [facture.total_centimes for facture, _ in factures_de(village.bd)] == [1368, 1020]


def test_who_lost_the_lease_writes_no_more(village: Village, reglages: ReglagesCommune) -> None:
    facturation_id = demandee(village, reglages)

    def doubler(fait: int, total: int) -> None:
        if fait == 1:
            preparer(village.bd, reglages, facturation_id, lambda: PLUS_TARD)

    with pytest.raises(PreparationEnCours):
        preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR, avance=doubler)
    assert lue(village.bd, facturation_id).etat == "prete"
    assert compter(village.bd) == (2, 6)


def test_who_lost_the_lease_to_one_that_still_prepares_writes_nothing_beside_it(
    village: Village, reglages: ReglagesCommune
) -> None:
    facturation_id = demandee(village, reglages)

    def ceder(fait: int, total: int) -> None:
        """The rival has begun again, and stands half-way."""
        if fait == 1:
            with pytest.raises(MemoryError):
                preparer(village.bd, reglages, facturation_id, lambda: PLUS_TARD, avance=tomber)

    def tomber(fait: int, total: int) -> None:
        if fait == 1:
            rendus.append(compter(village.bd))
            raise MemoryError

    rendus: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as rustine:
        # Killed: nobody tells of the failure.
        rustine.setattr(room._Preparation, "echouer", lambda *_: None)
        with pytest.raises(PreparationEnCours):
            preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR, avance=ceder)
    assert rendus == [(1, 4)]
    assert (lue(village.bd, facturation_id).etat, compter(village.bd)) == ("en_preparation", (1, 4))
    with pytest.raises(PreparationEnCours):
        preparer(village.bd, reglages, facturation_id, lambda: PLUS_TARD)


def test_asked_to_stop_it_gives_the_run_to_the_next_one(village: Village, reglages: ReglagesCommune) -> None:
    facturation_id = demandee(village, reglages)
    reponses = iter((True, False))
    preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR, lambda: next(reponses))
    arretee = lue(village.bd, facturation_id)
    assert (arretee.etat, arretee.bail_utc, compter(village.bd)) == ("en_preparation", None, (1, 4))
    assert preparer_dues(village.bd, reglages, lambda: MERCREDI_SOIR, lambda: True) == 1
    assert compter(village.bd) == (2, 6)
    assert preparer_dues(village.bd, reglages, lambda: MERCREDI_SOIR, lambda: True) == 0


def test_interrupted_at_the_keyboard_it_waits_for_nobody(village: Village, reglages: ReglagesCommune) -> None:
    facturation_id = demandee(village, reglages)

    def interrompre(fait: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR, avance=interrompre)
    preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR)
    assert lue(village.bd, facturation_id).etat == "prete"


def test_asked_for_twice_it_is_one_run(village: Village, reglages: ReglagesCommune) -> None:
    premiere = demandee(village, reglages)
    assert demandee(village, reglages) == premiere
    assert preparer_mois(village.bd, reglages).id == premiere
    assert demandee(village, reglages) == premiere
    autre = preparer_mois(village.bd, reglages, NOVEMBRE)
    with village.bd.session_lecture() as session:
        assert [(run.id, run.regie) for run in lister_runs(session)] == [(premiere, "enfance"), (autre.id, "enfance")]
        actes = session.scalars(select(ActeJournal).where(ActeJournal.action == "facturation_demandee")).all()
    assert [acte.details for acte in actes] == [{"motif": "enfance, 2026-12"}, {"motif": "enfance, 2026-11"}]


def test_out_of_date_it_cannot_be_issued_and_is_prepared_again(village: Village, reglages: ReglagesCommune) -> None:
    facturation = preparer_mois(village.bd, reglages)
    with village.bd.session_ecriture() as session:
        assert changements(session, reglages, facturation) == ()
        session.execute(
            update(Reservation).where(Reservation.jour == LUNDI).values(etat="annulee", modifiee_utc=PLUS_TARD)
        )
    with village.bd.session_lecture() as session:
        assert changements(session, reglages, facturation) == ("les réservations",)
    with village.bd.session_ecriture() as session, pytest.raises(RegleViolee) as refus:
        emettre(session, reglages, facturation.id, MERCREDI_SOIR.date(), SYSTEME, MERCREDI_SOIR)
    assert refus.value.code == "facturation_perimee"
    assert "préparation\u00a0: les réservations. Préparez" in refus.value.message
    with village.bd.session_ecriture() as session:
        relancer(session, facturation.id, SYSTEME, MERCREDI_SOIR)
    with village.bd.session_ecriture() as session:
        # Again, while it waits: the same.
        assert relancer(session, facturation.id, SYSTEME, MERCREDI_SOIR).etat == "en_preparation"
    preparer(village.bd, reglages, facturation.id, lambda: MERCREDI_SOIR)
    assert compter(village.bd) == (2, 5)


def test_what_changes_while_it_is_prepared_makes_it_out_of_date(village: Village, reglages: ReglagesCommune) -> None:
    facturation_id = demandee(village, reglages)

    def reserver(fait: int, total: int) -> None:
        if fait == 1:
            village.reserver("noe", "repas", LUNDI + timedelta(days=7))

    preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR, avance=reserver)
    with village.bd.session_lecture() as session:
        assert changements(session, reglages, lue(village.bd, facturation_id)) == ("les réservations",)


def jeter(village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The worker's round, one draft per transaction; what is left after each."""
    restes = []

    def un_seul(session: Session, facturation_id: int) -> int:
        jetes = jeter_projets(session, facturation_id, 1)
        restes.append(
            (
                session.scalars(select(func.count(Facture.id))).one(),
                session.scalars(select(func.count(FactureLigne.id))).one(),
            )
        )
        return jetes

    with monkeypatch.context() as rustine:
        rustine.setattr(room, "jeter_projets", un_seul)
        assert preparer_dues(village.bd, reglages, lambda: PLUS_TARD, lambda: True) == 0
    return restes


def test_put_away_it_leaves_nothing_and_what_is_issued_cannot_be(
    village: Village, reglages: ReglagesCommune, monkeypatch: pytest.MonkeyPatch
) -> None:
    facturation = preparer_mois(village.bd, reglages)
    for _ in range(2):
        with village.bd.session_ecriture() as session:
            abandonner(session, facturation.id, SYSTEME, MERCREDI_SOIR)
    assert lue(village.bd, facturation.id).etat == "abandonnee"
    assert jeter(village, reglages, monkeypatch) == [(1, 2), (0, 0)]
    emettre_mois(village.bd, reglages)
    emise = next(f for f, _ in factures_de(village.bd)).facturation_id
    assert emise is not None
    refusees: tuple[tuple[Callable[..., object], str], ...] = (
        (abandonner, "facturation_emise"),
        (relancer, "facturation_close"),
    )
    for acte, code in refusees:
        with village.bd.session_ecriture() as session, pytest.raises(RegleViolee) as refus:
            acte(session, emise, SYSTEME, MERCREDI_SOIR)
        assert refus.value.code == code
    preparer(village.bd, reglages, emise, lambda: PLUS_TARD)
    assert lue(village.bd, emise).etat == "emise"
    assert compter(village.bd) == (2, 6)


def test_a_run_put_away_under_the_eyes_of_who_prepares_it_stays_away(
    village: Village, reglages: ReglagesCommune
) -> None:
    facturation_id = demandee(village, reglages)

    def renoncer(fait: int, total: int) -> None:
        if fait == 1:
            with village.bd.session_ecriture() as session:
                abandonner(session, facturation_id, SYSTEME, MERCREDI_SOIR)

    with pytest.raises(PreparationEnCours):
        preparer(village.bd, reglages, facturation_id, lambda: MERCREDI_SOIR, avance=renoncer)
    # Its one draft was there already; no other came.
    assert (lue(village.bd, facturation_id).etat, compter(village.bd)) == ("abandonnee", (1, 4))
    preparer_dues(village.bd, reglages, lambda: PLUS_TARD, lambda: True)
    assert (lue(village.bd, facturation_id).etat, compter(village.bd)) == ("abandonnee", (0, 0))


def test_a_run_that_cannot_be_prepared_says_so_and_holds_nobody(village: Village, reglages: ReglagesCommune) -> None:
    facturation_id = demandee(village, reglages)
    sans = replace(reglages, regies={})
    assert preparer_dues(village.bd, sans, lambda: MERCREDI_SOIR, lambda: True) == 0
    echouee = lue(village.bd, facturation_id)
    assert echouee.etat == "echouee"
    assert echouee.bilan is not None
    assert "inconnue" in echouee.bilan["erreur"]
    # Asked for again, it is another run.
    assert preparer_mois(village.bd, reglages).id != facturation_id
