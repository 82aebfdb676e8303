"""Whether the commune's key opens what was sealed: a `cle_coffre` mistyped when a server is restored shows at once, not
on the day a document is needed, and nothing more is sealed under the wrong one.
"""

from collections.abc import Iterator
from contextlib import suppress
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portail_famille.config import ReglagesCommune
from portail_famille.gateways.chiffre import Chiffre, Illisible
from portail_famille.gateways.coffre import Coffre, ObjetAbsent
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Sante
from portail_famille.services.documents import coffre_de_la_commune
from portail_famille.services.sante import dechiffrer_sante

_ESSAIS = 3
"""Of each: one alone may be damaged, three are not by chance."""


class CleFausse(Exception):
    """Nothing of what is tried opens; said in French to who administers the server."""

    def __init__(self) -> None:
        super().__init__(
            "cle_coffre n’ouvre ni les documents ni les fiches de santé qui sont là. Remettez dans commune.toml la clé "
            "de la sauvegarde\u00a0: ce qui s’écrirait sous une autre serait perdu avec elle"
        )


class _Etat(Enum):
    LU = "lu"
    ILLISIBLE = "illisible"
    ABSENT = "absent"


def examiner_coffre(session: Session, coffre: Coffre, chiffre: Chiffre) -> int:
    """Of the last documents, how many are changed. Raises `CleFausse` when neither they nor the health files tried
    open, `OSError` from the storage."""
    pieces = list(_pieces(session, coffre))
    _juger([*pieces, *_fiches(session, chiffre)])
    return pieces.count(_Etat.ILLISIBLE)


def verifier_cle(session: Session, reglages: ReglagesCommune) -> None:
    """At the start: the health files, which the database has; documents only where there are none, and where reading
    them asks nothing of the network. Raises `CleFausse`."""
    essais = list(_fiches(session, Chiffre(reglages.cle_coffre)))
    if not essais and reglages.documents.stockage == "disque":
        with suppress(OSError):
            essais = list(_pieces(session, coffre_de_la_commune(reglages)))
    _juger(essais)


def _juger(essais: list[_Etat]) -> None:
    if _Etat.ILLISIBLE in essais and _Etat.LU not in essais:
        raise CleFausse


def _fiches(session: Session, chiffre: Chiffre) -> Iterator[_Etat]:
    recentes = select(Sante.enfant_id, Sante.contenu_chiffre).order_by(Sante.enfant_id.desc()).limit(_ESSAIS)
    for enfant_id, contenu in session.execute(recentes):
        try:
            dechiffrer_sante(chiffre, enfant_id, contenu)
        except Illisible:
            yield _Etat.ILLISIBLE
        else:
            yield _Etat.LU


def _pieces(session: Session, coffre: Coffre) -> Iterator[_Etat]:
    recentes = select(Piece.objet).where(Piece.retiree_utc.is_(None)).order_by(Piece.id.desc()).limit(_ESSAIS)
    for objet in session.scalars(recentes):
        try:
            coffre.get(objet)
        except Illisible:
            yield _Etat.ILLISIBLE
        except ObjetAbsent:
            yield _Etat.ABSENT
        else:
            yield _Etat.LU
