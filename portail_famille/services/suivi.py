"""What must be written whatever becomes of the request: attempts, security journal, last-seen (house.md §2).

The only service that opens its own transactions, each short and committed at once; a test lists who calls it.
"""

import hashlib
import hmac
import ipaddress
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, exists, func, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote
from portail_famille.models.bd import BD
from portail_famille.models.comptes import JetonCompte, SessionCompte, empreinte_jeton
from portail_famille.models.demarches import Demarche
from portail_famille.models.journal import ActeJournal
from portail_famille.models.suivi import EvenementSecurite, TentativeConnexion
from portail_famille.services.comptes import GRACE_ROTATION, session_du_jeton
from portail_famille.services.fil import PRESENCE
from portail_famille.services.journal import Auteur, consigner

FENETRE = timedelta(hours=2)
"""Attempts older than this are forgotten: a delay grows, nobody is ever locked out for good."""
ESSAIS_LIBRES = 4
ESSAIS_LIBRES_NOM = 40
"""Under one name, wherever they come from: who types a stranger's name all day long holds her up half a minute."""
ESSAIS_LIBRES_RESEAU_NEUF = 2
"""From a network that has not tried this name lately: she does not wait even then…"""
ESSAIS_LIBRES_SIEGE = 400
"""…unless so many networks try it that somebody must have hired them."""
ESSAIS_LIBRES_ADRESSE = 60
"""Higher than a name's: a school, a library, an operator put many families behind one address."""
_PREMIER_DELAI = timedelta(seconds=15)
_PLUS_LONG_DELAI = timedelta(minutes=15)
_PLUS_LONG_DELAI_COMMUN = timedelta(seconds=30)
"""Where others count too. Short, for the same reason: it slows a list down and holds up nobody for long."""
_AVANCE = timedelta(minutes=1)
"""Requests at once do not carry quite the same instant. An attempt further ahead comes from a clock since put right."""
_VERROU_POSTGRESQL = 7_264_002
JETON_COPIE = "jeton_copie"
QUOTIENTS_PAR_JOUR = 5
"""Calls to the API Particulier for one compte."""
"""Security journal: a replaced token came back."""

journal = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Regle:
    """So many attempts under this key, then delays that grow up to the longest."""

    cle: str
    libres: int
    plus_long: timedelta
    epargne_un_reseau_neuf: bool = False


@dataclass(frozen=True, slots=True)
class _Essais:
    """How many attempts under a key, and when the last one was."""

    nombre: int
    dernier: datetime | None


_AUCUNE = _Essais(0, None)


class Tentative:
    """A login attempt, counted before the password is looked at so that many at once cannot slip through together.

    Counted under the name as typed, whether a compte has it or not: an answer that differed would tell which names
    exist. A compte has two names at most (identifiant, mail address), hence twice the attempts at most.

    The delay that grows belongs to a name and a network together: whoever types a parent's name from elsewhere slows
    herself down, not the parent. Guesses spread over many networks are bounded by what a name bears in all.

    `appareil`, a device that this compte already logged in from, counts for itself alone: neither who tries her name
    from elsewhere nor who tries others' names from behind her address keeps a parent out.

    `est_identifiee`: what is counted can be tried by who is logged in already, or holds the link. Nobody else can spend
    her tries, hence no network gets any of its own. An empty `saisie` counts the network alone.
    """

    def __init__(
        self,
        bd: BD,
        cle_secrete: str,
        saisie: str,
        adresse: str,
        appareil: str = "",
        *,
        est_identifiee: bool = False,
    ) -> None:
        self._bd = bd
        reseau = reseau_de(adresse)
        nom = _cle(cle_secrete, f"saisie:{saisie}")
        if appareil:
            self._propre = _cle(cle_secrete, f"appareil:{appareil}")
        else:
            self._propre = nom if est_identifiee else _cle(cle_secrete, f"saisie:{saisie}\n{reseau}")
        court = _PLUS_LONG_DELAI_COMMUN
        self._regles = [_Regle(self._propre, ESSAIS_LIBRES, _PLUS_LONG_DELAI)] if saisie else []
        if not appareil:
            self._regles.append(_Regle(_cle(cle_secrete, f"adresse:{reseau}"), ESSAIS_LIBRES_ADRESSE, court))
            if saisie and not est_identifiee:
                self._regles.append(_Regle(nom, ESSAIS_LIBRES_NOM, court, epargne_un_reseau_neuf=True))
                self._regles.append(_Regle(nom, ESSAIS_LIBRES_SIEGE, court))
        self._lignes: list[int] = []

    def commencer(self, maintenant: datetime) -> timedelta:
        """Count this attempt; the time to wait when there were too many, then this one is neither counted nor tried."""
        cles = list(dict.fromkeys(regle.cle for regle in self._regles))
        with self._bd.session_ecriture() as session:
            _attendre_son_tour(session, self._bd)
            comptes = _compter(session, cles, maintenant)
            est_neuf = comptes.get(self._propre, _AUCUNE).nombre < ESSAIS_LIBRES_RESEAU_NEUF
            attente = max(
                _attente(regle, comptes.get(regle.cle, _AUCUNE), maintenant)
                for regle in self._regles
                if not (regle.epargne_un_reseau_neuf and est_neuf)
            )
            if attente > timedelta(0):
                return attente
            a_utc = TentativeConnexion.a_utc
            session.execute(
                delete(TentativeConnexion).where(or_(a_utc < maintenant - FENETRE, a_utc > maintenant + _AVANCE))
            )
            lignes = [TentativeConnexion(cle=cle, a_utc=maintenant) for cle in cles]
            session.add_all(lignes)
            session.flush()
            self._lignes = [ligne.id for ligne in lignes]
        return timedelta(0)

    def reussir(self, compte_id: int | None, maintenant: datetime, genre: str = "connexion") -> None:
        """Forget her own failures. Those of the address stay: a holder of one compte who tries others' would otherwise
        wipe them by logging in to her own. So do those under her name from elsewhere: they are somebody else's."""
        with self._bd.session_ecriture() as session:
            session.execute(
                delete(TentativeConnexion).where(
                    (TentativeConnexion.cle == self._propre) | TentativeConnexion.id.in_(self._lignes)
                )
            )
            session.add(EvenementSecurite(a_utc=maintenant, genre=genre, compte_id=compte_id))


