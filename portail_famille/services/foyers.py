"""Who makes up a foyer: what « Ma famille » shows besides the children, and whose children tell two foyers apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable


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


def lire_prenoms(
    session: Session, personne_id: int, foyer_ids: Iterable[int], aujourdhui: date
) -> dict[int, dict[int, str]]:
    """First names of the children this person may see in each of these foyers, oldest first, by id. One query."""
    lignes = session.execute(
        select(Rattachement.foyer_id, Enfant.id, Enfant.prenom)
        .join(Enfant, Enfant.id == Rattachement.enfant_id)
        .join(AutoriteParentale, AutoriteParentale.enfant_id == Enfant.id)
        .where(
            Rattachement.foyer_id.in_(foyer_ids),
            AutoriteParentale.personne_id == personne_id,
            AutoriteParentale.du <= aujourdhui,
            or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
        )
        .order_by(Enfant.naissance, Enfant.id)
    )
    prenoms: dict[int, dict[int, str]] = {foyer_id: {} for foyer_id in foyer_ids}
    for foyer_id, enfant_id, prenom in lignes:
        prenoms[foyer_id][enfant_id] = prenom
    return prenoms
