"""What becomes of the bytes a family sends: told by their content, never by their name, and written anew.

Rewriting is what disarms: a photo is decoded then encoded again (no EXIF, no place where it was taken, nothing hidden
behind its end), a PDF is read then saved without anything that acts. Pure work on bytes, done in a child process: see
services/examen, the only one who should load this.
"""

import codecs
import io
import json
import zipfile
from typing import Any

import filetype
import pikepdf
import pillow_heif
from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import PAGES_MAXIMALES, TAILLE_MAXIMALE

pillow_heif.register_heif_opener()
# Loaded before the bytes are read: the child opens no file any more (gateways/cloison). MPO and TIFF are parts of JPEG;
# what tells formats apart reads "hex".
_LECTEURS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
Image.preinit()
for _code in ("hex", "ascii", "latin-1", "utf-16", "utf-16-be", "utf-16-le"):
    codecs.lookup(_code)
# A few kilobytes that unfold into gigabytes are given up on the way. Process-wide, and this one reads nothing else.
_MEMOIRE_PDF = 64 * 1024 * 1024
_LISTE_MAXIMALE = 20_000
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=_MEMOIRE_PDF,
    png_max_memory=_MEMOIRE_PDF,
    tiff_max_memory=_MEMOIRE_PDF,
    run_length_max_memory=_MEMOIRE_PDF,
    parser_max_container_size=_LISTE_MAXIMALE,
)

POINTS_MAXIMAUX = 40_000_000
COTE_MAXIMAL = 2500
"""Pixels: an A4 page at 210 dpi, small print is read."""
_QUALITE = 85
_FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/apng": "PNG",
    "image/webp": "WEBP",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
}
_PDF = "application/pdf"
_OBJETS_MAXIMAUX = 100_000
"""A scanned file of fifty pages has a few hundreds."""
_PROFONDEUR = 50
"""Objects written one inside the other; a real document has a few."""

# Whatever runs, opens, plays, sends or hides something, wherever it stands in the file (ISO 32000-1, §12.6 and §13).
_CLES_ACTIVES = (
    "/AA", "/JS", "/JavaScript", "/OpenAction", "/Launch", "/XFA", "/EmbeddedFiles", "/EF", "/AF", "/RichMediaContent",
    "/RichMediaSettings", "/Movie", "/Sound", "/Rendition", "/Renditions", "/3DD", "/Collection", "/PieceInfo",
    "/SpiderInfo", "/Metadata", "/URI", "/URLS", "/Ref", "/OPI",
)  # fmt: skip
# A stream may say that its bytes are in another file (§7.3.8.2).
_CLES_EXTERNES = ("/F", "/FFilter", "/FDecodeParms")
_ACTIONS = frozenset(
    (
        "/JavaScript",
        "/Launch",
        "/GoToR",
        "/GoToE",
        "/SubmitForm",
        "/ImportData",
        "/ResetForm",
        "/Hide",
        "/URI",
    )
) | frozenset(
    ("/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/SetOCGState", "/Trans", "/GoTo3DView", "/Thread")
)

_ACTIONS_ADMISES = frozenset(("/GoTo", "/Named"))
"""Where an action hangs, what it may do: lead to another page of the same file."""
_INERTES = frozenset(("/FileAttachment", "/PS"))
"""Annotations that carry a file, PostScript programs: emptied."""


def desarmer(octets: bytes) -> tuple[bytes, str]:
    """The document as it will be kept, and its MIME type. Raises `RegleViolee` (on the field `document`)."""
    genre = filetype.guess_mime(octets)
    if genre == _PDF:
        propre, type_mime = _refaire_pdf(octets), _PDF
    elif genre in _FORMATS:
        propre, type_mime = _refaire_image(octets, _FORMATS[genre]), "image/jpeg"
    else:
        raise _refus(
            "document_inconnu",
            "Ce fichier n’est ni une photo (JPEG, PNG, WebP, HEIC) ni un PDF\u00a0: choisissez-en un autre, ou prenez "
            "le document en photo.",
        )
    if len(propre) > TAILLE_MAXIMALE:
        raise _refus(
            "document_trop_lourd", "Ce fichier dépasse 10 Mo\u00a0: prenez plutôt le document en photo, ou réduisez-le."
        )
    return propre, type_mime


def desarmer_a_part(octets: bytes) -> bytes:
    """The same as a child process says it (gateways/bac_a_sable): a line of JSON, then the bytes."""
    try:
        propre, type_mime = desarmer(octets)
    except RegleViolee as refus:
        return json.dumps({"code": refus.code, "message": refus.message}).encode()
    return json.dumps({"type_mime": type_mime}).encode() + b"\n" + propre


