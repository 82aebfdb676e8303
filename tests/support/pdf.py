"""What a reader, or a voice, finds in a PDF: its text through the fonts' own tables, its tags, its language."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf


def texte_du_pdf(octets: bytes) -> str:
    """The text as « copy » would give it: glyphs turned into letters by each font's ToUnicode table."""
    with pikepdf.open(io.BytesIO(octets)) as document:
        return "\n".join(_texte_de_la_page(page) for page in document.pages)


def balises_du_pdf(octets: bytes) -> list[str]:
    """Kinds of the structure elements, in reading order: Document, H1, P, L…"""
    with pikepdf.open(io.BytesIO(octets)) as document:
        return list(_balises(document.Root.StructTreeRoot.K))


def textes_sans_nature(octets: bytes) -> list[str]:
    """Structure elements that only gather others (a page, a division) and hold text of their own all the same: a voice
    is not told what it is."""
    with pikepdf.open(io.BytesIO(octets)) as document:
        return list(_muets(document.Root.StructTreeRoot.K, ""))


def _muets(noeud: Any, parent: str) -> Iterator[str]:
    if isinstance(noeud, pikepdf.Array):
        for enfant in noeud:
            yield from _muets(enfant, parent)
    elif isinstance(noeud, pikepdf.Dictionary) and "/S" in noeud:
        # A span has the nature of what it is in.
        nature = parent if noeud.S == "/Span" else str(noeud.S).removeprefix("/")
        if "/K" in noeud:
            yield from _muets(noeud.K, nature)
    elif parent in {"", "Document", "Div", "Table", "TR", "L", "LI"}:
        yield parent


def _balises(noeud: Any) -> Iterator[str]:
    if isinstance(noeud, pikepdf.Array):
        for enfant in noeud:
            yield from _balises(enfant)
    elif isinstance(noeud, pikepdf.Dictionary) and "/S" in noeud:
        yield str(noeud.S).removeprefix("/")
        if "/K" in noeud:
            yield from _balises(noeud.K)


def _texte_de_la_page(page: pikepdf.Page) -> str:
    # A blank page has no font.
    polices = page.obj.Resources.get("/Font", pikepdf.Dictionary())
    tables = {nom: _table(police) for nom, police in polices.items()}
    table: dict[int, str] = {}
    morceaux: list[str] = []
    for instruction in pikepdf.parse_content_stream(page):
        operandes: Any = instruction.operands
        match str(instruction.operator):
            case "Tf":
                table = tables[str(operandes[0])]
            case "Tj":
                morceaux.append(_lire(operandes[0], table))
            case "TJ":
                morceaux += [_lire(o, table) for o in operandes[0] if isinstance(o, pikepdf.String)]
            case "ET":
                morceaux.append("\n")
    return "".join(morceaux)


def _lire(chaine: Any, table: dict[int, str]) -> str:
    octets = bytes(chaine)
    return "".join(table.get(int.from_bytes(octets[i : i + 2]), "\ufffd") for i in range(0, len(octets), 2))


def _table(police: Any) -> dict[int, str]:
    cmap = police.ToUnicode.read_bytes().decode("latin-1")
    lettres = {}
    for bloc in re.findall(r"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, lettre in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", bloc):
            lettres[int(code, 16)] = bytes.fromhex(lettre).decode("utf-16-be")
    for bloc in re.findall(r"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for debut, fin, lettre in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", bloc):
            premiere = int(lettre, 16)
            for rang in range(int(fin, 16) - int(debut, 16) + 1):
                lettres[int(debut, 16) + rang] = chr(premiere + rang)
    return lettres
