"""Spreadsheets asked for at the desk: a short list at once, a long one made by the worker, with its progress.

The worker's side runs outside requests: it takes an extraction under a lease, reads page after page, each in a short
transaction, and says how far it is. Killed, its lease runs out and another one starts the file again.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.gateways.coffre import Coffre
from portail_famille.gateways.tableur import Cellule, ecrire
from portail_famille.models.extractions import Extraction
from portail_famille.services.agents import perimetre_de
from portail_famille.services.courriels import Sessions
from portail_famille.services.dossiers import jour_de
from portail_famille.services.feuilles import Criteres, lignes
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.listes import LISTES
from portail_famille.services.perimetres import Perimetre

journal = logging.getLogger("portail_famille.extractions")

AU_PLUS_TOT = 500
"""Rows given at once; more are the worker's."""
BAIL = timedelta(minutes=2)
"""Given again at each page: a worker silent for so long is dead."""
CONSERVATION = timedelta(days=2)
PERIMETRE = "perimetre"
"""In the filter of a list made by the worker: the structures that it was made for; none said, every one."""
_EN_COURS_MAXIMUM = 10
_INACHEVEES = ("demandee", "en_cours")


class _BailPerdu(Exception):
    """Another worker has it, or it was purged."""


class _Arret(Exception):
    """The worker is asked to stop: what it had begun waits for the next one."""


@dataclass(frozen=True, slots=True)
class _Prise:
    """A claimed extraction; `bail` proves that it is still ours when we write to it."""

    id: int
    compte_id: int
    genre: str
    format: str
    filtre: Criteres
    bail: datetime


def exporter(
    lecture: Session,
    ecriture: Session,
    perimetre: Perimetre,
    genre: str,
    format_: str,
    criteres: Criteres,
    auteur: Auteur,
    maintenant: datetime,
) -> tuple[str, bytes] | Extraction:
    """Name and bytes of a short list; the extraction to wait for of a longer one. Raises `RegleViolee`."""
    liste = LISTES[genre]
    nombre = liste.compter(lecture, perimetre, criteres)
    if nombre > AU_PLUS_TOT:
        return _demander(ecriture, genre, format_, criteres, auteur, maintenant)
    octets = ecrire(format_, liste.titre, liste.colonnes, lignes(liste, lecture, perimetre, criteres))
    noter_telechargement(ecriture, genre, nombre, auteur, maintenant)
    return nom_de_fichier(genre, format_, maintenant), octets


def noter_telechargement(
    session: Session, genre: str, nombre: int | None, auteur: Auteur, maintenant: datetime
) -> None:
    """A line in the journal: a list that leaves the portal is out of its hands."""
    motif = f"{LISTES[genre].titre.lower()}, {nombre} lignes"
    consigner(session, auteur, "liste_exportee", maintenant, details={"motif": motif})


def nom_de_fichier(genre: str, format_: str, maintenant: datetime) -> str:
    return f"{LISTES[genre].titre.lower()}-{maintenant.astimezone(PARIS):%Y-%m-%d-%Hh%M}.{format_}"


def trouver_extraction(session: Session, extraction_id: int, compte_id: int, maintenant: datetime) -> Extraction | None:
    """For who asked for it, as long as it is kept. One query."""
    return session.scalar(
        select(Extraction).where(
            Extraction.id == extraction_id, Extraction.compte_id == compte_id, Extraction.expire_utc > maintenant
        )
    )


def verifier_portee(extraction: Extraction, perimetre: Perimetre) -> None:
    """Her roles may have changed since the list was made. Raises `RegleViolee` when it holds more than she may read."""
    faite_pour, ses_lieux = extraction.filtre.get(PERIMETRE), perimetre.structures
    if ses_lieux is not None and (faite_pour is None or not ses_lieux.issuperset(faite_pour)):
        raise RegleViolee(
            "perimetre_change",
            "Vous ne vous occupez plus de tous les lieux de cette liste\u00a0: demandez-la de nouveau.",
        )


def lister_extractions(session: Session, compte_id: int, maintenant: datetime) -> list[Extraction]:
    """This agent's, latest first. One query."""
    requete = select(Extraction).where(Extraction.compte_id == compte_id, Extraction.expire_utc > maintenant)
    return list(session.scalars(requete.order_by(Extraction.id.desc())))


def fabriquer_dues(bd: Sessions, coffre: Coffre, horloge: Callable[[], datetime], continuer: Callable[[], bool]) -> int:
    """The worker's round: makes every file asked for, one by one. How many are ready."""
    pretes = 0
    with bd.session_lecture() as session:
        if session.scalar(_dues(horloge()).limit(1)) is None:
            return pretes
    while continuer() and (prise := _reclamer(bd, horloge())) is not None:
        try:
            _fabriquer(bd, coffre, prise, horloge, continuer)
            pretes += 1
        except _BailPerdu:
            journal.warning("extraction %d taken over by another worker", prise.id)
        except _Arret:
            break
        except SQLAlchemyError:
            # The database, not this list: its lease runs out and it is tried again.
            raise
        except OSError as erreur:
            # The disk or the storage, not this list either; the others would meet the same.
            journal.error("extraction %d put off, the storage is away (%s)", prise.id, type(erreur).__name__)
            break
        except Exception as erreur:  # a list that cannot be made must not hold the worker for ever
            journal.error("extraction %d failed (%s)", prise.id, type(erreur).__name__)
            _ecrire(bd, prise.id, Extraction.etat == "en_cours", etat="echouee", bail_utc=None)
    return pretes


