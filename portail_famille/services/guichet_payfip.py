"""Talking to PayFiP about an attempt, step by step: what is decided is committed, then PayFiP is called with no
transaction open, then its answer is written (house.md §2.7). Killed between any two steps, nothing is lost:

- before the call, or during it: the attempt has no operation, nobody was sent to pay; it ends after 20 minutes;
- after it, before the operation's name is written: the same, and PayFiP forgets an operation that nobody opened;
- while a result is looked up: the appointment of the worker stands, and it asks again.

Requests go through gateways/disjoncteur: when PayFiP is slow, they are told so without waiting. Who comes to pay then
leaves nothing behind; a look-up that was not made is the worker's, seconds later.

An answer that cannot be written stops nobody else's: the attempt is put aside with a word for an agent, and asked about
again later.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from portail_famille.config import ReglagesCommune
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.payfip import Demande, Detail, code_payfip
from portail_famille.domain.suites_payfip import Silence
from portail_famille.gateways.disjoncteur import PayfipDuWeb, PayfipNonAppele, PayfipSature
from portail_famille.gateways.payfip import (
    Payfip,
    PayfipEnAttente,
    PayfipInconnu,
    PayfipIndisponible,
    PayfipRefus,
)
from portail_famille.models.paiements import Paiement
from portail_famille.services import paiements
from portail_famille.services.comptes import Acteur
from portail_famille.services.courriels import Sessions

journal = logging.getLogger("portail_famille.payfip")

ECART = timedelta(seconds=10)
"""The same operation is not asked about twice within this time, whoever asks: a flood of notifications stays here."""
BAIL = timedelta(minutes=2)
"""The worker's: past it, the one who was asking is dead, and another asks again."""
_INTERROGEABLE = and_(Paiement.idop.is_not(None), Paiement.etat != "paye")
"""A success may come late; what is paid, or was never opened, has nothing more to say."""


class Caisse(Protocol):
    """PayFiP, or its local counterpart (gateways/payfip)."""

    def creer(self, demande: Demande) -> str: ...
    def lire(self, idop: str) -> Detail: ...
    def adresse(self, idop: str) -> str: ...
    def empechement(self) -> PayfipIndisponible | None: ...


@dataclass(frozen=True, slots=True)
class Retours:
    """Where PayFiP notifies, and where it sends the browser back to, given the attempt."""

    notification: str
    retour: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class _Prise:
    """An attempt to ask about."""

    id: int
    idop: str


def caisse_de(reglages: ReglagesCommune) -> Caisse:
    """The worker's: it waits as long as it takes."""
    return Payfip(reglages.payfip.service, reglages.payfip.paiement)


def caisse_du_web(reglages: ReglagesCommune) -> Caisse:
    """A request's."""
    return PayfipDuWeb(reglages.payfip.service, reglages.payfip.paiement)


def ouvrir(
    bd: Sessions,
    reglages: ReglagesCommune,
    caisse: Caisse,
    acteur: Acteur,
    facture_id: int,
    courriel: str,
    montant_vu: int,
    retours: Retours,
    horloge: Callable[[], datetime],
) -> Paiement:
    """An attempt that the parent can go and pay. Raises `RegleViolee`, `PaiementEnCours`."""
    if (empechement := caisse.empechement()) is not None:
        raise _econduire(bd, acteur, facture_id, empechement, horloge())
    with bd.session_ecriture() as session:
        paiement = paiements.preparer(session, reglages, acteur, facture_id, courriel, montant_vu, horloge())
    demande = Demande(
        numcli=paiement.numero_client,
        exer=paiement.exer,
        refdet=paiement.refdet,
        objet=paiement.objet,
        mel=paiement.courriel,
        montant=paiement.montant_centimes,
        saisie=paiement.saisie,
        urlnotif=retours.notification,
        urlredirect=retours.retour(paiement.id),
    )
    try:
        idop = caisse.creer(demande)
    except (PayfipRefus, PayfipIndisponible) as echec:
        raise _renoncer(bd, paiement, echec, horloge()) from None
    with bd.session_ecriture() as session:
        if not paiements.poser_idop(session, paiement.id, idop, horloge()):
            raise RegleViolee("trop_tard", "PayFiP a trop tardé à répondre. Rien n’a été prélevé\u00a0: recommencez.")
    paiement.idop, paiement.etat = idop, "en_attente"
    return paiement


