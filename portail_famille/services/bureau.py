"""The town hall's desk: the queue of démarches, as an agent may see it."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import OUVERTS, EtatDemarche
from portail_famille.domain.noms import cle_de_nom
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant, Foyer, Personne
from portail_famille.services.perimetres import Perimetre
from portail_famille.services.recherches import chercher_ids

TAILLE_PAGE = 25
_FOYERS_CHERCHES = 500
"""A search that finds more families than this says nothing useful."""
_LUS_ENSEMBLE = 500

GROUPES: dict[str, frozenset[EtatDemarche]] = {
    "a_traiter": frozenset({EtatDemarche.DEPOSEE, EtatDemarche.EN_COURS}),
    "en_attente": frozenset({EtatDemarche.COMPLEMENT_DEMANDE}),
    "closes": frozenset(EtatDemarche) - OUVERTS,
}
"""Tabs of the queue."""


@dataclass(frozen=True, slots=True)
class Filtre:
    """What the queue shows."""

    groupe: str = "a_traiter"
    genre: str = ""
    recherche: str = ""


@dataclass(frozen=True, slots=True)
class DemarcheListee:
    id: int
    numero: str
    genre: str
    etat: str
    deposee_utc: datetime
    foyer_id: int | None
    famille: str
    """Name of the foyer; of who asks, for a family the town does not know yet."""
    sujet: str
    """The child or the adult it is about, "" when it is the foyer."""


@dataclass(frozen=True, slots=True)
class PieceLue:
    id: int
    nom: str
    genre: str
    est_retiree: bool


@dataclass(frozen=True, slots=True)
class DemarcheLue:
    """A démarche as an agent opens it."""

    demarche: Demarche
    listee: DemarcheListee
    demandeur: str
    """Who asked."""
    prenom: str
    courriel: str
    decideur: str
    pieces: tuple[PieceLue, ...]


def compter(session: Session, perimetre: Perimetre) -> dict[str, dict[str, int]]:
    """Number of démarches by tab then by kind. Closed ones are not counted: nobody waits for them. One query."""
    nombres: dict[str, dict[str, int]] = {groupe: {} for groupe in GROUPES}
    ouverts = [etat.value for etat in OUVERTS]
    lignes = session.execute(
        select(Demarche.etat, Demarche.genre, func.count())
        .where(Demarche.etat.in_(ouverts), perimetre.demarches())
        .group_by(Demarche.etat, Demarche.genre)
    )
    for etat, genre, nombre in lignes:
        groupe = next(nom for nom, etats in GROUPES.items() if EtatDemarche(etat) in etats)
        nombres[groupe][genre] = nombres[groupe].get(genre, 0) + nombre
    return nombres


def lister_demarches(
    session: Session, perimetre: Perimetre, filtre: Filtre, apres: int | None = None, taille: int = TAILLE_PAGE
) -> list[DemarcheListee]:
    """One more than a page when there are more: oldest first while somebody waits, latest first once closed. `apres` is
    the id of the last one shown. One query, five when something is searched."""
    est_close = filtre.groupe == "closes"
    conditions = [Demarche.etat.in_([etat.value for etat in GROUPES[filtre.groupe]]), perimetre.demarches()]
    if filtre.genre:
        conditions.append(Demarche.genre == filtre.genre)
    if apres is not None:
        conditions.append(Demarche.id < apres if est_close else Demarche.id > apres)
    suite = _Suite(tuple(conditions), Demarche.id.desc() if est_close else Demarche.id.asc(), taille + 1)
    requete = _listees().where(*suite.conditions)
    if filtre.recherche.strip():
        requete = requete.where(_recherche(session, filtre.recherche, suite))
    return [_listee(*ligne) for ligne in session.execute(requete.order_by(suite.ordre).limit(suite.taille))]


def lire_demarche(session: Session, perimetre: Perimetre, numero: str) -> DemarcheLue | None:
    """None when it does not exist, or not for this agent. Three queries."""
    ligne = session.execute(_listees().where(Demarche.numero == numero, perimetre.demarches())).one_or_none()
    if ligne is None:
        return None
    demarche: Demarche = ligne[0]
    personnes = {
        compte_id: (prenom, nom, courriel or "")
        for compte_id, prenom, nom, courriel in session.execute(
            select(Compte.id, Personne.prenom, Personne.nom, Personne.courriel)
            .join(Personne, Personne.id == Compte.personne_id)
            .where(Compte.id.in_([i for i in (demarche.compte_id, demarche.decidee_par) if i is not None]))
        )
    }
    # A family the town does not know yet says who she is in the request itself.
    dite = tuple(str(demarche.contenu.get(champ, "")) for champ in ("prenom", "nom", "courriel"))
    prenom, nom, courriel = personnes.get(demarche.compte_id or 0, dite)
    decideur = " ".join(personnes.get(demarche.decidee_par or 0, ("", ""))[:2]).strip()
    return DemarcheLue(
        demarche,
        _listee(*ligne),
        f"{prenom} {nom}".strip(),
        prenom,
        courriel,
        decideur,
        _pieces(session, demarche.id),
    )


def foyer_de(session: Session, numero: str) -> int | None:
    """Of whoever asked, when the town knew her. One query."""
    return session.scalar(select(Demarche.foyer_id).where(Demarche.numero == numero))


def demarches_du_foyer(
    session: Session, perimetre: Perimetre, foyer_id: int, taille: int = TAILLE_PAGE
) -> list[DemarcheListee]:
    """Those of a foyer that this agent may open, waiting ones first, then the latest. One query."""
    est_ouverte = Demarche.etat.in_([etat.value for etat in OUVERTS])
    siennes = _listees().where(Demarche.foyer_id == foyer_id, perimetre.demarches())
    requete = siennes.order_by(est_ouverte.desc(), Demarche.id.desc())
    return [_listee(*ligne) for ligne in session.execute(requete.limit(taille))]


def _listees() -> Any:
    return (
        select(Demarche, Foyer.nom, Enfant.prenom, Enfant.nom, Personne.prenom, Personne.nom)
        .outerjoin(Foyer, Foyer.id == Demarche.foyer_id)
        .outerjoin(Enfant, Enfant.id == Demarche.enfant_id)
        .outerjoin(Personne, Personne.id == Demarche.personne_id)
    )


def _listee(
    demarche: Demarche,
    foyer: str | None,
    enfant_prenom: str | None,
    enfant_nom: str | None,
    prenom: str | None,
    nom: str | None,
) -> DemarcheListee:
    contenu = demarche.contenu
    inconnue = f"{contenu.get('prenom', '')} {contenu.get('nom', '')}".strip()
    sujet = f"{enfant_prenom or prenom or ''} {enfant_nom or nom or ''}".strip()
    if not sujet and demarche.genre == "enfant":
        sujet = inconnue
    return DemarcheListee(
        demarche.id,
        demarche.numero,
        demarche.genre,
        demarche.etat,
        demarche.deposee_utc,
        demarche.foyer_id,
        foyer or inconnue,
        sujet,
    )


def _pieces(session: Session, demarche_id: int) -> tuple[PieceLue, ...]:
    lignes = session.execute(
        select(Piece.id, Piece.nom, Piece.genre, Piece.retiree_utc)
        .join(DemarchePiece, DemarchePiece.piece_id == Piece.id)
        .where(DemarchePiece.demarche_id == demarche_id)
        .order_by(Piece.id)
    )
    return tuple(PieceLue(id_, nom, genre, retiree is not None) for id_, nom, genre, retiree in lignes)


@dataclass(frozen=True, slots=True)
class _Suite:
    """A page of the queue: what is in it, in which order, how many."""

    conditions: tuple[ColumnElement[bool], ...]
    ordre: ColumnElement[Any]
    taille: int


def _recherche(session: Session, texte: str, suite: _Suite) -> ColumnElement[bool]:
    """By number, or by any word of the family's names: accents, capitals and hyphens do not count. Names are compared
    here: neither engine has that without an extension."""
    numero = texte.strip().upper()
    if numero.startswith("D2") or numero.isdecimal():
        return Demarche.numero.contains(numero, autoescape=True)
    foyers = chercher_ids(session, texte, _FOYERS_CHERCHES)
    return or_(Demarche.foyer_id.in_(foyers), Demarche.id.in_(_familles_inconnues(session, texte, suite)))


def _familles_inconnues(session: Session, texte: str, suite: _Suite) -> list[int]:
    """Requests of this page by families of no foyer yet, by the name they wrote: as many as the page can show, however
    many there are before."""
    mots = [cle for mot in texte.split() if (cle := cle_de_nom(mot))]
    if not mots:
        return []
    noms = [Demarche.contenu[champ].as_string() for champ in ("prenom", "nom")]
    requete = select(Demarche.id, *noms).where(Demarche.genre == "espace", *suite.conditions).order_by(suite.ordre)
    with session.execute(requete.execution_options(yield_per=_LUS_ENSEMBLE)) as lignes:
        trouvees = (
            id_ for id_, prenom, nom in lignes if all(mot in cle_de_nom(f"{prenom or ''}|{nom or ''}") for mot in mots)
        )
        return list(islice(trouvees, suite.taille))
