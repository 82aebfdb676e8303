"""Payments: written, reversed, given back, used. One transaction each, the foyer locked (services/livres)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.factures import attend_prelevement
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.moyens import AILLEURS, COMPTABLE, DE_REGIE, ESSAI, REMBOURSEMENT
from portail_famille.domain.soldes import Source
from portail_famille.models.factures import Facture
from portail_famille.models.paiements import Paiement, Reglement
from portail_famille.services.compteurs import numero_d_essai, numero_de_recu, numero_du_comptable, numeros_d_ailleurs
from portail_famille.services.journal import Auteur, consigner
from portail_famille.services.livres import (
    ecrire_emplois,
    emplois_ailleurs,
    emplois_de,
    noter_reglement,
    ouvrir_compte,
    verrouiller_foyer,
    verrouiller_foyers,
)

MAXIMUM_CENTIMES = 10_000_000
"""A slip of the keyboard, past that."""
PREMIER_JOUR = date(2000, 1, 1)
ANNONCE_AU_PLUS = timedelta(days=92)
"""An invoice whose debit is announced is nobody's to pay: a slip in the year must not put it off for ever."""
DEJA_SERVI = "deja_servi"


def encaisser(
    session: Session,
    *,
    foyer_id: int,
    regie: str,
    moyen: str,
    montant_centimes: int,
    recu_le: date,
    auteur: Auteur,
    maintenant: datetime,
    factures: Sequence[int] = (),
    reference: str = "",
    note: str = "",
    cesu_employeur_centimes: int = 0,
    paiement_id: int | None = None,
    cle_envoi: str | None = None,
) -> Reglement:
    """Pays these invoices in order, then the oldest of that régie; the rest is the family's credit. Written once per
    `paiement_id` and per `cle_envoi`: a second call returns the first row. Raises `RegleViolee`: moyen, montant, date,
    cesu, facture_inconnue; deja_servi when the first one said something else."""
    foyer_id = verrouiller_foyer(session, foyer_id)
    dit = {
        "foyer_id": foyer_id,
        "regie": regie,
        "moyen": moyen,
        "montant_centimes": montant_centimes,
        "recu_le": recu_le,
        "reference": reference,
        "note": note,
        "cesu_employeur_centimes": cesu_employeur_centimes,
    }
    deja = _deja_ecrit(session, paiement_id, cle_envoi, dit, factures)
    if deja is not None:
        return deja
    if moyen not in DE_REGIE and not (moyen == ESSAI and paiement_id is not None):
        raise RegleViolee("moyen", "Choisissez un moyen de paiement.", "moyen")
    _verifier_montant(montant_centimes)
    _verifier_jour(recu_le, maintenant)
    if not 0 <= cesu_employeur_centimes <= (montant_centimes if moyen == "cesu" else 0):
        raise RegleViolee(
            "cesu",
            "La part de l’employeur est une partie d’un règlement en CESU\u00a0: elle ne peut pas le dépasser.",
            "cesu_employeur",
        )
    compte = ouvrir_compte(session, foyer_id, regie, _jour(maintenant), factures)
    if not set(factures) <= compte.livre.creances.keys():
        raise RegleViolee("facture_inconnue", "Cette facture n’est pas de ce dossier.", "factures")
    reglement = Reglement(
        **dit,
        numero=_numero(session, regie, moyen, maintenant),
        saisi_utc=maintenant,
        compte_id=auteur.compte_id,
        paiement_id=paiement_id,
        cle_envoi=cle_envoi,
        reste_centimes=montant_centimes,
    )
    session.add(reglement)
    session.flush()
    emplois = compte.livre.employer(noter_reglement(compte, reglement), factures)
    emplois += compte.livre.utiliser_credits()
    ecrire_emplois(session, [(compte, emplois)], recu_le, maintenant)
    consigner(session, auteur, "reglement_ecrit", maintenant, foyer_id=foyer_id, details={"numero": reglement.numero})
    return reglement


