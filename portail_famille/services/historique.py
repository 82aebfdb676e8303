"""Everything a family asked for in one list, newest first: its démarches and its booking receipts.

Two tables read by their own index and merged by instant. A page begins after the last row shown of each: nothing is
read twice nor missed whatever is filed meanwhile, and the thousandth entry costs what the first one does.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from heapq import merge

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portail_famille.domain.demarches import EtatDemarche, GenreEtape
from portail_famille.domain.horloge import fin_du_jour, instant_a
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.models.foyers import Enfant
from portail_famille.models.reservations import Recu
from portail_famille.services import recus
from portail_famille.services.comptes import Acteur
from portail_famille.services.visibilites import demarches_de, est_lue, est_suivie, fin_de_lecture, telle_qu_alors

TAILLE_PAGE = 30
RESERVATIONS = "reservations"
"""Among the kinds one filters by: the receipts."""
GROUPES: dict[str, frozenset[EtatDemarche]] = {
    "a_completer": frozenset({EtatDemarche.COMPLEMENT_DEMANDE}),
    "en_attente": frozenset({EtatDemarche.DEPOSEE, EtatDemarche.EN_COURS}),
    "acceptees": frozenset({EtatDemarche.ACCEPTEE}),
    "refusees": frozenset({EtatDemarche.REFUSEE}),
    "annulees": frozenset({EtatDemarche.ANNULEE}),
}
_GROUPE_DES_RECUS = "acceptees"
"""What a receipt proves was accepted at once."""
_EN_SUSPENS = 100
_CURSEUR = re.compile(r"([0-9]{0,9})-([0-9]{0,9})")


@dataclass(frozen=True, slots=True)
class Filtre:
    """What is asked for; nothing said, everything."""

    groupe: str = ""
    genre: str = ""
    enfant_id: int | None = None
    du: date | None = None
    au: date | None = None


@dataclass(frozen=True, slots=True)
class Curseur:
    """The last row already shown of each table; None: none yet."""

    demarche_id: int | None = None
    recu_id: int | None = None

    def ecrire(self) -> str:
        return f"{self.demarche_id or ''}-{self.recu_id or ''}"

    @classmethod
    def lire(cls, texte: str) -> "Curseur":
        """The first page for whatever is no cursor."""
        lu = _CURSEUR.fullmatch(texte)
        return cls(*(int(n) if n else None for n in lu.groups())) if lu else cls()


@dataclass(frozen=True, slots=True)
class DemarcheListee:
    id: int
    numero: str
    genre: str
    etat: str
    instant: datetime
    enfant_id: int | None
    prenom: str
    """Of the child it is about, asked for included; "" when there is none."""
    complement_avant: date | None
    est_non_lue: bool
    """The town answered since the family last opened it."""


@dataclass(frozen=True, slots=True)
class RecuListe:
    id: int
    recu: Recu

    @property
    def instant(self) -> datetime:
        return self.recu.emis_utc


Entree = DemarcheListee | RecuListe


@dataclass(frozen=True, slots=True)
class Page:
    entrees: tuple[Entree, ...]
    suite: Curseur | None
    """Where the next page begins; None on the last one."""


def lister(
    session: Session,
    acteur: Acteur,
    aujourdhui: date,
    filtre: Filtre = Filtre(),
    apres: Curseur = Curseur(),
    taille: int = TAILLE_PAGE,
) -> Page:
    """What this adult may read in the foyer she acts for. Two queries, one when the filter leaves a table out."""
    demarches: list[Entree] = []
    lus: list[Entree] = []
    if filtre.genre != RESERVATIONS:
        demarches = _demarches(session, acteur, aujourdhui, filtre, apres, taille + 1)
    if filtre.genre in ("", RESERVATIONS) and filtre.groupe in ("", _GROUPE_DES_RECUS):
        lus = _recus(session, acteur, aujourdhui, filtre, apres, taille + 1)
    ensemble = list(merge(demarches, lus, key=lambda entree: entree.instant, reverse=True))
    page = tuple(ensemble[:taille])
    if len(ensemble) <= taille:
        return Page(page, None)
    demarche_id = next((e.id for e in reversed(page) if isinstance(e, DemarcheListee)), apres.demarche_id)
    recu_id = next((e.id for e in reversed(page) if isinstance(e, RecuListe)), apres.recu_id)
    return Page(page, Curseur(demarche_id, recu_id))


def genres_presents(session: Session, acteur: Acteur, aujourdhui: date) -> set[str]:
    """Kinds of the démarches this adult may read here: there is nothing to filter by the others. One query."""
    return set(session.scalars(select(Demarche.genre).where(demarches_de(acteur, aujourdhui)).distinct()))


def en_suspens(session: Session, acteur: Acteur, aujourdhui: date) -> list[DemarcheListee]:
    """What the town answered and nobody opened yet, and what it waits for; the nearest date first. One query."""
    attend = Demarche.etat == EtatDemarche.COMPLEMENT_DEMANDE.value
    requete = (
        _lignes(acteur, aujourdhui)
        .where(demarches_de(acteur, aujourdhui), est_suivie(acteur, aujourdhui), or_(attend, _est_non_lue()))
        .order_by(Demarche.id.desc())
        .limit(_EN_SUSPENS)
    )
    lues = _lire(session, requete)
    return sorted(lues, key=lambda d: (d.complement_avant is None, d.complement_avant or date.max))


def _demarches(
    session: Session, acteur: Acteur, aujourdhui: date, filtre: Filtre, apres: Curseur, limite: int
) -> list[Entree]:
    requete = _lignes(acteur, aujourdhui).where(demarches_de(acteur, aujourdhui), *_entre(Demarche.deposee_utc, filtre))
    if filtre.groupe:
        # One she no longer follows is in no group: where it stands today is not said.
        groupe = [etat.value for etat in GROUPES[filtre.groupe]]
        requete = requete.where(Demarche.etat.in_(groupe), est_suivie(acteur, aujourdhui))
    if filtre.genre:
        requete = requete.where(Demarche.genre == filtre.genre)
    if filtre.enfant_id is not None:
        requete = requete.where(Demarche.enfant_id == filtre.enfant_id)
    if apres.demarche_id is not None:
        requete = requete.where(Demarche.id < apres.demarche_id)
    return [*_lire(session, requete.order_by(Demarche.id.desc()).limit(limite))]


def _recus(
    session: Session, acteur: Acteur, aujourdhui: date, filtre: Filtre, apres: Curseur, limite: int
) -> list[Entree]:
    requete = select(Recu).where(
        Recu.foyer_id == acteur.foyer_id,
        recus.est_lisible(session, acteur, aujourdhui),
        *_entre(Recu.emis_utc, filtre),
    )
    if filtre.enfant_id is not None:
        requete = requete.where(recus.concerne(session, filtre.enfant_id))
    if apres.recu_id is not None:
        requete = requete.where(Recu.id < apres.recu_id)
    return [RecuListe(r.id, r) for r in session.scalars(requete.order_by(Recu.id.desc()).limit(limite))]


def _lignes(acteur: Acteur, aujourdhui: date) -> Select[Demarche, str | None, bool, date | None]:
    fin = fin_de_lecture(acteur.personne_id, aujourdhui)
    return select(Demarche, Enfant.prenom, _est_non_lue(), fin).outerjoin(Enfant, Enfant.id == Demarche.enfant_id)


def _lire(session: Session, requete: Select[Demarche, str | None, bool, date | None]) -> list[DemarcheListee]:
    """One query; two when her authority over a child of these has ended."""
    lignes = session.execute(requete).all()
    fins = {demarche.id: fin for demarche, _, _, fin in lignes if fin is not None}
    alors: dict[int, list[DemarcheEtape]] = defaultdict(list)
    if fins:
        etapes = select(DemarcheEtape).where(
            DemarcheEtape.demarche_id.in_(fins), DemarcheEtape.genre != GenreEtape.NOTE.value
        )
        for etape in session.scalars(etapes.order_by(DemarcheEtape.id)):
            if est_lue(etape, fins[etape.demarche_id]):
                alors[etape.demarche_id].append(etape)
    return [
        _listee(telle_qu_alors(d, alors[d.id]), prenom, False) if d.id in fins else _listee(d, prenom, est_non_lue)
        for d, prenom, est_non_lue, _ in lignes
    ]


def _est_non_lue() -> ColumnElement[bool]:
    return and_(
        Demarche.reponse_utc.is_not(None),
        or_(Demarche.lue_utc.is_(None), Demarche.lue_utc < Demarche.reponse_utc),
    )


def _entre(instant: InstrumentedAttribute[datetime], filtre: Filtre) -> list[ColumnElement[bool]]:
    """Days of France, both included."""
    bornes = []
    if filtre.du is not None:
        bornes.append(instant >= instant_a(filtre.du, 0))
    if filtre.au is not None:
        bornes.append(instant < fin_du_jour(filtre.au))
    return bornes


def _listee(demarche: Demarche, prenom: str | None, est_non_lue: bool | None) -> DemarcheListee:
    if prenom is None and demarche.genre == "enfant":
        prenom = str(demarche.contenu.get("prenom", ""))
    return DemarcheListee(
        demarche.id,
        demarche.numero,
        demarche.genre,
        demarche.etat,
        demarche.deposee_utc,
        demarche.enfant_id,
        prenom or "",
        demarche.complement_avant,
        bool(est_non_lue),
    )
