"""What several rooms show: plain data, already in words, that templates lay out without deciding anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pastille:
    """A child or an adult as a coloured initial. `couleur` 1 to 6 for children, 0 for adults."""

    initiale: str
    prenom: str
    couleur: int


@dataclass(frozen=True, slots=True)
class FoyerChoix:
    """One of the foyers a person may act for: « Lambert », « Hugo et Zoé »."""

    id: int
    nom: str
    prenoms: str
    est_actif: bool

    @property
    def texte(self) -> str:
        return f"{self.nom}\u00a0: {self.prenoms}" if self.prenoms else self.nom


@dataclass(frozen=True, slots=True)
class AutreFoyer:
    """Where a child is that the acting foyer does not have: `suite` is the page to open once the foyer is changed."""

    foyer: FoyerChoix
    prenom: str
    suite: str


@dataclass(frozen=True, slots=True)
class Lien:
    """A link or a button's target."""

    texte: str
    href: str
    icone: str = ""


@dataclass(frozen=True, slots=True)
class Avis:
    """A notice: genre info, succes, attention or erreur. `details` are lines behind « Lesquels ? »."""

    genre: str
    titre: str
    texte: str = ""
    details: tuple[str, ...] = ()


_ARTICLES = {
    "crèche": "à la ",
    "halte-garderie": "à la ",
    "micro-crèche": "à la ",
    "école": "à l’",
    "accueil": "à l’",
    "multi-accueil": "au ",
    "centre": "au ",
    "jardin": "au ",
    "pôle": "au ",
}


@dataclass(frozen=True, slots=True)
class Ecrire:
    """A read-only structure: whom to write to."""

    structure: str
    courriel: str
    href: str
    """mailto: with the child's first name as subject."""

    @property
    def a_la_structure(self) -> str:
        """« à la crèche Les Libellules »; a name that begins with no known word stays as it is."""
        mot, _, reste = self.structure.partition(" ")
        article = _ARTICLES.get(mot.lower())
        return f"{article}{mot.lower()} {reste}".rstrip() if article else f"à {self.structure}"


@dataclass(frozen=True, slots=True)
class Tuile:
    """A function on the home page. `badge_genre`: attente, ok, erreur, neutre or empty."""

    titre: str
    texte: str
    href: str
    icone: str = ""
    badge: str = ""
    badge_genre: str = ""
    enfants: tuple[Pastille, ...] = ()
