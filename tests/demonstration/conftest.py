"""A demonstration town built at a chosen instant in an empty commune."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from portail_famille.config import ReglagesCommune
from portail_famille.demonstration.installation import VILLES, peupler
from portail_famille.demonstration.portraits import Ville
from portail_famille.domain.regies import Regie
from portail_famille.models.bd import BD

Batir = Callable[..., Ville]


def regies_de(ville: Ville) -> dict[str, Regie]:
    """Those of its commune.toml."""
    tables: dict[str, dict[str, Any]] = {}
    for (table, cle), valeur in ville.reglages.items():
        if table.startswith("regies."):
            tables.setdefault(table.removeprefix("regies."), {})[cle] = valeur
    return {code: Regie(code=code, **table) for code, table in tables.items()}


def reglages_de(ville: Ville, dossier: Path, *, est_exemple: bool = True, avec_regies: bool = False) -> ReglagesCommune:
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
        regies=regies_de(ville) if avec_regies else {},
    )


@pytest.fixture
def batir_ville(bd: BD, tmp_path: Path) -> Batir:
    """`batir_ville(slug, maintenant, figurants=…)` in the test's database; its invoices only where they are looked
    at."""

    def batir(slug: str, maintenant: datetime, figurants: int = 60, *, avec_regies: bool = False) -> Ville:
        ville = VILLES[slug]
        peupler(bd, reglages_de(ville, tmp_path, avec_regies=avec_regies), ville, maintenant, figurants)
        return ville

    return batir
