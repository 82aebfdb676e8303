"""The porte-documents in words: documents by owner, with their dates and where they stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portail_famille.domain.pieces import DE_LA_MAIRIE, PIECES_MAXIMALES, EtatPiece, ReglesPieces
from portail_famille.presentation.enfants import jour_ecrit, poids
from portail_famille.presentation.formats import INSECABLE, pluriel
from portail_famille.presentation.mots import de, pastille
from portail_famille.presentation.vues import Avis, Pastille
from portail_famille.services.documents import PieceLue
from portail_famille.services.dossiers import EnfantLu, jour_de
from portail_famille.services.porte_documents import ENFANT, FOYER, MOI

FAITS: Mapping[str, Avis] = {
    "ajoute": Avis("succes", "C’est gardé.", "Vous le retrouverez ici à chaque démarche."),
    "change": Avis("succes", "C’est enregistré."),
    "remplace": Avis("succes", "La nouvelle version est gardée."),
    "supprime": Avis("succes", "Le document est supprimé."),
}
"""What the page one lands on says of what was just done."""
_ETATS = {
    EtatPiece.A_JOUR: ("à jour", "ok"),
    EtatPiece.BIENTOT: ("expire bientôt", "attente"),
    EtatPiece.EXPIREE: ("expiré", "erreur"),
}
_JOINT = ("joint à une demande", "prime")
_MO = 1024 * 1024
_PRESQUE_PLEIN = 0.8


@dataclass(frozen=True, slots=True)
class LigneDocument:
    """`badges`: word and kind of each."""

    id: int
    titre: str
    nom: str
    details: str
    badges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class GroupeDocuments:
    """Documents of one owner. `pastille`: a child's."""

    titre: str
    lignes: tuple[LigneDocument, ...]
    pastille: Pastille | None = None


def composer_groupes(
    pieces: Sequence[PieceLue], enfants: Sequence[EnfantLu], regles: ReglesPieces, aujourdhui: date
) -> tuple[GroupeDocuments, ...]:
    """The foyer's first, then each child's, then one's own; empty ones left out. A child she does not act for here any
    more has its name nowhere: its documents are not in `pieces` either."""

    def lignes(quelles: Iterable[PieceLue]) -> tuple[LigneDocument, ...]:
        return tuple(composer_ligne(p, regles, aujourdhui) for p in quelles)

    groupes = [GroupeDocuments("Notre foyer", lignes(p for p in pieces if p.est_du_foyer))]
    groupes += [
        GroupeDocuments(e.prenom, lignes(p for p in pieces if p.enfant_id == e.id), pastille(e)) for e in enfants
    ]
    groupes += [
        GroupeDocuments("Moi seulement", lignes(p for p in pieces if p.personne_id is not None)),
        GroupeDocuments("Pour une demande", lignes(p for p in pieces if est_a_personne(p))),
    ]
    return tuple(groupe for groupe in groupes if groupe.lignes)


def est_a_personne(piece: PieceLue) -> bool:
    """Given with a request about a child who is not in the foyer yet."""
    return not piece.est_du_foyer and piece.enfant_id is None and piece.personne_id is None


def composer_ligne(piece: PieceLue, regles: ReglesPieces, aujourdhui: date) -> LigneDocument:
    fin = piece.valable_jusqua
    etat = regles.etat(piece.genre, fin, aujourdhui)
    details = (
        f"du {jour_ecrit(piece.datee_du)}" if piece.datee_du else f"ajouté le {jour_ecrit(jour_de(piece.deposee_utc))}",
        f"{'expiré depuis le' if etat is EtatPiece.EXPIREE else 'valable jusqu’au'} {jour_ecrit(fin)}" if fin else "",
        "PDF" if piece.type_mime == "application/pdf" else "photo",
        poids(piece.taille),
    )
    badges = (_ETATS[etat], *((_JOINT,) if piece.demande else ()))
    return LigneDocument(piece.id, regles.nom(piece.genre), piece.nom, ", ".join(filter(None, details)), badges)


def dire_la_place(pieces: Sequence[PieceLue], occupation: tuple[int, int], regles: ReglesPieces) -> str:
    """« 3 documents, 12 Mo. »: of those on the page, as a total would tell what the other adult keeps. It is
    said only when the room that all share is nearly gone."""
    nombre, octets = occupation
    if nombre >= PIECES_MAXIMALES * _PRESQUE_PLEIN or octets >= regles.quota * _PRESQUE_PLEIN:
        return (
            f"Il reste peu de place pour votre foyer\u00a0: {pluriel(nombre, 'document')} sur {PIECES_MAXIMALES}, "
            f"{octets // _MO}{INSECABLE}Mo sur {regles.quota // _MO}. Supprimez ceux qui ne servent plus."
        )
    if not pieces:
        return f"Il y a de la place pour {regles.quota // _MO}{INSECABLE}Mo de documents."
    siens = sum(piece.taille for piece in pieces)
    mega = f"{siens / _MO:.1f}".replace(".", ",") if siens < 10 * _MO else str(siens // _MO)
    mega = "moins de 0,1" if mega == "0,0" else mega
    return f"{pluriel(len(pieces), 'document')}, {mega}{INSECABLE}Mo."


def choix_genres(regles: ReglesPieces) -> tuple[tuple[str, str], ...]:
    """Kinds a family may give; what comes from the town hall is not among them."""
    return (("", "Choisir"), *((g.code, g.nom) for g in regles.genres.values() if g.code != DE_LA_MAIRIE))


def choix_a_qui(enfants: Sequence[EnfantLu]) -> tuple[tuple[str, str], ...]:
    return (
        (FOYER, "À notre foyer"),
        *((f"{ENFANT}{e.id}", f"À {e.prenom}") for e in enfants),
        (MOI, "À moi seulement"),
    )


def a_qui(piece: PieceLue) -> str:
    """The value of that field for a document already kept; "" when it has to be said."""
    if piece.enfant_id is not None:
        return f"{ENFANT}{piece.enfant_id}"
    if piece.personne_id is not None:
        return MOI
    return FOYER if piece.est_du_foyer else ""


def dire_a_qui(piece: PieceLue, enfants: Sequence[EnfantLu]) -> str:
    enfant = next((e for e in enfants if e.id == piece.enfant_id), None)
    if enfant is not None:
        return f"Document {de(enfant.prenom)}"
    if piece.personne_id is not None:
        return "Vous seulement le voyez, et la mairie si vous le joignez à une demande"
    return "Document du foyer\u00a0: ses adultes le voient" if piece.est_du_foyer else "Donné avec une demande"
