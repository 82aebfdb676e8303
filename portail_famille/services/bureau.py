"""The town hall's desk: the queue of démarches, as an agent may see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, islice
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from portail_famille.domain.demarches import OUVERTS, EtatDemarche, est_numero
from portail_famille.domain.noms import cle_de_nom
from portail_famille.domain.pieces import DE_LA_MAIRIE
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
TRIS = ("anciennes", "echeance")
"""Longest waiting first; or by due date, those that have none last. Closed ones are always latest first."""
SANS_AGENT = "personne"
_SANS_ECHEANCE = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Filtre:
    """What the queue shows, and in which order."""

    groupe: str = "a_traiter"
    genre: str = ""
    recherche: str = ""
    structure_id: int | None = None
    """Of the families that have a child there; of that child, when it is about one."""
    assignee: int | str = ""
    """An agent's compte, SANS_AGENT, or "" for everybody's."""
    est_en_retard: bool = False
    """Only those whose silence means something already."""
    tri: str = "anciennes"
    """One of TRIS."""


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
    version: int = 1
    echeance: date | None = None
    """First day on which the town's silence means something."""
    assignee_id: int | None = None
    assignee: str = ""
    """Name of the agent in charge."""
    decidee_utc: datetime | None = None
    a_documents: bool = False
    """The family joined something to read."""


@dataclass(frozen=True, slots=True)
class Reperes:
    """Of the requests that wait for the town: how many are this agent's, nobody's, late."""

    a_moi: int
    sans_agent: int
    en_retard: int


@dataclass(frozen=True, slots=True)
class PieceLue:
    id: int
    nom: str
    genre: str
    est_retiree: bool
    etape_id: int | None = None
    """The message it came with; None: with the request itself."""


@dataclass(frozen=True, slots=True)
class DemarcheLue:
    """A démarche as an agent opens it."""

    demarche: Demarche
    listee: DemarcheListee
    demandeur: str
    """Who asked."""
    prenom: str
    courriel: str
    demandeur_id: int | None
    """The person who asked, when the town knows her."""
    pieces: tuple[PieceLue, ...]
    structures: frozenset[int] | None = None
    """Where this agent may place the child, when she sees it only because it is addressed to one of them."""
    en_attente: int = 0
    """Requests that wait for the town, when they were counted."""


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


