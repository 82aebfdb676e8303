"""What costs work is not asked for without end."""

from datetime import timedelta

from portail_famille.services import debits
from portail_famille.services.debits import Debit
from tests.support.temps import MERCREDI_SOIR


def test_a_key_is_admitted_so_many_times_and_again_later() -> None:
    debit = Debit(3, timedelta(minutes=1))
    assert [debit.admet("a", MERCREDI_SOIR) for _ in range(4)] == [True, True, True, False]
    assert debit.admet("b", MERCREDI_SOIR)
    assert not debit.admet("a", MERCREDI_SOIR + timedelta(seconds=59))
    assert debit.admet("a", MERCREDI_SOIR + timedelta(seconds=60))


def test_a_clock_put_back_refuses_nobody() -> None:
    debit = Debit(1, timedelta(minutes=1))
    assert debit.admet("a", MERCREDI_SOIR + timedelta(days=1))
    assert debit.admet("a", MERCREDI_SOIR)


def test_many_keys_take_no_more_memory() -> None:
    debit = Debit(1, timedelta(minutes=1))
    for rang in range(debits._CLES_GARDEES + 50):
        assert debit.admet(str(rang), MERCREDI_SOIR)
    assert len(debit._instants) == debits._CLES_GARDEES
    assert debit.admet("0", MERCREDI_SOIR), "the oldest is forgotten"