def noter_expiration(bd: BD, jeton: str, maintenant: datetime) -> None:
    """Close a session found too old, once, and say so in the journal. Unknown tokens leave no trace.

    A token that was replaced and comes back long after the new one was seen is a copy; so is one that was replaced
    without ever being seen, since its answer did arrive somewhere. Of its two holders, nobody can tell which one is the
    parent. The session ends for both.
    """
    _au_mieux(bd, lambda session: _fermer_perdue(session, jeton, maintenant))


def est_jeton_copie(bd: BD, jeton: str) -> bool:
    """Whether the session of this token ended because somebody had a copy of it: its parent must be told."""
    empreinte = empreinte_jeton(jeton)
    with bd.session_lecture() as session:
        return bool(
            session.scalar(
                select(
                    exists().where(
                        or_(
                            SessionCompte.empreinte_jeton == empreinte,
                            SessionCompte.empreinte_precedente == empreinte,
                            SessionCompte.id == session_du_jeton(jeton),
                        ),
                        EvenementSecurite.genre == JETON_COPIE,
                        EvenementSecurite.compte_id == SessionCompte.compte_id,
                        EvenementSecurite.a_utc == SessionCompte.fermee_utc,
                    )
                )
            )
        )


def tourner_jeton(bd: BD, session_id: int, ancien: str, nouveau: str, maintenant: datetime) -> bool:
    """Replace a durable session's token by a new one, once: of two pages loaded together, one brings it."""
    empreinte = empreinte_jeton(ancien)
    faite: list[int] = []

    def tourner(session: Session) -> None:
        tournee = SessionCompte.tournee_utc
        faite.extend(
            session.scalars(
                update(SessionCompte)
                .where(
                    SessionCompte.id == session_id,
                    SessionCompte.fermee_utc.is_(None),
                    or_(
                        SessionCompte.empreinte_jeton == empreinte,
                        and_(
                            SessionCompte.empreinte_precedente == empreinte,
                            SessionCompte.vue_utc <= tournee,
                            tournee <= maintenant - GRACE_ROTATION,
                        ),
                    ),
                )
                .values(
                    empreinte_jeton=empreinte_jeton(nouveau),
                    empreinte_precedente=empreinte,
                    tournee_utc=maintenant,
                    vue_utc=maintenant,
                )
                .returning(SessionCompte.id)
            )
        )

    _au_mieux(bd, tourner)
    return bool(faite)