def compter_reperes(session: Session, perimetre: Perimetre, compte_id: int) -> Reperes:
    """One query."""

    def nombre(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    a_moi, sans_agent, en_retard = session.execute(
        select(
            nombre(Demarche.assignee_id == compte_id),
            nombre(Demarche.assignee_id.is_(None)),
            nombre(Demarche.echeance <= perimetre.aujourdhui),
        ).where(Demarche.etat.in_(_etats("a_traiter")), perimetre.demarches())
    ).one()
    return Reperes(int(a_moi), int(sans_agent), int(en_retard))


def compter_en_attente(session: Session, perimetre: Perimetre) -> int:
    """How many wait for the town: the badge of the desk's tab. One query."""
    return session.scalar(_en_attente(perimetre)) or 0


def lister_demarches(
    session: Session, perimetre: Perimetre, filtre: Filtre, apres: int | None = None, taille: int = TAILLE_PAGE
) -> list[DemarcheListee]:
    """One more than a page when there are more: oldest first while somebody waits, latest first once closed. `apres` is
    the id of the last one shown. One query, three when something is searched."""
    suite = _suite(perimetre, filtre, apres, taille + 1)
    requete = _listees().where(*suite.conditions)
    if filtre.recherche.strip():
        requete = requete.where(_recherche(session, filtre.recherche, suite))
    return [_listee(*ligne) for ligne in session.execute(requete.order_by(*suite.ordre).limit(suite.taille))]


def compter_demarches(session: Session, perimetre: Perimetre, filtre: Filtre) -> int:
    """How many `lister_demarches` would give from first to last page. One query, three when something is searched."""
    suite = _suite(perimetre, filtre, None, None)
    requete = select(func.count()).select_from(Demarche).where(*suite.conditions)
    if filtre.recherche.strip():
        requete = requete.where(_recherche(session, filtre.recherche, suite))
    return session.scalar(requete) or 0


def lire_demarche(
    session: Session, perimetre: Perimetre, numero: str, *, compte_les_autres: bool = False
) -> DemarcheLue | None:
    """None when it does not exist, or not for this agent. With `compte_les_autres`, how many wait for the town as well
    (`compter_en_attente`). One query."""
    en_attente = _en_attente(perimetre).scalar_subquery() if compte_les_autres else literal(0)
    return _lire(session, perimetre, [numero], en_attente).get(numero)


def lire_demarches(session: Session, perimetre: Perimetre, numeros: Iterable[str]) -> dict[str, DemarcheLue]:
    """Those of them that exist for this agent, by number. One query."""
    return _lire(session, perimetre, numeros, literal(0))


def _lire(
    session: Session, perimetre: Perimetre, numeros: Iterable[str], en_attente: ColumnElement[int]
) -> dict[str, DemarcheLue]:
    """A line for each document."""
    voulus = [numero for numero in numeros if est_numero(numero)]
    if not voulus:
        return {}
    compte, elle = aliased(Compte), aliased(Personne)
    lignes = session.execute(
        _listees()
        .add_columns(elle.prenom, elle.nom, elle.courriel, elle.id, case((perimetre.familles_suivies(), 1), else_=0))
        .add_columns(en_attente, Piece.id, Piece.nom, Piece.genre, Piece.retiree_utc, DemarchePiece.etape_id)
        .outerjoin(compte, compte.id == Demarche.compte_id)
        .outerjoin(elle, elle.id == compte.personne_id)
        .outerjoin(DemarchePiece, DemarchePiece.demarche_id == Demarche.id)
        .outerjoin(Piece, Piece.id == DemarchePiece.piece_id)
        .where(Demarche.numero.in_(voulus), perimetre.demarches())
        .order_by(Demarche.id, Piece.id)
    )
    return {
        demarche.numero: _lue(list(siennes), perimetre)
        for demarche, siennes in groupby(lignes, key=lambda ligne: ligne[0])
    }


def _lue(lignes: Sequence[Any], perimetre: Perimetre) -> DemarcheLue:
    *listee, prenom, nom, courriel, demandeur_id, est_suivie, attendent = lignes[0][:-5]
    demarche: Demarche = listee[0]
    if demandeur_id is None:
        # A family the town does not know yet says who she is in the request itself.
        prenom, nom, courriel = (str(demarche.contenu.get(champ, "")) for champ in ("prenom", "nom", "courriel"))
    return DemarcheLue(
        demarche,
        _listee(*listee),
        f"{prenom} {nom}".strip(),
        prenom,
        courriel or "",
        demandeur_id,
        tuple(
            PieceLue(id_, nom_piece, genre, retiree is not None, etape)
            for *_, id_, nom_piece, genre, retiree, etape in lignes
            if id_ is not None
        ),
        None if est_suivie else perimetre.structures,
        attendent,
    )


def est_a_instruire(session: Session, perimetre: Perimetre, demarche_id: int) -> bool:
    """Whether this agent may answer it. One query."""
    requete = select(Demarche.id).where(Demarche.id == demarche_id, perimetre.demarches())
    return session.scalar(requete) is not None


def foyer_de(session: Session, numero: str) -> int | None:
    """Of whoever asked, when the town knew her. One query."""
    return session.scalar(select(Demarche.foyer_id).where(Demarche.numero == numero)) if est_numero(numero) else None


def demarches_du_foyer(
    session: Session, perimetre: Perimetre, foyer_id: int, taille: int = TAILLE_PAGE
) -> list[DemarcheListee]:
    """Those of a foyer that this agent may open, waiting ones first, then the latest. One query."""
    est_ouverte = Demarche.etat.in_([etat.value for etat in OUVERTS])
    siennes = _listees().where(Demarche.foyer_id == foyer_id, perimetre.demarches())
    requete = siennes.order_by(est_ouverte.desc(), Demarche.id.desc())
    return [_listee(*ligne) for ligne in session.execute(requete.limit(taille))]


def _en_attente(perimetre: Perimetre) -> Select[int]:
    """Correlated to nothing: the request that is read is not those that are counted."""
    ils = select(Demarche.id).where(Demarche.etat.in_(_etats("a_traiter")), perimetre.demarches())
    return select(func.count()).select_from(ils.correlate(None).subquery())


def _etats(groupe: str) -> Iterable[str]:
    return [etat.value for etat in GROUPES[groupe]]


def _listees() -> Any:
    compte, chargee = aliased(Compte), aliased(Personne)
    return (
        select(
            Demarche,
            Foyer.nom,
            Enfant.prenom,
            Enfant.nom,
            Personne.prenom,
            Personne.nom,
            chargee.prenom,
            chargee.nom,
            _a_documents(),
        )
        .outerjoin(Foyer, Foyer.id == Demarche.foyer_id)
        .outerjoin(Enfant, Enfant.id == Demarche.enfant_id)
        .outerjoin(Personne, Personne.id == Demarche.personne_id)
        .outerjoin(compte, compte.id == Demarche.assignee_id)
        .outerjoin(chargee, chargee.id == compte.personne_id)
    )


def _a_documents() -> ColumnElement[bool]:
    """What the town itself joined asks to be read by nobody at the desk."""
    return (
        select(DemarchePiece.piece_id)
        .join(Piece, Piece.id == DemarchePiece.piece_id)
        .where(DemarchePiece.demarche_id == Demarche.id, Piece.genre != DE_LA_MAIRIE)
        .correlate(Demarche)
        .exists()
    )


def _suite(perimetre: Perimetre, filtre: Filtre, apres: int | None, taille: int | None) -> "_Suite":
    conditions = [perimetre.demarches()]
    est_par_numero = _est_un_numero(filtre.recherche)
    if not est_par_numero:
        # Who has a number in hand does not know where its request stands.
        conditions.append(Demarche.etat.in_(_etats(filtre.groupe)))
    if filtre.genre:
        conditions.append(Demarche.genre == filtre.genre)
    if filtre.structure_id is not None:
        conditions.append(Perimetre(frozenset({filtre.structure_id}), perimetre.aujourdhui).demarches())
    if filtre.assignee:
        est_a_personne = filtre.assignee == SANS_AGENT
        conditions.append(
            Demarche.assignee_id.is_(None) if est_a_personne else Demarche.assignee_id == int(filtre.assignee)
        )
    if filtre.est_en_retard:
        # Nobody is late on what is closed.
        est_close = filtre.groupe == "closes"
        conditions.append(false() if est_close else Demarche.echeance <= perimetre.aujourdhui)
    if filtre.groupe == "closes" or est_par_numero:
        if apres is not None:
            conditions.append(Demarche.id < apres)
        return _Suite(tuple(conditions), (Demarche.id.desc(),), taille)
    if filtre.tri == "echeance":
        quand = func.coalesce(Demarche.echeance, literal(_SANS_ECHEANCE))
        if apres is not None:
            derniere = aliased(Demarche)
            limite = (
                select(func.coalesce(derniere.echeance, literal(_SANS_ECHEANCE)))
                .where(derniere.id == apres)
                .scalar_subquery()
            )
            conditions.append(or_(quand > limite, and_(quand == limite, Demarche.id > apres)))
        return _Suite(tuple(conditions), (quand, Demarche.id.asc()), taille)
    if apres is not None:
        conditions.append(Demarche.id > apres)
    return _Suite(tuple(conditions), (Demarche.id.asc(),), taille)


def _listee(
    demarche: Demarche,
    foyer: str | None,
    enfant_prenom: str | None,
    enfant_nom: str | None,
    prenom: str | None,
    nom: str | None,
    assignee_prenom: str | None,
    assignee_nom: str | None,
    a_documents: bool,
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
        demarche.version,
        demarche.echeance,
        demarche.assignee_id,
        f"{assignee_prenom or ''} {assignee_nom or ''}".strip(),
        demarche.decidee_utc,
        bool(a_documents),
    )


@dataclass(frozen=True, slots=True)
class _Suite:
    """A page of the queue: what is in it, in which order, how many."""

    conditions: tuple[ColumnElement[bool], ...]
    ordre: tuple[ColumnElement[Any], ...]
    taille: int | None
    """None: all of it."""


def _recherche(session: Session, texte: str, suite: _Suite) -> ColumnElement[bool]:
    """By number, or by any word of the family's names: accents, capitals and hyphens do not count. Names are compared
    here: neither engine has that without an extension."""
    if _est_un_numero(texte):
        return Demarche.numero.contains(texte.strip().upper(), autoescape=True)
    foyers = chercher_ids(session, texte, _FOYERS_CHERCHES)
    return or_(Demarche.foyer_id.in_(foyers), Demarche.id.in_(_familles_inconnues(session, texte, suite)))


def _est_un_numero(texte: str) -> bool:
    """Or a part of one."""
    numero = texte.strip().upper()
    return numero.startswith("D2") or numero.isdecimal()


def _familles_inconnues(session: Session, texte: str, suite: _Suite) -> list[int]:
    """Requests of this page by families of no foyer yet, by the name they wrote: as many as the page can show, however
    many there are before."""
    mots = [cle for mot in texte.split() if (cle := cle_de_nom(mot))]
    if not mots:
        return []
    noms = [Demarche.contenu[champ].as_string() for champ in ("prenom", "nom")]
    requete = select(Demarche.id, *noms).where(Demarche.genre == "espace", *suite.conditions).order_by(*suite.ordre)
    with session.execute(requete.execution_options(yield_per=_LUS_ENSEMBLE)) as lignes:
        trouvees = (
            id_ for id_, prenom, nom in lignes if all(mot in cle_de_nom(f"{prenom or ''}|{nom or ''}") for mot in mots)
        )
        return list(islice(trouvees, suite.taille))
