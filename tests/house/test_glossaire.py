"""docs/glossary.md: every class of the rules and of the memory is explained there, and nothing there is invented."""

import ast
import re
from pathlib import Path

import pytest

RACINE = Path(__file__).parents[2]
GLOSSAIRE = (RACINE / "docs" / "glossary.md").read_text(encoding="utf-8")
CITES = set(re.findall(r"`(?:[\w.]+\.)?(\w+)`", GLOSSAIRE))


def classes() -> list[tuple[str, str]]:
    trouvees = []
    for etage in ("domain", "models"):
        for fichier in sorted((RACINE / "portail_famille" / etage).glob("*.py")):
            arbre = ast.parse(fichier.read_text(encoding="utf-8"))
            trouvees += [
                (f"{etage}.{fichier.stem}", noeud.name)
                for noeud in arbre.body
                if isinstance(noeud, ast.ClassDef) and not noeud.name.startswith("_")
            ]
    return trouvees


@pytest.mark.parametrize(("module", "classe"), classes())
def test_every_class_of_the_trade_is_in_the_glossary(module: str, classe: str) -> None:
    assert classe in CITES, f"{module}.{classe}: say in docs/glossary.md what it means and where the word comes from"


def test_the_glossary_leads_to_code_that_exists() -> None:
    absents = []
    for module, nom in re.findall(r"`((?:\w+\.)+)(\w+)`", GLOSSAIRE):
        fichier = RACINE / "portail_famille" / Path(*module.rstrip(".").split("."))
        source = fichier.with_suffix(".py")
        if module.split(".")[0] in ("domain", "models", "services", "views", "config") and (
            not source.is_file() or not re.search(rf"\b{nom}\b", source.read_text(encoding="utf-8"))
        ):
            absents.append(f"{module}{nom}")
    assert absents == []
