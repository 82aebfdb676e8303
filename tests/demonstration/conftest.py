"""A demonstration town built at a chosen instant in an empty commune."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.installation import VILLES, peupler
from portail_famille.demonstration.portraits import Ville
from portail_famille.models.bd import BD

Batir = Callable[..., Ville]


def reglages_de(ville: Ville, dossier: Path, *, est_exemple: bool = True) -> ReglagesCommune:
    return ReglagesCommune(
        slug=ville.slug,
        dossier=dossier,
        nom=ville.nom,
        courriel=ville.courriel,
        telephone=ville.telephone,
        url_publique=f"http://localhost/{ville.slug}",
        zone=ville.zone,
        cle_secrete="x" * 32,
        cle_coffre="x" * 32,
        base_de_donnees="sqlite://",
        est_exemple=est_exemple,
    )


@pytest.fixture
def batir_ville(bd: BD, tmp_path: Path) -> Batir:
    """`batir_ville(slug, maintenant, figurants=…)` in the test's database."""

    def batir(slug: str, maintenant: datetime, figurants: int = 60) -> Ville:
        ville = VILLES[slug]
        peupler(bd, reglages_de(ville, tmp_path), ville, maintenant, figurants)
        return ville

    return batir
