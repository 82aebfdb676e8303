"""What the desk writes of a foyer that its prices depend on: residence, dependants, resources, who pays.

None of it is dated: it holds from now on, for every day that is not billed yet (only the QF has dates)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.quotients import ecrire_quotient
from portail_famille.models.foyers import Foyer, Personne
from portail_famille.services.familles import adulte_du_foyer
from portail_famille.services.journal import Auteur, consigner

CHARGES_MAXIMALES = 20


@dataclass(frozen=True, slots=True)
class Tarification:
    """`ressources_centimes`: monthly; None: unknown, hence the maximum of an effort rate."""

    est_resident: bool
    personnes_a_charge: int
    ressources_centimes: int | None
    payeur_id: int


def changer_tarification(
    session: Session, foyer_id: int, voulue: Tarification, auteur: Auteur, maintenant: datetime
) -> bool:
    """Whether something changed. Raises `RegleViolee` with the field at fault."""
    foyer = session.get_one(Foyer, foyer_id, with_for_update=True)
    if not 1 <= voulue.personnes_a_charge <= CHARGES_MAXIMALES:
        raise RegleViolee("personnes_a_charge", "Écrivez un nombre entre 1 et 20.", "personnes_a_charge")
    payeur = adulte_du_foyer(session, foyer_id, voulue.payeur_id)
    ancien = session.get_one(Personne, foyer.payeur_id)
    changes = {
        "résidence": (dire_residence(foyer.est_resident), dire_residence(voulue.est_resident)),
        "personnes à charge": (str(foyer.personnes_a_charge), str(voulue.personnes_a_charge)),
        "ressources": (_montant(foyer.ressources_mensuelles_centimes), _montant(voulue.ressources_centimes)),
        "qui reçoit les factures": (f"{ancien.prenom} {ancien.nom}", f"{payeur.prenom} {payeur.nom}"),
    }
    reels = {nom: [avant, apres] for nom, (avant, apres) in changes.items() if avant != apres}
    foyer.est_resident, foyer.personnes_a_charge = voulue.est_resident, voulue.personnes_a_charge
    foyer.ressources_mensuelles_centimes, foyer.payeur_id = voulue.ressources_centimes, payeur.id
    session.flush()
    if reels:
        consigner(session, auteur, "fiche_modifiee", maintenant, foyer_id=foyer_id, details={"champs": reels})
    return bool(reels)


def dire_residence(est_resident: bool) -> str:
    return "dans la commune" if est_resident else "hors de la commune"


def _montant(centimes: int | None) -> str:
    return "" if centimes is None else ecrire_quotient(centimes)
