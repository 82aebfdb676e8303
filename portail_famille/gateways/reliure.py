"""The work of gateways/liasses, which alone should have this loaded, in a child process: pure work on bytes."""

import io
import struct
from collections.abc import Iterator

import pikepdf

_A4 = (595.28, 841.89)


def relier_a_part(paquet: bytes) -> bytes:
    """After an odd number of pages, a blank one. The tags of several cannot be put together, and those of one would lie
    about the others: none is kept."""
    with pikepdf.new() as liasse:
        for octets in _deballer(paquet):
            if len(liasse.pages) % 2:
                liasse.add_blank_page(page_size=_A4)
            with pikepdf.open(io.BytesIO(octets)) as document:
                for page in document.pages:
                    if "/StructParents" in page:
                        del page["/StructParents"]
                liasse.pages.extend(document.pages)
        liasse.Root.Lang = pikepdf.String("fr-FR")
        liasse.Root.ViewerPreferences = pikepdf.Dictionary(
            Duplex=pikepdf.Name.DuplexFlipLongEdge, PrintScaling=pikepdf.Name("/None")
        )
        sortie = io.BytesIO()
        liasse.save(sortie, deterministic_id=True)
    return sortie.getvalue()


def _deballer(paquet: bytes) -> Iterator[bytes]:
    debut = 0
    while debut < len(paquet):
        (taille,) = struct.unpack_from(">I", paquet, debut)
        yield paquet[debut + 4 : debut + 4 + taille]
        debut += 4 + taille
