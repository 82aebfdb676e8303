"""What became of the invoices of a demonstration town, family by family. Everything is invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Quoi = Literal[
    "carte", "cheque", "especes", "cesu", "virement", "prelevement",
    "rien", "acompte", "trop_verse", "transmission", "refus", "ecart", "avoir", "annulation", "justificatif",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sort:
    """Of one invoice. `rang`: 0 the foyer's latest, 1 the one before, -1 its oldest.

    `ecart`: PayFiP answered another amount; `justificatif`: two of its days are justified too late for it, the next
    run proposes the avoir; `annulation`: taken off whole, to be billed again.
    """

    foyer: str
    rang: int
    quoi: Quoi
    apres: int = 9
    """Days from the issue."""
    regie: str = ""
    """Empty: the one that issued the foyer's latest invoice."""
    texte: str = ""


@dataclass(frozen=True, slots=True)
class ChoixEnLigne:
    """« Adhésion à la facture en ligne » by this adult, so many days ago; and when it was left."""

    foyer: str
    par: str
    il_y_a: int
    quitte_il_y_a: int | None = None


@dataclass(frozen=True, slots=True)
class FactureImportee:
    """A child's invoice of each month, from the crèche's own software: hours of care, one month after the other, at so
    many centimes; `autres`: words, quantity, centimes of what is no care."""

    foyer: str
    enfant: str
    dossier: str
    accueil: str
    heures: tuple[int, ...]
    taux: int
    autres: tuple[tuple[str, str, int], ...]
    est_prelevee: bool = False
    """The latest is to be debited; the others were, over there."""


@dataclass(frozen=True, slots=True)
class Comptes:
    """The régie of a town. `habitudes`: how each named family pays what nothing else is told of, and which adult when
    it is by card."""

    agent: str
    habitudes: Mapping[str, tuple[Quoi, str]]
    sorts: tuple[Sort, ...]
    en_ligne: tuple[ChoixEnLigne, ...] = ()
    importees: Mapping[str, tuple[FactureImportee, ...]] = field(default_factory=dict)
    """By régie."""


COMPTES_SAINT_RIVAGE = Comptes(
    agent="mathilde.guerin",
    habitudes={
        "Morel – Le Gall": ("carte", "camille"),
        "Ferrand": ("carte", "julien"),
        "Haddad": ("especes", ""),
        "Marchand": ("cheque", ""),
        "Bernard": ("cheque", ""),
        "Diallo": ("cesu", ""),
        "Lambert": ("cheque", ""),
        "Lambert – Garcia": ("cheque", ""),
        "Lefèvre": ("especes", ""),
        "Keller": ("carte", "bruno"),
        "Robin": ("cheque", ""),
        "Petitjean": ("carte", "anne"),
        "Vidal": ("virement", ""),
        "Aubry": ("carte", "franck"),
        "Masson": ("especes", ""),
    },
    sorts=(
        Sort("Morel – Le Gall", 0, "rien"),
        Sort("Ferrand", 0, "justificatif", 8),
        Sort("Haddad", 0, "acompte", 6),
        Sort("Marchand", -1, "rien", regie="enfance"),
        Sort("Bernard", 0, "avoir", 7, texte="Absence justifiée après coup\u00a0: justificatif reçu"),
        Sort(
            "Diallo", 0, "annulation", 5, "enfance", "Présences mal saisies\u00a0: ces jours seront facturés de nouveau"
        ),
        Sort("Lambert", 0, "trop_verse", 7),
        Sort("Lambert – Garcia", 0, "ecart", 2),
        Sort("Keller", 0, "refus", 3),
        Sort("Robin", -1, "transmission", 58, "enfance"),
        Sort("Petitjean", 0, "carte", 1),
        Sort("Masson", 0, "rien"),
    ),
    en_ligne=(
        ChoixEnLigne("Morel – Le Gall", "camille", 130),
        ChoixEnLigne("Ferrand", "julien", 41),
        ChoixEnLigne("Petitjean", "paul", 96, 33),
        ChoixEnLigne("Petitjean", "anne", 12),
        ChoixEnLigne("Diallo", "awa", 75, 20),
    ),
)

COMPTES_ROSELAC = Comptes(
    agent="benoit.colas",
    habitudes={
        "Fontaine": ("carte", "laure"),
        "Perrin": ("cheque", ""),
        "Benali": ("carte", "amina"),
        "Roussel": ("cesu", ""),
        "Nguyen": ("virement", ""),
    },
    sorts=(
        *(Sort("Fontaine", rang, "rien", regie="creche") for rang in range(3)),
        Sort("Benali", 0, "rien", regie="creche"),
        Sort("Perrin", 0, "rien"),
        Sort("Roussel", 0, "acompte", 6),
        Sort("Nguyen", -1, "rien"),
    ),
    en_ligne=(ChoixEnLigne("Benali", "amina", 88), ChoixEnLigne("Fontaine", "laure", 60)),
    importees={
        "creche": (
            FactureImportee(
                "Fontaine", "lina", "014", "Accueil régulier, trois matinées par semaine", (52, 48, 44), 119,
                (("Couches", "13", 455),), est_prelevee=True,
            ),
            FactureImportee(
                "Benali", "naim", "027", "Accueil régulier, quatre journées par semaine", (156, 147, 138), 86,
                (("Couches", "17", 595),),
            ),
        )
    },
)  # fmt: skip