def annuler_reglement(
    session: Session, reglement_id: int, motif: str, auteur: Auteur, maintenant: datetime
) -> Reglement:
    """The opposite entry: what it paid is owed again, what it gave back is a credit again. Returns that entry, the same
    one when it is there already. Raises `RegleViolee`: reglement_inconnu, motif, carte, rembourse, compte_separe;
    deja_servi when it was reversed for another reason."""
    origine, deja = _origine(session, reglement_id)
    if deja is not None:
        if deja.note == motif.strip():
            return deja
        raise RegleViolee(
            DEJA_SERVI, f"Ce règlement est déjà annulé, pour une autre raison\u00a0: «\u00a0{deja.note}\u00a0»."
        )
    if not motif.strip():
        raise RegleViolee("motif", "Dites pourquoi ce règlement est annulé.", "motif")
    # A direct debit that PayFiP had ordered may bounce days later (payfip.md, V); a card's payment does not.
    if origine.paiement_id is not None and origine.moyen == "carte":
        raise RegleViolee("carte", "Un paiement en ligne ne s’annule pas\u00a0: il se rembourse.")
    emplois = emplois_de(session, origine.id)
    if origine.moyen != REMBOURSEMENT and any(emploi.remboursement_id for emploi in emplois):
        raise RegleViolee("rembourse", "Ce règlement a été remboursé\u00a0: annulez d’abord le remboursement.")
    # An invoice that this money had freed of its avoir takes it back: cancelled, it must not be owed again.
    emplois += emplois_ailleurs(session, [emploi.facture_id for emploi in emplois if emploi.facture_id is not None])
    payees = [emploi.facture_id for emploi in emplois if emploi.facture_id is not None]
    avoirs = [emploi.source_id for emploi in emplois if emploi.source is Source.AVOIR]
    entrees = [emploi.source_id for emploi in emplois if emploi.source is Source.REGLEMENT]
    aujourdhui = _jour(maintenant)
    if origine.moyen in ("prelevement", AILLEURS):
        _retirer_les_echus(session, payees, aujourdhui, auteur, maintenant)
    compte = ouvrir_compte(
        session, origine.foyer_id, origine.regie, aujourdhui, [*payees, *avoirs], [origine.id, *entrees]
    )
    repris = compte.livre.reprendre(emplois)
    if origine.moyen != REMBOURSEMENT:
        # It never came in: nothing of it is left to use.
        compte.livre.credits[Source.REGLEMENT, origine.id].reste_centimes = 0
    inverse = Reglement(
        numero=_numero(session, origine.regie, origine.moyen, maintenant),
        foyer_id=origine.foyer_id,
        regie=origine.regie,
        moyen=origine.moyen,
        montant_centimes=-origine.montant_centimes,
        recu_le=aujourdhui,
        saisi_utc=maintenant,
        compte_id=auteur.compte_id,
        note=motif.strip(),
        annule_de=origine.id,
        reste_centimes=0,
    )
    session.add(inverse)
    repris += compte.livre.utiliser_credits()
    ecrire_emplois(session, [(compte, repris)], inverse.recu_le, maintenant)
    details = {"numero": origine.numero, "motif": motif.strip()}
    consigner(session, auteur, "reglement_annule", maintenant, foyer_id=origine.foyer_id, details=details)
    return inverse


def rembourser(
    session: Session,
    *,
    foyer_id: int,
    regie: str,
    montant_centimes: int,
    rendu_le: date,
    auteur: Auteur,
    maintenant: datetime,
    reference: str = "",
    note: str = "",
    cle_envoi: str | None = None,
) -> Reglement:
    """Gives back what of the credit is left, the oldest first. Raises `RegleViolee`: montant, date, credit,
    deja_servi."""
    foyer_id = verrouiller_foyer(session, foyer_id)
    dit = {
        "foyer_id": foyer_id,
        "regie": regie,
        "moyen": REMBOURSEMENT,
        "montant_centimes": -montant_centimes,
        "recu_le": rendu_le,
        "reference": reference,
        "note": note,
    }
    deja = _deja_ecrit(session, None, cle_envoi, dit)
    if deja is not None:
        return deja
    _verifier_montant(montant_centimes)
    _verifier_jour(rendu_le, maintenant)
    compte = ouvrir_compte(session, foyer_id, regie, _jour(maintenant))
    # No money moved in a trial: it is taken back, never paid out.
    for essai in [r for r in compte.reglements.values() if r.moyen == ESSAI]:
        del compte.livre.credits[Source.REGLEMENT, essai.id]
    if montant_centimes > compte.livre.credit_centimes:
        raise RegleViolee("credit", "C’est plus que ce que la famille a d’avance.", "montant")
    remboursement = Reglement(
        **dit,
        numero=_numero(session, regie, REMBOURSEMENT, maintenant),
        saisi_utc=maintenant,
        compte_id=auteur.compte_id,
        cle_envoi=cle_envoi,
        reste_centimes=0,
    )
    session.add(remboursement)
    session.flush()
    emplois = compte.livre.rendre(remboursement.id, montant_centimes)
    ecrire_emplois(session, [(compte, emplois)], rendu_le, maintenant)
    consigner(
        session, auteur, "credit_rembourse", maintenant, foyer_id=foyer_id, details={"numero": remboursement.numero}
    )
    return remboursement


