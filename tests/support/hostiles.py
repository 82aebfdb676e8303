"""Files a stranger may send, made small: pictures and PDF that lie, unfold, run or hide; and what is neither.

Bodies only; tests/services/test_fichiers_hostiles names each case and says what becomes of it.
"""

import gzip
import io
import struct
import zipfile
import zlib
from typing import Any

import pikepdf
import pillow_heif
from PIL import Image, PngImagePlugin

NUISIBLE = b"NUISIBLE-7f3a"
"""What must not be found in what is kept."""
PNG = b"\x89PNG\r\n\x1a\n"


def morceau(genre: bytes, contenu: bytes) -> bytes:
    return struct.pack(">I", len(contenu)) + genre + contenu + struct.pack(">I", zlib.crc32(genre + contenu))


def png(largeur: int = 8, hauteur: int = 8, *autres: bytes, pixels: bytes | None = None, bits: int = 8) -> bytes:
    """An honest PNG unless told otherwise: grey, with other chunks before its pixels."""
    corps = zlib.compress((b"\0" + b"\x80" * largeur) * hauteur) if pixels is None else pixels
    entete = struct.pack(">IIBBBBB", largeur, hauteur, bits, 0, 0, 0, 0)
    return PNG + morceau(b"IHDR", entete) + b"".join(autres) + morceau(b"IDAT", corps) + morceau(b"IEND", b"")


def png_menteur(largeur: int, hauteur: int) -> bytes:
    return png(largeur, hauteur, pixels=zlib.compress(b"\0" * 1000))


def bombe(octets: int = 30_000_000) -> bytes:
    presse = zlib.compressobj(9)
    return b"".join(presse.compress(b"\0" * 1_000_000) for _ in range(octets // 1_000_000)) + presse.flush()


def image(format_: str = "JPEG", mode: str = "RGB", taille: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    sortie = io.BytesIO()
    Image.new(mode, taille).save(sortie, format_, **options)
    return sortie.getvalue()


def animee(format_: str) -> bytes:
    sortie = io.BytesIO()
    suite = [Image.new("RGB", (16, 16), couleur) for couleur in ("red", "green", "blue")]
    suite[0].save(sortie, format_, save_all=True, append_images=suite[1:])
    return sortie.getvalue()


def png_bavard() -> bytes:
    infos = PngImagePlugin.PngInfo()
    infos.add_text("Comment", f"<script>{NUISIBLE.decode()}</script>")
    return image("PNG", pnginfo=infos)


def jpeg_avec(marqueur: int, contenu: bytes) -> bytes:
    """A segment after the start of a JPEG: comment, EXIF, colour profile."""
    return b"\xff\xd8\xff" + bytes([marqueur]) + struct.pack(">H", len(contenu) + 2) + contenu + image()[2:]


def jpeg_gps() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = NUISIBLE.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 29.0)
    return image(exif=exif)


def jpeg_couche() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return image(exif=exif)


def heic(taille: tuple[int, int] = (64, 48)) -> bytes:
    sortie = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", taille, "teal")).save(sortie, quality=30)
    return sortie.getvalue()


def heic_geant() -> bytes:
    """Its header says a picture of 65,535 × 65,535."""
    octets = heic()
    place = octets.index(b"ispe") + 8
    return octets[:place] + struct.pack(">II", 65_535, 65_535) + octets[place + 8 :]


def webp_menteur() -> bytes:
    octets = bytearray(image("WEBP", lossless=True))
    place = bytes(octets).index(b"VP8L") + 9
    octets[place : place + 4] = b"\xff\xff\xff\x0f"
    return bytes(octets)


def archive(*noms: str, contenu: bytes = b"x") -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w", zipfile.ZIP_DEFLATED) as zipe:
        for nom in noms:
            zipe.writestr(nom, contenu)
    return sortie.getvalue()


def bombe_gzip() -> bytes:
    return gzip.compress(b"\0" * 5_000_000)


def pdf(retouche: Any = None, pages: int = 1, **options: Any) -> bytes:
    """A PDF that `retouche(document)` made worse."""
    sortie = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page(page_size=(100, 100))
        if retouche is not None:
            retouche(document)
        document.save(sortie, **options)
    return sortie.getvalue()


def action(**cles: Any) -> Any:
    return pikepdf.Dictionary({f"/{cle}": valeur for cle, valeur in cles.items()})


def a_l_ouverture(**cles: Any) -> bytes:
    """Something the reader would do when the file is opened."""

    def poser(document: Any) -> None:
        document.Root.OpenAction = document.make_indirect(action(**cles))

    return pdf(poser)


def annote(**cles: Any) -> bytes:
    """An annotation of the page."""

    def poser(document: Any) -> None:
        note = action(Type=pikepdf.Name.Annot, Rect=pikepdf.Array([0, 0, 9, 9]), **cles)
        note = document.make_indirect(note)
        document.pages[0].Annots = pikepdf.Array([note])
        if note.Subtype == pikepdf.Name.Widget:
            document.Root.AcroForm = action(Fields=pikepdf.Array([note]))

    return pdf(poser)


def racine(**cles: Any) -> bytes:
    """A key of the document's root."""

    def poser(document: Any) -> None:
        for cle, valeur in cles.items():
            faite = valeur(document) if callable(valeur) else valeur
            document.Root[f"/{cle}"] = faite

    return pdf(poser)


def flux(contenu: bytes) -> Any:
    return lambda document: document.make_stream(contenu)


def joint(document: Any) -> None:
    document.attachments["virus.exe"] = NUISIBLE


def pdf_brut(*objets: bytes, suite: bytes = b"", fin: bytes = b"") -> bytes:
    """Written by hand, with a good table."""
    corps, places = b"%PDF-1.7\n", []
    for numero, objet in enumerate(objets, 1):
        places.append(len(corps))
        corps += b"%d 0 obj\n%b\nendobj\n" % (numero, objet)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objets) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    debut = len(corps)
    piquet = fin or b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objets) + 1,
        suite,
        debut,
    )
    return corps + table + piquet.replace(b"@DEBUT@", b"%d" % debut)


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"


def pdf_flux_bombe() -> bytes:
    contenu = bombe()
    flux_ = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (len(contenu), contenu)
    return pdf_brut(CATALOGUE, PAGES, PAGE[:-3] + b" /Contents 4 0 R >>", flux_)


def pdf_filtres_en_chaine() -> bytes:
    """A few bytes under a hundred filters."""
    contenu = b"x"
    flux_ = b"<< /Filter [%b] /Length 1 >>\nstream\n%b\nendstream" % (b"/FlateDecode " * 100, contenu)
    return pdf_brut(CATALOGUE, PAGES, PAGE[:-3] + b" /Contents 4 0 R >>", flux_)


def pdf_mis_a_jour() -> bytes:
    """A second version of the file behind the first: the root is another, with a script."""
    avant = pdf_brut(CATALOGUE, PAGES, PAGE)
    place = len(avant)
    racine_ = (
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (%b) >> >>\nendobj\n" % NUISIBLE
    )
    table = b"xref\n1 1\n%010d 00000 n \n" % place
    precedente = avant.rindex(b"xref\n0")
    return (
        avant + racine_ + table
        + b"trailer\n<< /Size 4 /Root 1 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (precedente, place + len(racine_))
    )  # fmt: skip


def pdf_profond(profondeur: int = 5000) -> bytes:
    return pdf_brut(CATALOGUE[:-3] + b" /X " + b"[" * profondeur + b"]" * profondeur + b" >>", PAGES, PAGE)
