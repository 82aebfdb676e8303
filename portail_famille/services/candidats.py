"""Which rows may be the double of this one: found by a search of families, by default on its own name."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.libelles import ecrire_date
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.recherches import chercher_foyers


@dataclass(frozen=True, slots=True)
class Candidat:
    id: int
    nom: str
    precision: str


def nommer_fiche(session: Session, genre: str, id_: int) -> str:
    """One query."""
    if genre == "foyer":
        return session.scalars(select(Foyer.nom).where(Foyer.id == id_)).one()
    modele = Personne if genre == "personne" else Enfant
    prenom, nom = session.execute(select(modele.prenom, modele.nom).where(modele.id == id_)).one()
    return f"{prenom} {nom}"


def proposer_candidats(session: Session, perimetre: Perimetre, genre: str, un: int, recherche: str) -> list[Candidat]:
    """Of the same kind, in the families found. Seven queries."""
    foyers, _ = chercher_foyers(session, perimetre, recherche)
    if genre == "foyer":
        return [
            Candidat(f.id, f.nom, ", ".join(m for m in (*f.adultes, *f.enfants, f.adresse) if m))
            for f in foyers
            if f.id != un
        ]
    noms = {f.id: f.nom for f in foyers}
    trouves: dict[int, Candidat] = {}
    if genre == "personne":
        adultes = session.execute(
            select(Responsable.foyer_id, Personne.id, Personne.prenom, Personne.nom, Personne.courriel)
            .join(Personne, Personne.id == Responsable.personne_id)
            .where(Responsable.foyer_id.in_(list(noms)), Personne.id != un)
            .order_by(Personne.nom, Personne.id)
        )
        for foyer_id, id_, prenom, nom, courriel in adultes:
            precision = f"foyer {noms[foyer_id]}, {courriel or 'sans adresse mail'}"
            trouves.setdefault(id_, Candidat(id_, f"{prenom} {nom}", precision))
    else:
        enfants = session.execute(
            select(Rattachement.foyer_id, Enfant.id, Enfant.prenom, Enfant.nom, Enfant.naissance)
            .join(Enfant, Enfant.id == Rattachement.enfant_id)
            .where(Rattachement.foyer_id.in_(list(noms)), Enfant.id != un)
            .order_by(Enfant.nom, Enfant.id)
        )
        for foyer_id, id_, prenom, nom, naissance in enfants:
            precision = f"né(e) le {ecrire_date(naissance)}, foyer {noms[foyer_id]}"
            trouves.setdefault(id_, Candidat(id_, f"{prenom} {nom}", precision))
    return list(trouves.values())