def _econduire(
    bd: Sessions, acteur: Acteur, facture_id: int, empechement: PayfipIndisponible, maintenant: datetime
) -> RegleViolee:
    """Before anything is written: a crowd is answered without a row, nor the database's writer, each. A second tap is
    told of the first all the same."""
    with bd.session_lecture() as session:
        facture = paiements.facture_du_foyer(session, acteur, facture_id)
        en_cours = paiements.tentative_en_cours(session, facture.id, maintenant) if facture is not None else None
    if en_cours is not None:
        return paiements.PaiementEnCours(en_cours)
    journal.warning("invoice %d: PayFiP is not called (%s)", facture_id, type(empechement).__name__)
    return _indisponible(empechement)


def _indisponible(echec: PayfipIndisponible) -> RegleViolee:
    quoi, quand = "PayFiP ne répond pas en ce moment", "dans quelques minutes"
    if isinstance(echec, PayfipSature):
        quoi, quand = "Le service de paiement est très demandé", "dans une minute"
    return RegleViolee("payfip_indisponible", f"{quoi}. Rien n’a été prélevé\u00a0: réessayez {quand}.")


def _renoncer(
    bd: Sessions, paiement: Paiement, echec: PayfipRefus | PayfipIndisponible, maintenant: datetime
) -> RegleViolee:
    if isinstance(echec, PayfipRefus):
        journal.error("attempt %d refused by PayFiP (%s)", paiement.id, echec.code)
        raison = f"{echec.code} {code_payfip(echec.code).agent}"
        refus = RegleViolee("payfip_refuse", code_payfip(echec.code).parent)
    else:
        journal.warning("attempt %d: PayFiP is away (%s)", paiement.id, type(echec).__name__)
        raison, refus = "PayFiP indisponible", _indisponible(echec)
    with bd.session_ecriture() as session:
        paiements.renoncer(session, paiement.id, raison, maintenant)
    return refus


class Demandee(Enum):
    """What became of a question to PayFiP."""

    REPONDUE = auto()
    """It answered: the attempt is as it says."""
    TROP_TOT = auto()
    """Asked seconds ago, or nothing is left to ask."""
    INDISPONIBLE = auto()
    ECHOUEE = auto()
    """It answered, and that says nothing or could not be written: it is asked again later."""


def interroger(
    bd: Sessions, reglages: ReglagesCommune, caisse: Caisse, paiement_id: int, horloge: Callable[[], datetime]
) -> Demandee:
    """For a page or a notification: asks PayFiP now, unless it was asked seconds ago or is not to be called; the worker
    then asks soon."""
    maintenant = horloge()
    with bd.session_lecture() as session:
        lu = session.execute(
            select(Paiement.interroge_utc, Paiement.prochaine_utc).where(Paiement.id == paiement_id, _INTERROGEABLE)
        ).one_or_none()
    if lu is None:
        return Demandee.TROP_TOT
    est_recente = _est_recente(lu.interroge_utc, maintenant)
    if est_recente or caisse.empechement() is not None:
        if lu.prochaine_utc is None or lu.prochaine_utc > maintenant + ECART:
            _rapprocher(bd, paiement_id, maintenant)
        return Demandee.TROP_TOT if est_recente else Demandee.INDISPONIBLE
    prise = _reclamer(bd, maintenant, Paiement.id == paiement_id)
    return _demander(bd, reglages, caisse, prise, horloge) if prise else Demandee.TROP_TOT


def _rapprocher(bd: Sessions, paiement_id: int, maintenant: datetime) -> None:
    """The worker asks soon: somebody just wanted to know, who did not ask."""
    with bd.session_ecriture() as session:
        session.execute(
            update(Paiement).where(Paiement.id == paiement_id, _INTERROGEABLE).values(prochaine_utc=maintenant + ECART)
        )


