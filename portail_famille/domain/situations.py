"""What may change in a household, and what each change asks of the town (issue « Démarches », kind « situation »)."""

from dataclasses import dataclass

CODE = "situation"


@dataclass(frozen=True, slots=True)
class Situation:
    """A change a parent tells. `deplace`: her home moves, hence an address, maybe a residence outside the town."""

    code: str
    libelle: str
    conseil: str
    """What the parent may do besides, or what the town will do with it."""
    deplace: bool = False


_SITUATIONS = (
    Situation(
        "separation",
        "Une séparation",
        "Votre demande n’est pas montrée à l’autre adulte du foyer. La mairie crée un second foyer\u00a0: chacun ses "
        "réservations et ses factures.",
    ),
    Situation("union", "Une union, un nouvel adulte au foyer", "La mairie ajoute cet adulte à votre foyer."),
    Situation(
        "demenagement",
        "Un déménagement",
        "Cette adresse sera celle de votre foyer\u00a0: chaque adulte du foyer la verra. Vous partez sans l’autre "
        "adulte\u202f? Choisissez plutôt «\u00a0Une séparation\u00a0». Certains tarifs dépendent de l’habitation dans "
        "la commune.",
        deplace=True,
    ),
    Situation(
        "naissance",
        "Une naissance, une adoption",
        "Pour inscrire l’enfant, passez par «\u00a0Ajouter un enfant\u00a0».",
    ),
    Situation("deces", "Un décès", "La mairie met à jour le foyer et ferme l’espace de la personne."),
    Situation(
        "ressources",
        "Une baisse de ressources, une perte d’emploi",
        "Si votre quotient familial a changé, déclarez-le aussi\u00a0: c’est lui qui fixe vos tarifs.",
    ),
    Situation("autre", "Autre chose", "Dites-nous ce qui change."),
)
SITUATIONS: dict[str, Situation] = {situation.code: situation for situation in _SITUATIONS}
