"""Contrast of colours, as WCAG 2.2 counts it (success criterion 1.4.3; RGAA 3.2). Pure arithmetic on "#rrggbb"."""

import re

CONTRASTE_TEXTE = 4.5
_FORME = re.compile(r"#[0-9a-f]{6}")


def est_couleur(texte: str) -> bool:
    return _FORME.fullmatch(texte) is not None


def composantes(couleur: str) -> tuple[int, int, int]:
    return int(couleur[1:3], 16), int(couleur[3:5], 16), int(couleur[5:7], 16)


def contraste(une: str, autre: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    claire, sombre = sorted((_luminance(une), _luminance(autre)), reverse=True)
    return (claire + 0.05) / (sombre + 0.05)


def eclaircir_jusqua(couleur: str, fond: str, minimum: float) -> str:
    """The nearest mix of `couleur` with white that reads on a dark `fond`; white itself if nothing darker does."""
    rouge, vert, bleu = composantes(couleur)
    for pas in range(101):
        melange = [round(part + (255 - part) * pas / 100) for part in (rouge, vert, bleu)]
        candidate = "#{:02x}{:02x}{:02x}".format(*melange)
        if contraste(candidate, fond) >= minimum:
            return candidate
    return "#ffffff"


def _luminance(couleur: str) -> float:
    rouge, vert, bleu = (_lineaire(part / 255) for part in composantes(couleur))
    return 0.2126 * rouge + 0.7152 * vert + 0.0722 * bleu


def _lineaire(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
