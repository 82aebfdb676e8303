"""Words of a new démarche: the list of what can be asked, the page before the form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portail_famille.domain.genres import Decision, Genre, Rubrique, Silence
from portail_famille.domain.pieces import GenrePiece
from portail_famille.services.saisies import SaisieEnCours

RUBRIQUES = {
    Rubrique.INSCRIPTIONS: "Inscriptions",
    Rubrique.FAMILLE: "Votre famille",
    Rubrique.ARGENT: "Tarifs, absences, factures",
    Rubrique.AUTRE: "Autre demande",
}


@dataclass(frozen=True, slots=True)
class Ailleurs:
    """A kind begun on a page of its own."""

    genre: str
    href: str


@dataclass(frozen=True, slots=True)
class Proposee:
    titre: str
    href: str


@dataclass(frozen=True, slots=True)
class Laissee:
    """Begun and not sent."""

    titre: str
    href: str
    depuis: datetime


@dataclass(frozen=True, slots=True)
class ListeDesDemarches:
    rubriques: Sequence[tuple[str, Sequence[Proposee]]]
    a_finir: Sequence[Laissee]


@dataclass(frozen=True, slots=True)
class Explication:
    paragraphes: Sequence[str]
    pieces: Sequence[str]
    """To prepare, those without which it cannot be sent first."""
    delai: str


def composer_liste(
    genres: Mapping[str, Genre],
    adresses: Mapping[str, str],
    ailleurs: Sequence[Ailleurs],
    en_cours: Sequence[SaisieEnCours],
) -> ListeDesDemarches:
    """`adresses`: of the kinds that have a form. Closed by the town, a kind is not shown, begun or not."""
    hrefs = {code: href for code, href in adresses.items() if genres[code].est_proposee}
    hrefs |= {autre.genre: autre.href for autre in ailleurs}
    ouverts = {code: genre for code, genre in genres.items() if genre.est_ouverte}
    rubriques = [
        (nom, [Proposee(g.titre, hrefs[c]) for c, g in ouverts.items() if c in hrefs and g.rubrique is rubrique])
        for rubrique, nom in RUBRIQUES.items()
    ]
    laissees = [
        Laissee(ouverts[saisie.genre].titre, adresses[saisie.genre], saisie.modifiee_utc)
        for saisie in en_cours
        if saisie.genre in ouverts and saisie.genre in adresses
    ]
    return ListeDesDemarches([(nom, proposees) for nom, proposees in rubriques if proposees], laissees)


def composer_explication(
    genre: Genre, demandees: Sequence[tuple[str, bool]], pieces: Mapping[str, GenrePiece]
) -> Explication:
    """`demandees`: kinds of documents, and whether it cannot do without."""
    codes = dict.fromkeys(genre.pieces_facultatives, False) | dict(demandees) | dict.fromkeys(genre.pieces, True)
    noms = [
        pieces[code].nom + ("" if est_obligatoire else " (si vous l’avez)")
        for code, est_obligatoire in sorted(codes.items(), key=lambda paire: not paire[1])
    ]
    return Explication(genre.explication, noms, dire_delai(genre))


def _est_automatique(genre: Genre) -> bool:
    return genre.est_automatisable and genre.decision is Decision.AUTOMATIQUE


def dire_delai(genre: Genre) -> str:
    """How long the answer takes, and what no answer means."""
    # Only what the rules can judge: the rest waits for an agent, within the delay.
    debut = "La réponse est immédiate quand le règlement suffit. Sinon, la" if _est_automatique(genre) else "La"
    if not genre.delai_mois:
        return f"{debut} mairie vous répond dès que possible."
    delai = f"{debut} mairie a {genre.delai_mois} mois pour vous répondre."
    suite = {
        Silence.ACCORD: " Sans réponse dans ce délai, c’est oui, si votre demande est complète.",
        Silence.REJET: " Sans réponse dans ce délai, c’est non\u00a0: vous pourrez alors contester.",
        Silence.AUCUN: "",
    }
    return delai + suite[genre.silence]
