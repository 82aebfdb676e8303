"""What a family books: activities and their units, and the days a unit is open by rule."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from portail_famille.domain.absences import RegleAbsence
from portail_famille.domain.calendrier import Calendrier
from portail_famille.domain.delais import Regle
from portail_famille.domain.inscriptions import CampagneInscription

_SEMAINE = frozenset({0, 1, 2, 3, 4})


class Periode(StrEnum):
    """Kind of days: weeks of school, holidays, or both."""

    ECOLE = "ecole"
    VACANCES = "vacances"
    TOUTES = "toutes"


@dataclass(frozen=True, slots=True)
class Plage:
    """Weekdays × kind of period. `jours` None: the weekdays of class at school, Monday to Friday otherwise.

    `vacances`: only the holidays so named, None for all of them.
    """

    periode: Periode
    jours: frozenset[int] | None = None
    vacances: tuple[str, ...] | None = None

    def jours_de(self, jours_ecole: frozenset[int]) -> frozenset[int]:
        if self.jours is not None:
            return self.jours
        return jours_ecole if self.periode is Periode.ECOLE else _SEMAINE

    @property
    def depend_du_calendrier(self) -> bool:
        return self.periode is not Periode.TOUTES or self.vacances is not None

    def admet_periode(self, jour: date, calendrier: Calendrier) -> bool:
        if not self.depend_du_calendrier:
            return True
        periode = calendrier.vacances_du(jour)
        if periode is None:
            return self.periode is not Periode.VACANCES
        if self.periode is Periode.ECOLE:
            return False
        return self.vacances is None or any(periode.s_appelle(nom) for nom in self.vacances)


@dataclass(frozen=True, slots=True)
class Activite:
    """`du`, `au`: season, both included, None when it has no bound. Without `absences`, none is justified online."""

    code: str
    nom: str
    structures: tuple[str, ...]
    unites: tuple[str, ...]
    du: date | None = None
    au: date | None = None
    restauration: bool = False
    couleur: str | None = None
    icone: str | None = None
    a_valider: bool = False
    """A booking waits for an agent's word."""
    campagnes: tuple[CampagneInscription, ...] = ()
    """Seasons that families may ask to be enrolled for, in their order; none: the town enrols."""

    def campagne(self, jour: date) -> CampagneInscription | None:
        """The one whose season holds that day."""
        return next((campagne for campagne in self.campagnes if campagne.du <= jour <= campagne.au), None)

    absences: tuple[RegleAbsence, ...] = ()
    garde: bool = True
    """Its price is care, for the attestation fiscale."""


@dataclass(frozen=True, slots=True)
class Unite:
    """The bookable slot of a day. `exclut` is symmetric; `exige` names every unit that must be booked with it.

    `hors_delai` None: late requests are refused.
    """

    code: str
    nom: str
    nom_court: str
    activite: str
    ordre: int
    plages: tuple[Plage, ...]
    delai_ajout: Regle
    delai_annulation: Regle
    hors_delai: Regle | None = None
    debut: time | None = None
    fin: time | None = None
    tarif: str | None = None
    exclut: frozenset[str] = frozenset()
    exige: frozenset[str] = frozenset()
    jauges: tuple[str, ...] = ()
    part_garde_centimes: int | None = None
    """What of its price is care, where it includes a meal; None: as the activity says."""
