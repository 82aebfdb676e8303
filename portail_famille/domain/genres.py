"""Kinds of démarches: what each is called, what it asks for, who decides, what the town's silence means.

A town changes most of it in `[demarches.<code>]` of commune.toml; what is here is what holds where it says nothing. The
form of a kind, its words and what accepting it does are in its own room (forms/demarches, presentation/genres,
services/genres).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Silence(StrEnum):
    """What it means that the town has not answered in time (CRPA L231-1 to L231-6)."""

    ACCORD = "accord"
    REJET = "rejet"
    AUCUN = "aucun"


class Decision(StrEnum):
    """Who answers: an agent, or the rules at once."""

    AGENT = "agent"
    AUTOMATIQUE = "automatique"


class Concerne(StrEnum):
    """Who the request is about, hence who in the foyer may read it."""

    ENFANT = "enfant"
    ADULTE = "adulte"
    """The person who asks, and nobody else."""
    FOYER = "foyer"


class Rubrique(StrEnum):
    """Headings of « Nouvelle démarche »."""

    INSCRIPTIONS = "inscriptions"
    FAMILLE = "famille"
    ARGENT = "argent"
    AUTRE = "autre"


SANS_PROCEDURE = "Code des relations entre le public et l’administration, article L231-4, 2°"
FINANCIERE = "Code des relations entre le public et l’administration, article L231-4, 3°"
ACCORD_TACITE = "Code des relations entre le public et l’administration, article L231-1"
COMMUNICATION = "Code des relations entre le public et l’administration, article R311-13"
RGPD = "Règlement général sur la protection des données, article 12"


@dataclass(frozen=True, slots=True)
class Genre:
    """One kind of démarche, as a town uses it."""

    code: str
    titre: str
    """What a parent presses: « Déclarer votre quotient familial »."""
    nom: str
    """What an agent reads in the queue: « Quotient familial »."""
    objet: str
    """In a sentence or a mail's subject: « déclaration de quotient familial ». Nothing private in it."""
    rubrique: Rubrique
    concerne: Concerne
    silence: Silence
    delai_mois: int
    """From the day it is filed; 0 when no text says."""
    source: str
    """The text that says so; empty with no delay."""
    est_proposee: bool = False
    """Started from « Nouvelle démarche »; the others from a page of their own."""
    est_ouverte: bool = True
    """A town may close a kind to families."""
    decision: Decision = Decision.AGENT
    est_automatisable: bool = False
    """The rules can judge it (services/genres.AUTOMATISMES): the others are always read by an agent."""
    est_acceptable_en_lot: bool = False
    """Harmless enough to be accepted many at once, without opening each."""
    pieces: tuple[str, ...] = ()
    """Kinds of documents that it cannot do without (domain/pieces)."""
    pieces_facultatives: tuple[str, ...] = ()
    explication: tuple[str, ...] = ()
    """Paragraphs of the page before the form."""
    motifs_refus: tuple[str, ...] = ()
    """Reasons an agent picks from; she may always write another."""

    def regle_par(self, reglage: Mapping[str, Any]) -> "Genre":
        """The same with what the town wrote in its settings."""
        connus: dict[str, Any] = dict(reglage)
        for cle, type_ in (("silence", Silence), ("decision", Decision)):
            if cle in connus:
                connus[cle] = type_(connus[cle])
        for cle in ("pieces", "pieces_facultatives", "explication", "motifs_refus"):
            if cle in connus:
                connus[cle] = tuple(connus[cle])
        if "pieces" in connus and "pieces_facultatives" not in connus:
            # What the town now requires is no longer only proposed.
            reste = (piece for piece in self.pieces_facultatives if piece not in connus["pieces"])
            connus["pieces_facultatives"] = tuple(reste)
        return replace(self, **connus)


_REFUS_COURANTS = ("Le document ne se lit pas.", "Le document ne correspond pas à la demande.")

