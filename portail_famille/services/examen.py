"""What becomes of the bytes a family sends: told by their content, never by their name, and written anew.

Rewriting is what disarms: a photo is decoded then encoded again (no EXIF, no place where it was taken, nothing hidden
behind its end), a PDF is read then saved without anything that acts. Pure work on bytes, to be done outside any
transaction.
"""

import io
import threading
from dataclasses import dataclass
from typing import Any

import filetype
import pikepdf
import pillow_heif
from PIL import Image, ImageOps

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import PAGES_MAXIMALES, TAILLE_MAXIMALE, nom_sain

pillow_heif.register_heif_opener()
# A few kilobytes that unfold into gigabytes are given up on the way. Process-wide, and nobody else reads PDF here.
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
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF", "image/heif": "HEIF"}
_PDF = "application/pdf"
_OBJETS_MAXIMAUX = 100_000
"""A scanned file of fifty pages has a few hundreds."""
PATIENCE = 10.0
"""Seconds a document waits for its turn; a large photo takes about one."""
_TOUR = threading.Lock()
_REGISTRE = threading.Lock()
_EN_EXAMEN: set[int] = set()
"""Comptes with a document that waits or is being examined: one parent does not hold the turn, nor every thread."""
_PROFONDEUR = 50
"""Objects written one inside the other; a real document has a few."""

# Whatever runs, opens, plays, sends or hides something, wherever it stands in the file (ISO 32000-1, §12.6 and §13).
_CLES_ACTIVES = (
    "/AA", "/JS", "/JavaScript", "/OpenAction", "/Launch", "/XFA", "/EmbeddedFiles", "/EF", "/AF", "/RichMediaContent",
    "/RichMediaSettings", "/Movie", "/Sound", "/Rendition", "/Renditions", "/3DD", "/Collection", "/PieceInfo",
    "/SpiderInfo", "/Metadata",
    "/URI",
)  # fmt: skip
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
        "/Named",
        "/URI",
    )
) | frozenset(
    ("/Rendition", "/Movie", "/Sound", "/RichMediaExecute", "/SetOCGState", "/Trans", "/GoTo3DView", "/Thread")
)


@dataclass(frozen=True, slots=True)
class DocumentSain:
    """What is kept of a document that was sent."""

    octets: bytes
    nom: str
    type_mime: str


def examiner(octets: bytes, nom: str) -> DocumentSain:
    """The document as it will be kept. Raises `RegleViolee` (on the field `document`) when it cannot be."""
    if not octets:
        raise _refus("document_vide", "Ce fichier est vide\u00a0: choisissez-en un autre.")
    if len(octets) > TAILLE_MAXIMALE:
        raise trop_lourd()
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
        raise trop_lourd()
    return DocumentSain(propre, nom_sain(nom, type_mime), type_mime)


def examiner_a_son_tour(octets: bytes, nom: str, compte_id: int, patience: float = PATIENCE) -> DocumentSain:
    """The same, one document at a time: whatever is sent, pages are answered meanwhile. Raises `RegleViolee` as well
    when the turn does not come within `patience` seconds, or when this compte is having another examined."""
    with _REGISTRE:
        if compte_id in _EN_EXAMEN:
            raise _occupe(
                "Un autre document de votre part est en cours de vérification\u00a0: attendez qu’il soit reçu."
            )
        _EN_EXAMEN.add(compte_id)
    try:
        if not _TOUR.acquire(timeout=patience):
            raise _occupe("Beaucoup de documents arrivent en ce moment\u00a0: réessayez dans une minute.")
        try:
            return examiner(octets, nom)
        finally:
            _TOUR.release()
    finally:
        with _REGISTRE:
            _EN_EXAMEN.discard(compte_id)


def _occupe(message: str) -> RegleViolee:
    return _refus("examen_occupe", message)


def trop_lourd() -> RegleViolee:
    return _refus(
        "document_trop_lourd", "Ce fichier dépasse 10 Mo\u00a0: prenez plutôt le document en photo, ou réduisez-le."
    )


def _refaire_image(octets: bytes, format_attendu: str) -> bytes:
    try:
        with Image.open(io.BytesIO(octets), formats=(format_attendu,)) as image:
            if image.width * image.height > POINTS_MAXIMAUX:
                raise _refus(
                    "image_trop_grande", "Cette photo est trop grande\u00a0: prenez-la avec une définition plus basse."
                )
            # JPEG is decoded straight to about the size that is kept: a tenth of the memory.
            image.draft("RGB", (COTE_MAXIMAL, COTE_MAXIMAL))
            droite = ImageOps.exif_transpose(image)
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
        for cle in _CLES_ACTIVES:
            if cle in objet:
                del objet[cle]
        if str(objet.get("/S", "")) in _ACTIONS:
            for cle in list(objet.keys()):
                del objet[cle]
        membres = [membre for _, membre in objet.items()]
    for membre in membres:
        if isinstance(membre, pikepdf.Object) and not membre.is_indirect:
            reste = _desarmer(membre, reste, profondeur + 1)
    return reste - 1


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
