"""What a run of a régie reads once, and the digest of all that its prices depend on."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select, union
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
    return list(
        session.scalars(
            union(
                select(Reservation.foyer_id).where(
                    Reservation.jour.between(campagne.du, campagne.au),
                    Reservation.unite_id.in_(sorted({unite for unite, _ in campagne.unites})),
                ),
                select(Facture.foyer_id).where(
                    Facture.regie == campagne.regie.code,
                    Facture.mois.in_(campagne.couverts),
                    Facture.numero.is_not(None),
                ),
            ).order_by("foyer_id")
        )
    )


def empreinte(session: Session, reglages: ReglagesCommune, regie: str, mois: date) -> str:
    """SHA-256 of what the prices and the addresses of this run come from: another one, and it is prepared again."""
    couverts = _couverts(session, regie, mois)
    la_regie = reglages.regies[regie]
    unites = sorted({unite for unite, _ in _unites(session, reglages, la_regie)})
    r, f = Reservation, Facture
    requetes: tuple[Any, ...] = (
        select(r.unite_id, r.etat, r.est_hors_delai, r.est_non_reservee, *_somme(r.id, r.foyer_id, r.enfant_id))
        .add_columns(func.max(r.modifiee_utc))
        .where(r.jour.between(couverts[0], fin_du_mois(mois)), r.unite_id.in_(unites))
        .group_by(r.unite_id, r.etat, r.est_hors_delai, r.est_non_reservee)
        .order_by(r.unite_id, r.etat, r.est_hors_delai, r.est_non_reservee),
        select(*_somme(f.id, f.foyer_id, f.total_centimes)).where(f.regie == regie, f.numero.is_not(None)),
        select(
            QuotientFamilial.foyer_id, QuotientFamilial.valeur_centimes, QuotientFamilial.du, QuotientFamilial.au
        ).order_by(QuotientFamilial.id),
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
        .order_by(Foyer.id),
        select(Rattachement.foyer_id, Rattachement.enfant_id).order_by(Rattachement.foyer_id, Rattachement.enfant_id),
        select(Enfant.id, Enfant.naissance, Enfant.pai, Enfant.prenom).order_by(Enfant.id),
        select(
            Inscription.foyer_id, Inscription.enfant_id, Inscription.activite_id, Inscription.du, Inscription.au
        ).order_by(Inscription.id),
    )
    somme = hashlib.sha256(repr((lire_versions(session), couverts, sorted(asdict(la_regie).items()))).encode())
    for requete in requetes:
        for ligne in session.execute(requete):
            somme.update(repr(tuple(ligne)).encode())
        somme.update(b"\n")
    return somme.hexdigest()


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
