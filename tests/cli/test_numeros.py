"""`portail-famille numeros`: what was numbered in the days that a restore lost is not numbered again."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from portail_famille.cli import main
from portail_famille.models.journal import ActeJournal
from portail_famille.services.compteurs import numero_de_recu, prochain_rang
from tests.support.facturations import ecrire_commune
from tests.support.village import Village


def dire(*derniers: str) -> Result:
    return CliRunner().invoke(main, ["numeros", "--commune", "essai", *derniers], catch_exceptions=False)


@pytest.fixture(autouse=True)
def commune(village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ecrire_commune(tmp_path, village.bd)
    monkeypatch.setenv("PORTAIL_FAMILLE_INSTANCE", str(tmp_path))


def test_the_next_numbers_come_after_those_already_given_and_never_go_back(village: Village) -> None:
    assert dire("2026-EE-000130", "R2026-ENFANCE-000045").exit_code == 0
    recul = dire("2026-EE-000012")
    assert (recul.exit_code, recul.output) == (0, "2026-EE-000012 : déjà compté.\n")
    with village.bd.session_ecriture() as session:
        assert prochain_rang(session, "EE", 2026) == 131
        assert prochain_rang(session, "EE", 2027) == 1, "another year"
        assert numero_de_recu(session, "enfance", 2026) == "R2026-ENFANCE-000046"
        (acte,) = session.scalars(select(ActeJournal).where(ActeJournal.action == "numeros_avances"))
        assert acte.details == {"numero": "2026-EE-000130, R2026-ENFANCE-000045"}


@pytest.mark.parametrize("faux", ["2026-ZZ-000001", "130", "R2026-AILLEURS-000001"])
def test_a_number_of_no_regie_moves_nothing(village: Village, faux: str) -> None:
    refus = dire("2026-EE-000130", faux)
    assert refus.exit_code == 2
    assert faux in refus.output
    with village.bd.session_ecriture() as session:
        assert prochain_rang(session, "EE", 2026) == 1
