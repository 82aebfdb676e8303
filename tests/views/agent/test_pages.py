"""The desk's pages: what each agent sees, does, and leaves in the journal."""

import pytest

from tests.support.ecran import phrases
from tests.views.agent.conftest import Bureau


@pytest.mark.parametrize(
    "page", ["/agent/", "/agent/demarches", "/agent/foyers", "/agent/foyers?q=morel", "/agent/foyers/nouveau"]
)
def test_the_desk_opens(bureau: Bureau, page: str) -> None:
    assert bureau.entrer().get(page).status_code == 200


def test_a_familys_file_shows_everybody(bureau: Bureau) -> None:
    dit = phrases(bureau.entrer().get(f"/agent/foyers/{bureau.village.foyers['morel']}"))
    for mot in ("Camille Morel", "Thomas Le Gall", "Léa Ferrand", "Noé Le Gall", "Autorité parentale"):
        assert mot in dit
