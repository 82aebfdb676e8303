"""What is said before a form is begun."""

from dataclasses import replace

from portail_famille.domain.genres import GENRES, Decision
from portail_famille.presentation.nouvelle_demarche import dire_delai


def test_an_immediate_answer_is_promised_only_where_the_rules_can_give_it() -> None:
    regle = dire_delai(replace(GENRES["quotient"], decision=Decision.AUTOMATIQUE))
    assert regle.startswith("La réponse est immédiate quand le règlement suffit. Sinon, la mairie a 2 mois")
    assert dire_delai(GENRES["quotient"]).startswith("La mairie a 2 mois")
    # No date is written before the form is sent.
    assert "Sans réponse dans ce délai" in dire_delai(GENRES["quotient"])
    assert dire_delai(replace(GENRES["question"], decision=Decision.AUTOMATIQUE)) == (
        "La mairie vous répond dès que possible."
    )
