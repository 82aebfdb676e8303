"""Where an agent works: everywhere, or on the foyers that have a child in one of her structures. Never on her own
family: nobody decides on her own file, and the desk would show her the home that a judge hides from her."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true, union
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from portail_famille.domain.erreurs import RegleViolee
from portail_famille.models.activites import Inscription
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer, Personne, Rattachement, Responsable

SA_FAMILLE = "C’est un dossier de votre famille\u00a0: un autre agent s’en charge."


@dataclass(frozen=True, slots=True)
class Perimetre:
    """Where an agent may act; `structures` None: everywhere. A child is of the structure it is attached to, and of
    those it is enrolled in today. `personne_id` is herself: what concerns her family is in no perimeter of hers."""

    structures: frozenset[int] | None
    aujourdhui: date
    personne_id: int | None = None

    @property
    def est_partout(self) -> bool:
        return self.structures is None

    def foyers(self, colonne: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """The condition on a foyer's id."""
        if self.structures is None:
            return self._autres_foyers(colonne)
        enfant = aliased(Enfant)
        lien = aliased(Rattachement)
        recoit = exists(
            select(lien.enfant_id)
            .join(enfant, enfant.id == lien.enfant_id)
            .where(lien.foyer_id == colonne, self._recu(enfant))
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
        enfant = aliased(Enfant)
        recu = exists(select(enfant.id).where(enfant.id == Demarche.enfant_id, self._recu(enfant)))
        return and_(du_foyer, or_(Demarche.enfant_id.is_(None), recu))

    def demarches(self) -> ColumnElement[bool]:
        """The condition on a démarche: of a family she follows, or addressed to one of her structures, which does not
        receive the child yet. The second opens the request alone, not the family's file."""
        conditions = [self.familles_suivies()]
        if self.structures is not None:
            adressee = and_(Demarche.structure_id.in_(self.structures), self._autres_foyers(Demarche.foyer_id))
            conditions = [or_(conditions[0], adressee)]
        if self.personne_id is not None:
            compte, elle = aliased(Compte), aliased(Personne)
            siens = select(compte.id).where(compte.personne_id.in_(self._soi()))
            adresse = select(elle.courriel).where(elle.id == self.personne_id, elle.courriel.is_not(None))
            dite = func.coalesce(Demarche.contenu["courriel"].as_string(), "")
            conditions += [
                or_(Demarche.compte_id.is_(None), Demarche.compte_id.not_in(siens)),
                or_(Demarche.personne_id.is_(None), Demarche.personne_id.not_in(self._soi())),
                or_(Demarche.enfant_id.is_(None), self._autres_enfants(Demarche.enfant_id)),
                # « Créer mon espace » is asked for without logging in.
                or_(Demarche.compte_id.is_not(None), Demarche.genre != "espace", dite.not_in(adresse)),
            ]
        return and_(*conditions)

    def a_soi(self) -> Select[int]:
        """Ids of the foyers the agent is an adult of."""
        lien = aliased(Responsable)
        return select(lien.foyer_id).where(lien.personne_id.in_(self._soi()))

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

    def _soi(self) -> Select[int]:
        """Herself, as an agent and as a parent: two persons with one mail address, or linked (services/agents)."""
        elle, meme = aliased(Personne), aliased(Personne)
        adresse = select(elle.courriel).where(elle.id == self.personne_id).scalar_subquery()
        liee = select(elle.aussi_id).where(elle.id == self.personne_id).scalar_subquery()
        return select(meme.id).where(or_(meme.id == self.personne_id, meme.courriel == adresse, meme.id == liee))

    def _de_sa_famille(self) -> Select[int]:
        """Children of her foyers, and those she has or had authority over."""
        lien, chez = aliased(AutoriteParentale), aliased(Rattachement)
        autorite = select(lien.enfant_id).where(lien.personne_id.in_(self._soi()))
        chez_elle = select(chez.enfant_id).where(chez.foyer_id.in_(self.a_soi()))
        return select(union(autorite, chez_elle).subquery().c[0])

    def _foyers_lies(self) -> Select[int]:
        """Every home of those children: hers, and the other parent's."""
        lien = aliased(Rattachement)
        return select(lien.foyer_id).where(lien.enfant_id.in_(self._de_sa_famille()))

    def _autres_foyers(self, colonne: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        if self.personne_id is None:
            return true()
        return and_(colonne.not_in(self.a_soi()), colonne.not_in(self._foyers_lies()))

    def _autres_enfants(self, colonne: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        if self.personne_id is None:
            return true()
        lien = aliased(Rattachement)
        avec_les_siens = select(lien.enfant_id).where(lien.foyer_id.in_(self._foyers_lies()))
        return and_(colonne.not_in(self._de_sa_famille()), colonne.not_in(avec_les_siens))


def est_dans_le_perimetre(session: Session, perimetre: Perimetre, foyer_id: int) -> bool:
    """Whether this agent may work on this foyer. One query."""
    requete = select(Foyer.id).where(Foyer.id == foyer_id, Foyer.fondu_dans.is_(None), perimetre.foyers(Foyer.id))
    return session.scalar(requete) is not None


def est_enfant_du_perimetre(session: Session, perimetre: Perimetre, enfant_id: int) -> bool:
    """Whether this agent may work on this child. One query."""
    return session.scalar(select(Enfant.id).where(Enfant.id == enfant_id, perimetre.enfants(Enfant))) is not None


def est_a_soi(session: Session, perimetre: Perimetre, foyer_id: int | None) -> bool:
    """Whether it is the agent's own foyer, which may be said to her: the other parent's must not be. One query."""
    if foyer_id is None or perimetre.personne_id is None:
        return False
    return session.scalar(select(Foyer.id).where(Foyer.id == foyer_id, Foyer.id.in_(perimetre.a_soi()))) is not None


def verifier_autrui(
    session: Session, perimetre: Perimetre, *, personne_id: int | None = None, courriel: str | None = None
) -> None:
    """An agent puts herself in no foyer. Raises `RegleViolee`."""
    if perimetre.personne_id is None:
        return
    elle = session.get_one(Personne, perimetre.personne_id)
    adresse = courriel.strip().lower() if courriel else None
    if personne_id is not None and personne_id != elle.id:
        adresse = session.scalar(select(Personne.courriel).where(Personne.id == personne_id)) or adresse
    if personne_id in (elle.id, elle.aussi_id or elle.id) or (adresse and adresse == elle.courriel):
        raise RegleViolee("soi_meme", "Vous ne pouvez pas vous ajouter à un foyer\u00a0: demandez à un autre agent.")