def _refaire_image(octets: bytes, format_attendu: str) -> bytes:
    try:
        with Image.open(io.BytesIO(octets), formats=(format_attendu,)) as image:
            if image.width * image.height > POINTS_MAXIMAUX:
                raise _refus(
                    "image_trop_grande", "Cette photo est trop grande\u00a0: prenez-la avec une définition plus basse."
                )
            # JPEG is decoded straight to about the size that is kept: a tenth of the memory.
            image.draft("RGB", (COTE_MAXIMAL, COTE_MAXIMAL))
            droite = _droite(image)
            droite.thumbnail((COTE_MAXIMAL, COTE_MAXIMAL))
            sortie = io.BytesIO()
            _sur_blanc(droite).save(sortie, "JPEG", quality=_QUALITE, optimize=True)
    except RegleViolee:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refus(
            "image_trop_grande", "Cette photo est trop grande\u00a0: prenez-la avec une définition plus basse."
        ) from None
    except Exception:  # each decoder has its own for bytes that lie: none of them is a fault of ours
        raise _illisible() from None
    return sortie.getvalue()


def _droite(image: Image.Image) -> Image.Image:
    """As it was held; where what says so cannot be read, as it stands."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a broken EXIF is no reason to refuse a photo; a broken photo is refused by what follows
        return image


def _sur_blanc(image: Image.Image) -> Image.Image:
    """Paper is white where the picture is transparent; nothing but pixels goes on."""
    if image.mode in ("RGB", "L") and "transparency" not in image.info:
        nue = Image.new(image.mode, image.size)
        nue.paste(image)
        return nue
    calque = image.convert("RGBA")
    fond = Image.new("RGB", calque.size, "white")
    fond.paste(calque, mask=calque.getchannel("A"))
    return fond


def _refaire_pdf(octets: bytes) -> bytes:
    """A PDF that opens without a password may be restricted (attestations often are): it is kept, unrestricted."""
    try:
        with pikepdf.open(io.BytesIO(octets)) as pdf:
            if len(pdf.pages) > PAGES_MAXIMALES:
                raise _refus(
                    "trop_de_pages",
                    f"Ce document a plus de {PAGES_MAXIMALES} pages\u00a0: n’envoyez que celles qui sont demandées.",
                )
            if not len(pdf.pages):
                raise _illisible()
            reste = _OBJETS_MAXIMAUX
            for objet in pdf.objects:
                reste = _desarmer(objet, reste)
            del pdf.docinfo
            sortie = io.BytesIO()
            pdf.save(sortie)
        # Two files in one: an archive that is read from its end.
        if zipfile.is_zipfile(sortie):
            raise _illisible()
    except RegleViolee:
        raise
    except pikepdf.PasswordError:
        raise _refus(
            "pdf_protege",
            "Ce PDF est protégé par un mot de passe\u00a0: enregistrez-le sans mot de passe, ou prenez-le en photo.",
        ) from None
    except Exception:  # as for images
        raise _illisible() from None
    return sortie.getvalue()


def _desarmer(objet: pikepdf.Object, reste: int, profondeur: int = 0) -> int:
    """Empties this object, and those written inside it, of what acts. Objects it refers to have their own turn.

    `reste`: how many more may be looked at; what is left is answered.
    """
    if profondeur > _PROFONDEUR:
        raise _illisible()
    if reste <= 0:
        raise _complique()
    membres: list[Any] = []
    if isinstance(objet, pikepdf.Array):
        if len(objet) > _LISTE_MAXIMALE:
            raise _complique()
        membres = list(objet.as_list())
    elif isinstance(objet, pikepdf.Dictionary | pikepdf.Stream):
        for cle in (*_CLES_ACTIVES, *(_CLES_EXTERNES if isinstance(objet, pikepdf.Stream) else ())):
            if cle in objet:
                del objet[cle]
        for cle in ("/A", "/Next"):
            if isinstance(objet.get(cle), pikepdf.Dictionary) and _agit(objet[cle]):
                del objet[cle]
        if isinstance(objet.get("/FS"), pikepdf.Name):
            del objet["/FS"]
        if str(objet.get("/S", "")) in _ACTIONS or str(objet.get("/Subtype", "")) in _INERTES:
            # The length of a stream goes with its bytes.
            for cle in set(objet.keys()) - {"/Length"}:
                del objet[cle]
            if isinstance(objet, pikepdf.Stream):
                objet.write(b"")
        membres = [membre for _, membre in objet.items()]
    for membre in membres:
        if isinstance(membre, pikepdf.Object) and not membre.is_indirect:
            reste = _desarmer(membre, reste, profondeur + 1)
    return reste - 1


def _agit(action: pikepdf.Object) -> bool:
    return "/S" in action and str(action["/S"]) not in _ACTIONS_ADMISES


def _complique() -> RegleViolee:
    return _refus(
        "document_complique", "Ce PDF est trop compliqué pour être vérifié\u00a0: prenez le document en photo."
    )


def _illisible() -> RegleViolee:
    return _refus(
        "document_illisible", "Ce fichier ne se lit pas\u00a0: il est peut-être abîmé. Choisissez-en un autre."
    )


def _refus(code: str, message: str) -> RegleViolee:
    return RegleViolee(code, message, "document")
