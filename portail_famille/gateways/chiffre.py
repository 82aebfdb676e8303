"""Encryption at rest: AES-256-GCM under the commune's key, each value bound to the place it is kept in.

The place ("sante:12") is authenticated with the value: a row copied over another does not decipher.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE = 12


class Illisible(Exception):
    """The value was changed, moved, or encrypted under another key."""


class Chiffre:
    """Encrypts and deciphers for one commune. `cle`: the secret text of its settings, 32 characters or more."""

    def __init__(self, cle: str) -> None:
        derivee = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"portail-famille coffre").derive(
            cle.encode()
        )
        self._aes = AESGCM(derivee)

    def chiffrer(self, clair: bytes, lieu: str) -> bytes:
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._aes.encrypt(nonce, clair, lieu.encode())

    def dechiffrer(self, brut: bytes, lieu: str) -> bytes:
        """Raises `Illisible`."""
        if brut[:1] != _VERSION:
            raise Illisible(lieu)
        try:
            return self._aes.decrypt(brut[1 : 1 + _NONCE], brut[1 + _NONCE :], lieu.encode())
        except InvalidTag:
            raise Illisible(lieu) from None
