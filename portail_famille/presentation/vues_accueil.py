"""What the home page and the page of the family show: plain data, already in words."""

from dataclasses import dataclass, field

from portail_famille.presentation.vues import Ecrire, Lien, Pastille, Tuile


@dataclass(frozen=True, slots=True)
class LigneDemain:
    pastille: Pastille
    texte: str
    heures: str = ""


@dataclass(frozen=True, slots=True)
class Accueil:
    date_longue: str
    salut: str
    """"Bonsoir Camille"."""
    tuiles: tuple[Tuile, ...]
    demain_titre: str
    demain: tuple[LigneDemain, ...]
    raccourcis: tuple[Lien, ...]


@dataclass(frozen=True, slots=True)
class MembreEnfant:
    pastille: Pastille
    nom: str
    details: tuple[str, ...]
    garde: str
    """"Une semaine sur deux chez vous : cette semaine, puis celle du 7 décembre."."""
    href_agenda: str
    ecrire: Ecrire | None = None
    enfant_id: int = 0


@dataclass(frozen=True, slots=True)
class MembreAdulte:
    pastille: Pastille
    nom: str
    est_payeur: bool
    telephone: str


@dataclass(frozen=True, slots=True)
class Famille:
    enfants: tuple[MembreEnfant, ...]
    adultes: tuple[MembreAdulte, ...]
    foyer: tuple[tuple[str, str], ...]
    """Summary list: label, value."""


@dataclass(frozen=True, slots=True)
class ActiviteEnfant:
    """One line of the wizard: the arrow opens the agenda."""

    nom: str
    structure: str
    details: str
    href: str
    ecrire: Ecrire | None = None


@dataclass(frozen=True, slots=True)
class EnfantActivites:
    pastille: Pastille
    activites: tuple[ActiviteEnfant, ...] = field(default=())
