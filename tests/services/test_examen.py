"""What families send, hostile or not: told by its content, written anew, or refused with a sentence."""

import io
import struct
import threading
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pikepdf
import pillow_heif
import pytest
from PIL import Image

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import PAGES_MAXIMALES, TAILLE_MAXIMALE
from portail_famille.services import examen
from portail_famille.services.desarmement import COTE_MAXIMAL
from portail_famille.services.examen import examiner
from tests.support.pieces import ici, pdf, pdf_actif, pdf_bombe, pdf_fourmillant, photo, photo_avec_exif


@pytest.fixture(autouse=True)
def _sans_enfant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child process per line of a table would be slow; tests/gateways/test_bac_a_sable is about the child."""
    ici(monkeypatch)


def refus(octets: bytes, nom: str = "document.pdf") -> str:
    with pytest.raises(RegleViolee) as erreur:
        examiner(octets, nom)
    assert erreur.value.champ == "document"
    return erreur.value.code


def zipe() -> bytes:
    sortie = io.BytesIO()
    with zipfile.ZipFile(sortie, "w") as archive:
        archive.writestr("a.txt", "x")
    return sortie.getvalue()


def png_menteur(largeur: int, hauteur: int) -> bytes:
    """A few hundred bytes that say they are a huge picture."""

    def morceau(genre: bytes, contenu: bytes) -> bytes:
        return struct.pack(">I", len(contenu)) + genre + contenu + struct.pack(">I", zlib.crc32(genre + contenu))

    entete = struct.pack(">IIBBBBB", largeur, hauteur, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + morceau(b"IHDR", entete) + morceau(b"IDAT", pixels) + morceau(b"IEND", b"")


@pytest.mark.parametrize("genre", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_a_jpeg(genre: str) -> None:
    sain = examiner(photo(genre=genre), "acte.png")
    assert (sain.type_mime, sain.nom) == ("image/jpeg", "acte.jpg")
    with Image.open(io.BytesIO(sain.octets)) as image:
        assert (image.format, image.size) == ("JPEG", (60, 40))


def test_a_photo_of_an_iphone_is_read() -> None:
    sortie = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "teal")).save(sortie, quality=50)
    sain = examiner(sortie.getvalue(), "IMG_2041.HEIC")
    assert (sain.type_mime, sain.nom) == ("image/jpeg", "IMG_2041.jpg")


def test_the_place_and_the_device_of_a_photo_are_dropped_and_it_stands_upright() -> None:
    sain = examiner(photo_avec_exif(), "a.jpg")
    assert b"Fabricant" not in sain.octets
    with Image.open(io.BytesIO(sain.octets)) as image:
        assert image.size == (40, 60)
        assert dict(image.getexif()) == {}


def test_a_large_photo_is_reduced_and_stays_readable() -> None:
    with Image.open(io.BytesIO(examiner(photo(6000, 3000), "a.jpg").octets)) as image:
        assert max(image.size) == COTE_MAXIMAL
        assert image.width == 2 * image.height


def test_a_transparent_picture_is_put_on_white() -> None:
    sortie = io.BytesIO()
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(sortie, "PNG")
    with Image.open(io.BytesIO(examiner(sortie.getvalue(), "a.png").octets)) as image:
        assert min(image.convert("L").tobytes()) > 250


def test_what_is_hidden_behind_the_end_of_a_photo_is_left_behind() -> None:
    sain = examiner(photo() + zipe() + b"<script>alert(1)</script>", "a.jpg")
    assert b"script" not in sain.octets
    assert b"PK\x03\x04" not in sain.octets


def test_the_name_says_nothing_of_what_a_file_is() -> None:
    assert examiner(photo(), "facture.pdf").type_mime == "image/jpeg"
    assert examiner(pdf(), "photo.jpg").type_mime == "application/pdf"


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "document_vide"),
        (b"x" * (TAILLE_MAXIMALE + 1), "document_trop_lourd"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "document_inconnu"),
        (b"<!doctype html><script>alert(1)</script>", "document_inconnu"),
        (b"MZ\x90\x00" + b"\0" * 200, "document_inconnu"),
        (b"#!/bin/sh\nrm -rf .\n", "document_inconnu"),
        (zipe(), "document_inconnu"),
        (b"GIF89a" + b"\0" * 40, "document_inconnu"),
        (b"bonjour", "document_inconnu"),
        (photo()[:200], "document_illisible"),
        (b"%PDF-1.7\nrien", "document_illisible"),
        (b"\xff\xd8\xff" + b"\0" * 300, "document_illisible"),
        (png_menteur(10_000, 10_000), "image_trop_grande"),
        (png_menteur(30_000, 30_000), "image_trop_grande"),
        (png_menteur(5_000, 5_000), "document_illisible"),
        (pdf(PAGES_MAXIMALES + 1), "trop_de_pages"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence(octets: bytes, code: str) -> None:
    assert refus(octets) == code


def test_a_pdf_that_unfolds_into_gigabytes_is_given_up_on_the_way() -> None:
    """What was in the stream is lost with it, the page stays."""
    bombe = pdf_bombe(100_000_000)
    assert len(bombe) < 200_000
    assert b"/Extra" in examiner(pdf_bombe(1_000_000), "a.pdf").octets
    assert b"/Extra" not in examiner(bombe, "a.pdf").octets


def test_a_pdf_under_a_password_is_refused() -> None:
    assert refus(pdf(encryption=pikepdf.Encryption(user="secret", owner="secret"))) == "pdf_protege"


def test_a_pdf_that_opens_without_a_password_is_kept_unlocked() -> None:
    sain = examiner(pdf(encryption=pikepdf.Encryption(user="", owner="secret")), "attestation.pdf")
    with pikepdf.open(io.BytesIO(sain.octets)) as relu:
        assert not relu.is_encrypted


def test_a_pdf_keeps_its_pages_and_nothing_that_acts() -> None:
    origine = pdf_actif()
    with pikepdf.open(io.BytesIO(origine)) as avant:
        assert "/OpenAction" in avant.Root
    sain = examiner(origine + b"<script>alert(1)</script>", "acte.pdf")
    with pikepdf.open(io.BytesIO(sain.octets)) as relu:
        assert len(relu.pages) == 1
        assert not relu.attachments
        assert not {"/OpenAction", "/AA"} & set(relu.Root.keys())
        # Written plainly, so that nothing hides from this test in a compressed stream.
        plat = io.BytesIO()
        relu.save(plat, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    for mot in (b"JavaScript", b"/JS", b"/Launch", b"/URI", b"XFA", b"NUISIBLE", b"EmbeddedFile", b"<script>"):
        assert mot not in plat.getvalue()
    # What is now refused by nobody is read again: examining twice changes nothing more.
    assert examiner(sain.octets, "acte.pdf").type_mime == "application/pdf"


@pytest.mark.parametrize("fourmilliere", [{"dans_une_liste": 900_000}, {"a_part": 60_000}])
def test_a_pdf_of_countless_objects_is_given_up_quickly(fourmilliere: dict[str, int]) -> None:
    octets = pdf_fourmillant(**fourmilliere)
    debut = time.process_time()
    assert refus(octets) in ("document_complique", "document_illisible")
    assert time.process_time() - debut < 10


def test_a_pdf_with_many_objects_of_its_own_is_kept() -> None:
    """A scanned file of fifty pages, each with its fonts and its links."""
    assert examiner(pdf_fourmillant(a_part=10_000), "a.pdf").type_mime == "application/pdf"


def test_a_base_address_for_links_is_dropped() -> None:
    with pikepdf.new() as document:
        document.add_blank_page()
        document.Root.URI = pikepdf.Dictionary(Base="https://ailleurs.example")
        sortie = io.BytesIO()
        document.save(sortie)
    with pikepdf.open(io.BytesIO(examiner(sortie.getvalue(), "a.pdf").octets)) as lu:
        assert "/URI" not in lu.Root


def test_documents_are_examined_one_at_a_time_and_one_per_compte() -> None:
    ensemble, plus = threading.Barrier(2, timeout=10), []

    def lent(octets: bytes, nom: str, _antivirus: object) -> examen.DocumentSain:
        plus.append(nom)
        ensemble.wait()
        ensemble.wait()
        return examen.DocumentSain(octets, nom, "application/pdf")

    with pytest.MonkeyPatch.context() as rustine, ThreadPoolExecutor(1) as fil:
        rustine.setattr(examen, "examiner", lent)
        premier = fil.submit(examen.examiner_a_son_tour, b"x", "premier", 1)
        ensemble.wait()
        for compte, patience in ((1, 10.0), (2, 0.01)):
            with pytest.raises(RegleViolee) as occupe:
                examen.examiner_a_son_tour(b"x", "autre", compte, patience)
            assert occupe.value.code == "examen_occupe"
        ensemble.wait()
        assert premier.result(timeout=10).nom == "premier"
    assert plus == ["premier"]
    assert examen.examiner_a_son_tour(pdf(), "a.pdf", 1).type_mime == "application/pdf"
