"""Comptes: who a login is, whether a password is right, sessions opened and closed.

Hashing costs 30 ms and 19 MB on purpose (OWASP's argon2id): nothing here hashes while holding a transaction.
"""

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, not_, or_, select, update
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesSession
from portail_famille.domain.courriels import domaine_ascii
from portail_famille.domain.droits import Action, Attribution, peut
from portail_famille.domain.horloge import PARIS
from portail_famille.models.base import Base
from portail_famille.models.comptes import Compte, Conditions, RoleAgent, SessionCompte, empreinte_jeton
from portail_famille.models.foyers import Foyer, Personne, Responsable
from portail_famille.services.perimetres import Proches

PAS_DERNIERE_VISITE = timedelta(minutes=5)
"""Last-seen is written at most this often (house.md §2)."""
ROTATION = timedelta(days=1)
"""The token of a durable session changes at most this often."""
GRACE_ROTATION = timedelta(minutes=2)
"""The token before is still good this long: requests under way, tabs restored together."""

_ARGON2 = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
# Checked when the name is unknown: the same work, hence the same time, as for a known one.
_EMPREINTE_FACTICE = _ARGON2.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True, slots=True)
class FoyerActeur:
    id: int
    nom: str


@dataclass(frozen=True, slots=True)
class Acteur:
    """Who acts, and for which foyer."""

    compte_id: int
    personne_id: int
    prenom: str
    nom: str
    courriel: str | None
    foyer_id: int
    foyers: tuple[FoyerActeur, ...]
    est_apercu: bool = False
    """An agent reads as her (services/apercus): her own papers are not named."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent of the town hall, and what she may do."""

    compte_id: int
    personne_id: int
    prenom: str
    nom: str
    attributions: tuple[Attribution, ...]
    proches: Proches | None = None
    """Her family: what concerns it is not hers to deal with."""

    def peut(self, action: Action, structure_id: int | None = None) -> bool:
        return peut(self.attributions, action, structure_id)


@dataclass(frozen=True, slots=True)
class SessionOuverte:
    """A valid session and the person behind it; `foyers` in a stable order."""

    id: int
    compte_id: int
    personne_id: int
    prenom: str
    nom: str
    courriel: str | None
    vue_utc: datetime
    foyers: tuple[FoyerActeur, ...]
    identifiant: str
    est_agent: bool
    """Has a role: the second factor is asked (`second_facteur_utc` says when it was given)."""
    second_facteur_utc: datetime | None
    conditions_acceptees: int | None
    conditions_en_vigueur: int | None
    """Version asked for today; None when the town has published none."""
    verifie_utc: datetime | None
    est_durable: bool
    ouverte_utc: datetime
    tournee_utc: datetime | None
    est_precedent: bool
    """Identified by the token before the last change."""
    comme_foyer_id: int | None = None
    comme_personne_id: int | None = None
    comme_jusqua_utc: datetime | None = None
    """« Voir comme la famille »: services/apercus."""

    def est_a_tourner(self, maintenant: datetime) -> bool:
        """A new token is due: a day old, or the last one never reached its device (an answer lost on the way)."""
        if not self.est_durable:
            return False
        age = maintenant - (self.tournee_utc or self.ouverte_utc)
        return age >= (GRACE_ROTATION if self.est_precedent else ROTATION)

    def est_a_noter(self, maintenant: datetime) -> bool:
        """Last-seen is due; at once for a token just changed, which is how we know that it reached its device."""
        if self.est_precedent:
            return False
        est_neuf = self.tournee_utc is not None and self.vue_utc <= self.tournee_utc < maintenant
        return est_neuf or maintenant - self.vue_utc >= PAS_DERNIERE_VISITE

    def acteur_pour(self, foyer_id: int | None) -> Acteur | None:
        """Acting for `foyer_id` when it is one of hers, else for the first; None when she belongs to no foyer."""
        choisi = next((foyer for foyer in self.foyers if foyer.id == foyer_id), None) or next(iter(self.foyers), None)
        if choisi is None:
            return None
        return Acteur(self.compte_id, self.personne_id, self.prenom, self.nom, self.courriel, choisi.id, self.foyers)


@dataclass(frozen=True, slots=True)
class CompteTrouve:
    id: int
    identifiant: str
    empreinte_mot_de_passe: str


def normaliser_identifiant(saisie: str) -> str:
    """What is typed to say who one is, in one form: a login name, or an address as it is kept (`lire_courriel`), so
    that the two spellings of an accented domain are one name to the throttle too."""
    nom, arobase, domaine = unicodedata.normalize("NFC", saisie).strip().lower().rpartition("@")
    return f"{nom}{arobase}{domaine_ascii(domaine) if arobase else domaine}"


def hacher_mot_de_passe(mot_de_passe: str) -> str:
    return _ARGON2.hash(_normaliser_mot_de_passe(mot_de_passe))


