"""Attempts to pay by card: begun, given their PayFiP operation, ended by what PayFiP says (payfip.md).

Each function is one step in the caller's transaction; services/guichet_payfip puts them one after the other, with the
calls in between. Neither a notification nor a return says anything true: only what PayFiP answers moves a row, and the
ledger is written in the transaction that moves it. Nothing here ever trusts an amount that a browser carried.
"""

import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from portail_famille.config import ReglagesCommune
from portail_famille.domain import payfip
from portail_famille.domain.demarches import Cote
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.factures import EtatFacture, est_a_payer, etat_facture
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.moyens import ESSAI
from portail_famille.domain.payfip import Detail
from portail_famille.domain.recours import ACCUSE, RECOURS
from portail_famille.domain.regies import MODE_ESSAI, Regie
from portail_famille.domain.suites_payfip import Attendu, Silence, instant_retenu, suite
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services.comptes import Acteur
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.debits import PAIEMENTS, prochain_envoi
from portail_famille.services.dossiers import jour_de
from portail_famille.services.journal import SYSTEME, Auteur, consigner
from portail_famille.services.livres import verrouiller_foyer, verrouiller_foyers
from portail_famille.services.reglements import encaisser

MOYENS_PAR_RESULTAT = {"P": "carte", "V": "prelevement"}
_OUVERTS = ("creee", "en_attente")
_DOUBLE_TOUCHE = timedelta(seconds=30)
_JOUR = timedelta(days=1)


class PaiementEnCours(RegleViolee):
    """Another attempt on this invoice may still succeed."""

    def __init__(self, paiement: Paiement) -> None:
        super().__init__("paiement_en_cours", "Un paiement de cette facture est déjà en cours.")
        self.paiement = paiement


@dataclass(frozen=True, slots=True)
class Suivi:
    """An attempt, what it pays and, once it succeeded, its line of the ledger."""

    paiement: Paiement
    facture: Facture
    reglement: Reglement | None
    annulation: Reglement | None
    """What took it back: the debit bounced."""


def facture_du_foyer(session: Session, acteur: Acteur, facture_id: int) -> Facture | None:
    """An issued invoice of the foyer she acts for; None for any other, for a draft and for an avoir. One query."""
    return session.scalar(
        select(Facture).where(
            Facture.id == facture_id,
            Facture.foyer_id == acteur.foyer_id,
            Facture.genre == "facture",
            Facture.numero.is_not(None),
        )
    )


def empechement(facture: Facture, regie: Regie | None, aujourdhui: date) -> str:
    """Why it cannot be paid by card here, "" when it can. A debt is payable whatever else the portal refuses."""
    etat = etat_facture(
        facture.total_centimes, facture.reste_centimes, 0, aujourdhui, facture.prelevement_le, facture.transmise_le
    )
    if etat is EtatFacture.REGLEE:
        return "Il ne reste rien à régler sur cette facture."
    if etat is EtatFacture.TRANSMISE:
        return (
            "Cette facture a été transmise au comptable public\u00a0: elle ne se paie plus ici, mais au Trésor public."
        )
    if etat is EtatFacture.PRELEVEMENT:
        return "Un prélèvement est prévu pour cette facture\u00a0: vous n’avez rien à faire."
    assert est_a_payer(etat)
    if regie is None or not regie.est_payable_en_ligne:
        return "Cette régie n’accepte pas le paiement par carte sur ce portail."
    if facture.reste_centimes < payfip.MINIMUM_CENTIMES:
        return "Le paiement par carte n’est possible qu’à partir de 1\u00a0€\u00a0: réglez ce montant à la mairie."
    return ""


def tentative_en_cours(session: Session, facture_id: int, maintenant: datetime) -> Paiement | None:
    """The attempt that forbids another one now. One query."""
    bloquante = session.scalar(select(Paiement).where(Paiement.facture_id == facture_id, Paiement.est_bloquant))
    return bloquante if bloquante is not None and bloque_encore(bloquante, maintenant) else None


def bloque_encore(paiement: Paiement, maintenant: datetime) -> bool:
    """One dated by a clock since put right holds nobody back."""
    return paiement.est_bloquant and abs(maintenant - paiement.cree_utc) < payfip.DUREE_BLOCAGE


def vient_d_ouvrir(paiement: Paiement, maintenant: datetime) -> bool:
    """A double tap: the first one's answer was lost with it, the second one leads to the same operation."""
    return paiement.idop_utc is not None and abs(maintenant - paiement.idop_utc) < _DOUBLE_TOUCHE


