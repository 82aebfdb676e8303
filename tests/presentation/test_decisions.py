"""A request that was decided says what was asked and, beside it, what the town decided."""

from portail_famille.presentation.changements import DECIDE, Changement
from portail_famille.presentation.declarations import dire_absence
from portail_famille.presentation.inscriptions import dire_inscription, dire_scolaire
from tests.support.papier import regles

ABSENCE = {
    "motif": "maladie",
    "absences": [
        {"jour": jour, "nom": "Repas", "sort": "justifiee", "avant": 342, "apres": 0}
        for jour in ("2026-12-03", "2026-12-04")
    ],
}
INSCRIPTION = {"activite": "cantine", "choix": ["ecole"], "du": "2026-09-01", "au": "2027-07-03"}
SCOLAIRE = {"annee": "2026-2027", "niveau": "CP", "ecole": ""}


def _decide(avant: list[Changement], apres: list[Changement]) -> list[str]:
    """What is added by the decision, all that was asked being there still."""
    assert [ligne for ligne in apres if ligne in avant] == avant
    ajoutees = [ligne for ligne in apres if ligne not in avant]
    assert {ligne.libelle for ligne in ajoutees} == {DECIDE}
    return [ligne.apres for ligne in ajoutees]


def test_what_the_town_decided_stands_beside_what_was_asked() -> None:
    r = regles()
    absence = {"jours": ["1:2026-12-03"], "sans_carence": True}
    assert _decide(dire_absence({}, ABSENCE, r), dire_absence({}, {**ABSENCE, "decision": absence}, r)) == [
        "1\u00a0jour laissé de côté",
        "Sans jour de carence",
    ]
    obtenue = {"structure": "ecole", "du": "2026-10-01", "au": "2027-07-03"}
    (dit,) = _decide(
        dire_inscription({}, INSCRIPTION, r), dire_inscription({}, {**INSCRIPTION, "decision": obtenue}, r)
    )
    assert dit.endswith("du 1er octobre 2026 au 3 juillet 2027")
    affectee = {"ecole": "ecole", "classe": "CP"}
    (dit,) = _decide(dire_scolaire({}, SCOLAIRE, r), dire_scolaire({}, {**SCOLAIRE, "decision": affectee}, r))
    assert dit.endswith(", CP")
