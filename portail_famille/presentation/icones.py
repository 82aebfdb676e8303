"""The commune's icon: its initials on its colour, drawn by us as strokes so that SVG and PNG are the same picture.

No font and no image library: letters are polylines on a 4 × 6 grid with round ends, and a PNG is zlib and 30 lines.
"""

import re
import struct
import unicodedata
import zlib
from functools import lru_cache
from itertools import pairwise
from math import cos, pi, sin

from portail_famille.domain.couleurs import composantes

Point = tuple[float, float]
Trait = tuple[Point, ...]

_MOTS_OUTILS = frozenset({"d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "sous", "sur", "lès", "à", "aux"})
_EPAISSEUR = 1.1
"""Of a stroke, in grid units."""


def initiales(nom: str) -> str:
    """One or two letters A-Z: "Saint-Rivage" SR, "Roselac" R, "La Roche-sur-Yon" RY."""
    mots = [mot for mot in re.split(r"[\s'’-]+", nom) if mot and mot.lower() not in _MOTS_OUTILS]
    lettres = [unicodedata.normalize("NFD", mot)[0].upper() for mot in mots]
    retenues = [lettre for lettre in lettres if lettre in LETTRES]
    if len(retenues) > 2:
        retenues = [retenues[0], retenues[-1]]
    return "".join(retenues) or "P"


def svg(texte: str, couleur: str) -> str:
    """For the browser's tab and the page's header: rounded corners."""
    dessin = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in trait) for trait in _placer(texte, 100, 0.5))
    epaisseur = _EPAISSEUR * _unite(texte, 100, 0.5)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'
        f'<rect width="100" height="100" rx="22" fill="{couleur}"/>'
        f'<path d="{dessin}" fill="none" stroke="#fff" stroke-width="{epaisseur:.1f}" '
        'stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


@lru_cache(maxsize=64)
def png(texte: str, couleur: str, cote: int, masquable: bool) -> bytes:
    """A square of `cote` pixels, filled to its edges: the phone cuts it to its own shape.

    A maskable icon keeps its drawing inside the central circle of 80 % (W3C Web App Manifest, safe zone).
    """
    part = 0.42 if masquable else 0.5
    rayon = _EPAISSEUR * _unite(texte, cote, part) / 2
    couverture = [bytearray(cote) for _ in range(cote)]
    for trait in _placer(texte, cote, part):
        for debut, fin in pairwise(trait):
            _peindre(couverture, debut, fin, rayon)
    fond = composantes(couleur)
    # 256 shades between the colour and white: a palette keeps the file small.
    palette = bytes(round(teinte + (255 - teinte) * pas / 255) for pas in range(256) for teinte in fond)
    lignes = b"".join(b"\0" + bytes(ligne) for ligne in couverture)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _bloc(b"IHDR", struct.pack(">IIBBBBB", cote, cote, 8, 3, 0, 0, 0)),
            _bloc(b"PLTE", palette),
            _bloc(b"IDAT", zlib.compress(lignes, 9)),
            _bloc(b"IEND", b""),
        )
    )


def _bloc(genre: bytes, contenu: bytes) -> bytes:
    return struct.pack(">I", len(contenu)) + genre + contenu + struct.pack(">I", zlib.crc32(genre + contenu))


def _peindre(couverture: list[bytearray], debut: Point, fin: Point, rayon: float) -> None:
    """Cover the pixels within `rayon` of a segment, with one pixel of smoothing at the edge."""
    (x1, y1), (x2, y2) = debut, fin
    dx, dy = x2 - x1, y2 - y1
    carre = dx * dx + dy * dy or 1e-9
    marge = rayon + 1
    for y in range(max(0, int(min(y1, y2) - marge)), min(len(couverture), int(max(y1, y2) + marge) + 1)):
        ligne = couverture[y]
        for x in range(max(0, int(min(x1, x2) - marge)), min(len(ligne), int(max(x1, x2) + marge) + 1)):
            px, py = x + 0.5 - x1, y + 0.5 - y1
            part = min(1.0, max(0.0, (px * dx + py * dy) / carre))
            ecart = ((px - part * dx) ** 2 + (py - part * dy) ** 2) ** 0.5
            if ecart < rayon + 0.5:
                ligne[x] = max(ligne[x], min(255, int((rayon + 0.5 - ecart) * 255)))


