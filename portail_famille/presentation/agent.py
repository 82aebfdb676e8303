"""The desk in words: the queue, a démarche with old and new values side by side, its thread."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portail_famille.domain.genres import GENRES
from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.changements import Changement
from portail_famille.presentation.formats import FINE, INSECABLE, date_courte, date_et_heure
from portail_famille.presentation.genres import CHANGEMENTS, EFFETS
from portail_famille.services.bureau import DemarcheListee, DemarcheLue, PieceLue
from portail_famille.services.fil import EtapeLue
from portail_famille.services.regles import Regles

ETATS: dict[str, tuple[str, str]] = {
    "deposee": ("à traiter", "prime"),
    "en_cours": ("en cours", "prime"),
    "complement_demande": ("attend la famille", ""),
    "acceptee": ("acceptée", "ok"),
    "refusee": ("refusée", "erreur"),
    "annulee": ("retirée", ""),
}
"""Words and colour of a badge."""
GROUPES: dict[str, str] = {"a_traiter": "À traiter", "en_attente": "En attente", "closes": "Closes"}
TRIS: dict[str, str] = {"anciennes": "Les plus anciennes d’abord", "echeance": "Par date limite de réponse"}
USAGES: dict[str, str] = {
    "acceptation": "Accepter",
    "refus": "Refuser",
    "complement": "Demander un complément",
    "message": "Écrire à la famille",
}
"""What a model of answer is for."""
_JOURS_D_ATTENTE = 3
"""From here a request is shown as waiting."""
_ETAPES: dict[str, tuple[str, str]] = {
    "depot": ("Envoyée", "par"),
    "prise_en_charge": ("Prise en charge", "par"),
    "message": ("Message", "de"),
    "note": ("Note entre agents", "de"),
    "complement": ("Complément demandé", "par"),
    "reponse": ("Complément envoyé", "par"),
    "annulation": ("Retirée", "par"),
}


@dataclass(frozen=True, slots=True)
class LigneDemarche:
    numero: str
    titre: str
    famille: str
    sujet: str
    badge: str
    badge_genre: str
    quand: str
    limite: str
    """« répondre avant le 2 février », "" when nothing says."""
    agent: str
    choix: str
    """What a tick of a bulk accept sends; "" where each must be opened."""


@dataclass(frozen=True, slots=True)
class Etape:
    """A line of the thread."""

    texte: str
    quand: str
    corps: str
    pieces: tuple[PieceLue, ...]
    est_note: bool


@dataclass(frozen=True, slots=True)
class DemarcheVue:
    ligne: LigneDemarche
    demandeur: str
    courriel: str
    changements: tuple[Changement, ...]
    etapes: tuple[Etape, ...]
    explication: str
    """What accepting will do, in a sentence."""


def composer_lignes(
    listees: Sequence[DemarcheListee], maintenant: datetime, en_lot: frozenset[str] = frozenset()
) -> tuple[LigneDemarche, ...]:
    """`en_lot`: kinds whose requests this agent may tick to accept many at once."""
    return tuple(_ligne(listee, maintenant, en_lot) for listee in listees)


def composer_demarche(lue: DemarcheLue, fil: Sequence[EtapeLue], maintenant: datetime, regles: Regles) -> DemarcheVue:
    demarche = lue.demarche
    return DemarcheVue(
        _ligne(lue.listee, maintenant, frozenset()),
        lue.demandeur,
        lue.courriel,
        tuple(CHANGEMENTS[demarche.genre](demarche.avant, demarche.contenu, regles)),
        tuple(_etape(etape, lue) for etape in fil),
        EFFETS[demarche.genre],
    )


def resumer(lue: DemarcheLue, regles: Regles) -> str:
    """What accepting will write, in a line: « Adresse : 3 rue du Lavoir ; Ville : Le Village »."""
    demarche = lue.demarche
    changements = CHANGEMENTS[demarche.genre](demarche.avant, demarche.contenu, regles)
    return f"{FINE}; ".join(f"{c.libelle}{INSECABLE}: {c.apres}" for c in changements) or EFFETS[demarche.genre]


def quand(instant: datetime) -> str:
    return date_et_heure(instant)


def _etape(etape: EtapeLue, lue: DemarcheLue) -> Etape:
    qui = etape.qui or (lue.demandeur if etape.genre == "depot" else "")
    if etape.genre == "decision":
        texte, lien = ETATS[etape.etat][0].capitalize(), "par"
        qui = qui or "le portail"
    else:
        texte, lien = _ETAPES[etape.genre]
    if qui:
        texte = f"{texte} {lien} {qui}"
    pieces = tuple(piece for piece in lue.pieces if piece.etape_id == etape.id)
    return Etape(texte, quand(etape.a_utc), etape.texte, pieces, etape.genre == "note")


def _ligne(listee: DemarcheListee, maintenant: datetime, en_lot: frozenset[str]) -> LigneDemarche:
    aujourdhui = maintenant.astimezone(PARIS).date()
    jours = (aujourdhui - listee.deposee_utc.astimezone(PARIS).date()).days
    badge, genre = ETATS[listee.etat]
    attend_la_mairie = listee.etat in ("deposee", "en_cours")
    if attend_la_mairie and listee.echeance is not None and listee.echeance <= aujourdhui:
        badge, genre = "délai dépassé", "erreur"
    elif attend_la_mairie and jours >= _JOURS_D_ATTENTE:
        badge, genre = f"depuis {jours} jours", "attente"
    depose = "aujourd’hui" if jours == 0 else "hier" if jours == 1 else date_courte(listee.deposee_utc.date())
    return LigneDemarche(
        listee.numero,
        GENRES[listee.genre].nom,
        listee.famille,
        listee.sujet,
        badge,
        genre,
        depose,
        _limite(listee.echeance, aujourdhui) if attend_la_mairie else "",
        listee.assignee,
        f"{listee.numero}:{listee.version}"
        if attend_la_mairie and listee.genre in en_lot and not listee.a_documents
        else "",
    )


def _limite(echeance: date | None, aujourdhui: date) -> str:
    """The year is said when it is not this one."""
    if echeance is None:
        return ""
    annee = f" {echeance.year}" if echeance.year != aujourdhui.year else ""
    verbe = "il fallait répondre" if echeance <= aujourdhui else "répondre"
    return f"{verbe} avant le {date_courte(echeance)}{annee}"
