"""« Mon tableau de bord » in words: a list of sections, each made by its room; one with nothing to say is left out.

A room adds its section (invoices, news, direct debits) by a function here and a line in views/tableau_de_bord.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portail_famille.domain.genres import Genre
from portail_famille.domain.pieces import EtatPiece, ReglesPieces
from portail_famille.presentation.accueil import tuiles_dues
from portail_famille.presentation.demarches import LigneHistorique
from portail_famille.presentation.espace import Espace
from portail_famille.presentation.formats import date_courte, pluriel
from portail_famille.presentation.quotients import SANS_QUOTIENT
from portail_famille.presentation.vues import Lien, Pastille, Tuile
from portail_famille.services.documents import PieceLue
from portail_famille.services.dossiers import Dossier, jour_de
from portail_famille.services.historique import DemarcheListee

_A_COMPLETER_MONTREES = 3
"""On the home page: the others are behind « Mes démarches »."""


@dataclass(frozen=True, slots=True)
class Rangee:
    """A line of a section: what, then one line about it; with `href` the whole line is a link."""

    titre: str
    texte: str = ""
    href: str = ""
    badge: str = ""
    badge_genre: str = ""
    enfants: tuple[Pastille, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    titre: str
    rangees: tuple[Rangee, ...]
    vide: str = ""
    """Said when there is no line."""
    suite: Lien | None = None


def section_demarches(lignes: Sequence[LigneHistorique], hrefs: Sequence[str], suite: Lien) -> Section:
    """The latest requests and receipts, an address each."""
    rangees = tuple(
        Rangee(
            ligne.titre,
            ligne.details,
            href,
            "réponse" if ligne.est_non_lue else ligne.badge,
            "prime" if ligne.est_non_lue else ligne.badge_genre,
            ligne.enfants,
        )
        for ligne, href in zip(lignes, hrefs, strict=True)
    )
    vide = "Ce que vous demandez à la mairie se suivra ici."
    return Section("demandes", "Dernières demandes", rangees, vide, suite)


def section_echeances(
    dossier: Dossier, suspens: Iterable[DemarcheListee], genres: Mapping[str, Genre], hrefs: "Hrefs"
) -> Section:
    """What has a date: requests to complete first, then bookings, as the home page says them."""
    tuiles = (*tuiles_a_completer(suspens, genres, hrefs.demarches), *tuiles_dues(dossier, hrefs.agendas, hrefs.liens))
    rangees = tuple(Rangee(t.titre, t.texte, t.href, t.badge, t.badge_genre, t.enfants) for t in tuiles)
    return Section("echeances", "Prochaines échéances", rangees, "Rien à faire dans les deux jours qui viennent.")


@dataclass(frozen=True, slots=True)
class Hrefs:
    """Addresses that the deadlines lead to: agendas by child, requests by number, the others by name."""

    agendas: dict[int, str]
    demarches: Mapping[str, str]
    liens: dict[str, str]


def section_documents(
    pieces: Iterable[PieceLue], hrefs: Mapping[int, str], regles: ReglesPieces, aujourdhui: date, suite: Lien
) -> Section | None:
    """Those that end soon or ended, the nearest first; None when every document is good."""
    rangees = []
    for piece in sorted(pieces, key=lambda p: p.valable_jusqua or date.max):
        etat = regles.etat(piece.genre, piece.valable_jusqua, aujourdhui)
        if etat is EtatPiece.A_JOUR or piece.valable_jusqua is None:
            continue
        jour = f"{date_courte(piece.valable_jusqua)} {piece.valable_jusqua.year}"
        texte = f"Expiré depuis le {jour}" if etat is EtatPiece.EXPIREE else f"Valable jusqu’au {jour}"
        badge, genre = ("expiré", "erreur") if etat is EtatPiece.EXPIREE else ("expire bientôt", "attente")
        rangees.append(Rangee(regles.nom(piece.genre), f"{piece.nom}. {texte}.", hrefs[piece.id], badge, genre))
    return Section("documents", "Documents à renouveler", tuple(rangees), suite=suite) if rangees else None


def section_quotient(dossier: Dossier, href: str, declaration: tuple[str, str] | None) -> Section:
    """The QF of today and its last day; without one, what it costs. `declaration`: number and page of the one that the
    town is reading."""
    en_cours: tuple[Rangee, ...] = ()
    if declaration is not None:
        numero, page = declaration
        en_cours = (Rangee("Déclaration en cours de vérification", f"Demande n°\u00a0{numero}", page),)
    aujourdhui = jour_de(dossier.maintenant)
    actuel = next(
        ((au, valeur) for du, au, valeur in dossier.quotients if du <= aujourdhui and (au is None or aujourdhui <= au)),
        None,
    )
    if actuel is None:
        badge = ("", "") if en_cours else ("à faire", "attente")
        return Section("quotient", "Quotient familial", (Rangee("Pas connu", SANS_QUOTIENT, href, *badge), *en_cours))
    fin, valeur = actuel
    dit = f"{valeur:.2f}".replace(".", ",").removesuffix(",00")
    texte = f"Jusqu’au {date_courte(fin)} {fin.year}" if fin else "Sans date de fin"
    return Section("quotient", "Quotient familial", (Rangee(dit, texte, href), *en_cours))


def section_coordonnees(espace: Espace, modifier: str) -> Section:
    """Address, telephone, mail; `modifier` is "" where the structures write the file themselves."""
    rangees = tuple(Rangee(ligne) for ligne in (espace.nom, *espace.lignes))
    return Section("coordonnees", "Mes coordonnées", rangees, suite=Lien("Modifier", modifier) if modifier else None)


def tuiles_a_completer(
    suspens: Iterable[DemarcheListee], genres: Mapping[str, Genre], hrefs: Mapping[str, str]
) -> list[Tuile]:
    """Requests that the town waits to see completed, the nearest date first."""
    attendues = [d for d in suspens if d.etat == "complement_demande"][:_A_COMPLETER_MONTREES]
    return [
        Tuile(
            titre=f"{genres[d.genre].nom}{f', {d.prenom}' if d.prenom else ''}",
            texte="La mairie attend quelque chose de vous.",
            href=hrefs[d.numero],
            icone="lettre",
            badge=f"avant le {date_courte(d.complement_avant)}" if d.complement_avant else "à compléter",
            badge_genre="attente",
        )
        for d in attendues
    ]


def tuile_documents(pieces: Iterable[PieceLue], regles: ReglesPieces, aujourdhui: date, href: str) -> list[Tuile]:
    """Those about to end: one that ended already has been told, by mail and on the dashboard."""
    finissent = sorted(
        (p.valable_jusqua, regles.nom(p.genre))
        for p in pieces
        if p.valable_jusqua is not None and regles.etat(p.genre, p.valable_jusqua, aujourdhui) is EtatPiece.BIENTOT
    )
    if not finissent:
        return []
    (jour, nom), autres = finissent[0], len(finissent) - 1
    texte = f"{nom} et {pluriel(autres, 'autre')}" if autres else nom
    return [Tuile("Document à renouveler", texte, href, "recu", f"avant le {date_courte(jour)}", "attente")]


def tuiles_fixes(suspens: Iterable[DemarcheListee], demarches: str, tableau: str) -> list[Tuile]:
    """« Mes démarches », with how many answers nobody opened yet, and « Mon tableau de bord »."""
    reponses = sum(d.est_non_lue for d in suspens)
    badge = pluriel(reponses, "réponse") if reponses else ""
    return [
        Tuile("Mes démarches", "Demander, suivre, répondre", demarches, "lettre", badge, "prime" if badge else ""),
        Tuile("Mon tableau de bord", "L’essentiel de votre dossier", tableau, "coche"),
    ]
