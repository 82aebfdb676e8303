"""Outbox: mails are written as rows by the use case's own transaction, then sent by the worker (docs/decisions/0003).

Each step of a sending is committed before the next one begins: claim under a lease → call the server, outside any
transaction → write what became of it. A worker killed in between leaves a row whose lease runs out: nothing is lost.
"""

import logging
import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import CursorResult, Select, select, update
from sqlalchemy.orm import Session

from portail_famille.domain.montants import typographier
from portail_famille.gateways.courriel import Pli, RefusDefinitif, RefusProvisoire, ServeurInjoignable, Tournee
from portail_famille.models.courriels import Courriel

journal = logging.getLogger("portail_famille.courriels")

# After a refusal « for now »: greylisting lets the second try in, a full mailbox needs a day or two, then we give up.
ATTENTES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 360, 720, 1440, 1440))
_OBJET_MAXIMAL = 200
# A subject is one line; no-break spaces stay.
_BLANCS = re.compile(r"[\x00-\x20\x7f\x85\u2028\u2029]+")
# One plain address, ASCII before the @: no list, no comment, no quoted part, nothing that could open another header.
_ADRESSE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[^\s@<>,;:()\[\]\\\"]{1,189}")

_modeles = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates" / "courriels"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Commune(Protocol):
    """What a mail says of the town that sends it."""

    @property
    def nom(self) -> str: ...
    @property
    def courriel(self) -> str: ...
    @property
    def telephone(self) -> str: ...
    @property
    def adresse(self) -> str: ...
    @property
    def url_publique(self) -> str: ...
    @property
    def est_exemple(self) -> bool: ...


class Sessions(Protocol):
    """The two short sessions of a commune's database that the worker uses."""

    def session_lecture(self) -> AbstractContextManager[Session]: ...
    def session_ecriture(self) -> AbstractContextManager[Session]: ...


class Poste(Protocol):
    """Where mails go out, see gateways.courriel."""

    def ouvrir(self) -> AbstractContextManager[Tournee]: ...


@dataclass(slots=True)
class Bilan:
    """What a round of the worker did. `panne`: why the server could not be talked to, if so."""

    envoyes: int = 0
    reportes: int = 0
    abandonnes: int = 0
    panne: str | None = None


@dataclass(frozen=True, slots=True)
class _Prise:
    """A claimed row. `bail` is the end of the lease, and the proof that the row is still ours when we write to it."""

    id: int
    tentatives: int
    bail: datetime
    pli: Pli


def deposer_courriel(
    session: Session, *, modele: str, destinataire: str, maintenant: datetime, reglages: Commune, **donnees: Any
) -> Courriel:
    """Write a mail in the caller's transaction: it leaves if and only if the transaction commits.

    An address nobody could write to does not undo what the parent just did: the row is kept, given up at once.
    """
    contexte = {**donnees, "commune": reglages}
    objet = _BLANCS.sub(" ", typographier(_rendre(modele, "objet.txt", contexte))).strip()[:_OBJET_MAXIMAL]
    adresse = destinataire.strip()
    est_lisible = _ADRESSE.fullmatch(adresse) is not None
    courriel = Courriel(
        message_id=f"<{uuid.uuid4().hex}@{_domaine(reglages)}>",
        destinataire=adresse[:254],
        objet=objet,
        corps_texte=typographier(_rendre(modele, "corps.txt", contexte)),
        corps_html=_rendre(modele, "corps.html", contexte),
        etat="a_envoyer" if est_lisible else "abandonne",
        derniere_erreur=None if est_lisible else "adresse illisible",
        prochain_essai_utc=maintenant,
        cree_utc=maintenant,
    )
    session.add(courriel)
    return courriel


def envoyer_courriels(
    bd: Sessions, poste: Poste, horloge: Callable[[], datetime], bail: timedelta, continuer: Callable[[], bool]
) -> Bilan:
    """Send what is due, one by one, until nothing is left or `continuer` says stop.

    `bail` must outlast the slowest sending: past it another worker takes the row for abandoned by a dead one.
    """
    bilan = Bilan()
    with bd.session_lecture() as session:
        if session.scalar(_dus(horloge()).limit(1)) is None:
            return bilan
    try:
        with poste.ouvrir() as tournee:
            while continuer() and (prise := _reclamer(bd, horloge(), bail)) is not None:
                _envoyer_un(bd, tournee, prise, horloge, bilan)
    except ServeurInjoignable as panne:
        bilan.panne = str(panne)
        journal.warning("envoi interrompu : %s", panne)
    return bilan


