"""Documents to send: a photo, a PDF, and the hostile ones."""

import io
import zlib

import pikepdf
import pytest
from PIL import Image

from portail_famille.services.desarmement import desarmer_a_part


def ici(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents are examined in the test's own process."""
    monkeypatch.setattr(
        "portail_famille.gateways.bac_a_sable.executer", lambda _fonction, octets: desarmer_a_part(octets)
    )


def photo(largeur: int = 60, hauteur: int = 40, genre: str = "JPEG", **options: object) -> bytes:
    sortie = io.BytesIO()
    Image.new("RGB", (largeur, hauteur), "teal").save(sortie, genre, **options)
    return sortie.getvalue()


def photo_avec_exif() -> bytes:
    """Taken sideways, at a place it names."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Fabricant Secret"
    exif.get_ifd(0x8825)[1] = "N"
    return photo(exif=exif)


def pdf(pages: int = 1, **options: object) -> bytes:
    sortie = io.BytesIO()
    with pikepdf.new() as document:
        for _ in range(pages):
            document.add_blank_page()
        document.save(sortie, **options)  # type: ignore[arg-type]
    return sortie.getvalue()


def pdf_actif() -> bytes:
    """Runs, opens, sends, hides: one of each."""
    nom, dico = pikepdf.Name, pikepdf.Dictionary
    sortie = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        script = dico(S=nom.JavaScript, JS="app.alert('NUISIBLE')")
        document.Root.OpenAction = document.make_indirect(script)
        document.Root.AA = dico(WC=script)
        document.Root.Names = dico(JavaScript=dico(Names=pikepdf.Array([pikepdf.String("x"), script])))
        document.Root.AcroForm = dico(Fields=pikepdf.Array([]), XFA=document.make_stream(b"<xdp>NUISIBLE</xdp>"))
        document.attachments["virus.exe"] = b"NUISIBLE"
        lancer = dico(Type=nom.Annot, Subtype=nom.Link, Rect=pikepdf.Array([0, 0, 9, 9]))
        lancer.A = dico(S=nom.Launch, F="cmd.exe", Next=dico(S=nom.URI, URI="https://ailleurs.example"))
        document.pages[0].Annots = pikepdf.Array([lancer])
        document.save(sortie)
    return sortie.getvalue()


def pdf_bombe(octets: int) -> bytes:
    """A compressed stream of objects, small, that unfolds into so many bytes as soon as the file is opened."""
    presse = zlib.compressobj(9)
    deplie = b"".join(
        [presse.compress(b"4 0 << >> "), *(presse.compress(b" " * 1_000_000) for _ in range(octets // 1_000_000))]
    )
    flux = deplie + presse.flush()
    objets = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Extra 4 0 R >>",
        5: b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream"
        % (len(flux), flux),
    }
    corps, places = b"%PDF-1.5\n", {}
    for numero, contenu in objets.items():
        places[numero] = len(corps)
        corps += b"%d 0 obj\n%b\nendobj\n" % (numero, contenu)
    table = b"".join(
        bytes([genre]) + place.to_bytes(4, "big") + b"\0"
        for genre, place in (
            (0, 0), (1, places[1]), (1, places[2]), (1, places[3]), (2, 5), (1, places[5]), (1, len(corps)),
        )
    )  # fmt: skip
    xref = b"<< /Type /XRef /Size 7 /W [1 4 1] /Root 1 0 R /Length %d >>\nstream\n%b\nendstream" % (len(table), table)
    return corps + b"6 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF" % (xref, len(corps))


def pdf_fourmillant(dans_une_liste: int = 0, a_part: int = 0) -> bytes:
    """A page, and so many tiny objects: inside one list, or each on its own and without a table that finds them."""
    objets = [
        b"1 0 obj\n<</Type/Catalog/Pages 2 0 R/X 4 0 R>>\nendobj\n",
        b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n",
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n",
        b"4 0 obj\n[" + b"<<>>" * dans_une_liste + b"]\nendobj\n",
        *(b"%d 0 obj<</A<</B 1>>>>endobj\n" % n for n in range(5, 5 + a_part)),
    ]
    return b"%PDF-1.4\n" + b"".join(objets) + b"trailer<</Size %d/Root 1 0 R>>" % (5 + a_part)
