"""Événements in words, for the desk."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from portail_famille.domain.evenements import LIBELLES, GenreEvenement, Portee, portee_de
from portail_famille.domain.inscriptions import rang_de_classe
from portail_famille.presentation.formats import date_longue, enumerer, euros, pluriel
from portail_famille.services.evenements import Apercu, EvenementListe
from portail_famille.services.regles import Regles


@dataclass(frozen=True, slots=True)
class LigneEvenement:
    id: int
    motif: str
    genre: str
    jours: str
    lieux: str
    reservations: str
    quand: datetime
    annule: datetime | None


def composer_evenement(lu: EvenementListe, regles: Regles) -> LigneEvenement:
    evenement = lu.evenement
    portee = portee_de(evenement.contenu)
    return LigneEvenement(
        id=evenement.id,
        motif=evenement.motif,
        genre=LIBELLES[GenreEvenement(evenement.genre)],
        jours=_jours(portee),
        lieux=_structures(portee, regles),
        reservations=f"{pluriel(lu.reservations, 'réservation annulée', 'réservations annulées')}",
        quand=evenement.cree_utc,
        annule=evenement.annule_utc,
    )


def dire_portee(motif: str, portee: Portee, ferme: bool, message: str, regles: Regles) -> list[tuple[str, str]]:
    """Label and value, for « check your answers »."""
    catalogue = regles.catalogue
    activites = {code: catalogue.activites[unite.activite].nom for code, unite in catalogue.unites.items()}
    unites = {
        code: unite.nom if unite.nom == activites[code] else f"{activites[code]} ({unite.nom})"
        for code, unite in catalogue.unites.items()
    }
    return [
        ("Motif, lu par les parents", motif),
        ("Jours", _jours(portee)),
        ("Structures", _structures(portee, regles)),
        ("Activités", _noms(portee.unites, unites) or "Toutes"),
        ("Classes", enumerer(sorted(portee.classes, key=rang_de_classe)) or "Toutes"),
        ("Réservations à venir", "Fermées ces jours-là" if ferme else "Restent ouvertes"),
        *([("Message aux parents", message)] if message else []),
    ]


def dire_apercu(vu: Apercu) -> list[str]:
    """What confirming will do."""
    if not vu.reservations:
        phrases = ["Aucune réservation à annuler."]
    else:
        phrases = [
            f"{pluriel(vu.reservations, 'réservation annulée', 'réservations annulées')}, "
            f"{pluriel(vu.enfants, 'enfant')}, {pluriel(vu.familles, 'famille')}.",
            f"{euros(vu.montant_centimes)} ne seront pas facturés.",
            "Les parents sont prévenus par mail dans les minutes qui suivent.",
        ]
    if vu.presentes:
        phrases.append(
            f"{pluriel(vu.presentes, 'présence déjà notée', 'présences déjà notées')}\u00a0: rien n’y change."
        )
    return phrases


def _jours(portee: Portee) -> str:
    premier, dernier = portee.jours[0], portee.jours[-1]
    if premier == dernier:
        return date_longue(premier).capitalize()
    return f"Du {date_longue(premier)} au {date_longue(dernier)}"


def _structures(portee: Portee, regles: Regles) -> str:
    return _noms(portee.structures, {code: s.nom for code, s in regles.catalogue.structures.items()}) or "Toutes"


def _noms(codes: Collection[str], noms: Mapping[str, str]) -> str:
    """A code that the town withdrew since keeps its code."""
    return enumerer([noms.get(code, code) for code in sorted(codes)])
