"""What must be written whatever becomes of the request: attempts, security journal, last-seen (house.md §2).

The only service that opens its own transactions, each short and committed at once; a test lists who calls it.
"""

import hashlib
import hmac
import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from portail_famille.models.bd import BD
from portail_famille.models.comptes import SessionCompte, empreinte_jeton
from portail_famille.models.suivi import EvenementSecurite, TentativeConnexion

FENETRE = timedelta(hours=2)
"""Attempts older than this are forgotten: a delay grows, nobody is ever locked out for good."""
ESSAIS_LIBRES_COMPTE = 4
ESSAIS_LIBRES_ADRESSE = 20
"""Higher: a school, a library, an operator put many families behind one address."""
_PREMIER_DELAI = timedelta(seconds=15)
_PLUS_LONG_DELAI = timedelta(minutes=15)
_VERROU_POSTGRESQL = 7_264_002


class Tentative:
    """A login attempt, counted before the password is looked at so that many at once cannot slip through together."""

    def __init__(self, bd: BD, cle_secrete: str, identifiant: str, adresse: str) -> None:
        self._bd = bd
        self._cles = (
            (_cle(cle_secrete, f"compte:{identifiant}"), ESSAIS_LIBRES_COMPTE),
            (_cle(cle_secrete, f"adresse:{_reseau(adresse)}"), ESSAIS_LIBRES_ADRESSE),
        )
        self._lignes: list[int] = []

    def commencer(self, maintenant: datetime) -> timedelta:
        """Count this attempt; the time to wait when there were too many, then this one is neither counted nor tried."""
        with self._bd.session_ecriture() as session:
            if not self._bd.est_sqlite:
                # Two attempts at once must see each other; SQLite has a single writer anyway.
                session.execute(text("SELECT pg_advisory_xact_lock(:verrou)"), {"verrou": _VERROU_POSTGRESQL})
            attente = max(_attente(session, cle, libres, maintenant) for cle, libres in self._cles)
            if attente > timedelta(0):
                return attente
            session.execute(delete(TentativeConnexion).where(TentativeConnexion.a_utc < maintenant - FENETRE))
            lignes = [TentativeConnexion(cle=cle, a_utc=maintenant) for cle, _libres in self._cles]
            session.add_all(lignes)
            session.flush()
            self._lignes = [ligne.id for ligne in lignes]
        return timedelta(0)

    def reussir(self, compte_id: int, maintenant: datetime) -> None:
        """Forget the failures of the compte. Those of the address stay: a holder of one compte who tries others'
        would otherwise wipe them by logging in to her own."""
        with self._bd.session_ecriture() as session:
            cle_compte = self._cles[0][0]
            session.execute(
                delete(TentativeConnexion).where(
                    (TentativeConnexion.cle == cle_compte) | TentativeConnexion.id.in_(self._lignes)
                )
            )
            session.add(EvenementSecurite(a_utc=maintenant, genre="connexion", compte_id=compte_id))


def noter_expiration(bd: BD, jeton: str, maintenant: datetime) -> None:
    """Close a session found too old, once, and say so in the journal. Unknown tokens leave no trace."""
    with bd.session_ecriture() as session:
        compte_id = session.scalar(
            update(SessionCompte)
            .where(SessionCompte.empreinte_jeton == empreinte_jeton(jeton), SessionCompte.fermee_utc.is_(None))
            .values(fermee_utc=maintenant)
            .returning(SessionCompte.compte_id)
        )
        if compte_id is not None:
            session.add(EvenementSecurite(a_utc=maintenant, genre="session_expiree", compte_id=compte_id))


def noter_evenement(bd: BD, genre: str, compte_id: int | None, maintenant: datetime) -> None:
    with bd.session_ecriture() as session:
        session.add(EvenementSecurite(a_utc=maintenant, genre=genre, compte_id=compte_id))


def noter_visite(bd: BD, session_id: int, maintenant: datetime) -> None:
    with bd.session_ecriture() as session:
        session.execute(update(SessionCompte).where(SessionCompte.id == session_id).values(vue_utc=maintenant))


def _attente(session: Session, cle: str, libres: int, maintenant: datetime) -> timedelta:
    instants = session.scalars(
        select(TentativeConnexion.a_utc).where(
            TentativeConnexion.cle == cle, TentativeConnexion.a_utc > maintenant - FENETRE
        )
    ).all()
    nombre = len(instants)
    if nombre < libres:
        return timedelta(0)
    dernier: datetime = max(instants)
    delai = min(_PREMIER_DELAI * (1 << min(nombre - libres, 10)), _PLUS_LONG_DELAI)
    return max(dernier + delai - maintenant, timedelta(0))


def _cle(cle_secrete: str, texte: str) -> str:
    return hmac.new(cle_secrete.encode(), texte.encode(), hashlib.sha256).hexdigest()


def _reseau(adresse: str) -> str:
    """An IPv6 visitor owns a whole /64: count the network, not the address."""
    try:
        ip = ipaddress.ip_address(adresse)
    except ValueError:
        return adresse
    return str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else str(ip)