def interroger_dus(
    bd: Sessions,
    reglages: ReglagesCommune,
    caisse: Caisse,
    horloge: Callable[[], datetime],
    continuer: Callable[[], bool],
) -> int:
    """The worker's round: attempts whose appointment has come, one by one, and those that end by themselves. How many
    were asked about. Raises `PayfipIndisponible` when PayFiP is away: the others would wait for nothing too."""
    maintenant = horloge()
    with bd.session_lecture() as session:
        sont_dus = session.scalar(select(exists().where(_est_du(maintenant))))
        sont_vieux = session.scalar(select(exists().where(paiements.ne_bloque_plus(maintenant))))
    if sont_vieux:
        with bd.session_ecriture() as session:
            paiements.liberer(session, paiements.ne_bloque_plus(maintenant), maintenant)
    demandees = 0
    while sont_dus and continuer():
        prise = _reclamer(bd, horloge(), _est_du(horloge()))
        if prise is None:
            break
        if _demander(bd, reglages, caisse, prise, horloge) is Demandee.INDISPONIBLE:
            raise PayfipIndisponible("PayFiP")
        demandees += 1
    return demandees


def _est_du(maintenant: datetime) -> ColumnElement[bool]:
    return and_(_INTERROGEABLE, Paiement.prochaine_utc <= maintenant)


def _est_recente(interroge_utc: datetime | None, maintenant: datetime) -> bool:
    """A question dated by a clock since put right keeps nobody from asking."""
    return interroge_utc is not None and abs(maintenant - interroge_utc) < ECART


def _reclamer(bd: Sessions, maintenant: datetime, condition: ColumnElement[bool]) -> _Prise | None:
    """One attempt to ask about, marked in the statement that chooses it: two who come together never both get it. Its
    appointment is put off by a lease: who dies before the answer is followed by somebody else."""
    recente = and_(Paiement.interroge_utc > maintenant - ECART, Paiement.interroge_utc < maintenant + ECART)
    choisie = (
        select(Paiement.id)
        .where(condition, _INTERROGEABLE, or_(Paiement.interroge_utc.is_(None), not_(recente)))
        .order_by(Paiement.prochaine_utc)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    with bd.session_ecriture() as session:
        ligne = session.execute(
            update(Paiement)
            .where(Paiement.id == choisie)
            .values(
                interroge_utc=maintenant,
                interrogations=Paiement.interrogations + 1,
                prochaine_utc=maintenant + BAIL,
            )
            .returning(Paiement.id, Paiement.idop)
            .execution_options(synchronize_session=False)
        ).one_or_none()
    return _Prise(ligne.id, str(ligne.idop)) if ligne is not None else None


def _demander(
    bd: Sessions, reglages: ReglagesCommune, caisse: Caisse, prise: _Prise, horloge: Callable[[], datetime]
) -> Demandee:
    reponse: Detail | Silence
    refusee = False
    try:
        reponse = caisse.lire(prise.idop)
    except PayfipEnAttente:
        reponse = Silence.EN_ATTENTE
    except PayfipInconnu:
        reponse = Silence.INCONNU
    except PayfipNonAppele as non_appele:
        journal.warning("attempt %d: not asked (%s)", prise.id, type(non_appele).__name__)
        with suppress(OperationalError):
            # Else the claim's appointment stands.
            _rapprocher(bd, prise.id, horloge())
        return Demandee.INDISPONIBLE
    except (PayfipIndisponible, PayfipRefus) as muette:
        journal.warning("attempt %d: no result (%s)", prise.id, type(muette).__name__)
        reponse, refusee = Silence.INDISPONIBLE, isinstance(muette, PayfipRefus)
    try:
        with bd.session_ecriture() as session:
            paiements.constater(session, reglages, prise.id, reponse, horloge())
    except OperationalError as panne:
        # Busy, away, a deadlock: the claim's appointment stands.
        journal.warning("attempt %d: the database is away (%s)", prise.id, type(panne).__name__)
        return Demandee.ECHOUEE
    except Exception as faute:
        # Whatever it is, it must not hold back the other attempts. Its text may quote what is private.
        journal.error("attempt %d: the answer cannot be written (%s)", prise.id, type(faute).__name__)
        _mettre_de_cote(bd, prise, reponse, horloge())
        return Demandee.ECHOUEE
    if reponse is not Silence.INDISPONIBLE:
        return Demandee.REPONDUE
    # A refusal is of this question: PayFiP is there for the others.
    return Demandee.ECHOUEE if refusee else Demandee.INDISPONIBLE


def _mettre_de_cote(bd: Sessions, prise: _Prise, reponse: Detail | Silence, maintenant: datetime) -> None:
    try:
        with bd.session_ecriture() as session:
            paiements.mettre_de_cote(session, prise.id, reponse, maintenant)
    except SQLAlchemyError as panne:
        journal.error("attempt %d: cannot be put aside (%s)", prise.id, type(panne).__name__)
