"""A minimal person who can log in, for tests that are not about families."""

from datetime import UTC, datetime
from functools import cache

from sqlalchemy.orm import Session

from portail_famille.models.comptes import Compte
from portail_famille.models.foyers import Foyer, Personne, Responsable
from portail_famille.services.comptes import hacher_mot_de_passe

MOT_DE_PASSE = "cerises en été 42"


@cache
def empreinte_commune() -> str:
    """One hash for all: hashing is slow on purpose."""
    return hacher_mot_de_passe(MOT_DE_PASSE)


def creer_parent(
    session: Session,
    identifiant: str = "camille.morel",
    *,
    courriel: str | None = "camille@courriel.example",
    foyer: bool = True,
    est_actif: bool = True,
) -> Compte:
    prenom, _, nom = identifiant.partition(".")
    personne = Personne(prenom=prenom.title(), nom=nom.title(), courriel=courriel)
    session.add(personne)
    session.flush()
    compte = Compte(
        personne_id=personne.id,
        identifiant=identifiant,
        empreinte_mot_de_passe=empreinte_commune(),
        est_actif=est_actif,
        cree_utc=datetime(2026, 9, 1, tzinfo=UTC),
        active_utc=datetime(2026, 9, 1, tzinfo=UTC),
        verifie_utc=datetime(2026, 9, 1, tzinfo=UTC),
    )
    session.add(compte)
    if foyer:
        creer_foyer(session, personne.id, personne.nom)
    session.flush()
    return compte


def creer_foyer(session: Session, personne_id: int, nom: str) -> Foyer:
    foyer = Foyer(nom=nom, payeur_id=personne_id, ville="Saint-Rivage")
    session.add(foyer)
    session.flush()
    session.add(Responsable(foyer_id=foyer.id, personne_id=personne_id))
    session.flush()
    return foyer