def est_a_verifier(session: Session, facture_id: int) -> bool:
    """PayFiP said of an attempt something else than what was asked: she is warned before she pays again."""
    requete = exists().where(
        Paiement.facture_id == facture_id, Paiement.etat == "echec", Paiement.resultat.in_(payfip.PAYES)
    )
    return bool(session.scalar(select(requete)))


def preparer(
    session: Session,
    reglages: ReglagesCommune,
    acteur: Acteur,
    facture_id: int,
    courriel: str,
    montant_vu: int,
    maintenant: datetime,
) -> Paiement:
    """The row of a new attempt, before PayFiP knows of it. The amount is what is left to pay at this instant; when it
    is not what the page showed, she is asked again. Raises `RegleViolee`, `PaiementEnCours`.

    Two tabs, two parents: the foyer is locked, as for every act on money, and the unique index has the last word.
    """
    verrouiller_foyer(session, acteur.foyer_id)
    facture = facture_du_foyer(session, acteur, facture_id)
    if facture is None or facture.numero is None or facture.emise_le is None:
        raise RegleViolee("facture_inconnue", "Cette facture n’est plus dans ce foyer.")
    en_cours = tentative_en_cours(session, facture.id, maintenant)
    if en_cours is not None:
        raise _en_cours(session, en_cours)
    regie = reglages.regies.get(facture.regie)
    raison = empechement(facture, regie, jour_de(maintenant))
    if raison:
        raise RegleViolee("non_payable", raison)
    assert regie is not None
    if montant_vu != facture.reste_centimes:
        raise RegleViolee("montant_change", "Le reste à payer de cette facture vient de changer\u00a0: vérifiez-le.")
    if prochain_envoi(session, PAIEMENTS, acteur.compte_id, maintenant) is not None:
        raise RegleViolee(
            "trop_de_paiements",
            "Vous avez commencé beaucoup de paiements\u00a0: réessayez dans une heure.",
        )
    liberer(session, Paiement.facture_id == facture.id, maintenant)
    paiement = Paiement(
        facture_id=facture.id,
        compte_id=acteur.compte_id,
        regie=regie.code,
        numero_client=regie.numero_client,
        montant_centimes=facture.reste_centimes,
        refdet=_refdet_neuve(session, facture.id, facture.numero),
        exer=facture.emise_le.year,
        saisie=regie.saisie,
        courriel=courriel,
        objet=payfip.objet(f"{facture.libelle} {facture.numero}"),
        etat="creee",
        est_bloquant=True,
        cree_utc=maintenant,
    )
    try:
        with session.begin_nested():
            session.add(paiement)
    except IntegrityError:
        rivale = session.scalar(select(Paiement).where(Paiement.facture_id == facture.id, Paiement.est_bloquant))
        if rivale is None:
            raise
        raise _en_cours(session, rivale) from None
    consigner(
        session,
        Auteur(Cote.FAMILLE, acteur.compte_id),
        "paiement_commence",
        maintenant,
        foyer_id=facture.foyer_id,
        details={"numero": facture.numero},
    )
    return paiement


def _en_cours(session: Session, paiement: Paiement) -> PaiementEnCours:
    """What is read of it outlives the transaction, which goes back."""
    session.expunge(paiement)
    return PaiementEnCours(paiement)


def _refdet_neuve(session: Session, facture_id: int, numero: str) -> str:
    """Numbers of other software may read alike once their signs are dropped: the next free one."""
    essai = 1 + (session.scalar(select(func.count()).where(Paiement.facture_id == facture_id)) or 0)
    while session.scalar(select(Paiement.id).where(Paiement.refdet == payfip.refdet(numero, essai))) is not None:
        essai += 1
    return payfip.refdet(numero, essai)


def poser_idop(session: Session, paiement_id: int, idop: str, maintenant: datetime) -> bool:
    """PayFiP has opened an operation for it. False when the attempt was given up meanwhile: nobody is sent there."""
    return _changer(
        session,
        and_(Paiement.id == paiement_id, Paiement.etat == "creee"),
        etat="en_attente",
        idop=idop,
        idop_utc=maintenant,
        prochaine_utc=payfip.prochaine_interrogation(maintenant, maintenant),
    )


