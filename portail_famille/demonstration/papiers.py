"""Documents of the named families: drawn here, with « EXEMPLE » across, so that nobody takes one for a real paper."""

import io
from functools import cache
from importlib.resources import files

from PIL import Image, ImageDraw, ImageFont

from portail_famille.services.examen import DocumentSain

_LARGEUR, _HAUTEUR, _MARGE = 620, 877, 48
_ENCRE, _PALE = (38, 50, 56), (214, 226, 229)
_POINTS_PAR_POUCE = 75.0


def dessiner(titre: str, lignes: tuple[str, ...], *, est_pdf: bool, est_coupe: bool = False) -> DocumentSain:
    """As a family would send it, already made safe. `est_coupe`: the photo stops before the figures."""
    octets = _dessiner(titre, lignes, est_pdf=est_pdf, est_coupe=est_coupe)
    extension, type_mime = ("pdf", "application/pdf") if est_pdf else ("jpg", "image/jpeg")
    return DocumentSain(octets, f"{titre}.{extension}", type_mime)


@cache
def _dessiner(titre: str, lignes: tuple[str, ...], *, est_pdf: bool, est_coupe: bool) -> bytes:
    page = Image.new("RGB", (_LARGEUR, _HAUTEUR), "white")
    _mettre_en_travers(page, "EXEMPLE")
    trait = ImageDraw.Draw(page)
    trait.rectangle((0, 0, _LARGEUR, 16), fill=(11, 85, 99))
    trait.text((_MARGE, 56), titre, font=_police("Bold", 30), fill=_ENCRE)
    for rang, ligne in enumerate((*lignes, "Document inventé, sans valeur.")):
        trait.text((_MARGE, 140 + rang * 44), ligne, font=_police("Regular", 22), fill=_ENCRE)
    if est_coupe:
        page = page.rotate(4, fillcolor=(120, 110, 100)).crop((0, 0, _LARGEUR, 150))
    sortie = io.BytesIO()
    if est_pdf:
        page.save(sortie, "PDF", resolution=_POINTS_PAR_POUCE)
    else:
        page.save(sortie, "JPEG", quality=80)
    return sortie.getvalue()


def _mettre_en_travers(page: Image.Image, mot: str) -> None:
    voile = Image.new("RGB", page.size, "white")
    ImageDraw.Draw(voile).text((_LARGEUR // 2, _HAUTEUR // 2), mot, font=_police("Bold", 120), fill=_PALE, anchor="mm")
    page.paste(voile.rotate(50, fillcolor="white"))


@cache
def _police(graisse: str, taille: int) -> ImageFont.FreeTypeFont:
    """The one of the PDF receipts."""
    police = files("portail_famille.gateways").joinpath("polices", f"Inter-{graisse}.otf")
    return ImageFont.truetype(io.BytesIO(police.read_bytes()), taille)
