"""Documents to send: a photo, a PDF, and the hostile ones."""

import io

import pikepdf
from PIL import Image


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