def renoncer(session: Session, paiement_id: int, raison: str, maintenant: datetime) -> bool:
    """PayFiP opened nothing: nothing can have been paid, the next attempt need not wait."""
    return _changer(
        session,
        and_(Paiement.id == paiement_id, Paiement.etat == "creee"),
        etat="echec",
        est_bloquant=False,
        anomalie=raison[:200],
        fini_utc=maintenant,
        prochaine_utc=None,
    )


def constater(
    session: Session,
    reglages: ReglagesCommune,
    paiement_id: int,
    reponse: Detail | Silence,
    maintenant: datetime,
) -> None:
    """Writes what PayFiP says: the state of the attempt, and in the same transaction the ledger and the receipt's mail.

    Twice, early, late or out of order, money that came is booked once: the row is read under the lock of its foyer,
    moved only from a state that is not « paye », and the ledger takes one line per attempt.
    """
    foyers = verrouiller_foyers(
        session,
        select(Facture.foyer_id).join(Paiement, Paiement.facture_id == Facture.id).where(Paiement.id == paiement_id),
    )
    if not foyers:
        return
    foyer_id = foyers.pop()
    paiement = session.get_one(Paiement, paiement_id, populate_existing=True)
    cree = paiement.idop_utc or paiement.cree_utc
    issue = suite(
        paiement.etat,
        Attendu(paiement.numero_client, paiement.refdet, paiement.montant_centimes, paiement.saisie),
        reponse,
        est_bloquant=paiement.est_bloquant,
        cree=cree,
        maintenant=maintenant,
    )
    est_nouveau = issue.etat != paiement.etat
    est_fini = issue.etat not in _OUVERTS
    detail = reponse if isinstance(reponse, Detail) else None
    if issue.anomalie and issue.anomalie != paiement.anomalie:
        _noter(session, "paiement_a_verifier", paiement, foyer_id, maintenant)
    _changer(
        session,
        and_(Paiement.id == paiement_id, Paiement.etat == paiement.etat),
        etat=issue.etat,
        est_bloquant=issue.est_bloquant,
        prochaine_utc=issue.prochaine,
        # Booked: what was odd before is in the journal.
        anomalie=issue.anomalie or ("" if issue.est_a_encaisser else paiement.anomalie),
        resultat=issue.resultat or paiement.resultat,
        fini_utc=(maintenant if est_nouveau else paiement.fini_utc) if est_fini else None,
        numauto=detail.numauto if detail and issue.est_a_encaisser else paiement.numauto,
        transaction_utc=instant_retenu(detail.instant, cree, maintenant)
        if detail and issue.est_a_encaisser
        else paiement.transaction_utc,
    )
    session.refresh(paiement)
    if issue.est_a_encaisser:
        _encaisser(session, reglages, paiement, foyer_id, maintenant)


def mettre_de_cote(session: Session, paiement_id: int, reponse: Detail | Silence, maintenant: datetime) -> None:
    """`constater` failed and wrote nothing. Where money came, an agent is told and the parent warned before she pays
    again; whatever came, PayFiP is asked again later: once the fault is mended, the answer is written."""
    paiement = session.get_one(Paiement, paiement_id)
    foyer_id = session.scalars(select(Facture.foyer_id).where(Facture.id == paiement.facture_id)).one()
    lettre = reponse.resultrans if isinstance(reponse, Detail) and reponse.resultrans in payfip.PAYES else ""
    anomalie = f"Le portail n’a pas pu enregistrer ce que PayFiP répond{f' ({lettre})' if lettre else ''}."
    if anomalie != paiement.anomalie:
        _noter(session, "paiement_a_verifier", paiement, foyer_id, maintenant)
    cree = paiement.idop_utc or paiement.cree_utc
    _changer(
        session,
        and_(Paiement.id == paiement_id, Paiement.etat != "paye"),
        anomalie=anomalie,
        prochaine_utc=payfip.prochaine_interrogation(cree, maintenant) or maintenant + _JOUR,
        **({"etat": "echec", "resultat": lettre, "fini_utc": maintenant} if lettre else {}),
    )


