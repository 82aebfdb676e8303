"""What becomes of an invoice handed to the Treasury: taken back by mistake, or settled over there.

The Treasury's own settling (recovered, or given up) closes what is left of the invoice. It is a line of the family's
account, or the account would not add up; it is no money of the régie's: no receipt, not in its journal, not in the
attestation fiscale, whose proof the Treasury gives (domain.md §9).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.moyens import COMPTABLE
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Reglement
from portail_famille.services.compteurs import numero_du_comptable
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.livres import ecrire_emplois, noter_reglement, ouvrir_compte
from portail_famille.services.reglements import factures_verrouillees, utiliser_credits


def reprendre(session: Session, facture_id: int, motif: str, auteur: Auteur, maintenant: datetime) -> None:
    """Handed over by mistake: payable here again, and what the family has in advance pays it. Raises `RegleViolee`:
    facture_inconnue, pas_transmise, facture_reglee, motif."""
    facture = _transmise(session, facture_id, motif)
    facture.transmise_le = None
    session.flush()
    details = {"numero": facture.numero, "motif": motif.strip()}
    consigner(session, auteur, "facture_reprise", maintenant, foyer_id=facture.foyer_id, details=details)
    utiliser_credits(session, facture.foyer_id, facture.regie, maintenant)


def solder(session: Session, facture_id: int, motif: str, auteur: Auteur, maintenant: datetime) -> Reglement:
    """The Treasury recovered it, or gave it up: nothing is left to pay. Undone as any entry is
    (services/reglements.annuler_reglement). Raises `RegleViolee` as above."""
    facture = _transmise(session, facture_id, motif)
    jour = maintenant.astimezone(PARIS).date()
    compte = ouvrir_compte(session, facture.foyer_id, facture.regie, jour, [facture.id])
    ecriture = Reglement(
        numero=numero_du_comptable(session, facture.regie, jour.year),
        foyer_id=facture.foyer_id,
        regie=facture.regie,
        moyen=COMPTABLE,
        montant_centimes=facture.reste_centimes,
        recu_le=jour,
        saisi_utc=maintenant,
        compte_id=auteur.compte_id,
        note=motif.strip(),
        reste_centimes=facture.reste_centimes,
    )
    session.add(ecriture)
    session.flush()
    emplois = compte.livre.employer(noter_reglement(compte, ecriture), [facture.id])
    ecrire_emplois(session, [(compte, emplois)], jour, maintenant)
    details = {"numero": facture.numero, "motif": motif.strip()}
    consigner(session, auteur, "facture_soldee", maintenant, foyer_id=facture.foyer_id, details=details)
    return ecriture


def _transmise(session: Session, facture_id: int, motif: str) -> Facture:
    """Locked, still unpaid."""
    (facture,) = factures_verrouillees(session, [facture_id])
    if facture.transmise_le is None:
        raise RegleViolee("pas_transmise", "Cette facture n’est pas chez le comptable public.")
    if facture.reste_centimes == 0:
        raise RegleViolee("facture_reglee", "Il ne reste rien à régler sur cette facture.")
    if not motif.strip():
        raise RegleViolee("motif", "Dites pourquoi.", "motif")
    return facture
