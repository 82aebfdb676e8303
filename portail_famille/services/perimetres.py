"""Where an agent works: everywhere, or on the foyers that have a child in one of her structures. Never on her own
family: nobody decides on her own file, and the desk would show her the home that a judge hides from her."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    and_,
    bindparam,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portail_famille.domain.demarches import OUVERTS
from portail_famille.domain.droits import Attribution, Role
from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import Compte, RoleAgent
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable

_OUVERTS = tuple(etat.value for etat in OUVERTS)
SA_FAMILLE = "C’est un dossier de votre famille\u00a0: un autre agent s’en charge."


_ENFANT, _LIEN = aliased(Enfant), aliased(Rattachement)
"""Of the conditions below: made once, an alias costs more than the query that it is in."""


@dataclass(frozen=True, slots=True)
class Proches:
    """An agent and her family, by their ids: what is in no perimeter of hers."""

    personne_id: int
    personnes: frozenset[int]
    """Herself, as an agent and as a parent: two persons with one mail address, or linked (services/agents)."""
    comptes: frozenset[int]
    courriel: str
    """"" for none."""
    siens: frozenset[int]
    """Foyers she is an adult of."""
    foyers: frozenset[int]
    """Every home of the children of her foyers and of those she has or had authority over: hers, and the other
    parent's."""
    enfants: frozenset[int]
    """Those children, and those who live with them."""


