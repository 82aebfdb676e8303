"""An agent's second factor: a time-based code (RFC 6238) and ten recovery codes.

A code accepted once is refused the second time (RFC 6238 §5.2), whatever the number of processes: it is recognised by
reading, then used up in one statement that compares and moves forward.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b32encode, b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portail_famille.gateways.chiffre import Chiffre, Illisible
from portail_famille.models.comptes import CleAcces, CodeSecours, SecondFacteur
from portail_famille.models.suivi import EvenementSecurite
from portail_famille.services.comptes import fermer_sessions
from portail_famille.services.journal import Auteur, consigner

CHANGE = "second_facteur_change"
PAS_SECONDES = 30
_CHIFFRES = 6
_SIX_CHIFFRES = re.compile(r"[0-9]{6}")
_TAILLE_SECRET = 20
_NOMBRE_DE_CODES = 10
# No letter that is taken for another: these are copied by hand. 10 signs of 30: 49 bits, tried through the throttle.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz2345679"
_TAILLE_CODE = 10


@dataclass(frozen=True, slots=True)
class EtatSecondFacteur:
    a_application: bool
    """A confirmed application that makes codes."""
    a_cle: bool
    """A passkey, which counts as both factors."""
    codes_restants: int

    @property
    def a_un_facteur(self) -> bool:
        return self.a_application or self.a_cle


@dataclass(frozen=True, slots=True)
class Enrolement:
    """What an application is given: by its picture, or typed."""

    secret: str
    """Base 32, in groups of four."""
    adresse: str
    """otpauth://…, drawn as a QR code."""


@dataclass(frozen=True, slots=True)
class Preuve:
    """A good code, not used up yet: the step of the application's, or the row of a recovery code."""

    pas: int | None = None
    code_id: int | None = None


def lire_etat(session: Session, compte_id: int) -> EtatSecondFacteur:
    """One query."""
    a_application, a_cle, restants = session.execute(
        select(
            exists().where(SecondFacteur.compte_id == compte_id, SecondFacteur.confirme_utc.is_not(None)),
            exists().where(CleAcces.compte_id == compte_id),
            select(func.count())
            .where(CodeSecours.compte_id == compte_id, CodeSecours.utilise_utc.is_(None))
            .scalar_subquery(),
        )
    ).one()
    return EtatSecondFacteur(a_application, a_cle, restants)


def montrer(secret: bytes, identifiant: str, emetteur: str) -> Enrolement:
    """A secret as an application takes it."""
    texte = b32encode(secret).decode()
    groupes = " ".join(texte[rang : rang + 4] for rang in range(0, len(texte), 4))
    return Enrolement(groupes, _totp(secret).get_provisioning_uri(identifiant, emetteur))


def enroler(
    session: Session, compte_id: int, secret: bytes, saisie: str, chiffre: Chiffre, maintenant: datetime
) -> bool:
    """Whether this is a code of the application just shown `secret`, which from now on is the one asked for. False too
    when another was confirmed meanwhile: only its holder replaces it (`changer`)."""
    pas = _pas(secret, 0, saisie, maintenant)
    if pas is None:
        return False
    scelle = chiffre.chiffrer(secret, _lieu(compte_id))
    try:
        with session.begin_nested():
            session.add(
                SecondFacteur(compte_id=compte_id, secret_chiffre=scelle, confirme_utc=maintenant, dernier_pas=pas)
            )
    except IntegrityError:
        return False
    return True


def nouveau_secret(compte_id: int, chiffre: Chiffre) -> str:
    """For an application to enrol, sealed: this session's cookie keeps it until it is confirmed, so that nobody who
    was here before with the password has seen it. A telephone already in use works on."""
    return b64encode(chiffre.chiffrer(secrets.token_bytes(_TAILLE_SECRET), _lieu_du_nouveau(compte_id))).decode()


def ouvrir_secret(scelle: str, compte_id: int, chiffre: Chiffre) -> bytes | None:
    """What `nouveau_secret` sealed; None when it is somebody else's, or of a key the town has changed."""
    try:
        return chiffre.dechiffrer(b64decode(scelle, validate=True), _lieu_du_nouveau(compte_id))
    except (Illisible, ValueError):
        return None


def changer(
    session: Session,
    auteur: Auteur,
    personne_id: int,
    secret: bytes,
    saisie: str,
    chiffre: Chiffre,
    maintenant: datetime,
) -> bool:
    """Whether this is a code of the new telephone, which from now on is the one asked for. In the journals."""
    compte_id = auteur.compte_id
    assert compte_id is not None
    pas = _pas(secret, 0, saisie, maintenant)
    if pas is None:
        return False
    ligne = session.get_one(SecondFacteur, compte_id, with_for_update=True, populate_existing=True)
    ligne.secret_chiffre = chiffre.chiffrer(secret, _lieu(compte_id))
    ligne.confirme_utc, ligne.dernier_pas = maintenant, pas
    session.add(EvenementSecurite(a_utc=maintenant, genre=CHANGE, compte_id=compte_id))
    consigner(session, auteur, CHANGE, maintenant, personne_id=personne_id)
    session.flush()
    return True


