"""« Mes factures »: the invoices of a foyer, what waits to be paid first. Every adult of the foyer reads what is owed
(services/factures: what of each).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, extract, func, not_, select, tuple_
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.factures import EtatFacture, etat_facture
from portail_famille.models.factures import Facture
from portail_famille.services.comptes import Acteur
from portail_famille.services.prelevements import prelevement_attendu, sans_prelevement

TAILLE_PAGE = 60
A_REGLER, REGLEES, PREVUES, TRANSMISES, ANNULEES, AVOIRS = (
    "a_regler",
    "reglees",
    "prelevement",
    "transmises",
    "annulees",
    "avoirs",
)
GROUPES = (A_REGLER, REGLEES, PREVUES, TRANSMISES, ANNULEES, AVOIRS)
"""What the list is filtered by."""
_CURSEUR = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d{1,9})")
_DEUX_ANS = timedelta(days=731)
_EST_EMISE = Facture.numero.is_not(None)
_RESTE_DUE = and_(Facture.genre == "facture", _EST_EMISE, Facture.reste_centimes > 0, Facture.transmise_le.is_(None))
# Built once: an alias costs more than the query that it is in.
_AUTRE = aliased(Facture)


@dataclass(frozen=True, slots=True)
class Filtre:
    """What is asked for; nothing said, everything. `annee` is that of the month billed."""

    groupe: str = ""
    regie: str = ""
    annee: int | None = None


@dataclass(frozen=True, slots=True)
class Curseur:
    """The last row already shown; None: none yet."""

    emise_le: date | None = None
    id: int = 0

    def ecrire(self) -> str:
        return f"{self.emise_le}-{self.id}"

    @classmethod
    def lire(cls, texte: str) -> "Curseur":
        """The first page for whatever is no cursor."""
        lu = _CURSEUR.fullmatch(texte)
        try:
            return cls(date.fromisoformat(lu[1]), int(lu[2])) if lu else cls()
        except ValueError:
            return cls()


@dataclass(frozen=True, slots=True)
class FactureListee:
    """A line of the list: an invoice, or an avoir (`etat` None)."""

    id: int
    regie: str
    mois: date
    libelle: str
    numero: str
    total_centimes: int
    reste_centimes: int
    emise_le: date
    echeance: date | None
    prelevement_le: date | None
    transmise_le: date | None
    etat: EtatFacture | None

    @property
    def est_avoir(self) -> bool:
        return self.etat is None


@dataclass(frozen=True, slots=True)
class Page:
    factures: tuple[FactureListee, ...]
    suite: Curseur | None
    """Where the next page begins; None on the last one."""


def _est_a_payer(aujourdhui: date) -> ColumnElement[bool]:
    """What the badge counts: as domain/factures.est_a_payer."""
    return and_(_RESTE_DUE, sans_prelevement(aujourdhui))


def a_regler(session: Session, foyer_id: int, aujourdhui: date) -> tuple[int, int]:
    """How many invoices wait for this foyer to pay them, and how much. One query."""
    lignes = a_regler_par_regie(session, foyer_id, aujourdhui).values()
    return sum(nombre for nombre, _ in lignes), sum(centimes for _, centimes in lignes)


def a_regler_par_regie(session: Session, foyer_id: int, aujourdhui: date) -> dict[str, tuple[int, int]]:
    lignes = session.execute(
        select(Facture.regie, func.count(), func.sum(Facture.reste_centimes))
        .where(Facture.foyer_id == foyer_id, _est_a_payer(aujourdhui))
        .group_by(Facture.regie)
    )
    return {regie: (nombre, int(centimes)) for regie, nombre, centimes in lignes}


def a_payer(session: Session, foyer_id: int, aujourdhui: date, filtre: Filtre = Filtre()) -> tuple[FactureListee, ...]:
    """The invoices that wait, the nearest due date first: all of them. One query."""
    conditions = [Facture.foyer_id == foyer_id, _est_a_payer(aujourdhui), *_conditions(filtre, aujourdhui)]
    return _lire(session, conditions, (Facture.echeance, Facture.id), None, aujourdhui)


def presents(session: Session, foyer_id: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Régies and years (latest first) that this foyer was billed by and for: there is nothing else to filter by."""
    an = extract("year", Facture.mois)
    lignes = session.execute(select(Facture.regie, an).where(Facture.foyer_id == foyer_id, _EST_EMISE).distinct()).all()
    return (
        tuple(sorted({regie for regie, _ in lignes})),
        tuple(sorted({int(annee) for _, annee in lignes}, reverse=True)),
    )