def est_bon_mot_de_passe(compte: CompteTrouve | None, mot_de_passe: str) -> bool:
    """Takes the same time whether the compte exists or not, and whether it was ever activated or not."""
    connue = compte.empreinte_mot_de_passe if compte else ""
    try:
        return _ARGON2.verify(connue or _EMPREINTE_FACTICE, _normaliser_mot_de_passe(mot_de_passe)) and bool(connue)
    except (VerificationError, InvalidHashError):
        return False


def est_a_rehacher(compte: CompteTrouve) -> bool:
    """Hashed with the parameters of another year: hashed again at the login, when the password is at hand."""
    return _ARGON2.check_needs_rehash(compte.empreinte_mot_de_passe)


def remplacer_empreinte(session: Session, compte: CompteTrouve, empreinte: str) -> None:
    """The same password under today's parameters; nothing when it was changed meanwhile."""
    session.execute(
        update(Compte)
        .where(Compte.id == compte.id, Compte.empreinte_mot_de_passe == compte.empreinte_mot_de_passe)
        .values(empreinte_mot_de_passe=empreinte)
    )


def chercher_compte(session: Session, saisie: str) -> CompteTrouve | None:
    """By identifiant, or by mail address when a single compte has it: two parents may share one mailbox."""
    nom = normaliser_identifiant(saisie)
    colonnes = select(Compte.id, Compte.identifiant, Compte.empreinte_mot_de_passe).where(Compte.est_actif)
    trouves = session.execute(colonnes.where(Compte.identifiant == nom)).all()
    if not trouves and "@" in nom:
        trouves = session.execute(
            colonnes.join(Personne, Personne.id == Compte.personne_id)
            .where(func.lower(Personne.courriel) == nom)
            .limit(2)
        ).all()
    return CompteTrouve(*trouves[0]) if len(trouves) == 1 else None


def lire_compte(session: Session, compte_id: int) -> CompteTrouve | None:
    """For who is logged in and must give her password again."""
    ligne = session.execute(
        select(Compte.id, Compte.identifiant, Compte.empreinte_mot_de_passe).where(Compte.id == compte_id)
    ).one_or_none()
    return CompteTrouve(*ligne) if ligne is not None else None


def ouvrir_session(
    session: Session,
    compte_id: int,
    maintenant: datetime,
    *,
    appareil: str = "",
    est_durable: bool = False,
    second_facteur: bool = False,
) -> str:
    """Open a session and give its token, which exists nowhere else than in the cookie. An agent's is never durable:
    it opens every family's file."""
    est_agent = porte_un_role(session, compte_id)
    jeton = nouveau_jeton()
    ligne = SessionCompte(
        compte_id=compte_id,
        empreinte_jeton=empreinte_jeton(jeton),
        ouverte_utc=maintenant,
        vue_utc=maintenant,
        appareil=appareil,
        est_durable=est_durable and not est_agent,
        second_facteur_utc=maintenant if second_facteur else None,
    )
    session.add(ligne)
    if ligne.est_durable:
        session.flush()
        jeton = nouveau_jeton(ligne.id)
        ligne.empreinte_jeton = empreinte_jeton(jeton)
    session.execute(update(Compte).where(Compte.id == compte_id).values(connecte_utc=maintenant))
    session.flush()
    return jeton


def noter_second_facteur(session: Session, session_id: int, maintenant: datetime) -> None:
    """The second factor was given: this session opens the rest."""
    session.execute(update(SessionCompte).where(SessionCompte.id == session_id).values(second_facteur_utc=maintenant))


def nouveau_jeton(session_id: int | None = None) -> str:
    """A durable session's tokens follow one another and all say which it is (`session_du_jeton`)."""
    secret = secrets.token_urlsafe(16)
    return secret if session_id is None else f"{session_id}.{secret}"


def session_du_jeton(jeton: str) -> int | None:
    """The durable session that this token was once given to. The cookie is signed: nobody names another's."""
    numero, point, _ = jeton.partition(".")
    return int(numero) if point and numero.isascii() and numero.isdigit() else None


def fermer_session(session: Session, jeton: str, maintenant: datetime) -> None:
    """Close the session of this token; closing it twice changes nothing."""
    session.execute(
        update(SessionCompte)
        .where(_porte_le_jeton(jeton), SessionCompte.fermee_utc.is_(None))
        .values(fermee_utc=maintenant)
    )


def fermer_sessions(session: Session, compte_id: int, maintenant: datetime, *, sauf_jeton: str | None = None) -> int:
    """Close every session of a compte, but the one of `sauf_jeton`; how many were open."""
    requete = update(SessionCompte).where(SessionCompte.compte_id == compte_id, SessionCompte.fermee_utc.is_(None))
    if sauf_jeton is not None:
        empreinte = empreinte_jeton(sauf_jeton)
        requete = requete.where(
            SessionCompte.empreinte_jeton != empreinte,
            func.coalesce(SessionCompte.empreinte_precedente, "") != empreinte,
        )
    return len(session.execute(requete.values(fermee_utc=maintenant).returning(SessionCompte.id)).all())


