"""The walls of the house: what no reviewer should have to remember."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, nodes
from jinja2.ext import Extension

from portail_famille.presentation.typographie import TypographieFrancaise, espacer

RACINE = Path(__file__).parents[2]
PAQUET = RACINE / "portail_famille"
GABARITS = PAQUET / "templates"
# The only service with transactions of its own (house.md §2), and who may call it.
OUVERTURES = {"session_ecriture", "session_ecriture_breve", "ouvrir_ecriture", "commit"}
APPELANTS_DE_SUIVI = {
    "views/acces.py",
    "views/agent/bureau.py",
    "views/agent/demarches.py",
    "views/agent/foyers.py",
    "views/cles.py",
    "views/confirmation.py",
    "views/connexion.py",
    "views/creation.py",
    "views/demarches.py",
    "views/identifiants.py",
    "views/liens.py",
    "views/mot_de_passe.py",
    "views/pieces.py",
    "views/quotients.py",
    "views/second_facteur.py",
}


def sources(dossier: Path) -> Iterator[tuple[str, ast.Module]]:
    for fichier in sorted(dossier.rglob("*.py")):
        yield fichier.relative_to(PAQUET).as_posix(), ast.parse(fichier.read_text(encoding="utf-8"))


def modules_importes(arbre: ast.Module) -> set[str]:
    noms: set[str] = set()
    for noeud in ast.walk(arbre):
        if isinstance(noeud, ast.Import):
            noms |= {alias.name for alias in noeud.names}
        elif isinstance(noeud, ast.ImportFrom) and noeud.module:
            noms |= {noeud.module} | {f"{noeud.module}.{alias.name}" for alias in noeud.names}
    return noms


def suivis_par_git() -> list[Path]:
    liste = subprocess.run(["git", "ls-files", "-z"], cwd=RACINE, capture_output=True, check=True).stdout
    return [RACINE / nom for nom in liste.decode().split("\0") if nom and (RACINE / nom).is_file()]


def test_the_domain_knows_the_standard_library_and_itself() -> None:
    etrangers = {
        f"{nom}: {module}"
        for nom, arbre in sources(PAQUET / "domain")
        for module in modules_importes(arbre)
        if module.split(".")[0] not in sys.stdlib_module_names and not module.startswith("portail_famille.domain")
    }
    assert etrangers == set()


@pytest.mark.parametrize("etage", ["domain", "services", "models", "forms", "presentation"])
def test_the_clock_is_read_at_the_entrance_only(etage: str) -> None:
    lectures = {
        f"{nom}:{noeud.lineno}"
        for nom, arbre in sources(PAQUET / etage)
        for noeud in ast.walk(arbre)
        if isinstance(noeud, ast.Call)
        and isinstance(noeud.func, ast.Attribute)
        and noeud.func.attr in ("now", "today", "utcnow")
    }
    assert lectures == set()


def test_only_suivi_opens_its_own_transaction() -> None:
    ouvreurs = {
        nom
        for nom, arbre in sources(PAQUET / "services")
        for noeud in ast.walk(arbre)
        if isinstance(noeud, ast.Attribute) and noeud.attr in OUVERTURES
    }
    # The worker runs outside requests: it claims, sends, prepares or writes, then notes what became of it. Paying
    # goes by committed steps with calls to PayFiP in between, in a request too (house.md §2.7).
    assert ouvreurs == {
        "services/suivi.py",
        "services/courriels.py",
        "services/extractions.py",
        "services/facturation.py",
        "services/guichet_payfip.py",
    }


def test_rules_are_kept_from_one_page_to_the_next() -> None:
    """Read with an empty memory they cost nine queries: services ask `regles_connues`, pages `bureau.regles`."""
    for dossier in ("services", "views", "forms", "presentation"):
        for fichier in (PAQUET / dossier).rglob("*.py"):
            assert not re.search(r"charger_regles\([^()]*\{\}", fichier.read_text(encoding="utf-8")), fichier


def test_who_calls_suivi_is_known() -> None:
    appelants = {
        nom
        for nom, arbre in sources(PAQUET)
        if "portail_famille.services.suivi" in modules_importes(arbre) and nom != "services/suivi.py"
    }
    assert appelants == APPELANTS_DE_SUIVI


def test_views_change_nothing_themselves() -> None:
    """They may lock or roll back the request's session; adding, deleting and committing belong to the services."""
    coupables = {
        f"{nom}:{noeud.lineno}"
        for nom, arbre in sources(PAQUET / "views")
        for noeud in ast.walk(arbre)
        if isinstance(noeud, ast.Attribute) and noeud.attr in ("add", "add_all", "delete", "commit", "flush")
        if isinstance(noeud.value, ast.Call | ast.Name) and "session" in ast.unparse(noeud.value)
    }
    assert coupables == {"views/web.py:" + str(ligne_du_commit())}


def ligne_du_commit() -> int:
    lignes = (PAQUET / "views" / "web.py").read_text(encoding="utf-8").splitlines()
    (ligne,) = (rang for rang, texte in enumerate(lignes, 1) if "session.commit()" in texte)
    return ligne


