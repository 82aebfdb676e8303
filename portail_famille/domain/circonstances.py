"""What a price depends on, on the day of the event: the foyer, the child, the state of the booking."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Etat(StrEnum):
    """State of a booking, as prices see it: those of the attendance, and a request accepted past its deadline."""

    DEMANDEE = "demandee"
    RESERVEE = "reservee"
    EN_ATTENTE = "en_attente"
    PRESENTE = "presente"
    ABSENTE_JUSTIFIEE = "absente_justifiee"
    ABSENTE_INJUSTIFIEE = "absente_injustifiee"
    ANNULEE = "annulee"
    PRESENTE_NON_RESERVEE = "presente_non_reservee"
    HORS_DELAI = "hors_delai"


@dataclass(frozen=True, slots=True)
class Circonstance:
    """`qf` in euros, None when unknown; `ressources` in euros a month; `rang` of the child in the foyer, oldest first;
    `oublis`: how many times this state already happened, for the first ones a town forgives."""

    jour: date
    qf: Decimal | None
    resident: bool = True
    rang: int = 1
    personnes_a_charge: int = 1
    ressources: Decimal | None = None
    pai: bool = False
    aeeh: bool = False
    etat: Etat = Etat.RESERVEE
    oublis: int = 0