def _porte_le_jeton(jeton: str) -> ColumnElement[bool]:
    """The session of this token, be it the one before the last change."""
    empreinte = empreinte_jeton(jeton)
    return or_(SessionCompte.empreinte_jeton == empreinte, SessionCompte.empreinte_precedente == empreinte)


_session, _compte, _personne, _responsable, _foyer, _conditions, _role = (
    Base.metadata.tables[modele.__tablename__]
    for modele in (SessionCompte, Compte, Personne, Responsable, Foyer, Conditions, RoleAgent)
)
EST_VIVANTE = or_(
    and_(
        _session.c.est_durable,
        _session.c.vue_utc > bindparam("durable_vue_apres"),
        _session.c.ouverte_utc > bindparam("durable_ouverte_apres"),
    ),
    and_(
        not_(_session.c.est_durable),
        _session.c.vue_utc > bindparam("vue_apres"),
        _session.c.ouverte_utc > bindparam("ouverte_apres"),
    ),
)
"""Neither too old nor idle for too long, with `bornes`."""
# Built once, on the tables themselves: it runs at every request of a logged-in parent.
_IDENTIFIER: Select[*tuple[Any, ...]] = (
    select(
        _session.c.id,
        _compte.c.id,
        _personne.c.id,
        _personne.c.prenom,
        _personne.c.nom,
        _personne.c.courriel,
        _session.c.vue_utc,
        _foyer.c.id,
        _foyer.c.nom,
        _compte.c.identifiant,
        exists().where(_role.c.compte_id == _compte.c.id),
        _session.c.second_facteur_utc,
        _compte.c.conditions_version,
        select(func.max(_conditions.c.version)).where(_conditions.c.du <= bindparam("aujourdhui")).scalar_subquery(),
        _compte.c.verifie_utc,
        _session.c.est_durable,
        _session.c.ouverte_utc,
        _session.c.tournee_utc,
        _session.c.empreinte_jeton != bindparam("empreinte"),
        _session.c.comme_foyer_id,
        _session.c.comme_personne_id,
        _session.c.comme_jusqua_utc,
    )
    .select_from(_session)
    .join(_compte, _compte.c.id == _session.c.compte_id)
    .join(_personne, _personne.c.id == _compte.c.personne_id)
    .outerjoin(_responsable, _responsable.c.personne_id == _personne.c.id)
    .outerjoin(_foyer, _foyer.c.id == _responsable.c.foyer_id)
    .where(
        or_(
            _session.c.empreinte_jeton == bindparam("empreinte"),
            and_(
                _session.c.empreinte_precedente == bindparam("empreinte"),
                # Longer while the new token has not been seen: its answer was lost on the way (a phone in a tunnel).
                or_(_session.c.tournee_utc > bindparam("tournee_apres"), _session.c.vue_utc <= _session.c.tournee_utc),
            ),
        ),
        _session.c.fermee_utc.is_(None),
        EST_VIVANTE,
        _compte.c.est_actif,
    )
    .order_by(_foyer.c.id)
)


def identifier(session: Session, jeton: str, maintenant: datetime, limites: ReglagesSession) -> SessionOuverte | None:
    """Who holds this token, in one query; None when the session is closed, too old, idle, or the compte inactive.

    Last-seen lags by up to PAS_DERNIERE_VISITE: idle time is counted in favour of the parent.
    """
    lignes: Sequence[Any] = (
        session.connection()
        .execute(
            _IDENTIFIER,
            {
                "empreinte": empreinte_jeton(jeton),
                "tournee_apres": maintenant - GRACE_ROTATION,
                "aujourdhui": maintenant.astimezone(PARIS).date(),
                **bornes(maintenant, limites),
            },
        )
        .all()
    )
    if not lignes:
        return None
    foyers = tuple(FoyerActeur(ligne[7], ligne[8]) for ligne in lignes if ligne[7] is not None)
    session_id, compte_id, personne_id, prenom, nom, courriel, vue_utc = lignes[0][:7]
    return SessionOuverte(session_id, compte_id, personne_id, prenom, nom, courriel, vue_utc, foyers, *lignes[0][9:])


def bornes(maintenant: datetime, limites: ReglagesSession) -> dict[str, datetime]:
    """The instants `EST_VIVANTE` compares with."""
    inactivite = timedelta(minutes=limites.inactivite_minutes) + PAS_DERNIERE_VISITE
    return {
        "vue_apres": maintenant - inactivite,
        "ouverte_apres": maintenant - timedelta(hours=limites.duree_heures),
        "durable_vue_apres": maintenant - timedelta(days=limites.durable_jours),
        "durable_ouverte_apres": maintenant - timedelta(days=limites.durable_maximum_jours),
    }


def porte_un_role(session: Session, compte_id: int) -> bool:
    """Whether this compte is an agent's, a parent's too or not. One query."""
    return bool(session.scalar(select(exists().where(RoleAgent.compte_id == compte_id))))


def _normaliser_mot_de_passe(mot_de_passe: str) -> str:
    """One and the same accent whatever the keyboard: iOS and Android do not compose "é" alike."""
    return unicodedata.normalize("NFC", mot_de_passe)
