"""A hundred and some files that a stranger may send, each by its name and with what becomes of it.

They are examined as the child process does it, in the test's own process; the worst are sent through the real child as
well. Names are tested apart: they never say what a file is.
"""

import io
import time
import unicodedata
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import TAILLE_MAXIMALE
from portail_famille.services.examen import DocumentSain, examiner
from tests.support import hostiles as h
from tests.support.pieces import ici, pdf_bombe, pdf_fourmillant

INCONNU, ILLISIBLE, GRANDE, PAGES = "document_inconnu", "document_illisible", "image_trop_grande", "trop_de_pages"
COMPLIQUE, PROTEGE, VIDE, LOURD = "document_complique", "pdf_protege", "document_vide", "document_trop_lourd"
JPEG, PDF = "image/jpeg", "application/pdf"
N, S = pikepdf.Name, pikepdf.String
Octets = Callable[[], bytes] | bytes

# Neither a photo nor a PDF, whatever the name says.
ETRANGERS: dict[str, Octets] = {
    "SVG with a script": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "SVG behind an XML prologue": b'<?xml version="1.0"?><!DOCTYPE svg><svg><script>alert(1)</script></svg>',
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "HTML behind a byte order mark": b"\xef\xbb\xbf<html><body onload=alert(1)>",
    "HTML in UTF-16": "<html><script>alert(1)</script>".encode("utf-16"),
    "XHTML": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>',
    "MHTML": b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<html>",
    "XML of a billion laughs": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>',
    "XML that reads the server's files": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>',
    "JavaScript": b"alert(document.cookie)",
    "PHP": b"<?php system($_GET['c']); ?>",
    "shell script": b"#!/bin/sh\nrm -rf .\n",
    "Python": b"import os\nos.system('id')\n",
    "batch file": b"@echo off\r\ndel *.*\r\n",
    "Visual Basic script": b'CreateObject("WScript.Shell").Run "calc"',
    "Windows shortcut": b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F" + b"\0" * 60,
    "Windows program": b"MZ\x90\x00" + b"\0" * 200,
    "Linux program": b"\x7fELF\x02\x01\x01" + b"\0" * 60,
    "Mac program": b"\xcf\xfa\xed\xfe" + b"\0" * 60,
    "Java class": b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + b"\0" * 60,
    "WebAssembly": b"\0asm\x01\0\0\0",
    "Flash": b"FWS\x09" + b"\0" * 60,
    "ZIP": lambda: h.archive("a.txt"),
    "ZIP that climbs": lambda: h.archive("../../etc/cron.d/x"),
    "ZIP that unfolds": lambda: h.archive("a", "b", contenu=b"\0" * 5_000_000),
    "ZIP in a ZIP": lambda: h.archive("a.zip", contenu=h.archive("b.zip", contenu=h.archive("c"))),
    "Word": lambda: h.archive("[Content_Types].xml", "word/document.xml"),
    "Word with macros": lambda: h.archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "Excel": lambda: h.archive("[Content_Types].xml", "xl/workbook.xml"),
    "LibreOffice": lambda: h.archive("mimetype", "content.xml", contenu=b"application/vnd.oasis.opendocument.text"),
    "Android program": lambda: h.archive("AndroidManifest.xml", "classes.dex"),
    "book": lambda: h.archive("mimetype", "META-INF/container.xml", contenu=b"application/epub+zip"),
    "Word of 1997": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "RTF": b"{\\rtf1{\\object\\objocx}}",
    "PostScript": b"%!PS-Adobe-3.0\n(/etc/passwd) (r) file\n",
    "encapsulated PostScript": b"\xc5\xd0\xd3\xc6" + b"\0" * 60,
    "gzip that unfolds": h.bombe_gzip,
    "7-Zip": b"7z\xbc\xaf\x27\x1c" + b"\0" * 60,
    "RAR": b"Rar!\x1a\x07\x01\x00" + b"\0" * 60,
    "bzip2": b"BZh91AY&SY" + b"\0" * 60,
    "xz": b"\xfd7zXZ\x00" + b"\0" * 60,
    "tar": b"a.txt" + b"\0" * 252 + b"ustar\x0000" + b"\0" * 247,
    "disk image": b"\0" * 0x8001 + b"CD001" + b"\0" * 60,
    "GIF": lambda: h.image("GIF"),
    "GIF that is a script": b"GIF89a=1;alert(1)//" + b"\0" * 40,
    "TIFF": lambda: h.image("TIFF"),
    "TIFF of 4 billion points": b"II*\0\x08\0\0\0\x02\0" + b"\0\x01\x04\0\x01\0\0\0\xff\xff\0\0" * 2,
    "BMP": lambda: h.image("BMP"),
    "icon": lambda: h.image("ICO"),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 60,
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\0" * 60,
    "Photoshop": b"8BPS\0\x01" + b"\0" * 60,
    "Windows metafile": b"\xd7\xcd\xc6\x9a" + b"\0" * 60,
    "MP4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 60,
    "MP3": b"ID3\x03\0\0\0\0\0\x21" + b"\0" * 60,
    "WAV": b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 60,
    "font": b"\0\x01\0\0\0\x0c\0\x80" + b"\0" * 60,
    "SQLite": b"SQLite format 3\0" + b"\0" * 84,
    "private key": b"-----BEGIN PRIVATE KEY-----\nMIIE\n",
    "spreadsheet formula": b"=cmd|' /C calc'!A0,1\n",
    "letter": b"Bonjour,\nvoici mon livret de famille.\n",
    "mail": b"From: a@b.example\r\nSubject: x\r\n\r\nx",
    "PDF behind a page of HTML": lambda: b"<html><script>alert(1)</script>" + h.pdf(),
    "PDF behind a ZIP": lambda: h.archive("a") + h.pdf(),
    "photo behind a script": lambda: b"#!/bin/sh\nexit\n" + h.image(),
    "a single byte": b"\xff",
}
# Photos and PDF that cannot be kept.
REFUS: dict[str, tuple[Octets, str]] = {
    "nothing at all": (b"", VIDE),
    "more than 10 MB": (lambda: b"%PDF-1.7\n" + b"x" * TAILLE_MAXIMALE, LOURD),
    "JPEG cut short": (lambda: h.image(taille=(600, 400), quality=95)[:700], ILLISIBLE),
    "JPEG that is only a beginning": (b"\xff\xd8\xff" + b"\0" * 300, ILLISIBLE),
    "JPEG without a size": (lambda: h.image().replace(b"\x00\x30\x00\x40", b"\x00\x00\x00\x00", 1), ILLISIBLE),
    "PNG cut short": (lambda: h.image("PNG", taille=(600, 400))[:60], ILLISIBLE),
    "PNG of 100 million points": (lambda: h.png_menteur(10_000, 10_000), GRANDE),
    "PNG of 900 million points": (lambda: h.png_menteur(30_000, 30_000), GRANDE),
    "PNG of 2 billion points a side": (lambda: h.png_menteur(2**31 - 1, 2**31 - 1), GRANDE),
    "PNG that promises more than it holds": (lambda: h.png_menteur(5000, 5000), ILLISIBLE),
    "PNG without a size": (lambda: h.png_menteur(0, 0), ILLISIBLE),
    "PNG with a text that unfolds": (
        lambda: h.png(8, 8, *(h.morceau(b"zTXt", b"x\0\0" + h.bombe()) for _ in range(5))), ILLISIBLE),
    "PNG with a colour profile that unfolds": (
        lambda: h.png(8, 8, h.morceau(b"iCCP", b"x\0\0" + h.bombe())), ILLISIBLE),
    "WebP cut short": (lambda: h.image("WEBP", taille=(600, 400), lossless=True)[:40], ILLISIBLE),
    "WebP that lies about its size": (h.webp_menteur, GRANDE),
    "HEIC cut short": (lambda: h.heic()[:200], ILLISIBLE),
    "HEIC that is only a beginning": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 60, ILLISIBLE),
    "HEIC that says it is gigantic": (h.heic_geant, ILLISIBLE),
    "PDF that is only a beginning": (b"%PDF-1.7\nrien", ILLISIBLE),
    "PDF without a page": (lambda: h.pdf(pages=0), ILLISIBLE),
    "PDF under a password": (lambda: h.pdf(encryption=pikepdf.Encryption(user="s", owner="s")), PROTEGE),
    "PDF under a password of the former kind": (
        lambda: h.pdf(encryption=pikepdf.Encryption(user="s", owner="s", R=3, aes=False, metadata=False)), PROTEGE),
    "PDF of 21 pages": (lambda: h.pdf(pages=21), PAGES),
    "PDF of 10,000 times the same page": (
        lambda: h.pdf_brut(h.CATALOGUE, b"<< /Type /Pages /Count 10000 /Kids [%b] >>" % (b"3 0 R " * 10_000), h.PAGE),
        PAGES),
    "PDF whose pages hold themselves": (
        lambda: h.pdf_brut(h.CATALOGUE, b"<< /Type /Pages /Count 1 /Kids [2 0 R] >>"), ILLISIBLE),
    "PDF whose root is a list": (lambda: h.pdf_brut(b"[1 2 3]", h.PAGES, h.PAGE), ILLISIBLE),
    "PDF of lists within lists": (h.pdf_profond, ILLISIBLE),
    "PDF of a list without an end": (lambda: pdf_fourmillant(dans_une_liste=30_000), COMPLIQUE),
    "PDF of lists within lists, less deep": (lambda: h.pdf_profond(100), ILLISIBLE),
    # A picture's bytes are kept as they are: the PDF that comes out opens as an archive too.
    "PDF whose picture is a ZIP": (
        lambda: h.racine(X=lambda d: d.make_stream(h.archive("virus.exe"), Filter=N.DCTDecode)), ILLISIBLE),
}  # fmt: skip
# Kept, disarmed: `NUISIBLE` and the words beside it are nowhere in what is kept.
GARDES: dict[str, tuple[Octets, str, tuple[bytes, ...]]] = {
    "JPEG called document.pdf": (lambda: h.image(), JPEG, ()),
    "JPEG that says where it was taken": (h.jpeg_gps, JPEG, (b"Exif", b"GPS")),
    "JPEG taken sideways": (h.jpeg_couche, JPEG, (b"Exif",)),
    "JPEG with PHP in its comment": (
        lambda: h.jpeg_avec(0xFE, b"<?php system('x') ?>" + h.NUISIBLE), JPEG, (b"<?php",)),
    "JPEG with a page behind it": (
        lambda: h.image() + b"<html><script>" + h.NUISIBLE, JPEG, (b"<html>",)),
    "JPEG with a ZIP behind it": (lambda: h.image() + h.archive("virus.exe"), JPEG, (b"PK\x03\x04", b"virus.exe")),
    "JPEG with a program behind it": (lambda: h.image() + b"MZ\x90" + h.NUISIBLE, JPEG, ()),
    "JPEG with a PDF behind it": (lambda: h.image() + h.pdf(), JPEG, (b"%PDF",)),
    "JPEG with an EXIF that is rubbish": (lambda: h.jpeg_avec(0xE1, b"Exif\0\0II*\0" + b"\xff" * 60), JPEG, (b"Exif",)),
    "JPEG with a colour profile that is rubbish": (
        lambda: h.jpeg_avec(0xE2, b"ICC_PROFILE\0\x01\x01" + h.NUISIBLE * 99), JPEG, (b"ICC_PROFILE",)),
    "JPEG in four inks": (lambda: h.image(mode="CMYK"), JPEG, ()),
    "JPEG of one point": (lambda: h.image(taille=(1, 1)), JPEG, ()),
    "JPEG as thin as a thread": (lambda: h.image(taille=(30_000, 1)), JPEG, ()),
    "progressive JPEG": (lambda: h.image(progressive=True), JPEG, ()),
    "PNG that is a page": (h.png_bavard, JPEG, (b"<script>",)),
    "PNG with pixels that unfold": (lambda: h.png(8, 8, pixels=h.bombe()), JPEG, ()),
    "PNG that moves": (lambda: h.animee("PNG"), JPEG, (b"acTL",)),
    "PNG of 16 bits": (lambda: h.image("PNG", "I;16"), JPEG, ()),
    "PNG of one bit": (lambda: h.image("PNG", "1"), JPEG, ()),
    "PNG with a palette": (lambda: h.image("PNG", "P", transparency=0), JPEG, ()),
    "transparent PNG": (lambda: h.image("PNG", "RGBA"), JPEG, ()),
    "PNG with thousands of chunks": (
        lambda: h.png(8, 8, h.morceau(b"tEXt", b"x\0" + h.NUISIBLE) * 5000), JPEG, (b"tEXt",)),
    "WebP": (lambda: h.image("WEBP"), JPEG, ()),
    "WebP that moves": (lambda: h.animee("WEBP"), JPEG, (b"ANIM",)),
    "WebP with an EXIF": (lambda: h.image("WEBP", exif=b"Exif\0\0" + h.NUISIBLE), JPEG, ()),
    "HEIC of an iPhone": (lambda: h.heic(), JPEG, ()),
    "PDF called photo.jpg": (lambda: h.pdf(), PDF, ()),
    "PDF of 20 pages": (lambda: h.pdf(pages=20), PDF, ()),
    "PDF that opens but may not be printed": (
        lambda: h.pdf(encryption=pikepdf.Encryption(user="", owner="s")), PDF, (b"/Encrypt",)),
    "PDF with a script at its opening": (
        lambda: h.a_l_ouverture(S=N.JavaScript, JS=S("NUISIBLE-7f3a")), PDF, (b"/JS",)),
    "PDF with a script in a stream": (
        lambda: h.racine(OpenAction=lambda d: h.action(S=N.JavaScript, JS=d.make_stream(h.NUISIBLE))), PDF, (b"/JS",)),
    "PDF with a script under a name": (
        lambda: h.racine(Names=h.action(JavaScript=h.action(Names=pikepdf.Array([S("x"), h.action(
            S=N.JavaScript, JS=S("NUISIBLE-7f3a"))])))), PDF, (b"/JavaScript",)),
    "PDF with a script when a page is turned": (
        lambda: h.racine(AA=h.action(WC=h.action(S=N.JavaScript, JS=S("NUISIBLE-7f3a")))), PDF, (b"/AA",)),
    "PDF with a script after another action": (
        lambda: h.a_l_ouverture(S=N.GoTo, Next=h.action(S=N.JavaScript, JS=S("NUISIBLE-7f3a"))), PDF, (b"/JS",)),
    "PDF with a script in a later version of itself": (h.pdf_mis_a_jour, PDF, (b"/JavaScript",)),
    "PDF that leads to a part of another": (
        lambda: h.annote(Subtype=N.Link, A=h.action(S=N.GoToDp, Dp=S("NUISIBLE-7f3a"))), PDF, (b"/GoToDp",)),
    "PDF with an action that nobody knows": (
        lambda: h.annote(Subtype=N.Link, A=h.action(S=N.Inconnue, X=S("NUISIBLE-7f3a"))), PDF, (b"/Inconnue",)),
    "PDF with addresses to send to": (lambda: h.racine(URLS=S("NUISIBLE-7f3a")), PDF, (b"/URLS",)),
    "PDF with a file pinned to a page": (
        lambda: h.annote(Subtype=N.FileAttachment, Contents=S("NUISIBLE-7f3a")), PDF, (b"/FileAttachment",)),
    "PDF with a PostScript program": (
        lambda: h.racine(X=lambda d: d.make_stream(h.NUISIBLE, Subtype=N.PS)), PDF, (b"/PS",)),
    "PDF that starts a program": (lambda: h.a_l_ouverture(S=N.Launch, F=S("NUISIBLE-7f3a")), PDF, (b"/Launch",)),
    "PDF with a link to a site": (
        lambda: h.annote(Subtype=N.Link, A=h.action(S=N.URI, URI=S("https://NUISIBLE-7f3a"))), PDF, (b"/URI",)),
    "PDF that opens another file": (lambda: h.a_l_ouverture(S=N.GoToR, F=S("NUISIBLE-7f3a")), PDF, (b"/GoToR",)),
    "PDF that opens what it carries": (lambda: h.a_l_ouverture(S=N.GoToE, T=S("NUISIBLE-7f3a")), PDF, (b"/GoToE",)),
    "PDF that sends a form": (
        lambda: h.annote(Subtype=N.Widget, A=h.action(S=N.SubmitForm, F=S("NUISIBLE-7f3a"))), PDF, (b"/SubmitForm",)),
    "PDF that fills itself from a file": (
        lambda: h.a_l_ouverture(S=N.ImportData, F=S("NUISIBLE-7f3a")), PDF, (b"/ImportData",)),
    "PDF with an attached program": (lambda: h.pdf(h.joint), PDF, (b"/EmbeddedFile",)),
    "PDF with a file pinned to its page": (
        lambda: h.annote(Subtype=N.FileAttachment, FS=h.action(Type=N.Filespec, EF=h.action(F=S("NUISIBLE-7f3a")))),
        PDF, (b"/EF",)),
    "PDF with associated files": (lambda: h.racine(AF=pikepdf.Array([S("NUISIBLE-7f3a")])), PDF, (b"/AF",)),
    "PDF that is a portfolio": (lambda: h.racine(Collection=h.action(View=S("NUISIBLE-7f3a"))), PDF, (b"/Collection",)),
    "PDF with an XFA form": (
        lambda: h.racine(AcroForm=lambda d: h.action(XFA=d.make_stream(h.NUISIBLE), Fields=pikepdf.Array([]))),
        PDF, (b"/XFA",)),
    "PDF with a field that computes": (
        lambda: h.annote(Subtype=N.Widget, AA=h.action(C=h.action(S=N.JavaScript, JS=S("NUISIBLE-7f3a")))),
        PDF, (b"/AA",)),
    "PDF with a film": (lambda: h.annote(Subtype=N.Movie, Movie=h.action(F=S("NUISIBLE-7f3a"))), PDF, ()),
    "PDF with a sound": (lambda: h.annote(Subtype=N.Sound, Sound=h.action(X=S("NUISIBLE-7f3a"))), PDF, ()),
    "PDF with rich media": (
        lambda: h.annote(Subtype=N.RichMedia, RichMediaContent=h.action(X=S("NUISIBLE-7f3a"))), PDF, ()),
    "PDF with a scene in three dimensions": (
        lambda: h.annote(Subtype=N("/3D"), **{"3DD": h.action(OnInstantiate=S("NUISIBLE-7f3a"))}), PDF, (b"/3DD",)),
    "PDF that shows itself differently": (
        lambda: h.a_l_ouverture(S=N.SetOCGState, State=S("NUISIBLE-7f3a")), PDF, (b"/SetOCGState",)),
    "PDF with metadata": (lambda: h.racine(Metadata=h.flux(h.NUISIBLE)), PDF, (b"/Metadata",)),
    "PDF with notes of its maker": (lambda: h.racine(PieceInfo=h.action(X=S("NUISIBLE-7f3a"))), PDF, (b"/PieceInfo",)),
    "PDF whose bytes are in another file": (
        lambda: h.pdf_brut(h.CATALOGUE, h.PAGES, h.PAGE[:-3] + b" /Contents 4 0 R >>",
                           b"<< /F (/etc/NUISIBLE-7f3a) /Length 1 >>\nstream\nx\nendstream"), PDF, (b"/etc/",)),
    "PDF that borrows a page elsewhere": (
        lambda: h.racine(X=h.action(Ref=h.action(F=S("NUISIBLE-7f3a")))), PDF, (b"/Ref ",)),
    "PDF with a ZIP behind it": (lambda: h.pdf() + h.archive("virus.exe"), PDF, (b"PK\x03\x04",)),
    "PDF with a page behind it": (lambda: h.pdf() + b"<html><script>" + h.NUISIBLE, PDF, (b"<html>",)),
    "PDF with pages that unfold": (h.pdf_flux_bombe, PDF, ()),
    "PDF with objects that unfold": (lambda: pdf_bombe(100_000_000), PDF, (b"/Extra",)),
    "PDF under a hundred filters": (h.pdf_filtres_en_chaine, PDF, ()),
    "PDF whose table leads to itself": (
        lambda: h.pdf_brut(h.CATALOGUE, h.PAGES, h.PAGE, suite=b"/Prev 0"), PDF, ()),
    "PDF whose table is nowhere": (
        lambda: h.pdf_brut(h.CATALOGUE, h.PAGES, h.PAGE, fin=b"trailer << /Size 4 /Root 1 0 R >> startxref 9999 %%EOF"),
        PDF, ()),
    "PDF whose table goes round": (
        lambda: h.pdf_brut(h.CATALOGUE, h.PAGES, h.PAGE,
                           fin=b"trailer << /Size 4 /Root 1 0 R /Prev @DEBUT@ >>\nstartxref\n@DEBUT@\n%%EOF"),
        PDF, ()),
    "PDF whose objects refer to each other": (
        lambda: h.pdf_brut(h.CATALOGUE[:-3] + b" /X 4 0 R >>", h.PAGES, h.PAGE, b"5 0 R", b"4 0 R"), PDF, ()),
}  # fmt: skip
NOMS = {
    "../../etc/passwd": "passwd.jpg",
    "..\\..\\boot.ini": "boot.jpg",
    "C:\\Users\\Camille\\acte.pdf": "acte.jpg",
    "/": "document.jpg",
    "..": "document.jpg",
    ".htaccess": "htaccess.jpg",
    "": "document.jpg",
    "   ": "document.jpg",
    "facture\u202egpj.exe": "facturegpj.jpg",
    "zero\u200blargeur.png": "zerolargeur.jpg",
    "nul\0.php": "nul.jpg",
    "a\r\nSet-Cookie: x=1.jpg": "aSet-Cookie x=1.jpg",
    'guillemet".jpg': "guillemet.jpg",
    "<script>alert(1)</script>.jpg": "script.jpg",
    "photo.jpg.exe": "photo.jpg.jpg",
    "a" * 300 + ".jpg": "a" * 116 + ".jpg",
    "é" * 300: "é" * 116 + ".jpg",
    "\U0001f9d2 Zoé.HEIC": "\U0001f9d2 Zoé.jpg",
    "\ud800.jpg": "document.jpg",
    "CON.pdf": "CON.jpg",
}