def noter_lecture(
    bd: BD, compte_id: int, foyer_id: int, action: str, maintenant: datetime, *, numero: str | None = None
) -> None:
    """An agent reads a family's file, or its request `numero`: no page without its line, hence not « au mieux »."""
    details = {"numero": numero} if numero else {}
    with bd.session_ecriture() as session:
        consigner(session, Auteur(Cote.AGENT, compte_id), action, maintenant, foyer_id=foyer_id, details=details)


def noter_papiers(bd: BD, compte_id: int, quoi: str, maintenant: datetime) -> None:
    """Invoices of many families leave the portal at once: one line, that says which."""
    with bd.session_ecriture() as session:
        consigner(session, Auteur(Cote.AGENT, compte_id), "papiers_telecharges", maintenant, details={"motif": quoi})


def noter_ouverture(bd: BD, compte_id: int, numero: str, foyer_id: int | None, maintenant: datetime) -> None:
    """An agent opens a request: the line of the journal, and her name for the next one who opens it, unless another
    agent is on it already (services/fil.PRESENCE)."""
    with bd.session_ecriture() as session:
        if foyer_id is not None:
            consigner(
                session,
                Auteur(Cote.AGENT, compte_id),
                "demarche_vue",
                maintenant,
                foyer_id=foyer_id,
                details={"numero": numero},
            )
        session.execute(
            update(Demarche)
            .where(
                Demarche.numero == numero,
                or_(
                    Demarche.ouverte_par.is_(None),
                    Demarche.ouverte_par == compte_id,
                    Demarche.ouverte_utc <= maintenant - PRESENCE,
                ),
            )
            .values(ouverte_par=compte_id, ouverte_utc=maintenant)
            .execution_options(synchronize_session=False)
        )


def noter_reponse_lue(bd: BD, demarche_id: int, reponse_utc: datetime | None, maintenant: datetime) -> None:
    """A family opened what the town had answered: no badge any more, unless another answer came meanwhile."""
    lue = (
        update(Demarche)
        .where(Demarche.id == demarche_id, Demarche.reponse_utc == reponse_utc)
        .values(lue_utc=maintenant)
        .execution_options(synchronize_session=False)
    )
    _au_mieux(bd, lambda session: session.execute(lue))


def noter_demande_de_quotient(bd: BD, compte_id: int, foyer_id: int, maintenant: datetime) -> bool:
    """A parent has the State asked for her QF: written before the call, whatever becomes of it. False when she did so
    too often today: an identity is not to be guessed at."""
    with bd.session_ecriture() as session:
        _attendre_son_tour(session, bd)
        deja = session.scalar(
            select(func.count()).where(
                ActeJournal.compte_id == compte_id,
                ActeJournal.action == "quotient_demande",
                ActeJournal.a_utc > maintenant - timedelta(days=1),
            )
        )
        if (deja or 0) >= QUOTIENTS_PAR_JOUR:
            return False
        consigner(session, Auteur(Cote.FAMILLE, compte_id), "quotient_demande", maintenant, foyer_id=foyer_id)
    return True


def consommer_defi(bd: BD, cle_secrete: str, defi: str, maintenant: datetime) -> bool:
    """Whether this passkey challenge serves for the first time. It travels in the cookie, which its holder can keep and
    send again: only the server knows that it has served."""
    cle = _cle(cle_secrete, f"defi:{defi}")
    with bd.session_ecriture() as session:
        _attendre_son_tour(session, bd)
        if session.scalar(select(exists().where(TentativeConnexion.cle == cle))):
            return False
        session.add(TentativeConnexion(cle=cle, a_utc=maintenant))
    return True


def compter_essais(bd: BD, jeton_ids: Collection[int], maximum: int) -> list[int]:
    """One try of a 6-digit code, counted before the code is looked at; the rows that still had one left. Without any
    row the same statement runs: how long it takes would tell who has a code."""
    with bd.session_ecriture() as session:
        return list(
            session.scalars(
                update(JetonCompte)
                .where(JetonCompte.id.in_(jeton_ids), JetonCompte.essais < maximum)
                .values(essais=JetonCompte.essais + 1)
                .returning(JetonCompte.id)
            )
        )


def noter_deconnexion(bd: BD, jeton: str, maintenant: datetime) -> None:
    """Close the session for good. A database that cannot write keeps nobody in: the cookie goes all the same."""
    try:
        with bd.session_ecriture() as session:
            _fermer(session, jeton, "deconnexion", maintenant)
    except SQLAlchemyError as erreur:
        _regretter(erreur)


def noter_evenement(bd: BD, genre: str, compte_id: int | None, maintenant: datetime) -> None:
    with bd.session_ecriture() as session:
        session.add(EvenementSecurite(a_utc=maintenant, genre=genre, compte_id=compte_id))


