"""Which letters a font has: its `cmap` table (OpenType 1.9, formats 4 and 12), read once."""

import struct
from collections.abc import Iterator
from pathlib import Path


def lettres_de(police: Path) -> frozenset[int]:
    """Code points that this font can show."""
    octets = police.read_bytes()
    debut = _table(octets, b"cmap")
    (nombre,) = struct.unpack_from(">H", octets, debut + 2)
    lettres: set[int] = set()
    for rang in range(nombre):
        (decalage,) = struct.unpack_from(">I", octets, debut + 4 + rang * 8 + 4)
        (forme,) = struct.unpack_from(">H", octets, debut + decalage)
        if forme == 12:
            lettres.update(_forme_12(octets, debut + decalage))
        elif forme == 4:
            lettres.update(_forme_4(octets, debut + decalage))
    return frozenset(lettres)


def _table(octets: bytes, nom: bytes) -> int:
    (nombre,) = struct.unpack_from(">H", octets, 4)
    for rang in range(nombre):
        etiquette, _, debut, _ = struct.unpack_from(">4sIII", octets, 12 + rang * 16)
        if etiquette == nom:
            return int(debut)
    raise ValueError(nom)


def _forme_12(octets: bytes, debut: int) -> Iterator[int]:
    (groupes,) = struct.unpack_from(">I", octets, debut + 12)
    for rang in range(groupes):
        premier, dernier, _ = struct.unpack_from(">III", octets, debut + 16 + rang * 12)
        yield from range(premier, dernier + 1)


def _forme_4(octets: bytes, debut: int) -> Iterator[int]:
    """A segment that goes through the array of glyphs may have holes there: glyph 0 is no letter."""
    (double,) = struct.unpack_from(">H", octets, debut + 6)
    for rang in range(0, double, 2):
        fin, premier, ecart, saut = (
            struct.unpack_from(">H", octets, debut + 14 + rang + bloc * double + (2 if bloc else 0))[0]
            for bloc in range(4)
        )
        for code in range(premier, min(fin, 0xFFFE) + 1):
            glyphe = code
            if saut:
                ou = debut + 16 + 3 * double + rang + saut + 2 * (code - premier)
                (glyphe,) = struct.unpack_from(">H", octets, ou)
                if glyphe == 0:
                    continue
            if (glyphe + ecart) % 0x10000:
                yield code
