"""Spreadsheets: XLSX and CSV, in which no cell is ever a formula.

What a family typed ends up on an agent's machine: « =HYPERLINK(…) » or « @SUM(…) » must stay words (OWASP, CSV
injection). Rows are written as they come; an XLSX keeps one row in memory.
"""

import csv
import io
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from xlsxwriter import Workbook

Cellule = str | int | Decimal | date | None
_AMORCES = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_INVISIBLES = ("Cc", "Cf", "Cs")
_LARGEURS: dict[type, int] = {str: 24, date: 12, int: 10, Decimal: 12}
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Colonne:
    titre: str
    genre: type[str] | type[int] | type[Decimal] | type[date] = str


def ecrire(format_: str, titre: str, colonnes: Sequence[Colonne], lignes: Iterable[Sequence[Cellule]]) -> bytes:
    """The file, whole. `format_` is "csv" or "xlsx"."""
    return _ecrire_csv(colonnes, lignes) if format_ == "csv" else _ecrire_xlsx(titre, colonnes, lignes)


def _ecrire_csv(colonnes: Sequence[Colonne], lignes: Iterable[Sequence[Cellule]]) -> bytes:
    """« ; » and a byte order mark: what a French spreadsheet opens by a double click."""
    texte = io.StringIO(newline="")
    plume = csv.writer(texte, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    plume.writerow([_sure(colonne.titre) for colonne in colonnes])
    plume.writerows([_sure(valeur) for valeur in ligne] for ligne in lignes)
    return b"\xef\xbb\xbf" + texte.getvalue().encode("utf-8")


def _sure(valeur: Cellule) -> str:
    """An apostrophe in front of what a spreadsheet would run; spaces first do not stop it either."""
    if valeur is None:
        return ""
    if isinstance(valeur, date):
        return valeur.strftime("%d/%m/%Y")
    if isinstance(valeur, int):
        return str(valeur)
    if isinstance(valeur, Decimal):
        # An amount of ours: « -12,34 » is a number, not a formula that somebody typed.
        return f"{valeur:.2f}".replace(".", ",")
    # Invisible characters (C0, zero-width, marks of direction) are dropped first: some programs do so too, later.
    visible = "".join(
        " " if c in "\t\r\n" else c for c in valeur if c in "\t\r\n" or unicodedata.category(c) not in _INVISIBLES
    )
    return f"'{visible}" if visible.lstrip().startswith(_AMORCES) else visible


def _ecrire_xlsx(titre: str, colonnes: Sequence[Colonne], lignes: Iterable[Sequence[Cellule]]) -> bytes:
    tampon = io.BytesIO()
    with tempfile.TemporaryDirectory() as dossier:
        classeur = Workbook(
            tampon,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "tmpdir": dossier,
            },
        )
        gras, jour = classeur.add_format({"bold": True}), classeur.add_format({"num_format": "dd/mm/yyyy"})
        euros = classeur.add_format({"num_format": "#,##0.00"})
        feuille = classeur.add_worksheet(titre[:31])
        feuille.freeze_panes(1, 0)
        for rang, colonne in enumerate(colonnes):
            feuille.set_column(rang, rang, _LARGEURS[colonne.genre])
            feuille.write_string(0, rang, colonne.titre, gras)
        for numero, ligne in enumerate(lignes, 1):
            for rang, valeur in _remplies(ligne):
                if isinstance(valeur, date):
                    feuille.write_datetime(numero, rang, valeur, jour)
                elif isinstance(valeur, Decimal):
                    feuille.write_number(numero, rang, float(valeur), euros)
                elif isinstance(valeur, int):
                    feuille.write_number(numero, rang, valeur)
                else:
                    feuille.write_string(numero, rang, valeur)
        classeur.close()
    return tampon.getvalue()


def _remplies(ligne: Sequence[Cellule]) -> Iterator[tuple[int, str | int | Decimal | date]]:
    return ((rang, valeur) for rang, valeur in enumerate(ligne) if valeur is not None and valeur != "")