def utiliser_credits(session: Session, foyer_id: int, regie: str, maintenant: datetime) -> int:
    """Lets what the family has in advance pay its oldest invoices. Returns the centimes used. Acts on money do it by
    themselves; this is for what opens an invoice to it: a debit called off, two foyers made one."""
    foyer_id = verrouiller_foyer(session, foyer_id)
    aujourdhui = _jour(maintenant)
    compte = ouvrir_compte(session, foyer_id, regie, aujourdhui)
    emplois = compte.livre.utiliser_credits()
    ecrire_emplois(session, [(compte, emplois)], aujourdhui, maintenant)
    return sum(emploi.centimes for emploi in emplois)


def transmettre(session: Session, factures: Collection[int], auteur: Auteur, maintenant: datetime) -> int:
    """Hands late unpaid invoices over to the Treasury. Returns how many: one that was already stays as it is. Raises
    `RegleViolee`: facture_inconnue, facture_reglee, pas_en_retard, prelevement_prevu, paiement_en_cours."""
    lues = factures_verrouillees(session, factures)
    aujourdhui = _jour(maintenant)
    nouvelles = [facture for facture in lues if facture.transmise_le is None]
    attendues = en_paiement(session, factures)
    for facture in nouvelles:
        if facture.reste_centimes == 0:
            raise RegleViolee("facture_reglee", f"La facture {facture.numero} est réglée.")
        if facture.echeance is None or facture.echeance >= aujourdhui:
            raise RegleViolee("pas_en_retard", f"La facture {facture.numero} n’est pas en retard.")
        if attend_prelevement(facture.prelevement_le, aujourdhui):
            # The bank and the Treasury would both collect it.
            raise RegleViolee(
                "prelevement_prevu",
                f"Un prélèvement est prévu pour la facture {facture.numero}\u00a0: retirez-le d’abord.",
            )
        _refuser_si_en_paiement(facture, attendues)
    for facture in nouvelles:
        facture.transmise_le = aujourdhui
        details = {"numero": facture.numero}
        consigner(session, auteur, "facture_transmise", maintenant, foyer_id=facture.foyer_id, details=details)
    return len(nouvelles)


def annoncer_prelevement(
    session: Session, factures: Collection[int], le: date | None, auteur: Auteur, maintenant: datetime
) -> None:
    """Says on which day these invoices are debited; None: the debit is called off, or came back unpaid. Raises
    `RegleViolee`: facture_inconnue, facture_reglee, facture_transmise, paiement_en_cours, date."""
    lues = factures_verrouillees(session, factures)
    aujourdhui = _jour(maintenant)
    if le is not None and le < aujourdhui:
        raise RegleViolee("date", "Un prélèvement s’annonce avant son jour.", "le")
    if le is not None and le > aujourdhui + ANNONCE_AU_PLUS:
        raise RegleViolee("date", "Un prélèvement s’annonce au plus trois mois avant son jour.", "le")
    attendues = en_paiement(session, factures) if le is not None else set[int]()
    for facture in lues:
        if le is not None and facture.reste_centimes == 0:
            raise RegleViolee("facture_reglee", f"La facture {facture.numero} est réglée.")
        if le is not None and facture.transmise_le is not None:
            raise RegleViolee("facture_transmise", f"La facture {facture.numero} est chez le comptable public.")
        _refuser_si_en_paiement(facture, attendues)
        if facture.prelevement_le != le:
            _noter_prelevement(session, facture, le, auteur, maintenant)
    session.flush()
    if le is None:
        for foyer_id, regie in sorted({(facture.foyer_id, facture.regie) for facture in lues}):
            utiliser_credits(session, foyer_id, regie, maintenant)


def _retirer_les_echus(
    session: Session, factures: Collection[int], aujourdhui: date, auteur: Auteur, maintenant: datetime
) -> None:
    """A debit whose day has come is announced no more once the bank took its money back: the family has to pay."""
    requete = select(Facture).where(Facture.id.in_(factures), Facture.prelevement_le <= aujourdhui)
    for facture in session.scalars(requete.order_by(Facture.id)):
        _noter_prelevement(session, facture, None, auteur, maintenant)
    session.flush()