def reconnaitre(
    session: Session, compte_id: int, saisie: str, chiffre: Chiffre, cle_secrete: str, maintenant: datetime
) -> Preuve | None:
    """What was typed, when it is a code of the application or a recovery code that has not served. Reads only."""
    if not _SIX_CHIFFRES.fullmatch(_sans_blancs(saisie)):
        return _code_secours(session, compte_id, saisie, cle_secrete)
    ligne = session.get(SecondFacteur, compte_id)
    if ligne is None or ligne.confirme_utc is None:
        return None
    pas = _pas(_secret(ligne, chiffre), ligne.dernier_pas, saisie, maintenant)
    return None if pas is None else Preuve(pas=pas)


def consommer(session: Session, compte_id: int, preuve: Preuve, maintenant: datetime) -> bool:
    """Use it up; False when another request was faster with the same code."""
    if preuve.code_id is not None:
        servi = session.scalar(
            update(CodeSecours)
            .where(CodeSecours.id == preuve.code_id, CodeSecours.utilise_utc.is_(None))
            .values(utilise_utc=maintenant)
            .returning(CodeSecours.id)
        )
        return servi is not None
    avance = session.scalar(
        update(SecondFacteur)
        .where(SecondFacteur.compte_id == compte_id, SecondFacteur.dernier_pas < preuve.pas)
        .values(dernier_pas=preuve.pas)
        .returning(SecondFacteur.compte_id)
    )
    return avance is not None


def installer(session: Session, compte_id: int, secret: bytes, chiffre: Chiffre, maintenant: datetime) -> None:
    """A secret known beforehand, confirmed: the demonstration's agents have theirs written down."""
    scelle = chiffre.chiffrer(secret, _lieu(compte_id))
    session.add(SecondFacteur(compte_id=compte_id, secret_chiffre=scelle, confirme_utc=maintenant))
    session.flush()


def renouveler_codes(session: Session, compte_id: int, cle_secrete: str) -> tuple[str, ...]:
    """Ten recovery codes, shown this once; the ones before are worth nothing any more."""
    codes = tuple("".join(secrets.choice(_ALPHABET) for _ in range(_TAILLE_CODE)) for _ in range(_NOMBRE_DE_CODES))
    session.execute(delete(CodeSecours).where(CodeSecours.compte_id == compte_id))
    session.execute(
        insert(CodeSecours),
        [{"compte_id": compte_id, "empreinte": _empreinte(cle_secrete, compte_id, code)} for code in codes],
    )
    return tuple(f"{code[:5]}-{code[5:]}" for code in codes)


def reinitialiser(session: Session, compte_id: int, maintenant: datetime) -> None:
    """Forget the application, its codes and the passkeys: a lost phone held them all. Open sessions end; the next login
    enrols afresh."""
    for table in (SecondFacteur, CodeSecours, CleAcces):
        session.execute(delete(table).where(table.compte_id == compte_id))
    fermer_sessions(session, compte_id, maintenant)


def _secret(ligne: SecondFacteur, chiffre: Chiffre) -> bytes:
    return chiffre.dechiffrer(ligne.secret_chiffre, _lieu(ligne.compte_id))


def _pas(secret: bytes, dernier: int, saisie: str, maintenant: datetime) -> int | None:
    """The step of this code, when it comes after the last one accepted: the step now, the one before or the one after,
    since a phone's clock is a little off."""
    saisi = _sans_blancs(saisie).encode()
    totp = _totp(secret)
    courant = int(maintenant.timestamp()) // PAS_SECONDES
    bons = [
        pas
        for pas in (courant - 1, courant, courant + 1)
        if hmac.compare_digest(totp.generate(pas * PAS_SECONDES), saisi) and pas > dernier
    ]
    return max(bons, default=None)


def _code_secours(session: Session, compte_id: int, saisie: str, cle_secrete: str) -> Preuve | None:
    code = _sans_blancs(saisie).replace("-", "").lower()
    trouve = session.scalar(
        select(CodeSecours.id).where(
            CodeSecours.compte_id == compte_id,
            CodeSecours.empreinte == _empreinte(cle_secrete, compte_id, code),
            CodeSecours.utilise_utc.is_(None),
        )
    )
    return None if trouve is None else Preuve(code_id=trouve)


def _sans_blancs(saisie: str) -> str:
    return re.sub(r"\s", "", saisie)


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what every application reads (RFC 6238 allows others, few follow).
    return TOTP(secret, _CHIFFRES, SHA1(), PAS_SECONDES)  # noqa: S303


def _empreinte(cle_secrete: str, compte_id: int, code: str) -> str:
    return hmac.new(cle_secrete.encode(), f"secours:{compte_id}:{code}".encode(), hashlib.sha256).hexdigest()


def _lieu(compte_id: int) -> str:
    return f"second_facteur:{compte_id}"


def _lieu_du_nouveau(compte_id: int) -> str:
    return f"second_facteur_nouveau:{compte_id}"