_GENRES = (
    Genre(
        "inscription",
        "Inscrire un enfant à une activité",
        "Inscription à une activité",
        "inscription à une activité",
        Rubrique.INSCRIPTIONS,
        Concerne.ENFANT,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
        est_proposee=True,
        est_automatisable=True,
        explication=(
            "Cantine, périscolaire, mercredi, vacances\u202f: l’inscription se fait une fois par année scolaire. "
            "Elle permet ensuite de réserver des jours.",
        ),
        motifs_refus=("Il n’y a plus de place.", "L’enfant n’a pas l’âge de cette activité."),
    ),
    Genre(
        "scolaire",
        "Inscrire un enfant à l’école",
        "Inscription scolaire",
        "inscription à l’école",
        Rubrique.INSCRIPTIONS,
        Concerne.ENFANT,
        Silence.ACCORD,
        2,
        ACCORD_TACITE,
        est_proposee=True,
        pieces=("livret_famille", "justificatif_domicile"),
        pieces_facultatives=("vaccins", "jugement"),
        explication=(
            "Pour une première rentrée, un changement d’école ou une arrivée dans la commune. La mairie vous dit "
            "quelle école reçoit votre enfant.",
        ),
    ),
    Genre(
        "reservation",
        "Réservation à valider par la mairie",
        "Réservation à valider",
        "demande de réservation",
        Rubrique.INSCRIPTIONS,
        Concerne.ENFANT,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
        est_acceptable_en_lot=True,
        motifs_refus=("Il n’y a plus de place ces jours-là.",),
    ),
    Genre(
        "enfant",
        "Ajouter un enfant",
        "Nouvel enfant",
        "ajout d’un enfant",
        Rubrique.FAMILLE,
        Concerne.ENFANT,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
        est_proposee=True,
        explication=(
            "Une naissance, une adoption, un enfant qui vient vivre chez vous\u202f: il apparaît dans "
            "«\u00a0Ma famille\u00a0» quand un agent a vérifié votre demande.",
            "Préparez le livret de famille, l’acte de naissance ou le jugement, ou apportez-le en mairie.",
        ),
        motifs_refus=_REFUS_COURANTS,
    ),
    Genre(
        "coordonnees",
        "Changer vos coordonnées",
        "Changement de coordonnées",
        "changement de vos coordonnées",
        Rubrique.FAMILLE,
        Concerne.FOYER,
        Silence.AUCUN,
        1,
        RGPD,
        est_acceptable_en_lot=True,
    ),
    Genre(
        "situation",
        "Signaler un changement de situation",
        "Situation familiale",
        "changement de situation familiale",
        Rubrique.FAMILLE,
        # A separation told by one adult is not shown to the other.
        Concerne.ADULTE,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
        est_proposee=True,
        pieces_facultatives=("jugement", "livret_famille", "justificatif_domicile"),
        explication=(
            "Union, séparation, déménagement, naissance, décès\u202f: dites-nous ce qui change. La mairie met à jour "
            "votre foyer et qui paie quoi, puis vous répond.",
        ),
        motifs_refus=_REFUS_COURANTS,
    ),
    Genre(
        "sante",
        "Projet d’accueil individualisé (PAI)",
        "PAI d’un enfant",
        "projet d’accueil individualisé (PAI)",
        Rubrique.FAMILLE,
        Concerne.ENFANT,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
        motifs_refus=_REFUS_COURANTS,
    ),
    Genre(
        "garde",
        "Garde alternée",
        "Garde alternée",
        "garde alternée",
        Rubrique.FAMILLE,
        Concerne.ENFANT,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
    ),
    Genre(
        "quotient",
        "Déclarer votre nouveau quotient familial",
        "Quotient familial",
        "déclaration de quotient familial",
        Rubrique.ARGENT,
        Concerne.FOYER,
        Silence.REJET,
        2,
        FINANCIERE,
        est_proposee=True,
        est_automatisable=True,
        explication=(
            "Le quotient familial fixe vos tarifs. Sans quotient connu, le tarif maximum s’applique.",
            "Préparez votre attestation CAF ou MSA de moins de trois mois, ou votre avis d’imposition.",
        ),
        motifs_refus=(*_REFUS_COURANTS, "L’attestation est trop ancienne."),
    ),
    Genre(
        "absence",
        "Justifier une absence",
        "Absence",
        "déclaration d’absence",
        Rubrique.ARGENT,
        Concerne.ENFANT,
        Silence.REJET,
        2,
        FINANCIERE,
        est_proposee=True,
        est_automatisable=True,
        est_acceptable_en_lot=True,
        explication=(
            "Votre enfant n’est pas venu, ou ne viendra pas. Tant que l’annulation est possible, c’est une simple "
            "annulation. Après, l’absence suit le règlement de l’activité\u202f: le prix est dit avant d’envoyer.",
        ),
        motifs_refus=("Le délai du règlement est dépassé.", *_REFUS_COURANTS),
    ),
    Genre(
        "reclamation",
        "Contester une facture",
        "Réclamation sur une facture",
        "réclamation sur une facture",
        Rubrique.ARGENT,
        Concerne.FOYER,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
        est_proposee=True,
        explication=("Dites ce qui ne va pas\u202f: la mairie vérifie, vous répond, et corrige si besoin.",),
    ),
    Genre(
        "attestation",
        "Demander une attestation",
        "Demande d’attestation",
        "demande d’attestation",
        Rubrique.AUTRE,
        Concerne.FOYER,
        Silence.REJET,
        1,
        COMMUNICATION,
        est_proposee=True,
        explication=("La mairie vous envoie l’attestation ici et vous prévient par mail.",),
    ),
    Genre(
        "question",
        "Poser une question",
        "Question",
        "question",
        Rubrique.AUTRE,
        Concerne.ADULTE,
        Silence.AUCUN,
        0,
        "",
        est_proposee=True,
        explication=("Une question, une remarque\u202f: écrivez à la mairie, elle vous répond ici et par mail.",),
    ),
    Genre(
        "espace",
        "Créer mon espace",
        "Création d’un espace",
        "création de votre espace",
        Rubrique.AUTRE,
        Concerne.ADULTE,
        Silence.REJET,
        2,
        SANS_PROCEDURE,
    ),
    Genre(
        "effacement",
        "Effacer mes données",
        "Effacement des données",
        "effacement de vos données",
        Rubrique.AUTRE,
        Concerne.ADULTE,
        Silence.AUCUN,
        1,
        RGPD,
    ),
)
GENRES: dict[str, Genre] = {genre.code: genre for genre in _GENRES}