def _noter_prelevement(
    session: Session, facture: Facture, le: date | None, auteur: Auteur, maintenant: datetime
) -> None:
    facture.prelevement_le = le
    action = "prelevement_retire" if le is None else "prelevement_annonce"
    details = {"numero": facture.numero}
    consigner(session, auteur, action, maintenant, foyer_id=facture.foyer_id, details=details)


def en_paiement(session: Session, factures: Collection[int]) -> set[int]:
    """Those among them that a payment under way may still pay: nobody else collects them meanwhile. One query."""
    requete = select(Paiement.facture_id).where(Paiement.facture_id.in_(factures), Paiement.est_bloquant)
    return set(session.scalars(requete))


def _refuser_si_en_paiement(facture: Facture, en_cours: Collection[int]) -> None:
    if facture.id in en_cours:
        raise RegleViolee(
            "paiement_en_cours",
            f"Un paiement en ligne de la facture {facture.numero} est en cours\u00a0: attendez.",
        )


def _jour(maintenant: datetime) -> date:
    return maintenant.astimezone(PARIS).date()


def factures_verrouillees(session: Session, ids: Collection[int]) -> list[Facture]:
    """Locked by their foyers, as they are now."""
    siens = select(Facture.foyer_id).where(Facture.id.in_(ids))
    verrouiller_foyers(session, siens)
    requete = select(Facture).where(Facture.id.in_(ids), Facture.emise_utc.is_not(None), Facture.genre == "facture")
    lues = list(session.scalars(requete.order_by(Facture.id).execution_options(populate_existing=True)))
    if len(lues) != len(set(ids)):
        raise RegleViolee("facture_inconnue", "Une de ces factures n’existe plus.")
    return lues


def _origine(session: Session, reglement_id: int) -> tuple[Reglement, Reglement | None]:
    """The entry, its foyer locked, and the one that reverses it already."""
    verrouiller_foyers(session, select(Reglement.foyer_id).where(Reglement.id == reglement_id))
    lue = session.get(Reglement, reglement_id, populate_existing=True)
    if lue is None or lue.annule_de is not None:
        raise RegleViolee("reglement_inconnu", "Ce règlement n’existe pas, ou c’est déjà une annulation.")
    return lue, session.scalar(select(Reglement).where(Reglement.annule_de == reglement_id))


def _deja_ecrit(
    session: Session,
    paiement_id: int | None,
    cle_envoi: str | None,
    dit: Mapping[str, Any],
    factures: Collection[int] = (),
) -> Reglement | None:
    """Of this attempt, or of this very form. A form that an agent went back to and changed says something else than
    what it wrote (`dit`, or other invoices than those it paid), or that was taken back since: answering with the first
    row would tell her that it is there."""
    if paiement_id is not None:
        return session.scalar(select(Reglement).where(Reglement.paiement_id == paiement_id))
    deja = session.scalar(select(Reglement).where(Reglement.cle_envoi == cle_envoi)) if cle_envoi is not None else None
    if deja is None:
        return None
    est_autre = any(getattr(deja, nom) != valeur for nom, valeur in dit.items())
    if factures and not any(emploi.facture_id in factures for emploi in emplois_de(session, deja.id)):
        est_autre = True
    if est_autre or session.scalar(select(Reglement.id).where(Reglement.annule_de == deja.id)) is not None:
        raise RegleViolee(
            DEJA_SERVI,
            f"Rien de nouveau n’est écrit\u00a0: ce formulaire a déjà servi pour {deja.numero}, de "
            f"{ecrire_centimes(abs(deja.montant_centimes))}. S’il s’agit d’autre chose, envoyez-le encore.",
        )
    return deja


def _verifier_montant(centimes: int) -> None:
    if not 0 < centimes <= MAXIMUM_CENTIMES:
        raise RegleViolee("montant", "Le montant va de 0,01\u00a0€ à 100\u202f000\u00a0€.", "montant")


def _verifier_jour(jour: date, maintenant: datetime) -> None:
    if not PREMIER_JOUR <= jour <= _jour(maintenant):
        raise RegleViolee("date", "Cette date est dans le futur, ou avant l’an 2000.", "date")


def _numero(session: Session, regie: str, moyen: str, maintenant: datetime) -> str:
    annee = maintenant.astimezone(PARIS).year
    if moyen == AILLEURS:
        (numero,) = numeros_d_ailleurs(session, regie, annee)
        return numero
    series = {COMPTABLE: numero_du_comptable, ESSAI: numero_d_essai}
    return series.get(moyen, numero_de_recu)(session, regie, annee)
