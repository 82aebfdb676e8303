"""The examination of a document a family sends: looked at by the town's antivirus if it has one, then disarmed in a
child process (services/desarmement). To be done outside any transaction: a photo takes a second."""

import json
import logging
import threading
from dataclasses import dataclass

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.domain.pieces import TAILLE_MAXIMALE, TYPES, nom_sain
from portail_famille.gateways import bac_a_sable
from portail_famille.gateways.antivirus import Antivirus, AntivirusMuet, Infecte, SansAntivirus
from portail_famille.gateways.bac_a_sable import Indisponible, Interrompu

journal = logging.getLogger("portail_famille.documents")

PATIENCE = 10.0
"""Seconds a document waits for its turn; a large photo takes about one."""
_DESARMER = "portail_famille.services.desarmement:desarmer_a_part"
_TOUR = threading.Lock()
_REGISTRE = threading.Lock()
_EN_EXAMEN: set[int] = set()
"""Comptes with a document that waits or is being examined: one parent does not hold the turn, nor every thread."""


@dataclass(frozen=True, slots=True)
class DocumentSain:
    """What is kept of a document that was sent."""

    octets: bytes
    nom: str
    type_mime: str


def examiner(octets: bytes, nom: str, antivirus: Antivirus | None = None) -> DocumentSain:
    """The document as it will be kept. Raises `RegleViolee` (on the field `document`) when it cannot be."""
    if not octets:
        raise _refus("document_vide", "Ce fichier est vide\u00a0: choisissez-en un autre.")
    if len(octets) > TAILLE_MAXIMALE:
        raise trop_lourd()
    _passer_a_l_antivirus(antivirus or SansAntivirus(), octets)
    propre, type_mime = _desarmer(octets)
    return DocumentSain(propre, nom_sain(nom, type_mime), type_mime)


def examiner_a_son_tour(
    octets: bytes, nom: str, compte_id: int, patience: float = PATIENCE, antivirus: Antivirus | None = None
) -> DocumentSain:
    """The same, one document at a time: whatever is sent, pages are answered meanwhile. Raises `RegleViolee` as well
    when the turn does not come within `patience` seconds, or when this compte is having another examined."""
    with _REGISTRE:
        if compte_id in _EN_EXAMEN:
            raise _occupe(
                "Un autre document de votre part est en cours de vérification\u00a0: attendez qu’il soit reçu."
            )
        _EN_EXAMEN.add(compte_id)
    try:
        if not _TOUR.acquire(timeout=patience):
            raise _occupe("Beaucoup de documents arrivent en ce moment\u00a0: réessayez dans une minute.")
        try:
            return examiner(octets, nom, antivirus)
        finally:
            _TOUR.release()
    finally:
        with _REGISTRE:
            _EN_EXAMEN.discard(compte_id)


def trop_lourd() -> RegleViolee:
    return _refus(
        "document_trop_lourd", "Ce fichier dépasse 10 Mo\u00a0: prenez plutôt le document en photo, ou réduisez-le."
    )


def _passer_a_l_antivirus(antivirus: Antivirus, octets: bytes) -> None:
    try:
        antivirus.examiner(octets)
    except Infecte as infecte:
        journal.warning("document refused by the antivirus: %s", infecte)
        raise _refus(
            "document_infecte",
            "Ce fichier contient un virus\u00a0: il n’est pas gardé. Prenez plutôt le document en photo.",
        ) from None
    except AntivirusMuet as muet:
        journal.error("the antivirus does not answer, documents are refused: %s", muet)
        raise _occupe(
            "Ce document n’a pas pu être vérifié. Réessayez dans quelques minutes\u00a0; si cela continue, écrivez à "
            "la mairie."
        ) from None


def _desarmer(octets: bytes) -> tuple[bytes, str]:
    """What the child answers is read as carefully as what the family sent: it is where a fault would be used."""
    try:
        reponse = bac_a_sable.executer(_DESARMER, octets)
        entete, _, propre = reponse.partition(b"\n")
        dit = json.loads(entete)
        if "code" in dit:
            raise _refus(str(dit["code"]), str(dit["message"]))
        if dit["type_mime"] not in TYPES or not 0 < len(propre) <= TAILLE_MAXIMALE:
            raise Interrompu("unexpected answer")
        return propre, dit["type_mime"]
    except (Interrompu, ValueError, KeyError, TypeError) as erreur:
        journal.warning("the examination of a document was cut short: %s", erreur)
        raise _refus(
            "document_illisible", "Ce fichier ne se lit pas\u00a0: il est peut-être abîmé. Choisissez-en un autre."
        ) from None
    except Indisponible as erreur:
        journal.error("documents cannot be examined: %s", erreur)
        raise _occupe("Ce document n’a pas pu être vérifié. Réessayez dans quelques minutes.") from None


def _occupe(message: str) -> RegleViolee:
    return _refus("examen_occupe", message)


def _refus(code: str, message: str) -> RegleViolee:
    return RegleViolee(code, message, "document")
