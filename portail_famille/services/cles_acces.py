"""Passkeys (WebAuthn): made, recognised, listed. Always with user verification, so that one counts as both factors."""

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.comptes import CleAcces, Compte

NOMBRE_MAXIMAL = 10
LONGUEUR_NOM = 60
_LONGUEUR_IDENTIFIANT = 1023
"""Of a credential id (WebAuthn §5.1.3)."""


@dataclass(frozen=True, slots=True)
class Portail:
    """Who the keys are for: the host of the town's public address. A key made for another host does not answer here."""

    hote: str
    origine: str
    nom: str

    @classmethod
    def de(cls, url_publique: str, nom: str) -> "Portail":
        morceaux = urlsplit(url_publique)
        return cls(morceaux.hostname or "", f"{morceaux.scheme}://{morceaux.netloc}", nom)

    @property
    def accepte_les_cles(self) -> bool:
        """Browsers want a name, over HTTPS unless it is this machine's."""
        try:
            ipaddress.ip_address(self.hote)
        except ValueError:
            return self.origine.startswith("https://") or self.hote == "localhost"
        return False


@dataclass(frozen=True, slots=True)
class Defi:
    """What the browser is asked to sign."""

    octets: bytes
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CleReconnue:
    cle_id: int
    compte_id: int
    compteur: int


@dataclass(frozen=True, slots=True)
class CleListee:
    id: int
    nom: str
    cree_utc: datetime
    utilisee_utc: datetime | None


def defi_de_creation(session: Session, compte_id: int, portail: Portail, cle_secrete: str) -> Defi:
    """Raises `RegleViolee` when the compte has its fill of keys. Two queries."""
    identifiant = session.scalars(select(Compte.identifiant).where(Compte.id == compte_id)).one()
    connues = session.scalars(select(CleAcces.identifiant).where(CleAcces.compte_id == compte_id)).all()
    if len(connues) >= NOMBRE_MAXIMAL:
        raise RegleViolee(
            "cles_trop_nombreuses", f"Vous avez déjà {NOMBRE_MAXIMAL} clés d’accès. Retirez-en une pour en ajouter."
        )
    options = generate_registration_options(
        rp_id=portail.hote,
        rp_name=portail.nom,
        user_id=_poignee(cle_secrete, compte_id),
        user_name=identifiant,
        user_display_name=identifiant,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=connue) for connue in connues],
    )
    return Defi(options.challenge, json.loads(options_to_json(options)))


