"""« Vos documents expirent bientôt »: one mail to each adult who may read them, once a document, written by the worker.

The rows are marked in the transaction that writes the mails: killed in between, neither is done.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from portail_famille.config import ReglagesCommune
from portail_famille.domain.libelles import ecrire_date
from portail_famille.domain.pieces import ReglesPieces
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import AutoriteParentale, Enfant, Foyer
from portail_famille.services.courriels import deposer_courriel
from portail_famille.services.destinataires import adultes_a_prevenir
from portail_famille.services.documents import regles_de
from portail_famille.services.dossiers import jour_de

_PAR_FOIS = 100
"""Foyers per transaction: an assurance ends for everybody in the same week."""


def rappeler(session: Session, reglages: ReglagesCommune, maintenant: datetime) -> int:
    """Tells the adults of some foyers which documents end soon; how many foyers. To be called again until it is 0."""
    regles, aujourdhui = regles_de(reglages), jour_de(maintenant)
    dues = _a_rappeler(regles, aujourdhui)
    foyers = list(
        session.scalars(select(Piece.foyer_id).where(dues).distinct().order_by(Piece.foyer_id).limit(_PAR_FOIS))
    )
    if not foyers:
        return 0
    # Marked in the statement that chooses: two workers never tell the same document.
    marquees = list(
        session.scalars(
            update(Piece)
            .where(Piece.foyer_id.in_(foyers), dues)
            .values(rappelee_utc=maintenant)
            .returning(Piece)
            .execution_options(synchronize_session=False)
        )
    )
    prenoms = _prenoms_des_enfants(session, marquees)
    visibles = _lecteurs(session, marquees, aujourdhui)
    for (prenom, courriel), pieces in visibles.items():
        deposer_courriel(
            session,
            modele="document_expire",
            destinataire=courriel,
            maintenant=maintenant,
            reglages=reglages,
            prenom=prenom,
            documents=[_dire(piece, regles, prenoms) for piece in pieces],
        )
    return len(foyers)


def _a_rappeler(regles: ReglesPieces, aujourdhui: date) -> ColumnElement[bool]:
    """Ends within the days that its kind says, told to nobody yet, and no later one of the same took its place."""
    par_delai: dict[int, list[str]] = defaultdict(list)
    for code in regles.genres:
        if regles.rappel(code):
            par_delai[regles.rappel(code)].append(code)
    suivante = aliased(Piece)
    return and_(
        Piece.rappelee_utc.is_(None),
        Piece.retiree_utc.is_(None),
        Piece.remplacee_par.is_(None),
        Piece.valable_jusqua >= aujourdhui,
        or_(
            *(
                and_(Piece.genre.in_(codes), Piece.valable_jusqua <= aujourdhui + timedelta(days=jours))
                for jours, codes in par_delai.items()
            )
        )
        if par_delai
        else Piece.id.is_(None),
        ~exists().where(Foyer.id == Piece.foyer_id, Foyer.parti_le.is_not(None)),
        ~exists().where(
            suivante.foyer_id == Piece.foyer_id,
            suivante.genre == Piece.genre,
            suivante.enfant_id.is_not_distinct_from(Piece.enfant_id),
            suivante.personne_id.is_not_distinct_from(Piece.personne_id),
            suivante.retiree_utc.is_(None),
            or_(
                suivante.valable_jusqua > Piece.valable_jusqua,
                and_(suivante.valable_jusqua.is_(None), suivante.id > Piece.id),
            ),
        ),
    )


def _lecteurs(session: Session, pieces: Collection[Piece], aujourdhui: date) -> dict[tuple[str, str], list[Piece]]:
    """Who is told of what, by first name and address; as services/documents.est_lisible says. Two queries."""
    autorites = {
        (personne_id, enfant_id)
        for personne_id, enfant_id in session.execute(
            select(AutoriteParentale.personne_id, AutoriteParentale.enfant_id).where(
                AutoriteParentale.enfant_id.in_({p.enfant_id for p in pieces if p.enfant_id}),
                AutoriteParentale.du <= aujourdhui,
                or_(AutoriteParentale.au.is_(None), AutoriteParentale.au >= aujourdhui),
            )
        )
    }
    lues: dict[tuple[str, str], list[Piece]] = defaultdict(list)
    for adulte in adultes_a_prevenir(session, {p.foyer_id for p in pieces}):
        for piece in pieces:
            if piece.foyer_id == adulte.foyer_id and _lit(piece, adulte.personne_id, adulte.compte_id, autorites):
                lues[adulte.prenom, adulte.courriel].append(piece)
    return lues


def _lit(piece: Piece, personne_id: int, compte_id: int, autorites: Collection[tuple[int, int]]) -> bool:
    if piece.enfant_id is not None:
        return (personne_id, piece.enfant_id) in autorites
    if piece.personne_id is not None:
        return piece.personne_id == personne_id
    return piece.est_du_foyer or piece.deposee_par == compte_id


def _prenoms_des_enfants(session: Session, pieces: Iterable[Piece]) -> dict[int, str]:
    ids = {piece.enfant_id for piece in pieces if piece.enfant_id}
    lignes = session.execute(select(Enfant.id, Enfant.prenom).where(Enfant.id.in_(ids)))
    return {ligne.id: ligne.prenom for ligne in lignes}


def _dire(piece: Piece, regles: ReglesPieces, prenoms: dict[int, str]) -> str:
    """« Attestation d’assurance (Noé), valable jusqu’au 3 décembre 2026 »; a mail never says that a child's document is
    about health."""
    nom = "Un document" if piece.genre in regles.de_sante else regles.nom(piece.genre)
    a_qui = f" ({prenoms[piece.enfant_id]})" if piece.enfant_id in prenoms else ""
    return f"{nom}{a_qui}, valable jusqu’au {ecrire_date(piece.valable_jusqua)}" if piece.valable_jusqua else nom
