"""« Mes démarches » in words: the list, what each state means and what comes next, the thread of one démarche."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from portail_famille.domain.demarches import OUVERTS, Cote, EtatDemarche, GenreEtape
from portail_famille.domain.genres import Genre, Silence
from portail_famille.domain.horloge import PARIS
from portail_famille.models.reservations import Recu
from portail_famille.presentation.changements import Changement
from portail_famille.presentation.formats import date_courte
from portail_famille.presentation.genres import CHANGEMENTS
from portail_famille.presentation.mots import pastille
from portail_famille.presentation.resumes import composer_liste
from portail_famille.presentation.vues import Pastille
from portail_famille.services.dossiers import Dossier
from portail_famille.services.echanges import DemarcheFamille, EtapeLue, PieceJointe
from portail_famille.services.historique import RESERVATIONS, DemarcheListee, Entree, RecuListe
from portail_famille.services.regles import Regles

ETATS: dict[str, tuple[str, str]] = {
    "deposee": ("envoyée", "prime"),
    "en_cours": ("un agent s’en occupe", "prime"),
    "complement_demande": ("à compléter", "attente"),
    "acceptee": ("acceptée", "ok"),
    "refusee": ("refusée", "erreur"),
    "annulee": ("annulée", ""),
}
"""What the family reads on the badge, and its colour."""
GROUPES: dict[str, str] = {
    "": "Toutes",
    "a_completer": "À compléter par vous",
    "en_attente": "En attente de la mairie",
    "acceptees": "Acceptées",
    "refusees": "Refusées",
    "annulees": "Annulées",
}
_TITRES_ETAPES: dict[str, str] = {
    "depot": "Demande envoyée",
    "prise_en_charge": "Un agent s’en occupe",
    "message": "Message",
    "complement": "La mairie demande un complément",
    "reponse": "Complément envoyé",
    "annulation": "Demande annulée",
}
_ARRETEE = (
    "Vous n’avez plus l’autorité parentale sur cet enfant\u00a0: vous gardez ce que vous avez envoyé et ce que vous "
    "pouviez lire alors."
)


@dataclass(frozen=True, slots=True)
class LigneHistorique:
    """One line of the list: a request, or a receipt of bookings."""

    est_recu: bool
    numero: str
    titre: str
    details: str
    quand: datetime
    badge: str
    badge_genre: str
    est_non_lue: bool
    enfants: tuple[Pastille, ...]


@dataclass(frozen=True, slots=True)
class EtapeVue:
    """A line of the thread. `cote` tells whose words they are."""

    titre: str
    qui: str
    cote: str
    quand: datetime
    texte: str
    pieces: tuple[PieceJointe, ...]


@dataclass(frozen=True, slots=True)
class DemarcheVue:
    numero: str
    titre: str
    enfant: Pastille | None
    prenom: str
    badge: str
    badge_genre: str
    phrase: str
    """Where it stands."""
    suite: str
    """What happens next, who must do what, before when."""
    consigne: str
    """What the town asks for now, in its words; "" when it waits for nothing."""
    est_ouverte: bool
    est_arretee: bool
    """As it was when her authority over the child ended; `suite` says nothing then."""
    est_a_completer: bool
    changements: tuple[Changement, ...]
    compare: bool
    pieces: tuple[PieceJointe, ...]
    etapes: tuple[EtapeVue, ...]


def composer_historique(
    entrees: tuple[Entree, ...], genres: Mapping[str, Genre], dossier: Dossier
) -> tuple[LigneHistorique, ...]:
    return tuple(
        _ligne_recu(entree.recu, dossier) if isinstance(entree, RecuListe) else _ligne_demarche(entree, genres, dossier)
        for entree in entrees
    )


def choix_de_genres(presents: set[str], genres: Mapping[str, Genre]) -> list[tuple[str, str]]:
    """What the list can be narrowed to: the kinds this family has used, in the order of the town's list."""
    connus = [(code, genre.nom) for code, genre in genres.items() if code in presents]
    return [("", "Toutes"), (RESERVATIONS, "Réservations"), *connus]


def composer_demarche(
    lue: DemarcheFamille, genre: Genre, regles: Regles, dossier: Dossier, aujourdhui: date
) -> DemarcheVue:
    demarche = lue.demarche
    badge, badge_genre = ETATS[demarche.etat]
    changements = tuple(CHANGEMENTS[demarche.genre](demarche.avant, lue.contenu, regles))
    enfant = dossier.enfants.get(demarche.enfant_id or 0)
    phrase, suite = (_ARRETEE, "") if lue.est_arretee else dire_etat(lue, genre, aujourdhui)
    est_ouverte = EtatDemarche(demarche.etat) in OUVERTS and not lue.est_arretee
    est_a_completer = est_ouverte and demarche.etat == EtatDemarche.COMPLEMENT_DEMANDE
    return DemarcheVue(
        numero=demarche.numero,
        titre=genre.nom,
        enfant=pastille(enfant) if enfant and enfant.est_visible else None,
        prenom=lue.enfant,
        badge=badge,
        badge_genre=badge_genre,
        phrase=phrase,
        suite=suite,
        consigne=_consigne(lue) if est_a_completer else "",
        est_ouverte=est_ouverte,
        est_arretee=lue.est_arretee,
        est_a_completer=est_a_completer,
        changements=changements,
        compare=any(c.avant is not None for c in changements),
        pieces=lue.pieces,
        etapes=tuple(_etape(etape) for etape in lue.etapes),
    )


