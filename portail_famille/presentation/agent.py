"""The desk in words: the queue, a démarche with old and new values side by side, a family's file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portail_famille.domain.entourage import LIENS_PARENTAUX
from portail_famille.domain.fiches import PAR_CODE
from portail_famille.domain.gardes import Garde, lundi_de
from portail_famille.domain.horloge import PARIS
from portail_famille.domain.libelles import ecrire_date
from portail_famille.presentation.formats import date_courte, date_et_heure, telephone
from portail_famille.presentation.gardes import rythme_de_garde
from portail_famille.services.bureau import DemarcheListee, DemarcheLue
from portail_famille.services.gardes import garde_demandee

TITRES: dict[str, str] = {
    "coordonnees": "Changement de coordonnées",
    "enfant": "Nouvel enfant",
    "sante": "PAI d’un enfant",
    "garde": "Garde alternée",
    "espace": "Création d’un espace",
    "effacement": "Effacement des données",
}
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
_ESPACE = {
    "civilite": "Civilité",
    "prenom": "Prénom",
    "nom": "Nom",
    "courriel": "Adresse mail (vérifiée)",
    "telephone": "Téléphone",
    "adresse": "Adresse",
    "code_postal": "Code postal",
    "ville": "Ville",
    "message": "Message",
}
_ENFANT = {
    "prenom": "Prénom",
    "nom": "Nom",
    "naissance": "Né(e) le",
    "lien": "Qui demande",
    "structure": "École ou structure voulue",
    "classe": "Classe",
    "document": "Justificatif",
}
_DOCUMENTS = {"joint": "joint à la demande", "en_mairie": "sera apporté en mairie"}


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
class Changement:
    """A field: what it is now, what is asked. `avant` None: nothing to compare with."""

    libelle: str
    avant: str | None
    apres: str


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


_EFFETS: dict[str, str] = {
    "coordonnees": "Accepter écrit les nouvelles valeurs dans le dossier.",
    "enfant": "Accepter crée l’enfant dans ce foyer\u00a0; la personne qui demande a l’autorité parentale dès "
    "aujourd’hui.",
    "sante": "Accepter change le prix des repas\u00a0: le panier repas d’un PAI a son propre tarif.",
    "garde": "Accepter change les semaines des deux foyers de l’enfant.",
    "espace": "Choisissez le foyer de cette famille, ou créez-le\u00a0: elle recevra le lien d’activation.",
    "effacement": "Accepter ferme le compte tout de suite. Le dossier est effacé à la fin des durées de conservation.",
}


def composer_lignes(listees: list[DemarcheListee], maintenant: datetime) -> tuple[LigneDemarche, ...]:
    return tuple(_ligne(listee, maintenant) for listee in listees)


def composer_demarche(
    lue: DemarcheLue, maintenant: datetime, structure: Callable[[str], str] = lambda code: code
) -> DemarcheVue:
    """`structure` gives the name of a structure by its code."""
    demarche = lue.demarche
    etapes = [Etape(f"Envoyée par {lue.demandeur}" if lue.demandeur else "Envoyée", quand(demarche.deposee_utc))]
    if demarche.decidee_utc is not None:
        verbe = ETATS[demarche.etat][0].capitalize()
        etapes.append(Etape(f"{verbe} par {lue.decideur}" if lue.decideur else verbe, quand(demarche.decidee_utc)))
    return DemarcheVue(
        _ligne(lue.listee, maintenant),
        lue.demandeur,
        lue.courriel,
        tuple(_changements(demarche.genre, demarche.avant, demarche.contenu, structure)),
        tuple(etapes),
        demarche.motif,
        _EFFETS[demarche.genre],
    )


def quand(instant: datetime) -> str:
    return date_et_heure(instant)


def ecrire_valeur(code: str, valeur: Any) -> str:
    """A field's value as it is read: « 06 12 34 56 78 », « 17 avril 2018 », « rien »."""
    if valeur in (None, ""):
        return "rien"
    champ = PAR_CODE.get(code)
    if champ is not None and champ.genre == "telephone":
        return telephone(str(valeur))
    return _jour(str(valeur)) if champ is not None and champ.genre == "date" else str(valeur)


def _ligne(listee: DemarcheListee, maintenant: datetime) -> LigneDemarche:
    jours = (maintenant.astimezone(PARIS).date() - listee.deposee_utc.astimezone(PARIS).date()).days
    badge, genre = ETATS[listee.etat]
    if listee.etat in ("deposee", "en_cours") and jours >= _JOURS_D_ATTENTE:
        badge, genre = f"depuis {jours} jours", "attente"
    depose = "aujourd’hui" if jours == 0 else "hier" if jours == 1 else date_courte(listee.deposee_utc.date())
    return LigneDemarche(listee.numero, TITRES[listee.genre], listee.famille, listee.sujet, badge, genre, depose)


def _changements(
    genre: str, avant: Mapping[str, Any], contenu: Mapping[str, Any], structure: Callable[[str], str]
) -> list[Changement]:
    if genre == "coordonnees":
        return [
            Changement(PAR_CODE[code].libelle, ecrire_valeur(code, avant.get(code)), ecrire_valeur(code, valeur))
            for code, valeur in contenu.items()
        ]
    if genre == "garde":
        mot = [Changement("Mot de la famille", None, str(contenu["mot"]))] if contenu.get("mot") else []
        return [Changement("Semaines", dire_garde(garde_demandee(dict(avant))), _garde(contenu)), *mot]
    if genre == "sante":
        jusqua = [Changement("Jusqu’au", None, _jour(contenu["pai_jusqua"]))] if contenu.get("pai_jusqua") else []
        return [Changement("PAI", _oui(avant.get("pai")), _oui(contenu.get("pai"))), *jusqua]
    if genre == "enfant":
        lues: dict[str, Callable[[str], str]] = {
            "naissance": _jour,
            "lien": lambda code: LIENS_PARENTAUX.get(code, code),
            "structure": structure,
            "document": lambda code: _DOCUMENTS.get(code, code),
        }
        return [
            Changement(libelle, None, lues[cle](str(contenu[cle])) if cle in lues else str(contenu[cle]))
            for cle, libelle in _ENFANT.items()
            if contenu.get(cle)
        ]
    if genre == "espace":
        lignes = [
            Changement(libelle, None, telephone(contenu[cle]) if cle == "telephone" else str(contenu[cle]))
            for cle, libelle in _ESPACE.items()
            if contenu.get(cle)
        ]
        return [*lignes, *(Changement("Enfant", None, str(enfant)) for enfant in contenu.get("enfants", ()))]
    return []


def _garde(contenu: Mapping[str, Any]) -> str:
    return dire_garde(garde_demandee(dict(contenu)))


def dire_garde(garde: Garde | None) -> str:
    """« Une semaine sur deux dans ce foyer, comptée depuis le lundi 7 décembre »."""
    if garde is None:
        return "Pas de garde alternée"
    partage = " ; vacances par moitiés" if garde.vacances else ""
    depuis = date_courte(lundi_de(garde.semaine_ancre))
    return f"{rythme_de_garde(garde)} dans ce foyer, à compter du {depuis}{partage}".replace(" ;", "\u202f;")


def _oui(valeur: Any) -> str:
    return "oui" if valeur else "non"


def _jour(texte: str) -> str:
    try:
        return ecrire_date(date.fromisoformat(texte))
    except ValueError:
        return texte