def ajouter_cle(
    session: Session,
    compte_id: int,
    reponse: Mapping[str, Any],
    defi: bytes,
    nom: str,
    portail: Portail,
    maintenant: datetime,
) -> None:
    """Keep the key the browser made. Raises `RegleViolee` when its answer is not one to this challenge."""
    try:
        faite = verify_registration_response(
            credential=dict(reponse),
            expected_challenge=defi,
            expected_rp_id=portail.hote,
            expected_origin=portail.origine,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as erreur:
        raise _cle_refusee() from erreur
    if len(faite.credential_id) > _LONGUEUR_IDENTIFIANT:
        raise _cle_refusee()
    session.add(
        CleAcces(
            compte_id=compte_id,
            identifiant=faite.credential_id,
            cle_publique=faite.credential_public_key,
            compteur=faite.sign_count,
            nom=lire_nom_de_cle(nom),
            cree_utc=maintenant,
        )
    )
    try:
        session.flush()
    except IntegrityError as erreur:
        raise RegleViolee("cle_connue", "Cette clé d’accès est déjà enregistrée.") from erreur


def defi_de_connexion(portail: Portail) -> Defi:
    """For whoever has a key of this portal on her device: no name is asked, so none is told."""
    options = generate_authentication_options(
        rp_id=portail.hote, user_verification=UserVerificationRequirement.REQUIRED
    )
    return Defi(options.challenge, json.loads(options_to_json(options)))


def reconnaitre_cle(
    session: Session, reponse: Mapping[str, Any], defi: bytes, portail: Portail, cle_secrete: str
) -> CleReconnue | None:
    """Whose key signed this challenge; None when nobody's, or when its counter went back (a copied key). Reads only."""
    try:
        identifiant = base64url_to_bytes(str(reponse["id"]))
    except (KeyError, ValueError):
        return None
    ligne = session.execute(
        select(CleAcces)
        .join(Compte, Compte.id == CleAcces.compte_id)
        .where(CleAcces.identifiant == identifiant, Compte.est_actif, Compte.active_utc.is_not(None))
    ).scalar_one_or_none()
    if ligne is None or not _est_sa_poignee(reponse, cle_secrete, ligne.compte_id):
        return None
    try:
        lue = verify_authentication_response(
            credential=dict(reponse),
            expected_challenge=defi,
            expected_rp_id=portail.hote,
            expected_origin=portail.origine,
            credential_public_key=ligne.cle_publique,
            credential_current_sign_count=ligne.compteur,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError):
        return None
    return CleReconnue(ligne.id, ligne.compte_id, lue.new_sign_count)


def noter_usage(session: Session, reconnue: CleReconnue, maintenant: datetime) -> bool:
    """Move the counter forward; False when the key was removed, or used by a copy, meanwhile."""
    avance = session.scalar(
        update(CleAcces)
        .where(
            CleAcces.id == reconnue.cle_id,
            # Keys kept in a cloud always answer 0 (WebAuthn §6.1.1).
            (CleAcces.compteur < reconnue.compteur) | ((CleAcces.compteur == 0) & (reconnue.compteur == 0)),
        )
        .values(compteur=reconnue.compteur, utilisee_utc=maintenant)
        .returning(CleAcces.id)
    )
    return avance is not None


def lister_cles(session: Session, compte_id: int) -> list[CleListee]:
    lignes = session.execute(
        select(CleAcces.id, CleAcces.nom, CleAcces.cree_utc, CleAcces.utilisee_utc)
        .where(CleAcces.compte_id == compte_id)
        .order_by(CleAcces.id)
    )
    return [CleListee(*ligne) for ligne in lignes]


def renommer_cle(session: Session, compte_id: int, cle_id: int, nom: str) -> bool:
    """Whether it is one of hers. Raises `RegleViolee` for a name that cannot be kept."""
    renommee = session.scalar(
        update(CleAcces)
        .where(CleAcces.id == cle_id, CleAcces.compte_id == compte_id)
        .values(nom=lire_nom_de_cle(nom))
        .returning(CleAcces.id)
    )
    return renommee is not None


def retirer_cle(session: Session, compte_id: int, cle_id: int) -> bool:
    """Whether it was one of hers."""
    retiree = session.scalar(
        delete(CleAcces).where(CleAcces.id == cle_id, CleAcces.compte_id == compte_id).returning(CleAcces.id)
    )
    return retiree is not None


def lire_nom_de_cle(nom: str) -> str:
    """Raises `RegleViolee`."""
    propre = " ".join("".join(signe if signe.isprintable() else " " for signe in nom).split())
    if not propre:
        raise RegleViolee("nom_vide", "Donnez un nom à cette clé, par exemple «\u00a0Mon téléphone\u00a0».", "nom")
    if len(propre) > LONGUEUR_NOM:
        raise RegleViolee("nom_trop_long", f"Ce nom dépasse {LONGUEUR_NOM} caractères.", "nom")
    return propre


def _est_sa_poignee(reponse: Mapping[str, Any], cle_secrete: str, compte_id: int) -> bool:
    """The user handle that comes back, when one does, is the one given to this compte."""
    contenu = reponse.get("response")
    poignee = contenu.get("userHandle") if isinstance(contenu, Mapping) else None
    if not poignee:
        return True
    try:
        return hmac.compare_digest(base64url_to_bytes(str(poignee)), _poignee(cle_secrete, compte_id))
    except ValueError:
        return False


def _poignee(cle_secrete: str, compte_id: int) -> bytes:
    """Kept by the key in clear: it must not say who she is (WebAuthn §14.6.1)."""
    return hmac.new(cle_secrete.encode(), f"cle:{compte_id}".encode(), hashlib.sha256).digest()


def _cle_refusee() -> RegleViolee:
    return RegleViolee("cle_refusee", "Cette clé d’accès n’a pas pu être vérifiée. Recommencez.")