def noter_visite(bd: BD, session_id: int, maintenant: datetime) -> None:
    visite = update(SessionCompte).where(SessionCompte.id == session_id).values(vue_utc=maintenant)
    _au_mieux(bd, lambda session: session.execute(visite))


def _au_mieux(bd: BD, faire: Callable[[Session], object]) -> None:
    """A page is read even while another request writes, or on a full disk: what it would note waits for the next."""
    try:
        with bd.session_ecriture_breve() as session:
            faire(session)
    except SQLAlchemyError as erreur:
        _regretter(erreur)


def _regretter(erreur: SQLAlchemyError) -> None:
    """The kind of fault only: a message may quote a row."""
    journal.warning("not written in the journal: %s", type(getattr(erreur, "orig", None) or erreur).__name__)


def _attendre_son_tour(session: Session, bd: BD) -> None:
    """Two attempts at once must see each other; SQLite has a single writer anyway."""
    if not bd.est_sqlite:
        session.execute(text("SELECT pg_advisory_xact_lock(:verrou)"), {"verrou": _VERROU_POSTGRESQL})


def _fermer_perdue(session: Session, jeton: str, maintenant: datetime) -> None:
    empreinte = empreinte_jeton(jeton)
    ancien = and_(
        SessionCompte.empreinte_precedente == empreinte,
        SessionCompte.tournee_utc <= maintenant - GRACE_ROTATION,
        SessionCompte.vue_utc > SessionCompte.tournee_utc,
    )
    abandonne = and_(
        SessionCompte.id == session_du_jeton(jeton),
        SessionCompte.empreinte_jeton != empreinte,
        func.coalesce(SessionCompte.empreinte_precedente, "") != empreinte,
    )
    copie = session.execute(
        update(SessionCompte)
        .where(or_(ancien, abandonne), SessionCompte.fermee_utc.is_(None))
        .values(fermee_utc=maintenant)
        .returning(SessionCompte.compte_id)
    ).scalar()
    if copie is None:
        _fermer(session, jeton, "session_expiree", maintenant)
    else:
        session.add(EvenementSecurite(a_utc=maintenant, genre=JETON_COPIE, compte_id=copie))


def _fermer(session: Session, jeton: str, genre: str, maintenant: datetime) -> None:
    compte_id = session.scalar(
        update(SessionCompte)
        .where(
            or_(
                SessionCompte.empreinte_jeton == empreinte_jeton(jeton),
                SessionCompte.empreinte_precedente == empreinte_jeton(jeton),
            ),
            SessionCompte.fermee_utc.is_(None),
        )
        .values(fermee_utc=maintenant)
        .returning(SessionCompte.compte_id)
    )
    if compte_id is not None:
        session.add(EvenementSecurite(a_utc=maintenant, genre=genre, compte_id=compte_id))


def _compter(session: Session, cles: Collection[str], maintenant: datetime) -> dict[str, _Essais]:
    """What each key bears at this instant. One query."""
    lignes = session.execute(
        select(TentativeConnexion.cle, func.count(), func.max(TentativeConnexion.a_utc))
        .where(
            TentativeConnexion.cle.in_(cles),
            TentativeConnexion.a_utc > maintenant - FENETRE,
            TentativeConnexion.a_utc <= maintenant + _AVANCE,
        )
        .group_by(TentativeConnexion.cle)
    )
    return {cle: _Essais(nombre, dernier) for cle, nombre, dernier in lignes}


def _attente(regle: _Regle, essais: _Essais, maintenant: datetime) -> timedelta:
    if essais.dernier is None or essais.nombre < regle.libres:
        return timedelta(0)
    delai = min(_PREMIER_DELAI * (1 << min(essais.nombre - regle.libres, 10)), regle.plus_long)
    return min(max(essais.dernier + delai - maintenant, timedelta(0)), delai)


def _cle(cle_secrete: str, texte: str) -> str:
    return hmac.new(cle_secrete.encode(), texte.encode(), hashlib.sha256).hexdigest()


def reseau_de(adresse: str) -> str:
    """An IPv6 visitor owns a whole /64: count the network, not the address."""
    try:
        ip = ipaddress.ip_address(adresse)
    except ValueError:
        return adresse
    if ip.version == 4:
        return str(ip)
    # A server that listens on both sees IPv4 visitors as ::ffff:192.0.2.1: all of them in a single /64.
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))
