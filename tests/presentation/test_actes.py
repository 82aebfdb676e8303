"""The journal in words: no code without its sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import portail_famille
from portail_famille.domain.pieces import GenrePiece, ReglesPieces
from portail_famille.presentation.actes import COTES, LIBELLES, dire_acte
from portail_famille.presentation.mots_des_donnees import CODES

RACINE = Path(portail_famille.__file__).parent
# Where the code stands among the arguments of the calls that write a line, and its name there.
ACTES = {"consigner": (2, "action"), "noter_lecture": (3, "action")}
EVENEMENTS = {"EvenementSecurite": (9, "genre"), "noter_evenement": (1, "genre"), "reussir": (2, "genre")}


class Illisible(Exception):
    """A code that this test cannot follow to its letters."""


class Codes:
    """Codes of one module, followed through its names and its own functions."""

    def __init__(self, arbre: ast.Module, places: dict[str, tuple[int, str]]) -> None:
        self._arbre = arbre
        self._places = places
        self._fonctions = [n for n in ast.walk(arbre) if isinstance(n, ast.FunctionDef)]

    def tous(self) -> Iterator[tuple[int, str]]:
        for appel, fonction in self._appels(lambda nom: nom in self._places):
            code = argument(appel, *self._places[nom_appele(appel)])
            if code is not None:
                yield from ((appel.lineno, lu) for lu in self._lire(code, fonction))

    def _appels(self, voulu: object) -> Iterator[tuple[ast.Call, ast.FunctionDef | None]]:
        assert callable(voulu)
        dedans = {id(n): f for f in self._fonctions for n in ast.walk(f)}
        for noeud in ast.walk(self._arbre):
            if isinstance(noeud, ast.Call) and voulu(nom_appele(noeud)):
                yield noeud, dedans.get(id(noeud))

    def _lire(self, valeur: ast.expr, fonction: ast.FunctionDef | None) -> Iterator[str]:
        match valeur:
            case ast.Constant(value=str(code)):
                yield code
            case ast.IfExp():
                yield from self._lire(valeur.body, fonction)
                yield from self._lire(valeur.orelse, fonction)
            case ast.Name(id=nom):
                yield from self._suivre(nom, fonction)
            case _:
                raise Illisible(ast.unparse(valeur))

    def _suivre(self, nom: str, fonction: ast.FunctionDef | None) -> Iterator[str]:
        lieux = [*(ast.walk(fonction) if fonction else ()), *self._arbre.body]
        donnees = [donnee for noeud in lieux if (donnee := donnee_a(noeud, nom)) is not None]
        if donnees:
            for donnee in donnees:
                yield from self._lire(donnee, fonction)
            return
        parametres = [a.arg for a in (*fonction.args.args, *fonction.args.kwonlyargs)] if fonction else []
        if fonction is None or nom not in parametres:
            raise Illisible(nom)
        if fonction.name in self._places:
            return  # its callers are read by themselves
        for appel, autour in self._appels(lambda n: n == fonction.name):
            donne = argument(appel, parametres.index(nom), nom)
            assert donne is not None
            yield from self._lire(donne, autour)


def donnee_a(noeud: ast.AST, nom: str) -> ast.expr | None:
    """What this statement gives to this name."""
    cibles: list[ast.expr] = []
    if isinstance(noeud, ast.Assign):
        cibles = noeud.targets
    elif isinstance(noeud, ast.AnnAssign):
        cibles = [noeud.target]
    else:
        return None
    return noeud.value if any(isinstance(c, ast.Name) and c.id == nom for c in cibles) else None


def nom_appele(appel: ast.Call) -> str:
    return appel.func.id if isinstance(appel.func, ast.Name) else getattr(appel.func, "attr", "")


def argument(appel: ast.Call, place: int, nom: str) -> ast.expr | None:
    """None when the call leaves it to its default."""
    nomme = next((k.value for k in appel.keywords if k.arg == nom), None)
    return nomme if nomme is not None else appel.args[place] if place < len(appel.args) else None


def codes_ecrits(places: dict[str, tuple[int, str]] = ACTES) -> dict[str, str]:
    """Every code that some line of code writes, and where."""
    lus = {}
    for fichier in sorted(RACINE.rglob("*.py")):
        for ligne, code in Codes(ast.parse(fichier.read_text(encoding="utf-8")), places).tous():
            lus[code] = f"{fichier.relative_to(RACINE)}:{ligne}"
    return lus


def test_every_action_written_in_the_journal_has_its_words() -> None:
    muets = {code: ou for code, ou in codes_ecrits().items() if code not in LIBELLES}
    assert muets == {}


def test_every_event_of_the_security_journal_has_its_words() -> None:
    ecrits = codes_ecrits(EVENEMENTS)
    assert {"deconnexion", "connexion_refusee"} <= ecrits.keys()
    assert {code: ou for code, ou in ecrits.items() if code not in CODES} == {}


def test_the_codes_are_followed_through_names_and_functions() -> None:
    """The test above would pass on an empty list."""
    assert {"demarche_refusee", "foyer_masque", "foyer_demasque", "donnees_exportees"} <= codes_ecrits().keys()


def test_no_words_are_kept_for_an_action_nobody_writes() -> None:
    assert LIBELLES.keys() - codes_ecrits().keys() == set()


def test_every_side_has_its_words() -> None:
    assert set(COTES) == {"famille", "agent", "systeme"}


@pytest.mark.parametrize(
    ("action", "details", "phrase"),
    [
        ("foyer_vu", {}, "Dossier consulté"),
        (
            "demarche_acceptee",
            {"numero": "D2026-000012", "genre": "enfant"},
            "Demande acceptée\u00a0: ajout d’un enfant, n°\u00a0D2026-000012",
        ),
        ("piece_deposee", {"piece": 3, "genre": "livret_famille"}, "Document ajouté\u00a0: Livret de famille"),
        (
            "fiche_modifiee",
            {"champs": {"foyer.ville": ["", "Saint-Rivage"], "personne.nom": ["Morel", "Petit"]}},
            "Fiche modifiée\u00a0: ville (rien → Saint-Rivage) et nom (Morel → Petit)",
        ),
        ("identifiant_change", {"avant": "camille", "apres": "cam"}, "Identifiant changé\u00a0: camille → cam"),
        ("fiche_modifiee", {"champs": {"enfant.sante": None}}, "Fiche modifiée\u00a0: santé"),
    ],
)
def test_a_line_reads_as_a_sentence(action: str, details: dict[str, object], phrase: str) -> None:
    assert dire_acte(action, details, ReglesPieces()) == phrase


def test_a_document_of_the_towns_own_kind_has_the_towns_name() -> None:
    """Whatever its code: a démarche may have the same."""
    regles = ReglesPieces({code: GenrePiece(code, "Licence sportive") for code in ("licence", "absence")})
    for genre in ("licence", "absence"):
        dit = dire_acte("piece_deposee", {"piece": 3, "genre": genre}, regles)
        assert dit == "Document ajouté\u00a0: Licence sportive"
    assert dire_acte("demarche_deposee", {"genre": "absence"}, regles) == "Demande envoyée\u00a0: déclaration d’absence"
