"""How the people of a demonstration town are described: ages and weeks, not dates, so that they never go stale."""

import hashlib
from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from portail_famille.demonstration.reglages import Valeur
from portail_famille.domain.droits import Role

ECOLE = frozenset({0, 1, 3, 4})
MERCREDI = frozenset({2})
SEMAINE = ECOLE | MERCREDI


@dataclass(frozen=True, slots=True)
class PortraitAdulte:
    """An adult. Without `identifiant`, a person who has no login."""

    cle: str
    civilite: str
    prenom: str
    nom: str
    telephone: str = ""
    identifiant: str = ""
    mot_de_passe: str = ""
    interet: str = ""
    """What makes the login interesting, for whoever tries the demonstration."""
    etat: Literal["", "invite", "a_verifier", "sans_conditions"] = ""
    """Where the login stands: never activated, yearly check due, conditions not accepted; empty: all is done."""
    boite: str = ""
    """Mail address, when it is shared; else the login name's own."""

    @property
    def courriel(self) -> str | None:
        return self.boite or f"{self.identifiant}@famille.example" if self.identifiant else None


@dataclass(frozen=True, slots=True)
class PortraitAgent:
    """An agent of the town hall; `structure` when her role ends there."""

    prenom: str
    nom: str
    identifiant: str
    mot_de_passe: str
    role: Role
    interet: str
    structure: str = ""

    @property
    def secret(self) -> bytes:
        """Of her second factor. The same at each build, written in demo.json: an example protects nothing."""
        return hashlib.sha1(self.identifiant.encode(), usedforsecurity=False).digest()

    @property
    def totp(self) -> str:
        """The same in base 32, as applications ask for it."""
        return b32encode(self.secret).decode()


@dataclass(frozen=True, slots=True)
class PortraitEnfant:
    """A child; `age` is reached during the civil year in which the school year begins (3 enters maternelle, 6 CP)."""

    cle: str
    prenom: str
    nom: str
    age: int
    anniversaire: tuple[int, int]
    classe: str
    structure: str
    parents: tuple[str, ...]
    inscriptions: tuple[tuple[str, str], ...]
    """Activity, structure."""
    pai: bool = False
    reference: str = ""
    """In the files of other software."""


@dataclass(frozen=True, slots=True)
class Habitude:
    """Units booked on weekdays since the rentrée and for some weeks still."""

    unites: tuple[str, ...]
    jours: frozenset[int] = ECOLE
    semaines_a_venir: int = 5
    jours_libres: int = 0
    """So many of the first days that can still be booked, late ones included, are left for the visitor to book."""
    est_passee: bool = False
    """Only days gone by, one week in two: holidays of which only the invoice is left."""


@dataclass(frozen=True, slots=True)
class Vie:
    """A child in a foyer. `semaine` is None all the time, 0 for this week and one in two, 1 for the other weeks."""

    enfant: str
    habitudes: tuple[Habitude, ...] = ()
    semaine: int | None = None
    vacances: str = ""
    """How holidays are shared, see `domain.gardes.VACANCES`."""
    est_masque: bool = False
    """This foyer is hidden from the child's other one."""


@dataclass(frozen=True, slots=True)
class PortraitFoyer:
    """A household: the first adult pays. `quotient` in centimes, None when the foyer never gave one."""

    nom: str
    responsables: tuple[str, ...]
    enfants: tuple[Vie, ...]
    adresse: str
    quotient: int | None
    ressources: int | None = None
    """Per month, in centimes."""
    personnes_a_charge: int = 1
    est_resident: bool = True
    code_postal: str = ""
    ville: str = ""
    """Empty: the town's own."""
    quotient_fin: int | None = None
    """Days until its quotient ends, negative when it has; None: until further notice."""


@dataclass(frozen=True, slots=True)
class Ville:
    """A demonstration town: the settings that differ from a new commune's, and its people."""

    slug: str
    nom: str
    zone: str
    couleur: str
    courriel: str
    telephone: str
    adresse: str
    code_postal: str
    presentation: str
    adultes: tuple[PortraitAdulte, ...]
    enfants: tuple[PortraitEnfant, ...]
    foyers: tuple[PortraitFoyer, ...]
    jauges_completes: tuple[str, ...]
    """Capacities of which some coming days are full."""
    agents: tuple[PortraitAgent, ...] = ()
    reglages: Mapping[tuple[str, str], Valeur] = field(default_factory=dict)
    """What its commune.toml says besides: (table, key) → value."""
