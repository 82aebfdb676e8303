"""What becomes of an attempt to pay after PayFiP answered: one table, without clock, network or database.

Three rules carry it (`design/payfip.md`): money that PayFiP has received for us is always booked, however late; what
is not exactly what was asked is never booked, an agent looks; while a payment may still succeed, no other is begun.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portail_famille.domain.montants import ecrire_centimes
from portail_famille.domain.payfip import (
    ANNULE,
    DUREE_ANNULATION,
    DUREE_BLOCAGE,
    DUREE_SUIVI,
    PAYES,
    Detail,
    prochaine_interrogation,
)

_HEURE, _JOUR = timedelta(hours=1), timedelta(days=1)
_OUVERTS = ("creee", "en_attente")
"""Not known to have ended."""


class Silence(StrEnum):
    """PayFiP gave no result."""

    EN_ATTENTE = "P5"
    """In progress, or left without paying: it says the same of both until the night."""
    INCONNU = "P1"
    """Nothing of that name, or no more since the night."""
    INDISPONIBLE = "indisponible"
    """Down, slow, unreadable: nothing is known."""


@dataclass(frozen=True, slots=True)
class Attendu:
    """What our row says was asked."""

    numcli: str
    refdet: str
    montant: int
    saisie: str


@dataclass(frozen=True, slots=True)
class Suite:
    """What to write on the attempt."""

    etat: str
    """One of models.paiements.ETATS_PAIEMENT."""
    est_bloquant: bool
    """No other attempt on this invoice yet."""
    prochaine: datetime | None
    """When to ask again; None: it is known for good."""
    est_a_encaisser: bool = False
    """Book it, in the same transaction."""
    resultat: str = ""
    """PayFiP's letter, where there is one to keep."""
    anomalie: str = ""
    """For an agent, in French."""


def suite(
    etat: str,
    attendu: Attendu,
    reponse: Detail | Silence,
    *,
    est_bloquant: bool,
    cree: datetime,
    maintenant: datetime,
) -> Suite:
    """`est_bloquant`: whether this attempt forbade another so far; one that was let go never forbids again, another may
    have begun. `cree`: when PayFiP gave its idop.
    """
    prochaine = prochaine_interrogation(cree, maintenant)
    if etat == "paye":
        return _deja_paye(reponse)
    if isinstance(reponse, Silence):
        return _sans_resultat(etat, reponse, est_bloquant, maintenant - cree, prochaine, maintenant)
    ecarts = _ecarts(attendu, reponse)
    if ecarts:
        # Money may have come, though not what was asked: nobody pays again until an agent has looked.
        bloque = est_bloquant and reponse.resultrans in PAYES
        return Suite("echec", bloque, prochaine, resultat=reponse.resultrans, anomalie=ecarts)
    if reponse.resultrans in PAYES:
        return Suite("paye", False, None, est_a_encaisser=True, resultat=reponse.resultrans)
    fini = instant_retenu(reponse.instant, cree, maintenant) or cree
    if reponse.resultrans == ANNULE and maintenant - fini < DUREE_ANNULATION:
        bientot = maintenant + DUREE_ANNULATION
        return Suite("en_attente" if etat in _OUVERTS else etat, est_bloquant, min(prochaine or bientot, bientot))
    # Its link has served (payfip.md: once): another attempt may begin. It is asked about all the same for as long as
    # its page could have been open: a success, against all that is written, would be booked.
    encore = prochaine if maintenant - cree < DUREE_BLOCAGE else None
    return Suite("annule" if reponse.resultrans == ANNULE else "refuse", False, encore, resultat=reponse.resultrans)


def _deja_paye(reponse: Detail | Silence) -> Suite:
    anomalie = ""
    if isinstance(reponse, Detail) and reponse.resultrans not in PAYES:
        anomalie = f"PayFiP disait ce paiement reçu\u00a0; il répond maintenant «\u00a0{reponse.resultrans}\u00a0»."
    return Suite("paye", False, None, anomalie=anomalie)


def _sans_resultat(
    etat: str,
    silence: Silence,
    est_bloquant: bool,
    age: timedelta,
    prochaine: datetime | None,
    maintenant: datetime,
) -> Suite:
    est_ouvert = etat in _OUVERTS
    if silence is Silence.INDISPONIBLE:
        # It may have succeeded: what ignorance cannot tell, it leaves as it was, and asks for as long as it takes.
        return Suite(etat, est_bloquant, prochaine or (maintenant + _HEURE if est_ouvert else None))
    if not est_ouvert:
        return Suite(etat, est_bloquant, prochaine)
    # Not known yet, minutes after it was made, is not known no more: its page may be open.
    if age >= DUREE_SUIVI or (silence is Silence.INCONNU and age >= DUREE_BLOCAGE):
        return Suite("expire", False, prochaine)
    return Suite("en_attente", est_bloquant and age < DUREE_BLOCAGE, prochaine)


def instant_retenu(instant: datetime | None, cree: datetime, maintenant: datetime) -> datetime | None:
    """When it ended, as PayFiP says; before it was begun or still to come, it is no moment, and never a reason not to
    book the money."""
    if instant is None or not cree - _JOUR <= instant <= maintenant + DUREE_ANNULATION:
        return None
    return instant


def _ecarts(attendu: Attendu, detail: Detail) -> str:
    """What differs, in an agent's words."""
    vus = (
        ("le montant", ecrire_centimes(attendu.montant), ecrire_centimes(detail.montant)),
        ("la référence", attendu.refdet, detail.refdet),
        ("le numéro client", attendu.numcli, detail.numcli),
        ("le mode", attendu.saisie, detail.saisie),
    )
    dits = [f"{nom} ({recu[:40]} au lieu de {voulu})" for nom, voulu, recu in vus if voulu != recu]
    return ("PayFiP répond autre chose que ce qui a été demandé\u00a0: " + ", ".join(dits) + ".")[:200] if dits else ""
