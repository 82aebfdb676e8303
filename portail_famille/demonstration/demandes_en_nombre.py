"""Any number of invented démarches over the foyers that are there: to see a full queue, and to measure it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.models.foyers import Foyer, Rattachement, Responsable
from portail_famille.services.compteurs import prochain_numero

LOT = 500
_ETATS = ("deposee", "deposee", "en_cours", "complement_demande", "acceptee", "acceptee", "acceptee", "refusee")
_CLOS = ("acceptee", "refusee")
_SUR_DEUX_ANS = 2 * 365
_UN_MOIS_DE_DELAI = 60


def inventer_demarches(
    session: Session, maintenant: datetime, nombre: int, foyers: Sequence[int] = (), graine: int = 1
) -> None:
    """Questions and absences of these foyers (of all), in every state, over two years. Commits nothing.

    A family without a compte has none: they are asked by whoever is its first adult, or by nobody.
    """
    hasard = Random(graine)  # noqa: S311 (invented requests, not secrets)
    foyers = foyers or list(session.scalars(select(Foyer.id).order_by(Foyer.id)))
    enfants = _dernier_par_foyer(session, select(Rattachement.foyer_id, Rattachement.enfant_id))
    titulaire = Compte.personne_id == Responsable.personne_id
    comptes = _dernier_par_foyer(session, select(Responsable.foyer_id, Compte.id).join(Compte, titulaire))
    for debut in range(0, nombre, LOT):
        lignes = [
            _ligne(session, hasard, maintenant, hasard.choice(foyers), enfants, comptes)
            for _ in range(min(LOT, nombre - debut))
        ]
        ids = session.scalars(insert(Demarche).returning(Demarche.id, sort_by_parameter_order=True), lignes)
        session.execute(
            insert(DemarcheEtape),
            [
                {
                    "demarche_id": id_,
                    "genre": "depot",
                    "etat": "deposee",
                    "cote": "famille",
                    "compte_id": ligne["compte_id"],
                    "texte": "",
                    "a_utc": ligne["deposee_utc"],
                }
                for id_, ligne in zip(ids, lignes, strict=True)
            ],
        )


def _ligne(
    session: Session,
    hasard: Random,
    maintenant: datetime,
    foyer_id: int,
    enfants: dict[int, int],
    comptes: dict[int, int],
) -> dict[str, Any]:
    etat = hasard.choice(_ETATS)
    # Those that wait are of the last weeks; the closed ones are spread over two years.
    jours = hasard.randrange(_SUR_DEUX_ANS if etat in _CLOS else _UN_MOIS_DE_DELAI)
    deposee = maintenant - timedelta(days=jours, minutes=hasard.randrange(1440))
    numero = prochain_numero(session, "demarche", maintenant.year)
    return {
        "numero": f"D{maintenant.year}-{numero:06d}",
        "genre": "absence" if hasard.random() < 0.3 else "question",
        "etat": etat,
        "foyer_id": foyer_id,
        "compte_id": comptes.get(foyer_id),
        "enfant_id": enfants.get(foyer_id) if hasard.random() < 0.5 else None,
        "avant": {},
        "contenu": {"sujet": "autre", "texte": "À quelle heure ferme le portail de l’école\u202f? (exemple)"},
        "motif": "Le document ne se lit pas." if etat == "refusee" else "",
        "deposee_utc": deposee,
        "modifiee_utc": deposee,
        "decidee_utc": deposee + timedelta(hours=5) if etat in _CLOS else None,
        "reponse_utc": deposee + timedelta(hours=5) if etat in _CLOS else None,
        "echeance": None if etat in _CLOS else (deposee + timedelta(days=_UN_MOIS_DE_DELAI)).date(),
    }


def _dernier_par_foyer(session: Session, requete: Select[int, int]) -> dict[int, int]:
    return {ligne[0]: ligne[1] for ligne in session.execute(requete)}
