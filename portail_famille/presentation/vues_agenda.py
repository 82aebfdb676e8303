"""What the agenda and its rhythms show: plain data, already in words."""

from dataclasses import dataclass
from datetime import date

from portail_famille.presentation.vues import Avis, Ecrire, Pastille


@dataclass(frozen=True, slots=True)
class Puce:
    """A chip of the agenda: one unit on one day.

    `etat` is the state in the database: libre, reserve, complet (no place left and not ours), verrou (ours, past its
    deadline), passe (not ours, past its deadline), autre (booked by the other foyer), lecture (booked, read-only).
    `coche` is what the draft makes of it. A chip has a box only when `modifiable`.
    """

    id: str
    valeur: str
    nom: str
    etat: str
    coche: bool
    modifiable: bool
    prix_centimes: int | None
    note: str = ""
    """Short, in place of the price or after it: "complet", "2 places", "Julien", "supplément"."""
    aide: str = ""
    """Whole sentence for screen readers and reasons: "délai passé mercredi à 8 h 30"."""
    href: str = ""
    """Where an absence is declared, once it can no longer be cancelled; or the declaration that waits for an answer."""
    lien: str = ""
    """What that address is, for screen readers."""


@dataclass(frozen=True, slots=True)
class JourAgenda:
    jour: date
    nom_court: str
    legende: str
    puces: tuple[Puce, ...]
    phrase: str = ""
    """Why there is no chip, or what is special this day."""
    limite: str = ""
    """"jusqu’à lundi 7, 12 h", when the week's header does not say it."""
    est_urgente: bool = False
    """That limit is less than a day away."""


@dataclass(frozen=True, slots=True)
class ChoixRapide:
    """A quick tick: `valeur` is posted as `vite` ("s:2026-12-07:12" a unit's week, "m:12" a unit's month)."""

    texte: str
    valeur: str


@dataclass(frozen=True, slots=True)
class SemaineAgenda:
    """A week of the month.

    `est_passee`: nothing can be changed any more, shown folded. `est_compacte`: a single unit, one row of day chips.
    """

    id: str
    titre: str
    jours: tuple[JourAgenda, ...]
    limite: str = ""
    est_urgente: bool = False
    bandeau: str = ""
    """Other parent's week, in one or two sentences; the first is set in bold by the template."""
    phrase: str = ""
    """A whole week off: "Vacances de Noël. Pas d’école."."""
    est_passee: bool = False
    est_compacte: bool = False
    choix: tuple[ChoixRapide, ...] = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """The live summary above the tabs: the whole draft, all children."""

    version: int
    ajouts: int = 0
    retraits: int = 0
    refus: int = 0
    """Slots of the draft that could not be booked as things stand."""
    mois: str = ""
    montant_centimes: int = 0
    ecart_centimes: int = 0
    ailleurs_centimes: int = 0
    """What the draft changes in other months."""
    alertes: tuple[str, ...] = ()

    @property
    def est_ailleurs(self) -> bool:
        """Only other months move: the one on screen has nothing to say."""
        return self.ecart_centimes == 0 and self.ailleurs_centimes != 0

    @property
    def est_vide(self) -> bool:
        return not (self.ajouts or self.retraits or self.refus)


@dataclass(frozen=True, slots=True)
class Onglet:
    """A child above the agenda; `valeur` is posted as `vers` so that unsent ticks are saved first."""

    pastille: Pastille
    href: str
    valeur: str
    est_actif: bool


@dataclass(frozen=True, slots=True)
class Conflit:
    """The draft was changed elsewhere: what was just ticked here, and what the other screen holds, in words."""

    ici: tuple[str, ...]
    ailleurs: tuple[str, ...]
    champs: tuple[tuple[str, str], ...]
    """Hidden fields that post this screen's choice again on top of the other."""


@dataclass(frozen=True, slots=True)
class ChoixUnite:
    valeur: str
    nom: str


@dataclass(frozen=True, slots=True)
class Agenda:
    enfant_id: int
    pastille: Pastille
    titre: str
    onglets: tuple[Onglet, ...]
    mois: str
    """"2026-12"."""
    mois_titre: str
    """"Décembre 2026"."""
    precedent: str | None
    suivant: str | None
    """Months on either side, None at the ends of what can be shown."""
    semaines: tuple[SemaineAgenda, ...]
    page: str
    """Token of this rendering: tells one's own earlier post from another screen's."""
    vus: str
    """The slots shown with a box, day:unit.unit;day:unit… What is not in it is never changed by the form."""
    resume: Resume
    lecture: tuple[Ecrire, ...] = ()
    unites: tuple[ChoixUnite, ...] = ()
    """Units a rhythm can apply to; empty when the agenda is read-only."""
    avis: tuple[Avis, ...] = ()
    conflit: Conflit | None = None
    jours_rythme: tuple[tuple[int, str], ...] = ()
    """Weekdays a rhythm can choose, 0 = Monday, with their short names."""
    rythme_du: str = ""
    """Day a rhythm starts from unless the parent says otherwise, ISO."""
    mention: str = ""
    """What must be said beside every price: no QF is known, so the highest one applies."""

    @property
    def est_lecture_seule(self) -> bool:
        return not self.unites


@dataclass(frozen=True, slots=True)
class ApercuRythme:
    """What a rhythm would do, before or after it is applied."""

    phrase: str
    """"23 jours ajoutés jusqu’au 2 juillet, soit 41,40 €."."""
    laisses: str = ""
    """"7 jours laissés de côté : vacances ou jours fériés."."""
    details: tuple[str, ...] = ()
    bouton: str = "Ajouter"
    """"Ajouter 23 jours": the button says what it does with its number."""
    avertissement: str = ""
    """The ISO parity break of a year with 53 weeks."""
    nombre: int = 0
    """Slots changed."""