@pytest.fixture
def _sans_enfant(monkeypatch: pytest.MonkeyPatch) -> None:
    ici(monkeypatch)


def fabriquer(octets: Octets) -> bytes:
    return octets if isinstance(octets, bytes) else octets()


def refus(octets: Octets, nom: str) -> str:
    with pytest.raises(RegleViolee) as violee:
        examiner(fabriquer(octets), nom)
    assert violee.value.champ == "document"
    return violee.value.code


def garder(octets: Octets, nom: str, attendu: str, interdits: tuple[bytes, ...]) -> DocumentSain:
    sain = examiner(fabriquer(octets), nom)
    assert sain.type_mime == attendu
    a_plat = sain.octets
    if attendu == PDF:
        sortie = io.BytesIO()
        with pikepdf.open(io.BytesIO(sain.octets)) as relu:
            assert not relu.attachments
            relu.save(sortie, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        a_plat += sortie.getvalue()
    else:
        with Image.open(io.BytesIO(sain.octets)) as relue:
            assert (relue.format, dict(relue.getexif()), set(relue.info) - {"jfif", "jfif_version", "jfif_density",
                    "jfif_unit", "dpi"}) == ("JPEG", {}, set())  # fmt: skip
    for mot in (h.NUISIBLE, *interdits):
        assert mot not in a_plat, mot
    return sain


def test_there_are_a_hundred_of_them() -> None:
    assert len(ETRANGERS) + len(REFUS) + len(GARDES) + len(NOMS) >= 180


@pytest.mark.usefixtures("_sans_enfant")
@pytest.mark.parametrize("nom", ["document.pdf", "photo.jpg"])
def test_what_is_neither_a_photo_nor_a_pdf_is_refused_whatever_its_name(nom: str) -> None:
    assert {cas: code for cas, octets in ETRANGERS.items() if (code := refus(octets, nom)) != INCONNU} == {}


@pytest.mark.usefixtures("_sans_enfant")
@pytest.mark.parametrize("cas", REFUS)
def test_what_cannot_be_kept_is_refused_with_its_reason(cas: str) -> None:
    octets, attendu = REFUS[cas]
    debut = time.process_time()
    assert refus(octets, "document.pdf") == attendu
    assert time.process_time() - debut < 5


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.usefixtures("_sans_enfant")
@pytest.mark.parametrize("cas", GARDES)
def test_what_is_kept_runs_opens_sends_and_hides_nothing(cas: str) -> None:
    octets, attendu, interdits = GARDES[cas]
    debut = time.process_time()
    garder(octets, cas, attendu, interdits)
    assert time.process_time() - debut < 5


@pytest.mark.usefixtures("_sans_enfant")
def test_a_photo_taken_sideways_stands_upright() -> None:
    with Image.open(io.BytesIO(garder(h.jpeg_couche, "a.jpg", JPEG, ()).octets)) as relue:
        assert relue.size == (48, 64)


@pytest.mark.usefixtures("_sans_enfant")
@pytest.mark.parametrize(("nom", "attendu"), NOMS.items())
def test_a_hostile_name_is_made_safe(nom: str, attendu: str) -> None:
    garde = examiner(h.image(), nom).nom
    assert garde == attendu
    assert not [c for c in garde if unicodedata.category(c).startswith("C")]


@pytest.mark.parametrize(
    "cas",
    [
        "PNG with a text that unfolds",
        "PNG of 900 million points",
        "HEIC that says it is gigantic",
        "PDF of lists within lists",
        "PDF of 10,000 times the same page",
    ],
)
def test_the_worst_are_refused_alike_by_the_real_child(cas: str) -> None:
    octets, attendu = REFUS[cas]
    assert refus(octets, "document.pdf") == attendu


@pytest.mark.parametrize(
    "cas", ["PDF with objects that unfold", "PNG with pixels that unfold", "PDF whose table goes round"]
)
def test_the_worst_are_kept_alike_by_the_real_child(cas: str) -> None:
    garder(GARDES[cas][0], cas, *GARDES[cas][1:])
