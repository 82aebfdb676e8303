"""The rule of a garde alternée in a sentence."""

from datetime import date

import pytest

from portail_famille.domain.gardes import IMPAIRES, PAIRES, Garde
from portail_famille.presentation.gardes import phrase_de_garde
from tests.support.calendriers import calendrier_de

CALENDRIER = calendrier_de("C")
AUJOURDHUI = date(2026, 12, 2)
ANCRE = date(2026, 12, 7)


@pytest.mark.parametrize(
    ("garde", "phrase"),
    [
        (Garde(ANCRE), "Une semaine sur deux chez vous\u00a0: celle du 7 décembre, puis celle du 21 décembre."),
        (
            Garde(date(2026, 11, 30), 3),
            "Une semaine sur trois chez vous\u00a0: cette semaine, puis celle du 21 décembre.",
        ),
        (
            Garde(ANCRE, 4).autre(),
            "Trois semaines sur quatre chez vous\u00a0: cette semaine, puis celle du 14 décembre.",
        ),
    ],
)
def test_the_weeks_are_said_with_the_next_two(garde: Garde, phrase: str) -> None:
    assert phrase_de_garde(garde, CALENDRIER, AUJOURDHUI) == phrase


def test_weeks_of_shared_holidays_are_not_announced_as_ours() -> None:
    """21 December would be the next one by the weeks alone."""
    phrase = phrase_de_garde(Garde(ANCRE, 2, PAIRES), CALENDRIER, AUJOURDHUI)
    assert "celle du 7 décembre, puis celle du 4 janvier." in phrase
    assert phrase.endswith(
        "La première moitié des vacances scolaires est chez vous les années paires, la seconde les années impaires."
    )


@pytest.mark.parametrize("garde", [Garde(ANCRE, 2, IMPAIRES), Garde(ANCRE, 3, PAIRES).autre()])
def test_the_other_foyer_reads_the_other_years(garde: Garde) -> None:
    assert "chez vous les années impaires, la seconde les années paires" in phrase_de_garde(
        garde, CALENDRIER, AUJOURDHUI
    )
