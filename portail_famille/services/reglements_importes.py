"""What another software collected of the invoices that it sends in: lines of the ledger, written with them.

They pay their invoice like any payment and the rest is the family's credit. The money is in the books over there: no
receipt here, nothing in this régie's journal (domain/moyens.AILLEURS).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.fichier_factures import FactureDuFichier, ReglementDit
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.moyens import AILLEURS, MOYENS
from portail_famille.domain.soldes import Emploi
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Reglement
from portail_famille.services.compteurs import numeros_d_ailleurs
from portail_famille.services.journal import SYSTEME, consigner
from portail_famille.services.livres import ecrire_emplois, noter_reglement, ouvrir_comptes
from portail_famille.services.reperes_factures import Cle, par_lots


@dataclass(slots=True)
class Encaissement:
    """What is new in what was collected of an invoice. `trop_centimes`: what its invoice did not need."""

    facture: FactureDuFichier
    centimes: int
    trop_centimes: int = 0


def lire_dits(session: Session, factures: Sequence[FactureDuFichier]) -> dict[Cle, list[ReglementDit]]:
    """What former files told of these invoices. A query for five hundred of them, none when this file tells nothing."""
    inverse = aliased(Reglement)
    est_annule = exists().where(inverse.annule_de == Reglement.id)
    dits: dict[Cle, list[ReglementDit]] = defaultdict(list)
    par_regie: dict[str, set[str]] = defaultdict(set)
    for facture in factures:
        if facture.regle_centimes is not None:
            par_regie[facture.regie].add(facture.numero)
    for regie, numeros in par_regie.items():
        requete = select(
            Reglement.reference, Reglement.recu_le, Reglement.montant_centimes, est_annule.label("est_annule")
        ).where(Reglement.regie == regie, Reglement.moyen == AILLEURS, Reglement.annule_de.is_(None))
        for numero, le, centimes, annule in par_lots(session, requete, Reglement.reference, numeros):
            dits[regie, numero].append(ReglementDit(le, centimes, bool(annule)))
    return dits


def ecrire_encaissements(
    session: Session, encaissements: Sequence[tuple[int, Encaissement]], maintenant: datetime
) -> None:
    """Each with the id of its invoice. Their foyers are locked; their `trop_centimes` becomes what it is."""
    par_regie: dict[str, list[tuple[int, Encaissement]]] = defaultdict(list)
    for facture_id, encaissement in encaissements:
        par_regie[encaissement.facture.regie].append((facture_id, encaissement))
    for regie, siens in sorted(par_regie.items()):
        _ecrire(session, regie, siens, maintenant)


def _ecrire(session: Session, regie: str, siens: Sequence[tuple[int, Encaissement]], maintenant: datetime) -> None:
    aujourdhui = maintenant.astimezone(PARIS).date()
    # As they are now: two foyers may have become one since the file was compared.
    foyers = dict(par_lots(session, select(Facture.id, Facture.foyer_id), Facture.id, [id_ for id_, _ in siens]))
    numeros = numeros_d_ailleurs(session, regie, aujourdhui.year, len(siens))
    reglements = [
        _reglement(encaissement, numero, foyers[facture_id], maintenant)
        for numero, (facture_id, encaissement) in zip(numeros, siens, strict=True)
    ]
    session.add_all(reglements)
    session.flush()
    comptes = ouvrir_comptes(session, sorted(set(foyers.values())), regie, aujourdhui)
    mouvements: dict[date, dict[int, list[Emploi]]] = defaultdict(lambda: defaultdict(list))
    for reglement, (facture_id, encaissement) in zip(reglements, siens, strict=True):
        compte = comptes[reglement.foyer_id]
        credit = noter_reglement(compte, reglement)
        ouverte = [facture_id] if facture_id in compte.livre.creances else []
        mouvements[reglement.recu_le][compte.foyer_id] += compte.livre.employer(credit, ouverte)
        encaissement.trop_centimes = credit.reste_centimes
        details = {"numero": reglement.numero}
        consigner(session, SYSTEME, "reglement_importe", maintenant, foyer_id=reglement.foyer_id, details=details)
    for le, faits in mouvements.items():
        ecrire_emplois(session, [(comptes[foyer_id], emplois) for foyer_id, emplois in faits.items()], le, maintenant)


def _reglement(encaissement: Encaissement, numero: str, foyer_id: int, maintenant: datetime) -> Reglement:
    facture, centimes = encaissement.facture, encaissement.centimes
    return Reglement(
        numero=numero,
        foyer_id=foyer_id,
        regie=facture.regie,
        moyen=AILLEURS,
        montant_centimes=centimes,
        recu_le=facture.regle_le,
        saisi_utc=maintenant,
        reference=facture.numero,
        note=MOYENS.get(facture.regle_moyen, ""),
        # What of a CESU the employer paid is not in the file: an attestation fiscale must not count too much.
        cesu_employeur_centimes=centimes if facture.regle_moyen == "cesu" else 0,
        reste_centimes=centimes,
    )