def _largeur(texte: str) -> float:
    return 4 * len(texte) + 2 * (len(texte) - 1)


def _unite(texte: str, cote: float, part: float) -> float:
    """Size of a grid unit: the letters fill `part` of the side, in width or in height."""
    return min(cote * part * 1.1 / _largeur(texte), cote * part / 6)


def _placer(texte: str, cote: float, part: float) -> list[Trait]:
    unite = _unite(texte, cote, part)
    gauche = (cote - _largeur(texte) * unite) / 2
    haut = (cote - 6 * unite) / 2
    return [
        tuple((gauche + (rang * 6 + x) * unite, haut + y * unite) for x, y in trait)
        for rang, lettre in enumerate(texte)
        for trait in LETTRES[lettre]
    ]


def _arc(x: float, y: float, rx: float, ry: float, de: float, a: float) -> Trait:
    """Points of an ellipse, angles in degrees clockwise from the right (y goes down)."""
    pas = 14
    angles = [(de + (a - de) * rang / pas) * pi / 180 for rang in range(pas + 1)]
    return tuple((x + rx * cos(angle), y + ry * sin(angle)) for angle in angles)


_BOUCLE_HAUTE: Trait = ((0, 0), (2.2, 0), *_arc(2.2, 1.55, 1.6, 1.55, -90, 90), (0, 3.1))
LETTRES: dict[str, tuple[Trait, ...]] = {
    "A": (((0, 6), (2, 0), (4, 6)), ((0.75, 4), (3.25, 4))),
    "B": (((0, 6), *_BOUCLE_HAUTE), ((2.2, 3.1), *_arc(2.3, 4.55, 1.7, 1.45, -90, 90), (0, 6))),
    "C": (_arc(2.2, 3, 2.2, 3, -45, -315),),
    "D": (((0, 6), (0, 0), (1.6, 0), *_arc(1.6, 3, 2.4, 3, -90, 90), (0, 6)),),
    "E": (((3.6, 0), (0, 0), (0, 6), (3.6, 6)), ((0, 3), (3, 3))),
    "F": (((3.6, 0), (0, 0), (0, 6)), ((0, 3), (3, 3))),
    "G": ((*_arc(2.2, 3, 2.2, 3, -45, -360), (2.4, 3)),),
    "H": (((0, 0), (0, 6)), ((4, 0), (4, 6)), ((0, 3), (4, 3))),
    "I": (((2, 0), (2, 6)),),
    "J": (((3.2, 0), (3.2, 4), *_arc(1.7, 4.2, 1.5, 1.8, 0, 160)),),
    "K": (((0, 0), (0, 6)), ((3.8, 0), (0, 3.6)), ((1.3, 2.4), (4, 6))),
    "L": (((0, 0), (0, 6), (3.6, 6)),),
    "M": (((0, 6), (0, 0), (2, 3.6), (4, 0), (4, 6)),),
    "N": (((0, 6), (0, 0), (4, 6), (4, 0)),),
    "O": (_arc(2, 3, 2.2, 3, 0, 360),),
    "P": (((0, 6), *_BOUCLE_HAUTE),),
    "Q": (_arc(2, 3, 2.2, 3, 0, 360), ((2.4, 4.4), (4.2, 6.2))),
    "R": (((0, 6), *_BOUCLE_HAUTE), ((1.9, 3.1), (4, 6))),
    "S": ((*_arc(2, 1.5, 1.8, 1.5, -30, -270), *_arc(2, 4.5, 1.9, 1.5, -90, 150)),),
    "T": (((0, 0), (4, 0)), ((2, 0), (2, 6))),
    "U": (((0, 0), (0, 4), *_arc(2, 4, 2, 2, 180, 0), (4, 0)),),
    "V": (((0, 0), (2, 6), (4, 0)),),
    "W": (((-0.4, 0), (0.9, 6), (2, 1.6), (3.1, 6), (4.4, 0)),),
    "X": (((0, 0), (4, 6)), ((4, 0), (0, 6))),
    "Y": (((0, 0), (2, 3), (4, 0)), ((2, 3), (2, 6))),
    "Z": (((0, 0), (4, 0), (0, 6), (4, 6)),),
}
