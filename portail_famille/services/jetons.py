"""Single-use links sent by mail, and the 6-digit code beside each (a home-screen app cannot open links: screen.md §3).

The link is signed for one commune and one purpose; it carries the row's id and a nonce of which the row keeps a digest.
The instant is always given: the signer reads no clock.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesComptes
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.comptes import JetonCompte, empreinte_jeton

ESSAIS_DE_CODE = 5
"""Wrong codes before only the link is left."""


class Commune(Protocol):
    """What a link depends on."""

    @property
    def slug(self) -> str: ...
    @property
    def cle_secrete(self) -> str: ...
    @property
    def comptes(self) -> ReglagesComptes: ...


@dataclass(frozen=True, slots=True)
class JetonCree:
    """The only moment the link and the code exist in clear."""

    jeton: str
    code: str
    ligne: JetonCompte


class JetonRefuse(RegleViolee):
    """`code` is jeton_inconnu, jeton_utilise or jeton_expire. `compte_id` when the link was once ours: a new one may be
    sent to the same compte."""

    def __init__(self, code: str, message: str, compte_id: int | None = None, donnees: Any = None) -> None:
        super().__init__(code, message)
        self.compte_id = compte_id
        self.donnees = donnees


def creer_jeton(
    session: Session,
    genre: str,
    maintenant: datetime,
    reglages: Commune,
    compte_id: int | None = None,
    donnees: Mapping[str, Any] | None = None,
    duree: timedelta | None = None,
) -> JetonCree:
    """A new link; the older ones of this purpose and compte stop working. Without `duree`, that of a forgotten
    password."""
    if compte_id is not None:
        revoquer(session, compte_id, (genre,), maintenant)
    nonce, code = secrets.token_urlsafe(18), f"{secrets.randbelow(1_000_000):06d}"
    ligne = JetonCompte(
        compte_id=compte_id,
        genre=genre,
        empreinte=empreinte_jeton(nonce),
        empreinte_code=_empreinte_code(reglages, genre, empreinte_jeton(nonce), code),
        cree_utc=maintenant,
        expire_utc=maintenant + (duree or timedelta(minutes=reglages.comptes.lien_oubli_minutes)),
        donnees=dict(donnees) if donnees is not None else None,
    )
    session.add(ligne)
    session.flush()
    return JetonCree(_signer(reglages, genre, ligne.id, nonce, maintenant), code, ligne)


def lire_jeton(session: Session, jeton: str, genre: str, maintenant: datetime, reglages: Commune) -> JetonCompte:
    """The row of a link that still works. Raises JetonRefuse; changes nothing."""
    try:
        ligne_id, nonce = _signataire(reglages, genre, maintenant).loads(jeton)
    except (BadData, TypeError, ValueError):
        raise _inconnu() from None
    ligne = session.get(JetonCompte, ligne_id, populate_existing=True)
    if ligne is None or ligne.genre != genre:
        raise _inconnu()
    if ligne.utilise_utc is not None or not hmac.compare_digest(ligne.empreinte, empreinte_jeton(nonce)):
        raise _utilise(ligne)
    if ligne.expire_utc <= maintenant:
        raise JetonRefuse(
            "jeton_expire", "Ce lien n’est plus valable\u00a0: il était trop ancien.", ligne.compte_id, ligne.donnees
        )
    return ligne


def consommer(session: Session, ligne: JetonCompte, maintenant: datetime) -> None:
    """Uses the link up: of two at once, one passes. Raises JetonRefuse."""
    pris = session.scalar(
        update(JetonCompte)
        .where(JetonCompte.id == ligne.id, JetonCompte.utilise_utc.is_(None), JetonCompte.expire_utc > maintenant)
        .values(utilise_utc=maintenant)
        .returning(JetonCompte.id)
    )
    if pris is None:
        raise _utilise(ligne)


def codes_en_attente(
    session: Session, genres: Collection[str], maintenant: datetime, reglages: Commune, comptes: Collection[int]
) -> list[int]:
    """Rows whose code may still be typed by one of these comptes. `suivi.compter_essais` must count the try before
    `lire_code` looks at it."""
    return list(
        session.scalars(
            select(JetonCompte.id).where(
                JetonCompte.compte_id.in_(comptes),
                JetonCompte.genre.in_(genres),
                JetonCompte.utilise_utc.is_(None),
                JetonCompte.expire_utc > maintenant,
                JetonCompte.cree_utc > maintenant - timedelta(minutes=reglages.comptes.code_minutes),
                JetonCompte.essais < ESSAIS_DE_CODE,
            )
        )
    )


def lire_code(session: Session, code: str, lignes: Collection[int], reglages: Commune) -> JetonCompte | None:
    """The row of a right code, None for a wrong one; changes nothing. `lignes`: those whose try was counted."""
    chiffres = "".join(signe for signe in code if signe.isascii() and signe.isdigit())
    trouvee = None
    for ligne in session.scalars(
        select(JetonCompte).where(JetonCompte.id.in_(lignes), JetonCompte.utilise_utc.is_(None))
    ):
        attendu = _empreinte_code(reglages, ligne.genre, ligne.empreinte, chiffres)
        if hmac.compare_digest(attendu, ligne.empreinte_code):
            trouvee = ligne
    return trouvee


def echanger_code(session: Session, ligne: JetonCompte, maintenant: datetime, reglages: Commune) -> str:
    """A link for whoever typed the code. Nobody knows the nonce of the mail's link any more: the row gets another, and
    with it both the code and that link stop working. Raises JetonRefuse when the code was used meanwhile."""
    nonce = secrets.token_urlsafe(18)
    pris = session.scalar(
        update(JetonCompte)
        .where(JetonCompte.id == ligne.id, JetonCompte.empreinte == ligne.empreinte, JetonCompte.utilise_utc.is_(None))
        .values(empreinte=empreinte_jeton(nonce), essais=ESSAIS_DE_CODE)
        .returning(JetonCompte.id)
    )
    if pris is None:
        raise _utilise(ligne)
    return _signer(reglages, ligne.genre, ligne.id, nonce, maintenant)


def revoquer(session: Session, compte_id: int, genres: Collection[str], maintenant: datetime) -> None:
    """The links of these purposes that were not used never will be."""
    session.execute(
        update(JetonCompte)
        .where(JetonCompte.compte_id == compte_id, JetonCompte.genre.in_(genres), JetonCompte.utilise_utc.is_(None))
        .values(utilise_utc=maintenant)
    )


class _Horodateur(TimestampSigner):
    """itsdangerous reads the clock; here the instant is the request's."""

    def __init__(self, *args: Any, instant: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._instant = instant

    def get_timestamp(self) -> int:
        return int(self._instant.timestamp())


def _signataire(reglages: Commune, genre: str, maintenant: datetime) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        reglages.cle_secrete,
        salt=f"jeton:{reglages.slug}:{genre}",
        signer=_Horodateur,
        signer_kwargs={"instant": maintenant, "digest_method": hashlib.sha256},
    )


def _signer(reglages: Commune, genre: str, ligne_id: int, nonce: str, maintenant: datetime) -> str:
    signe = _signataire(reglages, genre, maintenant).dumps([ligne_id, nonce])
    return signe if isinstance(signe, str) else signe.decode()


def _empreinte_code(reglages: Commune, genre: str, empreinte: str, code: str) -> str:
    """Bound to its row: the same six digits elsewhere have another digest."""
    texte = f"code:{genre}:{empreinte}:{code}".encode()
    return hmac.new(reglages.cle_secrete.encode(), texte, hashlib.sha256).hexdigest()


def _inconnu() -> JetonRefuse:
    return JetonRefuse(
        "jeton_inconnu", "Ce lien n’est pas le bon\u00a0: il a peut-être été coupé. Copiez-le en entier depuis le mail."
    )


def _utilise(ligne: JetonCompte) -> JetonRefuse:
    return JetonRefuse(
        "jeton_utilise", "Ce lien a déjà servi, ou un lien plus récent l’a remplacé.", ligne.compte_id, ligne.donnees
    )