def _encaisser(
    session: Session, reglages: ReglagesCommune, paiement: Paiement, foyer_id: int, maintenant: datetime
) -> None:
    """The ledger's line, and its receipt by mail to the address given for PayFiP's own ticket."""
    aujourdhui = jour_de(maintenant)
    recu_le = min(jour_de(paiement.transaction_utc), aujourdhui) if paiement.transaction_utc else aujourdhui
    reglement = encaisser(
        session,
        foyer_id=foyer_id,
        regie=paiement.regie,
        moyen=ESSAI if paiement.saisie == MODE_ESSAI else MOYENS_PAR_RESULTAT[paiement.resultat],
        montant_centimes=paiement.montant_centimes,
        recu_le=recu_le,
        auteur=SYSTEME,
        maintenant=maintenant,
        factures=(paiement.facture_id,),
        reference=paiement.numauto,
        paiement_id=paiement.id,
    )
    facture = session.get_one(Facture, paiement.facture_id, populate_existing=True)
    regie = reglages.regies.get(paiement.regie)
    deposer_courriel(
        session,
        modele="paiement_recu",
        destinataire=paiement.courriel,
        maintenant=maintenant,
        reglages=reglages,
        recu=reglement.numero,
        montant=ecrire_centimes(reglement.montant_centimes),
        le=ecrire_date(reglement.recu_le),
        est_prelevement=reglement.moyen == "prelevement",
        est_essai=reglement.moyen == ESSAI,
        numauto=paiement.numauto,
        numero=facture.numero,
        regie=regie.nom if regie else "",
        reste=ecrire_centimes(facture.reste_centimes) if facture.reste_centimes else "",
        credit=ecrire_centimes(reglement.reste_centimes) if reglement.reste_centimes else "",
        facture_id=facture.id,
        accuse=ACCUSE,
        recours=RECOURS,
    )


def ne_bloque_plus(maintenant: datetime) -> ColumnElement[bool]:
    """Attempts that still forbid another one, and should not any more."""
    return and_(Paiement.est_bloquant, Paiement.cree_utc <= maintenant - payfip.DUREE_BLOCAGE)


def liberer(session: Session, condition: ColumnElement[bool], maintenant: datetime) -> None:
    """Lets the next attempt begin. One whose process died before PayFiP's operation was written ends here: nobody was
    sent to pay it. The others are asked about for as long as they may succeed."""
    sans_operation = and_(condition, Paiement.est_bloquant, Paiement.etat == "creee")
    for lesquels, valeurs in (
        (sans_operation, {"etat": "expire", "est_bloquant": False, "fini_utc": maintenant}),
        (and_(condition, Paiement.est_bloquant), {"est_bloquant": False}),
    ):
        session.execute(update(Paiement).where(lesquels).values(**valeurs).execution_options(synchronize_session=False))


def _noter(session: Session, action: str, paiement: Paiement, foyer_id: int, maintenant: datetime) -> None:
    consigner(
        session,
        SYSTEME,
        action,
        maintenant,
        foyer_id=foyer_id,
        details={"numero": paiement.refdet},
    )


def trouver_par_idop(session: Session, idop: str) -> int | None:
    """Ours, or nobody's: another town's operation is not even asked about."""
    if not payfip.est_idop(idop):
        return None
    return session.scalar(select(Paiement.id).where(Paiement.idop == idop))


def trouver(session: Session, paiement_id: int, acteur: Acteur | None, idop: str) -> Suivi | None:
    """For an adult of the foyer, or whoever comes back from PayFiP with the operation's name; None for anybody else.
    One query."""
    inverse = aliased(Reglement)
    ligne = session.execute(
        select(Paiement, Facture, Reglement, inverse)
        .join(Facture, Facture.id == Paiement.facture_id)
        .outerjoin(Reglement, Reglement.paiement_id == Paiement.id)
        .outerjoin(inverse, inverse.annule_de == Reglement.id)
        .where(Paiement.id == paiement_id)
    ).one_or_none()
    if ligne is None:
        return None
    paiement, facture, reglement, annulation = ligne
    if not est_du_foyer(acteur, facture) and not _est_cet_idop(paiement, idop):
        return None
    return Suivi(paiement, facture, reglement, annulation)


def est_du_foyer(acteur: Acteur | None, facture: Facture) -> bool:
    """Of any of her foyers: she may have begun it before choosing another one."""
    return acteur is not None and any(foyer.id == facture.foyer_id for foyer in acteur.foyers)


def _est_cet_idop(paiement: Paiement, idop: str) -> bool:
    return paiement.idop is not None and hmac.compare_digest(paiement.idop.encode(), idop.encode())


def _changer(session: Session, condition: ColumnElement[bool], **valeurs: object) -> bool:
    """Whether a row was as `condition` says, and is now as `valeurs` say."""
    touchee = session.scalar(
        update(Paiement)
        .where(condition)
        .values(**valeurs)
        .returning(Paiement.id)
        .execution_options(synchronize_session=False)
    )
    return touchee is not None
