"""What of a price is care: CGI art. 200 quater B and what the administration says of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portail_famille.domain.attestations import part_de_garde
from portail_famille.domain.circonstances import Etat
from portail_famille.domain.unites import Activite, Unite
from tests.support.documents import document_de_cantine, lire


def garderie(activite: str = "", unite: str = "") -> tuple[Activite, Unite]:
    catalogue = lire(document_de_cantine(activite=activite, unite=unite))
    return catalogue.activites["cantine"], catalogue.unites["repas"]


@pytest.mark.parametrize(
    ("activite", "unite", "base", "montant", "etat", "garde"),
    [
        # An after-school care is care; what is added for a late request, or for coming without a booking, is not.
        ("", "", 126, 126, Etat.PRESENTE, 126),
        ("", "", 126, 226, Etat.HORS_DELAI, 126),
        ("", "", 126, 252, Etat.PRESENTE_NON_RESERVEE, 126),
        # Half price by a modifier: never more than what was paid.
        ("", "", 126, 63, Etat.PRESENTE, 63),
        # A canteen is food, unless the town itemises its supervision.
        ("restauration = true", "", 342, 342, Etat.PRESENTE, 0),
        ("restauration = true", "part_garde = 1.20", 342, 342, Etat.PRESENTE, 120),
        ("restauration = true", "part_garde = 1.20", 342, 442, Etat.HORS_DELAI, 120),
        ("restauration = true", "part_garde = 1.20", 100, 100, Etat.PRESENTE, 100),
        # A day of holidays with its meal; a workshop that is not care at all.
        ("", "part_garde = 9.20", 1240, 1240, Etat.RESERVEE, 920),
        ("garde = false", "", 500, 500, Etat.PRESENTE, 0),
        ("restauration = true\ngarde = true", "", 800, 800, Etat.PRESENTE, 800),
        # Nobody kept a child who was absent.
        ("", "", 126, 126, Etat.ABSENTE_INJUSTIFIEE, 0),
        ("", "", 126, 63, Etat.ABSENTE_JUSTIFIEE, 0),
    ],
)
def test_only_care_given_counts(activite: str, unite: str, base: int, montant: int, etat: Etat, garde: int) -> None:
    assert part_de_garde(*garderie(activite, unite), base, montant, etat) == garde


@given(
    base=st.integers(0, 10_000),
    montant=st.integers(0, 20_000),
    etat=st.sampled_from(Etat),
    part=st.none() | st.integers(0, 3_000),
    garde=st.booleans(),
)
def test_care_is_never_more_than_the_price_nor_than_the_base(
    base: int, montant: int, etat: Etat, part: int | None, garde: bool
) -> None:
    activite, unite = garderie()
    trouvee = part_de_garde(
        replace(activite, garde=garde), replace(unite, part_garde_centimes=part), base, montant, etat
    )
    assert 0 <= trouvee <= min(base, montant)
