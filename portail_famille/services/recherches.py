"""Search of families by any word of their file. Accents, capitals and hyphens do not count.

Compared here, in memory: neither engine folds accents without an extension, and a town has some thousands of families.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portail_famille.domain.noms import cle_de_nom
from portail_famille.models.foyers import Enfant, Foyer, Personne, Rattachement, Responsable
from portail_famille.services.perimetres import Perimetre

TAILLE_PAGE = 25
MAXIMUM = 1000
"""More than this many families found say nothing useful."""
_NUMERO = re.compile(r"[+0-9 ().-]{4,}")
_INDICATIF = re.compile(r"^(?:\+|00)33|^0")


@dataclass(frozen=True, slots=True)
class FoyerTrouve:
    id: int
    nom: str
    reference: str
    adresse: str
    adultes: tuple[str, ...]
    enfants: tuple[str, ...]
    est_parti: bool


def chercher_ids(session: Session, texte: str, limite: int, perimetre: Perimetre | None = None) -> list[int]:
    """Foyers whose names, address, reference, mail or telephone hold every word of `texte`, by name. Three queries."""
    mots = _mots(texte)
    if not mots:
        return []
    requete = (
        select(Foyer.id, Foyer.nom, Foyer.reference, Foyer.adresse, Foyer.code_postal, Foyer.ville)
        .where(Foyer.fondu_dans.is_(None))
        .order_by(func.lower(Foyer.nom), Foyer.id)
    )
    if perimetre is not None:
        requete = requete.where(perimetre.foyers(Foyer.id))
    textes = {id_: [valeur for valeur in champs if valeur] for id_, *champs in session.execute(requete)}
    for lignes in (session.execute(_adultes()), session.execute(_enfants())):
        for foyer_id, *champs in lignes:
            if foyer_id in textes:
                textes[foyer_id].extend(valeur for valeur in champs if valeur)
    trouves = []
    for id_, valeurs in textes.items():
        botte = "\n".join(map(cle_de_nom, valeurs))
        if all(mot in botte for mot in mots):
            trouves.append(id_)
            if len(trouves) == limite:
                break
    return trouves


def chercher_foyers(
    session: Session, perimetre: Perimetre, texte: str, apres: int | None = None
) -> tuple[list[FoyerTrouve], int]:
    """A page of the families found, and how many there are in all (at most MAXIMUM). `apres` is how many are already
    shown. Six queries."""
    ids = chercher_ids(session, texte, MAXIMUM, perimetre)
    debut = apres or 0
    return resumer(session, ids[debut : debut + TAILLE_PAGE]), len(ids)


def resumer(session: Session, foyer_ids: Iterable[int]) -> list[FoyerTrouve]:
    """These foyers with their people, in the order given. Three queries."""
    ids = list(foyer_ids)
    adultes: dict[int, list[str]] = {id_: [] for id_ in ids}
    enfants: dict[int, list[str]] = {id_: [] for id_ in ids}
    for foyer_id, prenom, nom, *_ in session.execute(_adultes().where(Responsable.foyer_id.in_(ids))):
        adultes[foyer_id].append(f"{prenom} {nom}")
    for foyer_id, prenom, nom in session.execute(_enfants().where(Rattachement.foyer_id.in_(ids))):
        enfants[foyer_id].append(f"{prenom} {nom}")
    foyers = {foyer.id: foyer for foyer in session.scalars(select(Foyer).where(Foyer.id.in_(ids)))}
    return [
        FoyerTrouve(
            id_,
            foyers[id_].nom,
            foyers[id_].reference or "",
            " ".join(m for m in (foyers[id_].adresse, foyers[id_].code_postal, foyers[id_].ville) if m),
            tuple(adultes[id_]),
            tuple(enfants[id_]),
            foyers[id_].parti_le is not None,
        )
        for id_ in ids
    ]


def courriels_du_dossier(session: Session, foyer_ids: Iterable[int]) -> dict[int, str]:
    """Mail addresses of the adults of these foyers, "" for none. One query."""
    requete = (
        select(Personne.id, Personne.courriel)
        .join(Responsable, Responsable.personne_id == Personne.id)
        .where(Responsable.foyer_id.in_(list(foyer_ids)))
    )
    return {id_: courriel or "" for id_, courriel in session.execute(requete)}


def adultes_de(session: Session, foyer_ids: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    """Adults of these foyers, id and name. One query."""
    ids = list(foyer_ids)
    adultes: dict[int, list[tuple[int, str]]] = {id_: [] for id_ in ids}
    for foyer_id, personne_id, prenom, nom in session.execute(
        select(Responsable.foyer_id, Personne.id, Personne.prenom, Personne.nom)
        .join(Personne, Personne.id == Responsable.personne_id)
        .where(Responsable.foyer_id.in_(ids))
        .order_by(Personne.id)
    ):
        adultes[foyer_id].append((personne_id, f"{prenom} {nom}"))
    return adultes


def _adultes() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Responsable.foyer_id,
            Personne.prenom,
            Personne.nom,
            Personne.nom_naissance,
            Personne.courriel,
            Personne.telephone,
            Personne.telephone_domicile,
            Personne.telephone_travail,
        )
        .join(Personne, Personne.id == Responsable.personne_id)
        .order_by(Personne.id)
    )


def _enfants() -> Select[*tuple[Any, ...]]:
    return (
        select(Rattachement.foyer_id, Enfant.prenom, Enfant.nom)
        .join(Enfant, Enfant.id == Rattachement.enfant_id)
        .order_by(Enfant.naissance, Enfant.id)
    )


def _mots(texte: str) -> list[str]:
    """« 06 12 34 56 78 » is one number, however it is written; everything else is words."""
    if _NUMERO.fullmatch(texte.strip()):
        chiffres = re.sub(r"[^+0-9]", "", texte)
        return [_INDICATIF.sub("", chiffres).lstrip("+")]
    return [cle for mot in texte.split() if (cle := cle_de_nom(mot))]
