"""Search of families by any word of their file. Accents, capitals and hyphens do not count.

Compared here, in memory: neither engine folds accents without an extension, and a town has some thousands of families.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, CompoundSelect, literal, select, union_all
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
    personnes: tuple[tuple[int, str, str], ...]
    """Its adults: id, name, mail address ("" for none)."""
    enfants: tuple[str, ...]
    est_parti: bool

    @property
    def adultes(self) -> tuple[str, ...]:
        return tuple(nom for _, nom, _ in self.personnes)


def chercher_ids(session: Session, texte: str, limite: int, perimetre: Perimetre | None = None) -> list[int]:
    """Foyers whose names, address, reference, mail or telephone hold every word of `texte`, by name. One query."""
    mots = _mots(texte)
    if not mots:
        return []
    foyers = select(Foyer.id).where(Foyer.fondu_dans.is_(None))
    if perimetre is not None:
        foyers = foyers.where(perimetre.foyers(Foyer.id))
    permis = foyers.cte("permis")
    textes: dict[int, list[str]] = {}
    noms: dict[int, str] = {}
    for id_, est_le_foyer, *champs in session.execute(_textes(permis)):
        textes.setdefault(id_, []).extend(valeur for valeur in champs if valeur)
        if est_le_foyer:
            noms[id_] = champs[0]
    trouves = []
    for id_ in sorted(noms, key=lambda id_: (noms[id_].lower(), id_)):
        botte = "\n".join(map(cle_de_nom, textes[id_]))
        if all(mot in botte for mot in mots):
            trouves.append(id_)
            if len(trouves) == limite:
                break
    return trouves


def _textes(permis: CTE) -> CompoundSelect[*tuple[Any, ...]]:
    """All that is written of these foyers and of their people: the foyer, whether it is its own line, seven words."""
    vide = literal("")
    foyer = (Foyer.nom, Foyer.reference, Foyer.adresse, Foyer.code_postal, Foyer.ville, vide, vide)
    adulte = (
        Personne.prenom,
        Personne.nom,
        Personne.nom_naissance,
        Personne.courriel,
        Personne.telephone,
        Personne.telephone_domicile,
        Personne.telephone_travail,
    )
    return union_all(
        select(permis.c.id, literal(1), *foyer).join(Foyer, Foyer.id == permis.c.id),
        select(permis.c.id, literal(0), *adulte)
        .join(Responsable, Responsable.foyer_id == permis.c.id)
        .join(Personne, Personne.id == Responsable.personne_id),
        select(permis.c.id, literal(0), Enfant.prenom, Enfant.nom, vide, vide, vide, vide, vide)
        .join(Rattachement, Rattachement.foyer_id == permis.c.id)
        .join(Enfant, Enfant.id == Rattachement.enfant_id),
    )


def chercher_foyers(
    session: Session, perimetre: Perimetre, texte: str, apres: int | None = None
) -> tuple[list[FoyerTrouve], int]:
    """A page of the families found, and how many there are in all (at most MAXIMUM). `apres` is how many are already
    shown. Four queries."""
    ids = chercher_ids(session, texte, MAXIMUM, perimetre)
    debut = apres or 0
    return resumer(session, ids[debut : debut + TAILLE_PAGE]), len(ids)


def resumer(session: Session, foyer_ids: Iterable[int]) -> list[FoyerTrouve]:
    """These foyers with their people, in the order given. Three queries."""
    ids = list(foyer_ids)
    personnes: dict[int, list[tuple[int, str, str]]] = {id_: [] for id_ in ids}
    enfants: dict[int, list[str]] = {id_: [] for id_ in ids}
    for foyer_id, id_, prenom, nom, courriel in session.execute(
        select(Responsable.foyer_id, Personne.id, Personne.prenom, Personne.nom, Personne.courriel)
        .join(Personne, Personne.id == Responsable.personne_id)
        .where(Responsable.foyer_id.in_(ids))
        .order_by(Personne.id)
    ):
        personnes[foyer_id].append((id_, f"{prenom} {nom}", courriel or ""))
    for foyer_id, prenom, nom in session.execute(
        select(Rattachement.foyer_id, Enfant.prenom, Enfant.nom)
        .join(Enfant, Enfant.id == Rattachement.enfant_id)
        .where(Rattachement.foyer_id.in_(ids))
        .order_by(Enfant.naissance, Enfant.id)
    ):
        enfants[foyer_id].append(f"{prenom} {nom}")
    foyers = {foyer.id: foyer for foyer in session.scalars(select(Foyer).where(Foyer.id.in_(ids)))}
    return [
        FoyerTrouve(
            id_,
            foyers[id_].nom,
            foyers[id_].reference or "",
            " ".join(m for m in (foyers[id_].adresse, foyers[id_].code_postal, foyers[id_].ville) if m),
            tuple(personnes[id_]),
            tuple(enfants[id_]),
            foyers[id_].parti_le is not None,
        )
        for id_ in ids
    ]


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


def _mots(texte: str) -> list[str]:
    """« 06 12 34 56 78 » is one number, however it is written; everything else is words."""
    if _NUMERO.fullmatch(texte.strip()):
        chiffres = re.sub(r"[^+0-9]", "", texte)
        return [_INDICATIF.sub("", chiffres).lstrip("+")]
    return [cle for mot in texte.split() if (cle := cle_de_nom(mot))]
