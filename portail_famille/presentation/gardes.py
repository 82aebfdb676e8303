"""Garde alternée in words: its rule in a sentence, its calendar month by month."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.gardes import PAIRES, Garde, lundi_de
from portail_famille.models.demarches import Demarche
from portail_famille.presentation.formats import (
    INSECABLE,
    date_courte,
    intervalle,
    mois_annee,
    nom_du_jour,
    quantieme,
)
from portail_famille.presentation.mots import de, pastille
from portail_famille.presentation.vues import Pastille
from portail_famille.services.bilans import Mois, bornes
from portail_famille.services.dossiers import Dossier, EnfantLu, jour_de
from portail_famille.services.gardes import garde_demandee

_NOMBRES = ("", "une", "deux", "trois", "quatre")
# Past it the next two weeks of ours are found, whatever holidays lie between.
_SEMAINES_EXAMINEES = 30


def phrase_de_garde(garde: Garde, calendrier: Calendrier, aujourdhui: date) -> str:
    """« Une semaine sur deux chez vous : cette semaine, puis celle du 7 décembre. »"""
    lundis = [lundi_de(aujourdhui) + timedelta(weeks=n) for n in range(_SEMAINES_EXAMINEES)]
    notres = [
        lundi for lundi in lundis if garde.est_notre_semaine(lundi) and not _est_partagee(garde, calendrier, lundi)
    ]
    premiere, seconde = notres[:2]
    debut = "cette semaine" if premiere <= aujourdhui else f"celle du {date_courte(premiere)}"
    regle = f"{rythme_de_garde(garde)} chez vous{INSECABLE}: {debut}, puis celle du {date_courte(seconde)}."
    return " ".join(filter(None, (regle, phrase_des_vacances(garde))))


def rythme_de_garde(garde: Garde) -> str:
    """« Une semaine sur deux », « Trois semaines sur quatre »."""
    combien = garde.une_sur - 1 if garde.est_reste else 1
    pluriel = "s" if combien > 1 else ""
    return f"{_NOMBRES[combien].capitalize()} semaine{pluriel} sur {_NOMBRES[garde.une_sur]}"


def phrase_des_vacances(garde: Garde) -> str:
    """Which half is ours, "" when the weeks go on during holidays."""
    if not garde.vacances:
        return ""
    debut_pair = (garde.vacances == PAIRES) != garde.est_reste
    annees = ("paires", "impaires") if debut_pair else ("impaires", "paires")
    return (
        f"La première moitié des vacances scolaires est chez vous les années {annees[0]}, "
        f"la seconde les années {annees[1]}."
    )


def _est_partagee(garde: Garde, calendrier: Calendrier, lundi: date) -> bool:
    """In holidays shared by halves the weeks say nothing."""
    periode = calendrier.vacances_du(lundi)
    return bool(garde.vacances) and periode is not None and not periode.est_pont


@dataclass(frozen=True, slots=True)
class JourGarde:
    """A day of the month. `reservations`: unit and who booked it ("" for us), the other foyer's prices never."""

    jour: date
    est_chez_nous: bool
    est_aujourdhui: bool
    texte: str
    """« lundi 7 »."""
    reservations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sejour:
    """Days in a row at the same parent's."""

    titre: str
    """« Chez vous, du 7 au 13 »."""
    jours: tuple[JourGarde, ...]
    """Those with bookings."""
    vide: str
    """What is said when there is none: nothing of a foyer that is not shown."""


@dataclass(frozen=True, slots=True)
class DemandeEnCours:
    numero: str
    phrase: str


@dataclass(frozen=True, slots=True)
class GardeVue:
    """The page of a child's weeks. `ailleurs`: « chez Julien »."""

    enfant_id: int
    pastille: Pastille
    titre: str
    phrase: str
    ailleurs: str
    mois_titre: str
    precedent: str
    suivant: str
    semaines: tuple[tuple[JourGarde | None, ...], ...]
    """Monday to Sunday; None outside the month. Empty when the child does not alternate."""
    sejours: tuple[Sejour, ...]
    demande: DemandeEnCours | None