def lister(
    session: Session,
    acteur: Acteur,
    aujourdhui: date,
    filtre: Filtre = Filtre(),
    apres: Curseur = Curseur(),
    taille: int = TAILLE_PAGE,
    *,
    sans_dues: bool = False,
) -> Page:
    """Issued invoices and avoirs of her foyer, latest first; `sans_dues`: those that wait are left to `a_payer`. One
    query, by the index, however many years."""
    conditions = [Facture.foyer_id == acteur.foyer_id, _EST_EMISE, *_conditions(filtre, aujourdhui)]
    if sans_dues:
        conditions.append(not_(_est_a_payer(aujourdhui)))
    if apres.emise_le is not None:
        conditions.append(tuple_(Facture.emise_le, Facture.id) < (apres.emise_le, apres.id))
    lues = _lire(session, conditions, (Facture.emise_le.desc(), Facture.id.desc()), taille + 1, aujourdhui)
    page = lues[:taille]
    return Page(page, Curseur(page[-1].emise_le, page[-1].id) if len(lues) > taille else None)


def recentes(session: Session, foyer_id: int, aujourdhui: date) -> tuple[FactureListee, ...]:
    """Invoices, avoirs left out, of the last 24 months: those one may contest. One query."""
    depuis = aujourdhui - _DEUX_ANS
    conditions = [Facture.foyer_id == foyer_id, _EST_EMISE, Facture.genre == "facture", Facture.emise_le >= depuis]
    return _lire(session, conditions, (Facture.emise_le.desc(), Facture.id.desc()), TAILLE_PAGE, aujourdhui)


def _avoirs_centimes() -> ScalarSelect[int]:
    """What avoirs took off an invoice, positive."""
    return (
        select(func.coalesce(-func.sum(_AUTRE.total_centimes), 0))
        .where(_AUTRE.avoir_de == Facture.id, _AUTRE.numero.is_not(None))
        .correlate(Facture)
        .scalar_subquery()
    )


def _conditions(filtre: Filtre, aujourdhui: date) -> list[ColumnElement[bool]]:
    est_facture = Facture.genre == "facture"
    du_groupe = {
        A_REGLER: lambda: _est_a_payer(aujourdhui),
        REGLEES: lambda: and_(est_facture, Facture.reste_centimes == 0, _avoirs_centimes() < Facture.total_centimes),
        ANNULEES: lambda: and_(est_facture, Facture.reste_centimes == 0, _avoirs_centimes() >= Facture.total_centimes),
        TRANSMISES: lambda: and_(est_facture, Facture.reste_centimes > 0, Facture.transmise_le.is_not(None)),
        PREVUES: lambda: and_(_RESTE_DUE, prelevement_attendu(aujourdhui)),
        AVOIRS: lambda: Facture.genre == "avoir",
    }
    conditions: list[ColumnElement[bool]] = []
    if filtre.groupe:
        conditions.append(du_groupe[filtre.groupe]())
    if filtre.regie:
        conditions.append(Facture.regie == filtre.regie)
    if filtre.annee is not None:
        conditions.append(Facture.mois.between(date(filtre.annee, 1, 1), date(filtre.annee, 12, 31)))
    return conditions


def _lire(
    session: Session,
    conditions: Iterable[ColumnElement[bool]],
    ordre: tuple[Any, ...],
    limite: int | None,
    aujourdhui: date,
) -> tuple[FactureListee, ...]:
    """Without `contenu`, which weighs more than all the rest."""
    avoirs = _avoirs_centimes().label("avoirs")
    requete = select(
        Facture.id,
        Facture.genre,
        Facture.regie,
        Facture.mois,
        Facture.libelle,
        Facture.numero,
        Facture.total_centimes,
        Facture.reste_centimes,
        Facture.emise_le,
        Facture.echeance,
        Facture.prelevement_le,
        Facture.transmise_le,
        avoirs,
    ).where(*conditions)
    return tuple(_listee(ligne, aujourdhui) for ligne in session.execute(requete.order_by(*ordre).limit(limite)))


def _listee(ligne: Any, aujourdhui: date) -> FactureListee:
    etat = etat_facture(
        ligne.total_centimes, ligne.reste_centimes, ligne.avoirs, aujourdhui, ligne.prelevement_le, ligne.transmise_le
    )
    return FactureListee(
        ligne.id,
        ligne.regie,
        ligne.mois,
        ligne.libelle,
        ligne.numero,
        ligne.total_centimes,
        ligne.reste_centimes,
        ligne.emise_le,
        ligne.echeance,
        ligne.prelevement_le,
        ligne.transmise_le,
        None if ligne.genre == "avoir" else etat,
    )
