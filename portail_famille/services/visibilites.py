"""What an adult may read in her foyer of its démarches (domain.md §1; domain/genres.Concerne).

A démarche is of one foyer: another foyer of the same child never reads it, whoever is hidden from whom.
"""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.demarches import OUVERTS, EtatDemarche, GenreEtape
from portail_famille.domain.genres import GENRES, Concerne
from portail_famille.domain.horloge import fin_du_jour
from portail_famille.models.demarches import Demarche, DemarcheEtape
from portail_famille.models.foyers import AutoriteParentale
from portail_famille.services.comptes import Acteur

_DU_FOYER = tuple(code for code, genre in GENRES.items() if genre.concerne is Concerne.FOYER)
_D_UN_ENFANT = tuple(code for code, genre in GENRES.items() if genre.concerne is Concerne.ENFANT)


def demarches_de(acteur: Acteur, aujourdhui: date, foyers: Collection[int] | None = None) -> ColumnElement[bool]:
    """The condition on a démarche that this adult may read, in the foyer she acts for (or in these of hers).

    She reads what she filed. Of the others': the foyer's, unless it is about another adult of it; a child's, with
    authority over it today. Never what another adult asks for himself, nor a child that is only asked for.
    """
    du_foyer = and_(
        Demarche.genre.in_(_DU_FOYER), or_(Demarche.personne_id.is_(None), Demarche.personne_id == acteur.personne_id)
    )
    sans_enfant, d_un_des_siens = Demarche.enfant_id.is_(None), Demarche.enfant_id.in_(enfants_vus(acteur, aujourdhui))
    return and_(
        Demarche.foyer_id.in_((acteur.foyer_id,) if foyers is None else foyers),
        or_(
            Demarche.compte_id == acteur.compte_id,
            and_(du_foyer, or_(sans_enfant, d_un_des_siens)),
            and_(Demarche.genre.in_(_D_UN_ENFANT), d_un_des_siens),
        ),
    )


def enfants_vus(acteur: Acteur, aujourdhui: date) -> Select[int]:
    """Children this adult has authority over today."""
    return _enfants_de(acteur.personne_id, aujourdhui)


def fin_de_lecture(personne_id: int, aujourdhui: date) -> ScalarSelect[date | None]:
    """Beside a démarche that this adult filed: the last day of an authority over its child that she has no more. She
    keeps what she read then (code civil 371-1: what comes later is for who has it). None for any other démarche."""
    passee = aliased(AutoriteParentale)
    return (
        select(func.max(passee.au))
        .where(
            passee.personne_id == personne_id,
            passee.enfant_id == Demarche.enfant_id,
            passee.au < aujourdhui,
            Demarche.enfant_id.not_in(_enfants_de(personne_id, aujourdhui)),
        )
        .correlate(Demarche)
        .scalar_subquery()
    )


def est_suivie(acteur: Acteur, aujourdhui: date) -> ColumnElement[bool]:
    """The condition on a démarche whose later life is for her to read."""
    return fin_de_lecture(acteur.personne_id, aujourdhui).is_(None)


def est_arretee(session: Session, demarche: Demarche, personne_id: int, aujourdhui: date) -> bool:
    """Whether what becomes of this démarche is no longer said to her. One query."""
    fin = select(fin_de_lecture(personne_id, aujourdhui)).select_from(Demarche).where(Demarche.id == demarche.id)
    return session.scalar(fin) is not None


def est_lue(etape: DemarcheEtape, fin: date | None) -> bool:
    """Whether it came before the end of her authority (`fin_de_lecture`); what she filed is hers in any case."""
    return fin is None or etape.genre == GenreEtape.DEPOT.value or etape.a_utc < fin_du_jour(fin)


def telle_qu_alors(demarche: Demarche, etapes: Collection[DemarcheEtape]) -> Demarche:
    """A copy, of no session, as she could read it the last day: `etapes` are those of that time, from first to last.
    Nothing is awaited nor answered since."""
    derniere = list(etapes)[-1]
    est_decidee = EtatDemarche(derniere.etat) not in OUVERTS
    return Demarche(
        id=demarche.id,
        numero=demarche.numero,
        genre=demarche.genre,
        etat=derniere.etat,
        version=demarche.version,
        foyer_id=demarche.foyer_id,
        compte_id=demarche.compte_id,
        enfant_id=demarche.enfant_id,
        personne_id=demarche.personne_id,
        avant=demarche.avant,
        contenu={cle: v for cle, v in demarche.contenu.items() if est_decidee or cle != "decision"},
        motif=demarche.motif if est_decidee else "",
        deposee_utc=demarche.deposee_utc,
        modifiee_utc=derniere.a_utc,
        decidee_utc=demarche.decidee_utc if est_decidee else None,
        accuse=demarche.accuse,
    )


def contenu_lu(demarche: Demarche, compte_id: int) -> dict[str, Any]:
    """What was asked, as this adult reads it: the number by which a fund knows the asker is the asker's."""
    contenu = demarche.contenu
    if demarche.compte_id == compte_id or not contenu.get("allocataire"):
        return contenu
    return contenu | {"allocataire": f"se termine par {str(contenu['allocataire'])[-2:]}"}


def _enfants_de(personne_id: int, aujourdhui: date) -> Select[int]:
    return select(AutoriteParentale.enfant_id).where(
        AutoriteParentale.personne_id == personne_id,
        AutoriteParentale.du <= aujourdhui,
        or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
    )
