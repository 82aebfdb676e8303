"""What a run of a régie reads once, and the digest of all that its prices depend on."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.domain.facturation import mois_couverts
from portail_famille.domain.regies import Regie, fin_du_mois, regie_de
from portail_famille.models.activites import Activite, Inscription, Structure, Unite
from portail_famille.models.factures import Facturation, Facture
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement
from portail_famille.models.quotients import QuotientFamilial
from portail_famille.models.reservations import Reservation
from portail_famille.services.lectures_factures import Campagne
from portail_famille.services.regles import lire_regles, lire_versions
from portail_famille.services.regles_retirees import completer_regles

_PARTIES = (
    "les réservations",
    "les factures déjà émises",
    "les quotients familiaux",
    "les foyers",
    "les tarifs ou les réglages",
)
"""Of the digest, in its order."""
_CHIFFRES = 12
"""Of each part: five and their dashes fill the column."""
_POINTEES = ("presente", "absente_justifiee", "absente_injustifiee")


def lire_campagne(
    session: Session, reglages: ReglagesCommune, regie: Regie, mois: date, maintenant: datetime
) -> Campagne:
    """A dozen queries."""
    couverts = _couverts(session, regie.code, mois)
    du, au = couverts[0], fin_du_mois(mois)
    unites = _unites(session, reglages, regie)
    regles = lire_regles(session, lire_versions(session), reglages.zone)
    reservees = set(session.scalars(select(Reservation.unite_id).where(Reservation.jour.between(du, au)).distinct()))
    pointees = session.execute(
        select(Reservation.unite_id, Reservation.structure_id, Reservation.jour)
        .where(Reservation.jour.between(mois, au), Reservation.etat.in_(_POINTEES))
        .distinct()
    )
    return Campagne(
        regie=regie,
        mois=mois,
        couverts=tuple(couverts),
        regles=completer_regles(session, regles, reservees),
        unites=unites,
        structures={ligne.id: ligne.code for ligne in session.execute(select(Structure.id, Structure.code))},
        pointees=frozenset((ligne.unite_id, ligne.structure_id, ligne.jour) for ligne in pointees),
        maintenant=maintenant,
    )


def foyers_concernes(session: Session, campagne: Campagne) -> list[int]:
    """Those who booked something of this régie in the covered months, or were billed it. By id."""
    unites = {unite for unite, _ in campagne.unites}
    return _foyers(session, campagne.regie.code, campagne.couverts, campagne.au, unites)


def empreinte(session: Session, reglages: ReglagesCommune, regie: str, mois: date) -> str:
    """What the prices and the addresses of this run come from, of the families it concerns: one digest for each of
    `_PARTIES`. Another one, and the run is prepared again; `ecarts` says what is no longer the same."""
    couverts, la_regie = _couverts(session, regie, mois), reglages.regies[regie]
    du, au = couverts[0], fin_du_mois(mois)
    unites = sorted({unite for unite, _ in _unites(session, reglages, la_regie)})
    foyers = set(_foyers(session, regie, couverts, au, unites))
    r, f, q, i = Reservation, Facture, QuotientFamilial, Inscription
    activites = select(Unite.activite_id).where(Unite.id.in_(unites))
    reservees = (
        select(r.unite_id, r.etat, r.est_hors_delai, r.est_non_reservee, *_somme(r.id, r.foyer_id, r.enfant_id))
        .add_columns(func.max(r.modifiee_utc))
        .where(r.jour.between(du, au), r.unite_id.in_(unites))
        .group_by(r.unite_id, r.etat, r.est_hors_delai, r.est_non_reservee)
        .order_by(r.unite_id, r.etat, r.est_hors_delai, r.est_non_reservee)
    )
    # A day is billed by its month's invoice or a later one.
    facturees = select(*_somme(f.id, f.foyer_id, f.total_centimes)).where(
        f.regie == regie, f.mois >= du, f.numero.is_not(None)
    )
    quotients = select(q.foyer_id, q.valeur_centimes, q.du, q.au).where(_touche(q, du, au)).order_by(q.id)
    payeurs = (
        select(
            Foyer.id,
            Foyer.nom,
            Foyer.payeur_id,
            Foyer.adresse,
            Foyer.code_postal,
            Foyer.ville,
            Foyer.est_resident,
            Foyer.personnes_a_charge,
            Foyer.ressources_mensuelles_centimes,
            Personne.civilite,
            Personne.prenom,
            Personne.nom,
        )
        .join(Personne, Personne.id == Foyer.payeur_id)
        .order_by(Foyer.id)
    )
    enfants = (
        select(Rattachement.foyer_id, Enfant.id, Enfant.naissance, Enfant.pai, Enfant.prenom)
        .join(Enfant, Enfant.id == Rattachement.enfant_id)
        .order_by(Rattachement.foyer_id, Enfant.id)
    )
    inscrits = (
        select(i.foyer_id, i.enfant_id, i.activite_id, i.du, i.au)
        .where(_touche(i, du, au), i.activite_id.in_(activites))
        .order_by(i.id)
    )

    def des_familles(requete: Any) -> list[Any]:
        """Whose first column is the foyer."""
        return [ligne for ligne in session.execute(requete) if ligne[0] in foyers]

    parties: tuple[Iterable[Any], ...] = (
        session.execute(reservees),
        [couverts, *session.execute(facturees)],
        des_familles(quotients),
        [*des_familles(payeurs), *des_familles(enfants), *des_familles(inscrits)],
        [(lire_versions(session), sorted(asdict(la_regie).items()))],
    )
    return "-".join(_marquer(lignes) for lignes in parties)


def ecarts(avant: str, apres: str) -> tuple[str, ...]:
    """What changed between two digests, in the words of the régie."""
    marques = zip(_PARTIES, avant.split("-"), apres.split("-"), strict=False)
    return tuple(partie for partie, une, autre in marques if une != autre)


def _marquer(lignes: Iterable[Any]) -> str:
    somme = hashlib.sha256()
    for ligne in lignes:
        somme.update(repr(tuple(ligne)).encode())
    return somme.hexdigest()[:_CHIFFRES]


def _touche(quoi: type[QuotientFamilial | Inscription], du: date, au: date) -> ColumnElement[bool]:
    return and_(quoi.du <= au, or_(quoi.au.is_(None), quoi.au >= du))


def _foyers(session: Session, regie: str, couverts: Sequence[date], au: date, unites: Collection[int]) -> list[int]:
    return list(
        session.scalars(
            union(
                select(Reservation.foyer_id).where(
                    Reservation.jour.between(couverts[0], au), Reservation.unite_id.in_(sorted(unites))
                ),
                select(Facture.foyer_id).where(
                    Facture.regie == regie, Facture.mois.in_(couverts), Facture.numero.is_not(None)
                ),
            ).order_by("foyer_id")
        )
    )


def _somme(*colonnes: Any) -> tuple[Any, ...]:
    return func.count(), *(func.sum(colonne) for colonne in colonnes)


def _couverts(session: Session, regie: str, mois: date) -> list[date]:
    deja = session.scalars(
        select(Facturation.mois).where(Facturation.regie == regie, Facturation.etat == "emise").distinct()
    )
    return mois_couverts(mois, set(deja))


def _unites(session: Session, reglages: ReglagesCommune, regie: Regie) -> frozenset[tuple[int, int]]:
    """(unit, structure) that this régie bills, withdrawn ones included."""
    structures = session.execute(select(Structure.id, Structure.code)).all()
    unites: Iterable[Any] = session.execute(
        select(Unite.id, Activite.code).join(Activite, Activite.id == Unite.activite_id)
    )
    return frozenset(
        (unite_id, structure_id)
        for unite_id, activite in unites
        for structure_id, structure in structures
        if regie_de(reglages.regies, activite, structure) is regie
    )
