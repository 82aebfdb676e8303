"""Who makes up a foyer: what « Ma famille » shows besides the children."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.models.foyers import Foyer, Personne, Responsable


@dataclass(frozen=True, slots=True)
class Adulte:
    prenom: str
    nom: str
    telephone: str
    est_payeur: bool


@dataclass(frozen=True, slots=True)
class FoyerLu:
    adresse: str
    code_postal: str
    ville: str
    adultes: tuple[Adulte, ...]


def lire_foyer(session: Session, foyer_id: int) -> FoyerLu:
    """Address and adults, the payer first. One query."""
    lignes = session.execute(
        select(
            Foyer.adresse,
            Foyer.code_postal,
            Foyer.ville,
            Personne.prenom,
            Personne.nom,
            Personne.telephone,
            (Foyer.payeur_id == Personne.id).label("est_payeur"),
        )
        .join(Responsable, Responsable.foyer_id == Foyer.id)
        .join(Personne, Personne.id == Responsable.personne_id)
        .where(Foyer.id == foyer_id)
        .order_by((Foyer.payeur_id == Personne.id).desc(), Personne.id)
    ).all()
    adultes = tuple(Adulte(ligne[3], ligne[4], ligne[5] or "", bool(ligne[6])) for ligne in lignes)
    return FoyerLu(*lignes[0][:3], adultes=adultes)
