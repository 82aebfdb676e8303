"""Months counted back."""

from datetime import date

import pytest

from portail_famille.domain.conservation import mois_avant


@pytest.mark.parametrize(
    ("jour", "mois", "attendu"),
    [
        (date(2026, 12, 2), 12, date(2025, 12, 2)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 120, date(2014, 2, 28)),
        (date(2026, 12, 15), 0, date(2026, 12, 15)),
    ],
)
def test_months_earlier_is_the_same_day_or_the_end_of_a_shorter_month(jour: date, mois: int, attendu: date) -> None:
    assert mois_avant(jour, mois) == attendu
