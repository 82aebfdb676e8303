"""The desk in words: the queue, a démarche with old and new values side by side, a family's file."""

from dataclasses import dataclass
from datetime import datetime

from portail_famille.domain.genres import GENRES
from portail_famille.domain.horloge import PARIS
from portail_famille.presentation.changements import Changement
from portail_famille.presentation.formats import date_courte, date_et_heure
from portail_famille.presentation.genres import CHANGEMENTS, EFFETS
from portail_famille.services.bureau import DemarcheListee, DemarcheLue
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
_JOURS_D_ATTENTE = 3
"""From here a request is shown as waiting."""


@dataclass(frozen=True, slots=True)
class LigneDemarche:
    numero: str
    titre: str
    famille: str
    sujet: str
    badge: str
    badge_genre: str
    quand: str


@dataclass(frozen=True, slots=True)
class Etape:
    """A line of the timeline."""

    texte: str
    quand: str


@dataclass(frozen=True, slots=True)
class DemarcheVue:
    ligne: LigneDemarche
    demandeur: str
    courriel: str
    changements: tuple[Changement, ...]
    etapes: tuple[Etape, ...]
    motif: str
    explication: str
    """What accepting will do, in a sentence."""


def composer_lignes(listees: list[DemarcheListee], maintenant: datetime) -> tuple[LigneDemarche, ...]:
    return tuple(_ligne(listee, maintenant) for listee in listees)


def composer_demarche(lue: DemarcheLue, maintenant: datetime, regles: Regles) -> DemarcheVue:
    demarche = lue.demarche
    etapes = [Etape(f"Envoyée par {lue.demandeur}" if lue.demandeur else "Envoyée", quand(demarche.deposee_utc))]
    if demarche.decidee_utc is not None:
        verbe = ETATS[demarche.etat][0].capitalize()
        etapes.append(Etape(f"{verbe} par {lue.decideur}" if lue.decideur else verbe, quand(demarche.decidee_utc)))
    return DemarcheVue(
        _ligne(lue.listee, maintenant),
        lue.demandeur,
        lue.courriel,
        tuple(CHANGEMENTS[demarche.genre](demarche.avant, demarche.contenu, regles)),
        tuple(etapes),
        demarche.motif,
        EFFETS[demarche.genre],
    )


def quand(instant: datetime) -> str:
    return date_et_heure(instant)


def _ligne(listee: DemarcheListee, maintenant: datetime) -> LigneDemarche:
    jours = (maintenant.astimezone(PARIS).date() - listee.deposee_utc.astimezone(PARIS).date()).days
    badge, genre = ETATS[listee.etat]
    if listee.etat in ("deposee", "en_cours") and jours >= _JOURS_D_ATTENTE:
        badge, genre = f"depuis {jours} jours", "attente"
    depose = "aujourd’hui" if jours == 0 else "hier" if jours == 1 else date_courte(listee.deposee_utc.date())
    return LigneDemarche(listee.numero, GENRES[listee.genre].nom, listee.famille, listee.sujet, badge, genre, depose)
