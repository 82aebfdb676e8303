"""docs/demarches.md says what the code does: a town reads it before it opens."""

from pathlib import Path

import pytest

from portail_famille.config.cles import DEMARCHE, PIECE
from portail_famille.domain.genres import GENRES, Genre, Silence
from portail_famille.domain.pieces import GENRES_PIECES

PAGE = (Path(__file__).parents[2] / "docs" / "demarches.md").read_text(encoding="utf-8")
LIGNES = {ligne.split("|")[1].strip(): ligne for ligne in PAGE.splitlines() if ligne.startswith("| `")}
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
