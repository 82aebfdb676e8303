"""An adult leaves a foyer without another one to go to: a death, or a departure that makes no new household (when it
makes one, services/menages separates).

The foyer goes on: its bookings, prices and past invoices are untouched, somebody who stays pays from now on. A
departure leaves parental authority as it is, living elsewhere ends nothing; a death ends it (code civil 373-1) and
closes the compte.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.models.reservations import Brouillon
from portail_famille.services.dossiers import jour_de
from portail_famille.services.ecriture_familles import nom_de_foyer
from portail_famille.services.familles import enfant_a_changer, fermer_compte, verifier_sans_role
from portail_famille.services.foyers_saisis import terminer_autorite
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.perimetres import Perimetre


@dataclass(frozen=True, slots=True)
class Depart:
    """What the agent says. `le`: day of the death, or last day in this foyer."""

    foyer_id: int
    personne_id: int
    est_deces: bool
    le: date


@dataclass(frozen=True, slots=True)
class Prevision:
    """What it would do, to be read before it is confirmed."""

    nom: str
    payeur: str
    change_de_payeur: bool
    enfants: tuple[str, ...]
    """First names of the children on whom her authority ends."""
    ferme_le_compte: bool
    garde_un_foyer: bool
    """She is of another foyer too."""
    brouillons: int


def prevoir_depart(session: Session, depart: Depart, perimetre: Perimetre, maintenant: datetime) -> Prevision:
    """Reads only. Raises `RegleViolee` with the field at fault."""
    foyer, elle, restants = _verifier(session, depart, maintenant)
    enfants = _enfants(session, depart, perimetre)
    compte = session.scalar(select(Compte).where(Compte.personne_id == elle.id))
    ailleurs = session.scalar(
        select(Responsable.foyer_id)
        .where(Responsable.personne_id == elle.id, Responsable.foyer_id != foyer.id)
        .limit(1)
    )
    if depart.est_deces and compte is not None:
        verifier_sans_role(session, compte.id)
    return Prevision(
        _nom(elle),
        _nom(_payeur(foyer, restants)),
        foyer.payeur_id == elle.id,
        tuple(enfant.prenom for enfant in enfants),
        depart.est_deces and compte is not None,
        ailleurs is not None,
        sum(bool(brouillon.contenu) for brouillon in _brouillons(session, depart)),
    )


def retirer_adulte(
    session: Session, depart: Depart, perimetre: Perimetre, auteur: Auteur, maintenant: datetime
) -> None:
    """Raises `RegleViolee` with the field at fault."""
    session.execute(select(Foyer.id).where(Foyer.id == depart.foyer_id).with_for_update())
    foyer, elle, restants = _verifier(session, depart, maintenant)
    compte = session.scalar(select(Compte).where(Compte.personne_id == elle.id))
    if depart.est_deces and compte is not None:
        # While she is still of this foyer: that is where it is closed.
        verifier_sans_role(session, compte.id)
        fermer_compte(session, foyer.id, compte.id, auteur, maintenant)
    for enfant in _enfants(session, depart, perimetre):
        terminer_autorite(session, elle.id, enfant.id, depart.le, auteur, maintenant, foyer_id=foyer.id)
    for brouillon in _brouillons(session, depart):
        if brouillon.contenu:
            brouillon.contenu, brouillon.version = {}, brouillon.version + 1
    foyer.payeur_id, foyer.nom = _payeur(foyer, restants).id, nom_de_foyer(p.nom for p in restants)
    session.execute(delete(Responsable).where(Responsable.foyer_id == foyer.id, Responsable.personne_id == elle.id))
    motif = f"{'décès' if depart.est_deces else 'départ'} le {ecrire_date(depart.le)}"
    consigner(
        session,
        auteur,
        "adulte_retire",
        maintenant,
        foyer_id=foyer.id,
        personne_id=elle.id,
        details={"motif": f"{_nom(elle)}, {motif}", "payeur": foyer.payeur_id},
    )
    session.flush()


def _verifier(session: Session, depart: Depart, maintenant: datetime) -> tuple[Foyer, Personne, list[Personne]]:
    foyer = session.get_one(Foyer, depart.foyer_id)
    adultes = session.scalars(
        select(Personne)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .where(Responsable.foyer_id == foyer.id)
        .order_by(Personne.id)
    ).all()
    elle = next((p for p in adultes if p.id == depart.personne_id), None)
    if elle is None:
        raise RegleViolee("adulte_ailleurs", "Cette personne n’est pas de ce foyer.")
    restants = [p for p in adultes if p.id != elle.id]
    if not restants:
        raise RegleViolee(
            "dernier_adulte",
            "C’est le seul adulte de ce foyer\u00a0: ajoutez d’abord qui s’occupe des enfants désormais.",
        )
    if depart.le > jour_de(maintenant):
        raise RegleViolee("date_a_venir", "Choisissez aujourd’hui ou un jour passé.", "le")
    return foyer, elle, restants


def _enfants(session: Session, depart: Depart, perimetre: Perimetre) -> list[Enfant]:
    """Those of this foyer on whom she has authority still, when it ends. Raises `RegleViolee` for one received
    elsewhere."""
    if not depart.est_deces:
        return []
    enfants = session.scalars(
        select(Enfant)
        .join(Rattachement, Rattachement.enfant_id == Enfant.id)
        .join(AutoriteParentale, AutoriteParentale.enfant_id == Enfant.id)
        .where(
            Rattachement.foyer_id == depart.foyer_id,
            AutoriteParentale.personne_id == depart.personne_id,
            AutoriteParentale.au.is_(None),
        )
        .order_by(Enfant.naissance, Enfant.id)
    ).all()
    for enfant in enfants:
        enfant_a_changer(session, perimetre, depart.foyer_id, enfant.id)
    return list(enfants)


def _brouillons(session: Session, depart: Depart) -> list[Brouillon]:
    """Her own ticks for this foyer: nobody can validate them any more."""
    siens = select(Compte.id).where(Compte.personne_id == depart.personne_id)
    requete = select(Brouillon).where(Brouillon.foyer_id == depart.foyer_id, Brouillon.compte_id.in_(siens))
    return list(session.scalars(requete.order_by(Brouillon.id)))


def _payeur(foyer: Foyer, restants: list[Personne]) -> Personne:
    return next((p for p in restants if p.id == foyer.payeur_id), restants[0])


def _nom(personne: Personne) -> str:
    return f"{personne.prenom} {personne.nom}"