def dire_etat(lue: DemarcheFamille, genre: Genre, aujourdhui: date) -> tuple[str, str]:
    """Where it stands, and what comes next: who must do what, before when."""
    demarche = lue.demarche
    match EtatDemarche(demarche.etat):
        case EtatDemarche.DEPOSEE:
            return "Votre demande est arrivée à la mairie. Un agent va la lire.", _dire_attente(lue, genre)
        case EtatDemarche.EN_COURS:
            return "Un agent de la mairie s’occupe de votre demande.", _dire_attente(lue, genre)
        case EtatDemarche.COMPLEMENT_DEMANDE:
            avant = demarche.complement_avant
            if avant is None:
                quand = "Répondez dès que vous le pouvez"
            elif avant < aujourdhui:
                quand = f"Vous aviez jusqu’au {date_courte(avant)}\u00a0; vous pouvez encore répondre"
            else:
                quand = f"Répondez au plus tard le {date_courte(avant)}"
            return "La mairie attend quelque chose de vous.", f"{quand}\u00a0: d’ici là, votre demande n’avance pas."
        case EtatDemarche.ACCEPTEE:
            return f"La mairie a accepté votre demande{_le(demarche.decidee_utc)}.", ""
        case EtatDemarche.REFUSEE:
            pourquoi = f"Pourquoi\u00a0: {demarche.motif}" if demarche.motif else ""
            return f"La mairie a refusé votre demande{_le(demarche.decidee_utc)}.", pourquoi
        case EtatDemarche.ANNULEE:
            return f"Cette demande a été annulée{_le(demarche.decidee_utc)}.", "La mairie n’y donnera pas suite."


def _dire_attente(lue: DemarcheFamille, genre: Genre) -> str:
    """By when the town answers, and what its silence means (the receipt says it at length)."""
    demarche = lue.demarche
    mot = "Vous n’avez rien à faire\u00a0: la réponse arrive par mail et sur cette page."
    if demarche.echeance is None:
        return mot
    jour = f"{date_courte(demarche.echeance)} {demarche.echeance.year}"
    silence = Silence((demarche.accuse or {}).get("silence", genre.silence))
    suites = {
        Silence.ACCORD: f"Sans réponse le {jour}, votre demande est considérée comme acceptée.",
        Silence.REJET: f"Sans réponse le {jour}, votre demande est considérée comme rejetée.",
        Silence.AUCUN: f"La mairie doit vous répondre avant le {jour}.",
    }
    return f"{mot} {suites[silence]}"


def _consigne(lue: DemarcheFamille) -> str:
    """The latest thing the town asked for."""
    demandes = [e.texte for e in lue.etapes if e.genre == GenreEtape.COMPLEMENT]
    return demandes[-1] if demandes else ""


def _etape(etape: EtapeLue) -> EtapeVue:
    titre = _TITRES_ETAPES.get(etape.genre) or f"Demande {ETATS[etape.etat][0]}"
    if etape.cote == Cote.FAMILLE:
        qui = "vous" if etape.est_de_moi else etape.qui
    else:
        qui = "la mairie" if etape.cote == Cote.AGENT else "le portail"
    return EtapeVue(titre, qui, etape.cote, etape.a_utc, etape.texte, etape.pieces)


def _ligne_demarche(entree: DemarcheListee, genres: Mapping[str, Genre], dossier: Dossier) -> LigneHistorique:
    badge, badge_genre = ETATS[entree.etat]
    enfant = dossier.enfants.get(entree.enfant_id or 0)
    est_a_completer = entree.etat == EtatDemarche.COMPLEMENT_DEMANDE
    if est_a_completer and entree.complement_avant is not None:
        badge = f"à compléter jusqu’au {date_courte(entree.complement_avant)}"
    return LigneHistorique(
        est_recu=False,
        numero=entree.numero,
        titre=f"{genres[entree.genre].nom}{f', {entree.prenom}' if entree.prenom else ''}",
        details=f"Demande n°\u00a0{entree.numero}",
        quand=entree.instant,
        badge=badge,
        badge_genre=badge_genre,
        est_non_lue=entree.est_non_lue,
        enfants=(pastille(enfant),) if enfant and enfant.est_visible else (),
    )


def _ligne_recu(recu: Recu, dossier: Dossier) -> LigneHistorique:
    (dit,) = composer_liste([recu])
    concernes = {int(cle) for cle in recu.contenu["enfants"]}
    return LigneHistorique(
        est_recu=True,
        numero=dit.numero,
        titre="Réservation",
        details=dit.resume,
        quand=dit.emis,
        badge="validée",
        badge_genre="ok",
        est_non_lue=False,
        enfants=tuple(pastille(e) for e in dossier.visibles if e.id in concernes),
    )


def _le(instant: datetime | None) -> str:
    if instant is None:
        return ""
    jour = instant.astimezone(PARIS).date()
    return f" le {date_courte(jour)} {jour.year}"