@dataclass(frozen=True, slots=True)
class Perimetre:
    """Where an agent may act; `structures` None: everywhere. A child is of the structure it is attached to, and of
    those it is enrolled in today. `proches`: what concerns her family is in no perimeter of hers."""

    structures: frozenset[int] | None
    aujourdhui: date
    proches: Proches | None = None

    @property
    def est_partout(self) -> bool:
        return self.structures is None

    def foyers(self, colonne: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """The condition on a foyer's id."""
        if self.structures is None:
            return self._autres_foyers(colonne)
        recoit = exists(
            select(_LIEN.enfant_id)
            .join(_ENFANT, _ENFANT.id == _LIEN.enfant_id)
            .where(_LIEN.foyer_id == colonne, self._recu(_ENFANT))
        )
        return and_(recoit, self._autres_foyers(colonne))

    def enfants(self, enfant: Any) -> ColumnElement[bool]:
        """The condition on a child (its class, or an alias of it)."""
        return and_(self._recu(enfant), self._autres_enfants(enfant.id))

    def familles_suivies(self) -> ColumnElement[bool]:
        """The condition on a démarche whose family is hers to follow. One the town does not know yet is of no
        structure."""
        du_foyer = self.foyers(Demarche.foyer_id)
        if self.est_partout:
            return or_(Demarche.foyer_id.is_(None), du_foyer)
        recu = exists(select(_ENFANT.id).where(_ENFANT.id == Demarche.enfant_id, self._recu(_ENFANT)))
        return and_(du_foyer, or_(Demarche.enfant_id.is_(None), recu))

    def demarches(self) -> ColumnElement[bool]:
        """The condition on a démarche: of a family she follows, or addressed to one of her structures, which does not
        receive the child yet. The second opens the request alone, not the family's file, while it waits or once that
        structure has answered it: answered elsewhere or taken back, the child is none of its business."""
        conditions = [self.familles_suivies()]
        if self.structures is not None:
            ses_agents = select(RoleAgent.compte_id).where(RoleAgent.structure_id == Demarche.structure_id)
            adressee = and_(
                Demarche.structure_id.in_(self.structures),
                or_(Demarche.etat.in_(_OUVERTS), Demarche.decidee_par.in_(ses_agents.correlate(Demarche))),
                self._autres_foyers(Demarche.foyer_id),
            )
            conditions = [or_(conditions[0], adressee)]
        if self.proches is not None:
            conditions += [
                _hors(Demarche.compte_id, self.proches.comptes),
                _hors(Demarche.personne_id, self.proches.personnes),
                _hors(Demarche.enfant_id, self.proches.enfants),
            ]
            if self.proches.courriel:
                # « Créer mon espace » is asked for without logging in.
                dite = func.coalesce(Demarche.contenu["courriel"].as_string(), "")
                est_dite = and_(Demarche.compte_id.is_(None), Demarche.genre == "espace", dite == self.proches.courriel)
                conditions.append(not_(est_dite))
        return and_(*conditions)

    def _recu(self, enfant: Any) -> ColumnElement[bool]:
        if self.structures is None:
            return true()
        inscrit = exists(
            select(Inscription.id).where(
                Inscription.enfant_id == enfant.id,
                Inscription.structure_id.in_(self.structures),
                Inscription.du <= self.aujourdhui,
                Inscription.au >= self.aujourdhui,
            )
        )
        return or_(enfant.structure_id.in_(self.structures), inscrit)

    def _autres_foyers(self, colonne: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        exclus = self.proches.foyers if self.proches is not None else None
        return colonne.not_in(exclus) if exclus else true()

    def _autres_enfants(self, colonne: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        exclus = self.proches.enfants if self.proches is not None else None
        return colonne.not_in(exclus) if exclus else true()


def _hors(colonne: InstrumentedAttribute[int | None], exclus: Collection[int]) -> ColumnElement[bool]:
    """Nobody's, or somebody else's."""
    return or_(colonne.is_(None), colonne.not_in(exclus)) if exclus else true()


def _requete_droits() -> CompoundSelect[*tuple[Any, ...]]:
    """Kind, id and word (a role, a mail address) of each: one statement, built once."""
    elle, meme = aliased(Personne), aliased(Personne)
    chez, liee, avec = aliased(Rattachement), aliased(Rattachement), aliased(Rattachement)
    elle_meme = elle.id == bindparam("elle")
    adresse = select(elle.courriel).where(elle_meme).scalar_subquery()
    aussi = select(elle.aussi_id).where(elle_meme).scalar_subquery()
    soi = (
        select(meme.id).where(or_(meme.id == bindparam("elle"), meme.courriel == adresse, meme.id == aussi)).cte("soi")
    )
    siens = select(Responsable.foyer_id.label("id")).where(Responsable.personne_id.in_(select(soi.c.id))).cte("siens")
    enfants = union(
        select(AutoriteParentale.enfant_id.label("id")).where(AutoriteParentale.personne_id.in_(select(soi.c.id))),
        select(chez.enfant_id).where(chez.foyer_id.in_(select(siens.c.id))),
    ).cte("enfants")
    lies = select(liee.foyer_id.label("id")).where(liee.enfant_id.in_(select(enfants.c.id))).cte("lies")
    return union_all(
        select(literal("role"), RoleAgent.structure_id, RoleAgent.role).where(
            RoleAgent.compte_id == bindparam("compte")
        ),
        select(literal("courriel"), elle.id, func.coalesce(elle.courriel, "")).where(elle_meme),
        select(literal("personne"), soi.c.id, literal("")),
        select(literal("compte"), Compte.id, literal("")).where(Compte.personne_id.in_(select(soi.c.id))),
        select(literal("sien"), siens.c.id, literal("")),
        select(literal("lie"), lies.c.id, literal("")),
        select(literal("enfant"), enfants.c.id, literal("")),
        select(literal("enfant"), avec.enfant_id, literal("")).where(avec.foyer_id.in_(select(lies.c.id))),
    )


_DROITS = _requete_droits()


def lire_droits(session: Session, compte_id: int, personne_id: int) -> tuple[tuple[Attribution, ...], Proches]:
    """What an agent may do, and her family, which is not hers to deal with: a handful of ids that every condition on
    families names. One query."""
    lus: dict[str, set[int]] = defaultdict(set)
    courriel, roles = "", []
    for sorte, id_, mot in session.execute(_DROITS, {"compte": compte_id, "elle": personne_id}):
        if sorte == "role":
            roles.append(Attribution(Role(mot), id_))
        else:
            lus[sorte].add(id_)
            courriel = courriel or mot
    proches = Proches(
        personne_id,
        frozenset(lus["personne"]),
        frozenset(lus["compte"]),
        courriel,
        frozenset(lus["sien"]),
        frozenset(lus["sien"] | lus["lie"]),
        frozenset(lus["enfant"]),
    )
    return tuple(roles), proches


def est_dans_le_perimetre(session: Session, perimetre: Perimetre, foyer_id: int) -> bool:
    """Whether this agent may work on this foyer. One query."""
    requete = select(Foyer.id).where(Foyer.id == foyer_id, Foyer.fondu_dans.is_(None), perimetre.foyers(Foyer.id))
    return session.scalar(requete) is not None


def est_enfant_du_perimetre(session: Session, perimetre: Perimetre, enfant_id: int) -> bool:
    """Whether this agent may work on this child. One query."""
    return session.scalar(select(Enfant.id).where(Enfant.id == enfant_id, perimetre.enfants(Enfant))) is not None


def est_a_soi(perimetre: Perimetre, foyer_id: int | None) -> bool:
    """Whether it is the agent's own foyer, which may be said to her: the other parent's must not be."""
    return perimetre.proches is not None and foyer_id in perimetre.proches.siens


def verifier_autrui(
    session: Session, perimetre: Perimetre, *, personne_id: int | None = None, courriel: str | None = None
) -> None:
    """An agent puts herself in no foyer. Raises `RegleViolee`."""
    if perimetre.proches is None:
        return
    elle = session.get_one(Personne, perimetre.proches.personne_id)
    adresse = courriel.strip().lower() if courriel else None
    if personne_id is not None and personne_id != elle.id:
        adresse = session.scalar(select(Personne.courriel).where(Personne.id == personne_id)) or adresse
    if personne_id in (elle.id, elle.aussi_id or elle.id) or (adresse and adresse == elle.courriel):
        raise RegleViolee("soi_meme", "Vous ne pouvez pas vous ajouter à un foyer\u00a0: demandez à un autre agent.")
