"""« Un règlement est annulé »: a payment that bounced, or was never this family's, is told in the act that takes it
back. A debit's own mail promised it (« la mairie vous le dirait »); silence would be found with a reminder."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.moyens import COMPTABLE, MOYENS, REMBOURSEMENT, SANS_RECU
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Affectation, Reglement
from portail_famille.services.courriels import Commune, deposer_courriel
from portail_famille.services.destinataires import adultes_a_prevenir
from portail_famille.services.journal import Auteur
from portail_famille.services.reglements import annuler_reglement


def annuler_et_prevenir(
    session: Session, reglages: Commune, reglement_id: int, motif: str, auteur: Auteur, maintenant: datetime
) -> Reglement:
    """`annuler_reglement`, and its mail to the adults of the foyer: once, whoever asks twice."""
    deja = session.scalar(select(Reglement.id).where(Reglement.annule_de == reglement_id))
    inverse = annuler_reglement(session, reglement_id, motif, auteur, maintenant)
    if inverse.id != deja and inverse.saisi_utc == maintenant:
        _prevenir(session, reglages, session.get_one(Reglement, reglement_id), inverse, maintenant)
    return inverse


def _prevenir(
    session: Session, reglages: Commune, origine: Reglement, inverse: Reglement, maintenant: datetime
) -> None:
    if origine.moyen == COMPTABLE:
        # Never the family's money: the Treasury's own letters tell of it.
        return
    a_un_recu = origine.moyen not in SANS_RECU
    moyen = MOYENS[origine.moyen] if a_un_recu else origine.note or MOYENS[origine.moyen]
    payees = select(Affectation.facture_id).where(Affectation.reglement_id == origine.id)
    dues = session.scalars(
        select(Facture).where(Facture.id.in_(payees), Facture.reste_centimes > 0).order_by(Facture.echeance, Facture.id)
    ).all()
    for adulte in adultes_a_prevenir(session, [origine.foyer_id]):
        deposer_courriel(
            session,
            modele="reglement_annule",
            destinataire=adulte.courriel,
            maintenant=maintenant,
            reglages=reglages,
            prenom=adulte.prenom,
            moyen=moyen if moyen.isupper() else moyen.lower(),
            est_remboursement=origine.moyen == REMBOURSEMENT,
            recu=origine.numero if a_un_recu else "",
            montant=ecrire_centimes(abs(origine.montant_centimes)),
            le=ecrire_date(origine.recu_le),
            motif=inverse.note,
            factures=[
                {
                    "id": facture.id,
                    "numero": facture.numero,
                    "reste": ecrire_centimes(facture.reste_centimes),
                    "avant": ecrire_date(facture.echeance) if facture.echeance else "",
                }
                for facture in dues
            ],
        )
