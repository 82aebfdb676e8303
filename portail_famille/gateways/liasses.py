"""Papers of several families in one file, for who prints and folds them; each one alone is what a voice reads
(PDF/UA-1, gateways/pdf). Some come from another software: all are opened in a child process, as what families send
(docs/decisions/0008-documents.md)."""

import struct
from collections.abc import Iterable

from portail_famille.gateways import bac_a_sable
from portail_famille.gateways.bac_a_sable import Indisponible, Interrompu, Limites

TAILLE_MAXIMALE = 48 * 1024 * 1024
"""Bytes, all together: fifty of ours are less than two million."""
_RELIER = "portail_famille.gateways.reliure:relier_a_part"


class LiasseImpossible(Exception):
    """Too heavy, or one of them cannot be read: they are to be printed one by one."""


def relier(documents: Iterable[bytes]) -> bytes:
    """One PDF to print on both sides, each document beginning on a sheet of its own. Raises `LiasseImpossible`."""
    paquet = bytearray()
    for octets in documents:
        paquet += struct.pack(">I", len(octets)) + octets
        if len(paquet) > TAILLE_MAXIMALE:
            raise LiasseImpossible("too heavy")
    try:
        liasse = bac_a_sable.executer(_RELIER, bytes(paquet), Limites(sortie=2 * TAILLE_MAXIMALE))
    except (Interrompu, Indisponible) as erreur:
        raise LiasseImpossible(str(erreur)) from None
    if not liasse.startswith(b"%PDF-"):
        raise LiasseImpossible("unexpected answer")
    return liasse
