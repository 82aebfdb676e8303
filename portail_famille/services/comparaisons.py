"""A run beside the month before: what an agent looks at before issuing. Sums made by the database, a few queries."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.facturation import mois_precedent
from portail_famille.models.activites import Activite, Unite
from portail_famille.models.factures import Facturation, Facture, FactureLigne
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.services.regles import regles_connues

_K = TypeVar("_K", str, int)

PLUS_GRANDS_ECARTS = 20


@dataclass(frozen=True, slots=True)
class Ecart:
    """`nom`: of an activity, or of a foyer (`foyer_id`) told from its homonyms. Avoirs are taken off the month that
    they correct."""

    nom: str
    avant_centimes: int
    apres_centimes: int
    foyer_id: int | None = None

    @property
    def ecart_centimes(self) -> int:
        return self.apres_centimes - self.avant_centimes


@dataclass(frozen=True, slots=True)
class Comparaison:
    """`total.avant_centimes` 0: nothing was billed the month before. `ecarts`: foyers of both months, biggest first."""

    mois: date
    avant: date
    total: Ecart
    activites: tuple[Ecart, ...]
    ecarts: tuple[Ecart, ...]
    nouveaux: tuple[Ecart, ...]
    partis: tuple[Ecart, ...]
    """Billed the month before, not this one; as `nouveaux`, the biggest amounts of them."""
    nombre_nouveaux: int
    nombre_partis: int


def comparer(session: Session, facturation: Facturation) -> Comparaison:
    """What the month will have been billed once this run is issued, against the month before. Five queries."""
    mois, avant = facturation.mois, mois_precedent(facturation.mois)
    emise = Facture.numero.is_not(None)
    ce_mois = and_(
        Facture.regie == facturation.regie,
        Facture.mois == mois,
        or_(emise, Facture.facturation_id == facturation.id),
    )
    le_mois_d_avant = and_(Facture.regie == facturation.regie, Facture.mois == avant, emise)
    activites = _croiser(_par_activite(session, le_mois_d_avant), _par_activite(session, ce_mois))
    foyers = _croiser(_par_foyer(session, le_mois_d_avant), _par_foyer(session, ce_mois))
    changes = {id_ for id_, (a, b) in foyers.items() if a and b and a != b}
    nouveaux = {id_ for id_, (a, b) in foyers.items() if not a and b}
    partis = {id_ for id_, (a, b) in foyers.items() if a and not b}
    noms = _nommer(session, foyers)
    catalogue = regles_connues(session).catalogue.activites

    def retenir(ids: set[int]) -> tuple[Ecart, ...]:
        choisis = sorted(ids, key=lambda id_: (-abs(foyers[id_][1] - foyers[id_][0]), noms[id_], id_))
        return tuple(Ecart(noms[id_], *foyers[id_], foyer_id=id_) for id_ in choisis[:PLUS_GRANDS_ECARTS])

    return Comparaison(
        mois=mois,
        avant=avant,
        total=Ecart("Total", sum(a for a, _ in foyers.values()), sum(b for _, b in foyers.values())),
        activites=tuple(
            Ecart(catalogue[code].nom if code in catalogue else code or "Autres lignes", a, b)
            for code, (a, b) in sorted(activites.items(), key=lambda item: (-max(item[1]), item[0]))
        ),
        ecarts=retenir(changes),
        nouveaux=retenir(nouveaux),
        partis=retenir(partis),
        nombre_nouveaux=len(nouveaux),
        nombre_partis=len(partis),
    )


def _nommer(session: Session, foyers: Collection[int]) -> dict[int, str]:
    """Homonyms with the first name of who pays: « Martin (Léa) ». One query."""
    lus = session.execute(
        select(Foyer.id, Foyer.nom, Personne.prenom).outerjoin(Personne, Foyer.payeur_id == Personne.id)
    )
    siens = {id_: (nom, prenom) for id_, nom, prenom in lus if id_ in foyers}
    combien = Counter(nom for nom, _ in siens.values())
    return {id_: f"{nom} ({prenom})" if prenom and combien[nom] > 1 else nom for id_, (nom, prenom) in siens.items()}


def _croiser(avant: Mapping[_K, int], apres: Mapping[_K, int]) -> dict[_K, tuple[int, int]]:
    return {cle: (avant.get(cle, 0), apres.get(cle, 0)) for cle in {**avant, **apres}}


def _par_activite(session: Session, ou: ColumnElement[bool]) -> Mapping[str, int]:
    """By code; "" for lines of no unit."""
    return {
        code or "": int(total)
        for code, total in session.execute(
            select(Activite.code, func.sum(FactureLigne.montant_centimes))
            .join(Facture, Facture.id == FactureLigne.facture_id)
            .outerjoin(Unite, Unite.id == FactureLigne.unite_id)
            .outerjoin(Activite, Activite.id == Unite.activite_id)
            .where(ou)
            .group_by(Activite.code)
        )
    }


def _par_foyer(session: Session, ou: ColumnElement[bool]) -> Mapping[int, int]:
    return {
        foyer_id: int(total)
        for foyer_id, total in session.execute(
            select(Facture.foyer_id, func.sum(Facture.total_centimes)).where(ou).group_by(Facture.foyer_id)
        )
    }
