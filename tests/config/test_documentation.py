"""docs/demarches.md says what the code does: a town reads it before it opens."""

from pathlib import Path

import pytest

from portail_famille.config.cles import DEMARCHE, PIECE
from portail_famille.config.reglables import REFUS
from portail_famille.domain.genres import GENRES, Genre, Silence
from portail_famille.domain.pieces import GENRES_PIECES

PAGE = (Path(__file__).parents[2] / "docs" / "demarches.md").read_text(encoding="utf-8")
_REGLABLES = "| code | `decision` |"
LIGNES = {ligne.split("|")[1].strip(): ligne for ligne in reversed(PAGE.splitlines()) if ligne.startswith("| `")}
SILENCES = {Silence.ACCORD: "accord", Silence.REJET: "rejet", Silence.AUCUN: "ni l’un ni l’autre"}


@pytest.mark.parametrize("genre", GENRES.values(), ids=GENRES)
def test_each_kind_is_told_with_its_delay_its_silence_and_its_documents(genre: Genre) -> None:
    ligne = LIGNES[f"`{genre.code}`"]
    delai = f"{genre.delai_mois} mois" if genre.delai_mois else "aucun"
    assert f"| {genre.titre} | {delai} | {SILENCES[genre.silence]} |" in ligne
    assert all(f"`{piece}`" in ligne for piece in genre.pieces)


@pytest.mark.parametrize("cle", [*DEMARCHE, *PIECE])
def test_each_key_is_told(cle: str) -> None:
    assert f"`{cle}`" in LIGNES


@pytest.mark.parametrize("code", GENRES_PIECES)
def test_each_kind_of_document_is_told_with_its_validity(code: str) -> None:
    genre = GENRES_PIECES[code]
    duree = f"{genre.validite_mois} mois" if genre.validite_mois else "–"
    assert f"| {genre.nom} | {duree} |" in LIGNES[f"`{code}`"]


def test_what_may_be_set_of_each_kind_is_told() -> None:
    tableau = PAGE[PAGE.index(_REGLABLES) :].partition("\n\n")[0].splitlines()
    cles = [cle.strip(" `") for cle in tableau[0].split("|")[2:-1]]
    ecrits = {ligne.split("|")[1].strip(" `"): ligne for ligne in tableau[2:]}
    assert ecrits == {
        code: f"| `{code}` | " + " | ".join("non" if cle in REFUS[code] else "oui" for cle in cles) + " |"
        for code in GENRES
    }
    # What is in no column holds everywhere, or goes with « pieces ».
    assert {cle for refus in REFUS.values() for cle in refus} - {*cles} == {"pieces_facultatives"}
    assert all(("pieces" in refus) == ("pieces_facultatives" in refus) for refus in REFUS.values())