def _demander(
    session: Session, genre: str, format_: str, criteres: Criteres, auteur: Auteur, maintenant: datetime
) -> Extraction:
    """The same list asked for twice is made once. Raises `RegleViolee` when too many wait."""
    assert auteur.compte_id is not None
    attendues = session.scalars(
        select(Extraction).where(
            Extraction.compte_id == auteur.compte_id,
            Extraction.etat.in_(_INACHEVEES),
            Extraction.expire_utc > maintenant,
        )
    ).all()
    for autre in attendues:
        if (autre.genre, autre.format, autre.filtre) == (genre, format_, dict(criteres)):
            return autre
    if len(attendues) >= _EN_COURS_MAXIMUM:
        raise RegleViolee(
            "trop_d_extractions", "Vous avez déjà dix listes en préparation\u00a0: attendez qu’elles arrivent."
        )
    extraction = Extraction(
        compte_id=auteur.compte_id,
        genre=genre,
        format=format_,
        filtre=dict(criteres),
        etat="demandee",
        demandee_utc=maintenant,
        expire_utc=maintenant + CONSERVATION,
    )
    session.add(extraction)
    session.flush()
    return extraction


def _dues(maintenant: datetime) -> Select[int]:
    """Asked for, or left by a worker that died."""
    return (
        select(Extraction.id)
        .where(
            or_(
                Extraction.etat == "demandee",
                and_(Extraction.etat == "en_cours", func.coalesce(Extraction.bail_utc, maintenant) <= maintenant),
            ),
            Extraction.expire_utc > maintenant,
        )
        .order_by(Extraction.id)
    )


def _reclamer(bd: Sessions, maintenant: datetime) -> _Prise | None:
    """The next one, for the time of a lease. As in services/courriels, two workers never get the same."""
    bail = maintenant + BAIL
    prochaine = _dues(maintenant).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    with bd.session_ecriture() as session:
        ligne = session.execute(
            update(Extraction)
            .where(Extraction.id == prochaine)
            .values(etat="en_cours", bail_utc=bail, fait=0, total=None)
            .returning(Extraction.id, Extraction.compte_id, Extraction.genre, Extraction.format, Extraction.filtre)
            .execution_options(synchronize_session=False)
        ).one_or_none()
    if ligne is None:
        return None
    return _Prise(ligne.id, ligne.compte_id, ligne.genre, ligne.format, ligne.filtre, bail)


def _fabriquer(
    bd: Sessions, coffre: Coffre, prise: _Prise, horloge: Callable[[], datetime], continuer: Callable[[], bool]
) -> None:
    liste = LISTES[prise.genre]
    with bd.session_lecture() as session:
        # Her roles as they are now, not as they were when she asked.
        perimetre = perimetre_de(session, prise.compte_id, liste.action, jour_de(horloge()))
        if not liste.est_permise(perimetre):
            raise RegleViolee("sans_role", "Vous n’avez plus le droit de lire cette liste.")
        total = liste.compter(session, perimetre, prise.filtre)
    bail = [prise.bail]

    def avancer(**valeurs: Any) -> None:
        fin = horloge() + BAIL
        if not _ecrire(bd, prise.id, Extraction.bail_utc == bail[0], bail_utc=fin, **valeurs):
            raise _BailPerdu
        bail[0] = fin

    def toutes() -> Iterator[Sequence[Cellule]]:
        fait, apres = 0, None
        while True:
            if not continuer():
                avancer(etat="demandee")
                raise _Arret
            with bd.session_lecture() as session:
                rangees, apres = liste.page(session, perimetre, prise.filtre, apres)
            yield from rangees
            fait += len(rangees)
            avancer(fait=fait)
            if apres is None:
                return

    avancer(total=total)
    objet = coffre.put(ecrire(prise.format, liste.titre, liste.colonnes, toutes()))
    maintenant = horloge()
    try:
        avancer(
            etat="prete",
            filtre={**prise.filtre, PERIMETRE: _lieux(perimetre)},
            nom=nom_de_fichier(prise.genre, prise.format, maintenant),
            objet=objet,
            prete_utc=maintenant,
            expire_utc=maintenant + CONSERVATION,
        )
    except _BailPerdu:
        # What the storage keeps all the same, `purger` drops: no row names it.
        with suppress(OSError):
            coffre.delete(objet)
        raise
    journal.info("extraction %d ready, %d rows", prise.id, total)


def _lieux(perimetre: Perimetre) -> list[int] | None:
    return None if perimetre.structures is None else sorted(perimetre.structures)


def _ecrire(bd: Sessions, extraction_id: int, condition: ColumnElement[bool], **valeurs: Any) -> bool:
    """Whether the row was still as `condition` says."""
    with bd.session_ecriture() as session:
        ecrite = session.scalar(
            update(Extraction)
            .where(Extraction.id == extraction_id, condition)
            .values(**valeurs)
            .returning(Extraction.id)
            .execution_options(synchronize_session=False)
        )
    return ecrite is not None