def composer_garde(dossier: Dossier, enfant: EnfantLu, mois: Mois, demande: Demarche | None) -> GardeVue:
    """Bookings of the month are loaded; those of a hidden foyer are not among them."""
    premier, dernier = bornes(mois)
    ailleurs = f"chez {enfant.autre_parent or 'l’autre parent'}"
    jours = [_jour(dossier, enfant, premier + timedelta(days=n)) for n in range((dernier - premier).days + 1)]
    veille, lendemain = premier - timedelta(days=1), dernier + timedelta(days=1)
    aujourdhui = jour_de(dossier.maintenant)
    phrase = f"{enfant.prenom} est chez vous toute l’année."
    if enfant.garde is not None:
        phrase = phrase_de_garde(enfant.garde, dossier.regles.calendrier, aujourdhui)
    return GardeVue(
        enfant_id=enfant.id,
        pastille=pastille(enfant),
        titre=f"Les semaines {de(enfant.prenom)}",
        phrase=phrase,
        ailleurs=ailleurs,
        mois_titre=mois_annee(premier),
        precedent=f"{veille:%Y-%m}",
        suivant=f"{lendemain:%Y-%m}",
        semaines=_semaines(jours) if enfant.garde is not None else (),
        sejours=tuple(_sejours(enfant, jours, ailleurs)) if enfant.garde is not None else (),
        demande=None if demande is None else DemandeEnCours(demande.numero, phrase_demandee(demande)),
    )


def phrase_demandee(demande: Demarche) -> str:
    """What a request asks for: « Une semaine sur deux chez vous, comptée depuis celle du lundi 7 décembre… »."""
    garde = garde_demandee(demande.contenu)
    if garde is None:
        return "Plus de garde alternée."
    depuis = date_courte(lundi_de(garde.semaine_ancre))
    regle = f"{rythme_de_garde(garde)} chez vous, à compter de la semaine du {depuis}."
    vacances = phrase_des_vacances(garde) or "Les semaines continuent pendant les vacances."
    return f"{regle} {vacances}"


def _jour(dossier: Dossier, enfant: EnfantLu, jour: date) -> JourGarde:
    regles = dossier.regles
    # Every unit the town has: what the other foyer books may not be one that this one is enrolled in.
    lues = [
        (regles.catalogue.unites[code], lue)
        for unite_id, code in regles.unites.items()
        if (lue := dossier.reservations.get((enfant.id, unite_id, jour))) is not None and lue.est_active
    ]
    lues.sort(key=lambda une: une[0].ordre)
    return JourGarde(
        jour=jour,
        est_chez_nous=dossier.est_chez_nous(enfant, jour),
        est_aujourdhui=jour == jour_de(dossier.maintenant),
        texte=f"{nom_du_jour(jour)} {quantieme(jour)}",
        reservations=tuple(
            (unite.nom_court, "" if lue.foyer_id == dossier.foyer_id else enfant.autre_parent) for unite, lue in lues
        ),
    )


def _semaines(jours: list[JourGarde]) -> tuple[tuple[JourGarde | None, ...], ...]:
    cases = [*([None] * jours[0].jour.weekday()), *jours, *([None] * (6 - jours[-1].jour.weekday()))]
    return tuple(tuple(cases[n : n + 7]) for n in range(0, len(cases), 7))


def _sejours(enfant: EnfantLu, jours: list[JourGarde], ailleurs: str) -> Iterator[Sejour]:
    for est_chez_nous, groupe in groupby(jours, key=lambda jour: jour.est_chez_nous):
        suite = list(groupe)
        ou = "Chez vous" if est_chez_nous else f"{ailleurs[:1].upper()}{ailleurs[1:]}"
        titre = f"{ou}, {intervalle(suite[0].jour, suite[-1].jour)}"
        vide = "Rien de réservé." if est_chez_nous or not enfant.foyers_masques else ""
        yield Sejour(titre, tuple(jour for jour in suite if jour.reservations), vide)