def _envoyer_un(bd: Sessions, tournee: Tournee, prise: _Prise, horloge: Callable[[], datetime], bilan: Bilan) -> None:
    try:
        tournee.envoyer(prise.pli)
    except RefusDefinitif as refus:
        bilan.abandonnes += 1
        _abandonner(bd, prise, str(refus))
    except (RefusProvisoire, ServeurInjoignable) as refus:
        # A conversation cut in the middle counts as a try of this mail alone: one that makes the server hang up every
        # time must not hold the queue for ever.
        if _reporter(bd, prise, str(refus), horloge()):
            bilan.reportes += 1
        else:
            bilan.abandonnes += 1
        if isinstance(refus, ServeurInjoignable):
            raise
    else:
        _noter(bd, prise, etat="envoye", envoye_utc=horloge(), derniere_erreur=None)
        bilan.envoyes += 1
        journal.info("courriel %d envoyé", prise.id)


def _dus(maintenant: datetime) -> Select[int]:
    """Mails to send now: those whose time has come, and those whose worker died (lease over)."""
    return (
        select(Courriel.id)
        .where(Courriel.etat.in_(("a_envoyer", "en_cours")), Courriel.prochain_essai_utc <= maintenant)
        .order_by(Courriel.prochain_essai_utc, Courriel.id)
    )


def _reclamer(bd: Sessions, maintenant: datetime, bail: timedelta) -> _Prise | None:
    """Take the next mail for the time of a lease. Two workers never get the same one: PostgreSQL skips rows another
    transaction has locked, SQLite has a single writer (and leaves FOR UPDATE out)."""
    fin = maintenant + bail
    prochain = _dus(maintenant).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    with bd.session_ecriture() as session:
        ligne = session.execute(
            update(Courriel)
            .where(Courriel.id == prochain)
            .values(etat="en_cours", prochain_essai_utc=fin)
            .returning(
                Courriel.id,
                Courriel.tentatives,
                Courriel.message_id,
                Courriel.destinataire,
                Courriel.objet,
                Courriel.corps_texte,
                Courriel.corps_html,
                Courriel.cree_utc,
            )
            .execution_options(synchronize_session=False)
        ).one_or_none()
    if ligne is None:
        return None
    pli = Pli(ligne.message_id, ligne.destinataire, ligne.objet, ligne.corps_texte, ligne.corps_html, ligne.cree_utc)
    return _Prise(ligne.id, ligne.tentatives, fin, pli)


def _reporter(bd: Sessions, prise: _Prise, raison: str, maintenant: datetime) -> bool:
    """Put back for a later try; False when this was the last one."""
    if prise.tentatives >= len(ATTENTES):
        _abandonner(bd, prise, raison)
        return False
    prochain = maintenant + ATTENTES[prise.tentatives]
    _noter(bd, prise, etat="a_envoyer", prochain_essai_utc=prochain, derniere_erreur=raison)
    journal.info("courriel %d reporté : %s", prise.id, raison)
    return True


def _abandonner(bd: Sessions, prise: _Prise, raison: str) -> None:
    _noter(bd, prise, etat="abandonne", derniere_erreur=raison)
    journal.warning("courriel %d abandonné : %s", prise.id, raison)


def _noter(bd: Sessions, prise: _Prise, **valeurs: Any) -> None:
    """Close a try, only if the lease is still ours: a worker that slept past it has been replaced."""
    with bd.session_ecriture() as session:
        resultat = session.execute(
            update(Courriel)
            .where(Courriel.id == prise.id, Courriel.etat == "en_cours", Courriel.prochain_essai_utc == prise.bail)
            .values(tentatives=prise.tentatives + 1, **valeurs)
            .execution_options(synchronize_session=False)
        )
    if isinstance(resultat, CursorResult) and resultat.rowcount == 0:
        journal.warning("courriel %d : le bail avait expiré avant la réponse du serveur", prise.id)


def _rendre(modele: str, fichier: str, contexte: dict[str, Any]) -> str:
    return _modeles.get_template(f"{modele}/{fichier}").render(contexte)


def _domaine(commune: Commune) -> str:
    domaine = commune.courriel.rpartition("@")[2]
    return domaine if re.fullmatch(r"[A-Za-z0-9.-]+", domaine) else "portail-famille.invalid"
