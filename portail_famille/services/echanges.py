"""One démarche as its family reads it, and what she does there: answer, complete, take it back."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portail_famille.domain.demarches import Cote, GenreEtape, est_numero
from portail_famille.domain.genres import GENRES, Concerne
from portail_famille.domain.pieces import DE_SANTE
from portail_famille.models.comptes import Compte
from portail_famille.models.demarches import Demarche, DemarcheEtape, DemarchePiece
from portail_famille.models.documents import Piece
from portail_famille.models.foyers import Enfant, Personne
from portail_famille.services.comptes import Acteur
from portail_famille.services.courriels import Commune, deposer_courriel
from portail_famille.services.demarches import ecrire, retirer
from portail_famille.services.documents import est_lisible
from portail_famille.services.dossiers import jour_de
from portail_famille.services.genres import RETRAITS
from portail_famille.services.journal import Auteur
from portail_famille.services.visibilites import (
    contenu_lu,
    demarches_de,
    est_arretee,
    est_lue,
    est_suivie,
    fin_de_lecture,
    telle_qu_alors,
)

LONGUEUR_MESSAGE = 4000

Pieces = Callable[[Session], Sequence[int]]
"""Documents of a message, kept once it is known that it was not sent before. Raises `RegleViolee`."""


@dataclass(frozen=True, slots=True)
class PieceJointe:
    """A document of the request. `est_lisible`: this adult may open it; else she is told that there is one."""

    id: int
    nom: str
    genre: str
    est_lisible: bool


@dataclass(frozen=True, slots=True)
class EtapeLue:
    """A line of its life. `qui`: first name of the adult who acted; "" for the town and the program."""

    genre: str
    etat: str
    cote: str
    qui: str
    est_de_moi: bool
    texte: str
    a_utc: datetime
    pieces: tuple[PieceJointe, ...]


@dataclass(frozen=True, slots=True)
class DemarcheFamille:
    demarche: Demarche
    enfant: str
    """First name of the child it is about; "" when there is none."""
    etapes: tuple[EtapeLue, ...]
    """From first to last, without the notes that agents write to one another."""
    pieces: tuple[PieceJointe, ...]
    """Those of the request itself."""
    contenu: Mapping[str, Any]
    """What was asked, as this adult may read it."""
    est_arretee: bool = False
    """She has no more authority over the child: all of it is as it was then, and she does nothing there."""

    @property
    def est_non_lue(self) -> bool:
        """The town wrote since the family last opened it."""
        d = self.demarche
        return d.reponse_utc is not None and (d.lue_utc is None or d.lue_utc < d.reponse_utc)


def trouver(
    session: Session, acteur: Acteur, aujourdhui: date, numero: str, *, verrou: bool = False
) -> Demarche | None:
    """None for one she may not read as for none. With `verrou`, she may act on it, and nobody else writes it until the
    end. One query."""
    if not est_numero(numero):
        return None
    requete = select(Demarche).where(Demarche.numero == numero, demarches_de(acteur, aujourdhui))
    if not verrou:
        return session.scalar(requete)
    return session.scalar(requete.where(est_suivie(acteur, aujourdhui)).with_for_update())


def lire(session: Session, acteur: Acteur, aujourdhui: date, numero: str) -> DemarcheFamille | None:
    """All that is for her to read. Four queries at most."""
    if not est_numero(numero):
        return None
    trouvee = session.execute(
        select(Demarche, fin_de_lecture(acteur.personne_id, aujourdhui)).where(
            Demarche.numero == numero, demarches_de(acteur, aujourdhui)
        )
    ).one_or_none()
    if trouvee is None:
        return None
    demarche, fin = trouvee
    enfant = ""
    if demarche.enfant_id is not None:
        enfant = session.scalars(select(Enfant.prenom).where(Enfant.id == demarche.enfant_id)).one()
    jointes = _pieces(session, acteur, aujourdhui, demarche.id)
    lignes = session.execute(
        select(DemarcheEtape, Personne.prenom)
        .outerjoin(Compte, Compte.id == DemarcheEtape.compte_id)
        .outerjoin(Personne, Personne.id == Compte.personne_id)
        .where(DemarcheEtape.demarche_id == demarche.id, DemarcheEtape.genre != GenreEtape.NOTE.value)
        .order_by(DemarcheEtape.id)
    )
    siennes = [ligne for ligne in lignes if est_lue(ligne[0], fin)]
    lues = tuple(_etape(ligne, acteur, jointes) for ligne in siennes)
    if fin is not None:
        demarche = telle_qu_alors(demarche, [etape for etape, _ in siennes])
    contenu = contenu_lu(demarche, acteur.compte_id)
    return DemarcheFamille(demarche, enfant, lues, tuple(jointes[None]), contenu, fin is not None)


def repondre(
    session: Session,
    acteur: Acteur,
    demarche: Demarche,
    texte: str,
    pieces: Pieces,
    cle_envoi: str,
    maintenant: datetime,
) -> bool:
    """A message, with its documents; completes the request when that is what the town waits for. False: this form was
    sent already, nothing is done. `demarche` is locked by the caller (`trouver`).

    Raises `RegleViolee` (request closed; nothing written nor joined; a document that cannot be taken).
    """
    if est_envoye(session, demarche, cle_envoi):
        return False
    auteur = Auteur(Cote.FAMILLE, acteur.compte_id)
    etape = ecrire(session, demarche, texte[:LONGUEUR_MESSAGE], auteur, maintenant, pieces=pieces(session))
    etape.cle_envoi = cle_envoi
    session.flush()
    return True


def est_envoye(session: Session, demarche: Demarche, cle_envoi: str) -> bool:
    """Whether this form made its message already. One query."""
    deja = select(DemarcheEtape.id).where(
        DemarcheEtape.demarche_id == demarche.id, DemarcheEtape.cle_envoi == cle_envoi
    )
    return session.scalar(deja) is not None


def annuler(session: Session, acteur: Acteur, demarche: Demarche, maintenant: datetime, reglages: Commune) -> None:
    """The family takes it back, with what it had put aside. Who filed it is told when another adult does. Raises
    `RegleViolee` when it is already decided."""
    auteur = Auteur(Cote.FAMILLE, acteur.compte_id)
    retirer(session, demarche, auteur, maintenant)
    defaire = RETRAITS.get(demarche.genre)
    if defaire is not None:
        defaire(session, demarche, auteur, maintenant)
    if demarche.compte_id not in (None, acteur.compte_id):
        _prevenir_demandeur(session, acteur, demarche, maintenant, reglages)


def proprietaire(acteur: Acteur, demarche: Demarche) -> tuple[int | None, int | None]:
    """Child and adult that a document joined to this request is about: the request's; about the asker's own file, hers;
    of the foyer's, nobody's in particular."""
    if demarche.enfant_id is None and GENRES[demarche.genre].concerne is Concerne.ADULTE:
        return None, acteur.personne_id
    return demarche.enfant_id, None


def _prevenir_demandeur(
    session: Session, acteur: Acteur, demarche: Demarche, maintenant: datetime, reglages: Commune
) -> None:
    """Nothing for who has no address, nor for who may no longer follow it."""
    elle = session.scalars(
        select(Personne).join(Compte, Compte.personne_id == Personne.id).where(Compte.id == demarche.compte_id)
    ).one()
    if not elle.courriel or est_arretee(session, demarche, elle.id, jour_de(maintenant)):
        return
    deposer_courriel(
        session,
        modele="demarche_annulee",
        destinataire=elle.courriel,
        maintenant=maintenant,
        reglages=reglages,
        prenom=elle.prenom,
        numero=demarche.numero,
        objet=GENRES[demarche.genre].objet,
        par=acteur.prenom,
    )


def _pieces(
    session: Session, acteur: Acteur, aujourdhui: date, demarche_id: int
) -> dict[int | None, list[PieceJointe]]:
    """By the message they came with; None: with the request itself."""
    jointes: dict[int | None, list[PieceJointe]] = defaultdict(list)
    lisible = est_lisible(acteur.personne_id, (acteur.foyer_id,), aujourdhui)
    for etape_id, piece, peut_lire in session.execute(
        select(DemarchePiece.etape_id, Piece, lisible)
        .join(Piece, Piece.id == DemarchePiece.piece_id)
        .where(DemarchePiece.demarche_id == demarche_id)
        .order_by(Piece.id)
    ):
        # Her own papers and the child's medical ones are not named to an agent who looks as her.
        est_tue = acteur.est_apercu and (piece.personne_id is not None or piece.genre in DE_SANTE)
        est_montree = bool(peut_lire) and not est_tue
        jointes[etape_id].append(PieceJointe(piece.id, piece.nom, piece.genre, est_montree))
    return jointes


def _etape(
    ligne: Row[DemarcheEtape, str | None], acteur: Acteur, jointes: dict[int | None, list[PieceJointe]]
) -> EtapeLue:
    etape, prenom = ligne
    est_famille = etape.cote == Cote.FAMILLE
    return EtapeLue(
        etape.genre,
        etape.etat,
        etape.cote,
        (prenom or "") if est_famille else "",
        est_famille and etape.compte_id == acteur.compte_id,
        etape.texte,
        etape.a_utc,
        tuple(jointes.get(etape.id, ())),
    )