def gabarits() -> list[str]:
    return sorted(f.relative_to(GABARITS).as_posix() for f in GABARITS.rglob("*") if f.is_file())


@pytest.mark.parametrize("nom", [n for n in gabarits() if n.endswith(".html") and "courriels/" not in n])
def test_a_template_has_no_inline_script_style_or_handler(nom: str) -> None:
    texte = (GABARITS / nom).read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\shx-on|\son[a-z]+=|javascript:", texte)
    assert all("src=" in balise for balise in re.findall(r"<script[^>]*>", texte))


def noms_cites(app: Flask) -> set[str]:
    """Every template named by Python code, or by another template."""
    cites = {
        noeud.value
        for _nom, arbre in sources(PAQUET)
        for noeud in ast.walk(arbre)
        if isinstance(noeud, ast.Constant) and isinstance(noeud.value, str)
    }
    for nom in gabarits():
        if nom.endswith((".html", ".txt")):
            arbre_jinja = app.jinja_env.parse((GABARITS / nom).read_text(encoding="utf-8"))
            cites |= {
                constante.value for constante in arbre_jinja.find_all(nodes.Const) if isinstance(constante.value, str)
            }
    return cites


def test_every_template_is_used(app: Flask) -> None:
    cites = noms_cites(app)
    # Mails are three files of a folder, found by the name of the folder.
    inutiles = [
        nom
        for nom in gabarits()
        if nom not in cites
        and f"templates/{nom}" not in cites
        and nom.rpartition("/")[2] not in cites
        and nom.split("/")[-2] not in cites
    ]
    assert inutiles == []


def test_the_walls_between_rooms_stand() -> None:
    resultat = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=RACINE, capture_output=True, text=True
    )
    assert resultat.returncode == 0, resultat.stdout


def test_nothing_names_the_machine_it_was_written_on() -> None:
    interdits = re.compile(rb"/" + rb"work/|/" + rb"tmp/team|/" + rb"root/|127\.0\.0\.1:5432")
    coupables = [
        str(fichier.relative_to(RACINE)) for fichier in suivis_par_git() if interdits.search(fichier.read_bytes())
    ]
    assert coupables == []


def test_nothing_is_left_for_later() -> None:
    mots = re.compile(
        r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|pytest\.mark\.(sk" + r"ip|xf" + r"ail)|pytest\.sk" + r"ip"
    )
    coupables = [
        str(fichier.relative_to(RACINE))
        for fichier in suivis_par_git()
        if fichier.suffix in (".py", ".html", ".js", ".css", ".md", ".toml")
        and "vendor" not in fichier.parts
        and mots.search(fichier.read_text(encoding="utf-8"))
    ]
    assert coupables == []


def test_files_stay_small() -> None:
    longs = {
        str(fichier.relative_to(RACINE)): lignes
        for fichier in suivis_par_git()
        if fichier.suffix == ".py" and "versions" not in fichier.parts
        if (lignes := len(fichier.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert longs == {}


# The words of parents. « importer activites » speaks to a terminal, the outbox to the log.
_PAROLES = ("views", "forms", "presentation", "services")
_ESPACE_ORDINAIRE = re.compile(r"[\w»] [;!?»](?:\s|$)|[\w»] : |« \S")


def test_words_for_parents_carry_their_no_break_spaces() -> None:
    coupables = []
    for etage in _PAROLES:
        for nom, arbre in sources(PAQUET / etage):
            docstrings = {
                id(noeud.value)
                for noeud in ast.walk(arbre)
                if isinstance(noeud, ast.Expr) and isinstance(noeud.value, ast.Constant)
            }
            coupables += [
                f"{nom}:{noeud.lineno}"
                for noeud in ast.walk(arbre)
                if isinstance(noeud, ast.Constant)
                and isinstance(noeud.value, str)
                and id(noeud) not in docstrings
                and nom not in ("services/importation.py", "services/courriels.py")
                and _ESPACE_ORDINAIRE.search(noeud.value)
            ]
    assert coupables == []


@pytest.mark.parametrize(
    ("tape", "lu"),
    [
        ("Bonjour !", "Bonjour\u202f!"),
        ("Mairie : 02", "Mairie\u00a0: 02"),
        ("« Valider »", "«\u00a0Valider\u00a0»"),
        ("12:30", "12:30"),
    ],
)
def test_french_spaces_are_set(tape: str, lu: str) -> None:
    assert espacer(tape) == lu


def test_french_spaces_leave_tags_and_expressions_alone() -> None:
    extensions: list[type[Extension]] = [TypographieFrancaise]
    gabarit = Environment(extensions=extensions, autoescape=True).from_string(
        '<a title="Quoi ?">{{ nom }} : {{ "x ?" if oui else "y" }}</a>'
    )
    assert gabarit.render(nom="Léa", oui=True) == '<a title="Quoi ?">Léa\u00a0: x ?</a>'
