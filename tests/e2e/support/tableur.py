"""A spreadsheet as it came down, opened."""

import io
import zipfile
from pathlib import Path


def lire_feuille(chemin: Path) -> str:
    """Sheet and shared texts of a workbook, every part of which can be unpacked."""
    with zipfile.ZipFile(io.BytesIO(chemin.read_bytes())) as classeur:
        assert classeur.testzip() is None
        return "".join(classeur.read(nom).decode() for nom in classeur.namelist() if nom.startswith("xl/"))
