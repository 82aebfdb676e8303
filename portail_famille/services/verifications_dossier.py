"""The check of the file, at the first visit then each year: « tout est exact », and when it was said.

Asking to read what is already there replaces typing it all again each September.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Contact, ContactEnfant, Foyer, Personne, Responsable
from portail_famille.services.journal import Auteur, consigner

ACTION = "dossier_verifie"


@dataclass(frozen=True, slots=True)
class AdulteLu:
    """An adult of the foyer, with what its members know of each other."""

    personne_id: int
    civilite: str
    prenom: str
    nom: str
    courriel: str
    telephone: str
    telephone_domicile: str
    telephone_travail: str
    est_payeur: bool


@dataclass(frozen=True, slots=True)
class FoyerComplet:
    """Address and adults of a foyer, the payer first."""

    adresse: str
    code_postal: str
    ville: str
    adultes: tuple[AdulteLu, ...]


@dataclass(frozen=True, slots=True)
class ContactLu:
    """A contact of the foyer and what it is to one child."""

    id: int
    enfant_id: int
    prenom: str
    nom: str
    telephone: str
    telephone_2: str
    lien: str
    peut_recuperer: bool
    est_urgence: bool


def lire_foyer_complet(session: Session, foyer_id: int) -> FoyerComplet:
    """One query."""
    lignes = session.execute(
        select(Foyer, Personne)
        .join(Responsable, Responsable.foyer_id == Foyer.id)
        .join(Personne, Personne.id == Responsable.personne_id)
        .where(Foyer.id == foyer_id)
        .order_by((Foyer.payeur_id == Personne.id).desc(), Personne.id)
    ).all()
    foyer = lignes[0][0]
    return FoyerComplet(
        foyer.adresse,
        foyer.code_postal,
        foyer.ville,
        tuple(
            AdulteLu(
                p.id,
                p.civilite,
                p.prenom,
                p.nom,
                p.courriel or "",
                p.telephone or "",
                p.telephone_domicile or "",
                p.telephone_travail or "",
                p.id == foyer.payeur_id,
            )
            for _, p in lignes
        ),
    )


def lire_contacts(session: Session, foyer_id: int, enfants: Collection[int]) -> tuple[ContactLu, ...]:
    """Contacts this foyer gave for these children, by name; never the other foyer's. One query."""
    lignes = session.execute(
        select(Contact, ContactEnfant)
        .join(ContactEnfant, ContactEnfant.contact_id == Contact.id)
        .where(Contact.foyer_id == foyer_id, ContactEnfant.enfant_id.in_(enfants))
        .order_by(Contact.nom, Contact.prenom, Contact.id)
    )
    return tuple(
        ContactLu(
            contact.id,
            lien.enfant_id,
            contact.prenom,
            contact.nom,
            contact.telephone,
            contact.telephone_2 or "",
            lien.lien,
            lien.peut_recuperer,
            lien.est_urgence,
        )
        for contact, lien in lignes
    )


def confirmer(session: Session, auteur: Auteur, personne_id: int, foyer_id: int, maintenant: datetime) -> None:
    """« Tout est exact », said by the compte of the author; the journal keeps each time."""
    assert auteur.compte_id is not None
    compte = session.get_one(Compte, auteur.compte_id)
    compte.verifie_utc = maintenant
    consigner(session, auteur, ACTION, maintenant, foyer_id=foyer_id, personne_id=personne_id)
    session.flush()
