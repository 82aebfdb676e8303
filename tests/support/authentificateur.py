"""A software authenticator: makes passkeys and signs with them as a phone does (WebAuthn, attestation "none")."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_PRESENT, _VERIFIE, _CLE_JOINTE = 0x01, 0x04, 0x40


def coder(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def decoder(texte: str) -> bytes:
    return urlsafe_b64decode(texte + "=" * (-len(texte) % 4))


@dataclass
class Authentificateur:
    """One key. What a test changes is what an attacker would."""

    origine: str = "http://localhost"
    hote: str = "localhost"
    compteur: int = 0
    est_verifie: bool = True
    """The finger or the code of the device was asked."""
    identifiant: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    poignee: bytes = b""
    _cle: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def creer(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to navigator.credentials.create."""
        self.poignee = decoder(options["user"]["id"])
        donnees = self._donnees(_CLE_JOINTE) + self._cle_jointe()
        return self._reponse(
            "webauthn.create",
            options["challenge"],
            {"attestationObject": coder(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": donnees}))},
        )

    def signer(self, options: dict[str, Any], poignee: bytes | None = None) -> dict[str, Any]:
        """The answer to navigator.credentials.get."""
        if self.compteur:
            self.compteur += 1
        donnees = self._donnees()
        client = self._client("webauthn.get", options["challenge"])
        signature = self._cle.sign(donnees + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._reponse(
            "webauthn.get",
            options["challenge"],
            {
                "authenticatorData": coder(donnees),
                "signature": coder(signature),
                "userHandle": coder(self.poignee if poignee is None else poignee),
            },
        )

    def _reponse(self, genre: str, defi: str, contenu: dict[str, str]) -> dict[str, Any]:
        identifiant = coder(self.identifiant)
        return {
            "id": identifiant,
            "rawId": identifiant,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {"clientDataJSON": coder(self._client(genre, defi)), **contenu},
        }

    def _client(self, genre: str, defi: str) -> bytes:
        return json.dumps({"type": genre, "challenge": defi, "origin": self.origine, "crossOrigin": False}).encode()

    def _donnees(self, drapeaux: int = 0) -> bytes:
        drapeaux |= _PRESENT | (_VERIFIE if self.est_verifie else 0)
        return hashlib.sha256(self.hote.encode()).digest() + bytes([drapeaux]) + self.compteur.to_bytes(4, "big")

    def _cle_jointe(self) -> bytes:
        point = self._cle.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        return bytes(16) + len(self.identifiant).to_bytes(2, "big") + self.identifiant + cbor2.dumps(cose)
